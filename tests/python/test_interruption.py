"""A replay can be interrupted, and other threads go on meanwhile."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from made_trace import START

import wrackline


def long_trace():
    event = START + np.arange(20_000_000)
    return wrackline.Trace.from_columns(event, event + 50)


def test_ctrl_c_ends_a_replay():
    trace = long_trace()
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            for _ in range(100):
                wrackline.replay(trace, ["sliding_quantile"] * 8, fates=False, threads=1)
    finally:
        timer.join()


def test_other_threads_run_meanwhile():
    trace = long_trace()
    ticks = []
    stop = threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(None)
            time.sleep(0.001)

    other = threading.Thread(target=tick)
    other.start()
    before = len(ticks)
    wrackline.replay(trace, "sliding_quantile", fates=False, threads=1)
    after = len(ticks)
    stop.set()
    other.join()
    assert after > before + 10
