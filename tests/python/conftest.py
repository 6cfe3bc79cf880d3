"""What the tests share: a small scenario and its campaign, a trace and its file."""

import signal
from pathlib import Path

import matplotlib
import pandas as pd
import pytest
from made_trace import made

import wrackline

matplotlib.use("Agg")
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are born deaf to Ctrl-C

ROOT = Path(__file__).parents[2]

SMALL = """{
  "name": "small", "duration": "4s", "warmup": "500ms", "liveness_bound": "2m",
  "kafka": { "topics": { "in": { "partitions": 2, "config": { "replication.factor": 3, "min.insync.replicas": 2 } } } },
  "sources": { "app": { "topic": "in", "rate": "200/s", "delay": { "exponential": "100ms" } } },
  "jobs": { "totals": { "from": "in", "watermark": "200ms", "window": "1s", "to": "store" } },
  "sinks": { "store": {} },
  "matrix": { "axes": { "guarantee": ["at_least_once", "effectively_once"] } },
}"""


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def small() -> str:
    return SMALL


@pytest.fixture(scope="session")
def campaign() -> "wrackline.Campaign":
    """Two cells with three seeds each."""
    return wrackline.run(SMALL, seeds=[1, 2, 3], jobs=2, progress=False)


@pytest.fixture(scope="session")
def trace():
    return wrackline.Trace.from_columns(*made())


@pytest.fixture(scope="session")
def trace_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "trace.csv"
    event, arrival, key, value = made()
    rows = {"key": key, "event_time_ms": event, "arrival_time_ms": arrival, "value": value}
    pd.DataFrame(rows).to_csv(path, index=False)
    return path
