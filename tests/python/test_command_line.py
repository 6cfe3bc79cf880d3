"""The command line and Python say the same."""

import json
import os
import subprocess

import pytest

import wrackline


def answer(*arguments):
    program = os.environ.get("WRACKLINE_CLI")  # one that is named and does not work is a failure
    if program is None:
        pytest.skip("WRACKLINE_CLI does not name a built command line; tools/check-python does")
    done = subprocess.run([program, *map(str, arguments), "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_fit_equals_the_command_line(trace_file):
    said = answer("fit", trace_file)
    mine = wrackline.fit(wrackline.read_trace(trace_file)).json
    assert {name: said[name] for name in mine} == mine


def test_replay_equals_the_command_line(trace_file):
    watermarks = ["bounded=100ms", "sliding_quantile=0.9", "k_slack,interval=0"]
    options = [part for one in watermarks for part in ("--watermark", one)]
    said = answer("replay", trace_file, *options, "--window", "hopping=5s/1s", "--lateness", "2s", "--aggregate", "sum")
    trace = wrackline.read_trace(trace_file)
    mine = wrackline.replay(trace, watermarks, "hopping=5s/1s", lateness="2s", aggregate="sum")
    for one, other in zip(said["replays"], mine, strict=True):
        one.pop("rows", None)
        one.pop("rows_left_out", None)
        assert one == other.metrics


def test_tune_equals_the_command_line(trace_file):
    said = answer("tune", trace_file, "--window", "1s", "--late-rate", "1%", "--p99", "3s")
    assert said == wrackline.tune(wrackline.read_trace(trace_file), "1s", "1%", "3s").json
