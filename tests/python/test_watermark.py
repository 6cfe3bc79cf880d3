"""Watermark strategies on arrays."""

import numpy as np
import pytest
from made_trace import START

import wrackline


def test_the_catalogue_is_a_frame():
    frame = wrackline.strategies()
    assert {"bounded", "sliding_quantile", "perfect"} <= set(frame.index)
    assert frame.attrs["parameters"]["bounded"][0]["name"] == "bound"


def test_bounded_is_the_largest_time_less_the_bound(trace):
    said = wrackline.watermark("bounded", "100ms").run(trace)
    np.testing.assert_array_equal(said, np.maximum.accumulate(trace.event_ms) - 100 - 1)


def runnable():
    frame = wrackline.strategies()
    return list(frame.index[~frame["needs_trace"]])


@pytest.mark.parametrize("name", runnable())
def test_every_strategy_says_what_a_replay_met(trace, name):
    timed = wrackline.watermark(name).run(trace, interval="200ms")
    met = wrackline.replay(trace, f"{name},interval=200ms", "1s").met_watermark_ms
    np.testing.assert_array_equal(timed, met)
    assert (np.diff(timed.astype(float)) >= 0).all()


def test_a_stream_in_parts_is_the_stream(trace):
    one = wrackline.watermark("sliding_quantile", p=0.9)
    parts = [one.run(trace[a : a + 700], interval="50ms") for a in range(0, len(trace), 700)]
    whole = wrackline.watermark("sliding_quantile", p=0.9).run(trace, interval="50ms")
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_record_by_record_is_the_column(trace):
    few = trace[:500]
    steps = wrackline.watermark("k_slack")
    said = [steps.on_record(int(e), int(a)) for e, a in zip(few.event_ms, few.arrival_ms, strict=True)]
    np.testing.assert_array_equal(said, wrackline.watermark("k_slack").run(few))
    assert steps.watermark_ms == said[-1]
    assert steps.slack_ms >= 0
    assert set(steps.counters) == {"adaptations", "suppressed_regressions", "fallbacks"}
    assert "k_slack" in repr(steps)
    lag = wrackline.watermark("processing_time_lag", "1s")
    assert lag.on_periodic(START) == START - 1000 - 1


def test_perfect_leaves_nothing_behind(trace):
    perfect = wrackline.watermark("perfect")
    said = perfect.run(trace)
    assert (trace.event_ms[1:] > said[:-1]).all()
    assert said[-1] == wrackline.MAX_TIMESTAMP
    np.testing.assert_array_equal(perfect.run(trace), said)
    with pytest.raises(ValueError, match="whole trace"):
        perfect.on_record(1, 1)
    with pytest.raises(ValueError, match="whole trace"):
        _ = perfect.watermark_ms


def test_strategies_that_are_none():
    for wrong in ("bounde", "bounded=5", {"bounded": "1s", "idle_timeout": "2s"}, {"sliding_quantile": {"p": 2}}):
        with pytest.raises(ValueError):
            wrackline.watermark(wrong)
    with pytest.raises(ValueError):
        wrackline.watermark("sliding_quantile", quantile=0.9)
    with pytest.raises(ValueError, match="no parameters"):
        wrackline.watermark("ascending", "1s")
    with pytest.raises(TypeError):
        wrackline.watermark("bounded", "1s", bound="2s")
    with pytest.raises(TypeError):
        wrackline.watermark(5)


def test_streams_that_are_none():
    one = wrackline.watermark("bounded", "1s")
    with pytest.raises(TypeError, match="arrival_ms"):
        one.run([1])
    with pytest.raises(ValueError, match="row 1"):
        one.run([1, 2], [5, 4])
    with pytest.raises(ValueError, match="length"):
        one.run([1, 2], [5])
    with pytest.raises(ValueError, match="9999"):
        one.run([2**60], [5])
    with pytest.raises(ValueError, match="key"):
        one.run([1], [5], key=[-1])
    one.on_record(1, 100)
    with pytest.raises(ValueError, match="falls"):
        one.on_record(1, 99)
