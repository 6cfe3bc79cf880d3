"""Scenarios for the tests: small ones, and the shipped quickstart."""

import signal
from pathlib import Path

import matplotlib
import pytest

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
