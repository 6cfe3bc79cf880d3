"""Traces, fit, replay, tune, and watermark strategies and windows on arrays."""

import datetime
import gzip
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import wrackline

START = 1_760_000_000_000


def made(rows=6_000, seed=3):
    rng = np.random.default_rng(seed)
    event = START + np.sort(rng.integers(0, rows * 20, rows))
    arrival = event + rng.lognormal(4.6, 0.7, rows).astype(np.int64)
    order = np.argsort(arrival, kind="stable")
    key = np.array(["b", "a", "ü"])[rng.integers(0, 3, rows)]
    return event[order], arrival[order], key[order], rng.integers(-5, 100, rows)


@pytest.fixture(scope="module")
def trace():
    return wrackline.Trace.from_columns(*made())


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "trace.csv"
    event, arrival, key, value = made()
    rows = {"key": key, "event_time_ms": event, "arrival_time_ms": arrival, "value": value}
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


# --- traces


def test_a_file_and_its_columns_are_the_same_trace(file, trace):
    read = wrackline.read_trace(file)
    for name in ("event_ms", "arrival_ms", "key", "value"):
        np.testing.assert_array_equal(getattr(read, name), getattr(trace, name))
    assert read.keys == trace.keys
    assert (read.event_ms.dtype, read.key.dtype) == (np.int64, np.uint32)
    assert read.counts["rows"] == len(read) == len(trace)
    assert "records" in read._repr_html_()
    assert "trace.csv" in repr(read)


def test_gzip_units_and_columns_are_options(file, tmp_path):
    event, arrival, key, _ = made()
    path = tmp_path / "us.csv.gz"
    frame = pd.DataFrame({"device": key, "t": event * 1000, "seen": arrival * 1000})
    path.write_bytes(gzip.compress(frame.to_csv(index=False).encode()))
    options = {"key_column": "device", "event_column": "t", "arrival_column": "seen"}
    read = wrackline.read_trace(path, time_unit="us", **options)
    np.testing.assert_array_equal(read.event_ms, event)
    assert read.value is None
    with pytest.raises(wrackline.TraceError) as error:
        wrackline.read_trace(path, **options)
    assert any((one.option, one.value) == ("time_unit", "us") for one in error.value.problems)


def test_problems_have_lines_and_the_option_that_helps(tmp_path):
    path = tmp_path / "bad.csv"
    late = f"k,{START + 5},{START + 6}\nk,{START},{START + 1}\nk,x,{START + 9}\n"
    path.write_text("key,event_time_ms,arrival_time_ms\n" + late)
    with pytest.raises(wrackline.TraceError) as error:
        wrackline.read_trace(path)
    assert error.value.count == 2
    assert {(one.line, one.kind) for one in error.value.problems} == {(3, "unsorted"), (4, "malformed")}
    assert "[sort_window='5ms']" in str(error.value)
    assert "unsorted" in error.value._repr_html_()
    path.write_text("key,event_time_ms,arrival_time_ms\n" + "".join(late.splitlines(keepends=True)[:2]))
    read = wrackline.read_trace(path, unsorted="reorder", sort_window=datetime.timedelta(seconds=1))
    assert list(read.event_ms) == [START, START + 5]
    assert read.counts["reordered"] == 1
    assert read.notes


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"time_unt": "us"}, "there is no option 'time_unt'"),
        ({"time_unit": "hours"}, "is none of s, ms, us, ns"),
        ({"sort_window": "soon"}, "is no duration"),
        ({"unsorted": "reorder"}, "sort window"),
        ({"event_column": ""}, "must have a name"),
    ],
)
def test_options_that_are_none(file, options, said):
    with pytest.raises(ValueError, match=said) as error:
        wrackline.read_trace(file, **options)
    assert not isinstance(error.value, wrackline.TraceError)


def test_files_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        wrackline.read_trace(tmp_path / "nowhere.csv")
    with pytest.raises(IsADirectoryError):
        wrackline.read_trace(tmp_path)
    empty = tmp_path / "empty.csv"
    empty.write_text("key,event_time_ms,arrival_time_ms\n")
    with pytest.raises(wrackline.TraceError):
        wrackline.read_trace(empty)


def test_the_options_of_a_trace_are_listed():
    assert "us" in wrackline.trace_options().loc["time_unit", "choices"]


def test_columns_are_not_copied():
    event, arrival, _, _ = made()
    trace = wrackline.Trace.from_columns(event, arrival)
    assert np.shares_memory(trace.event_ms, event)
    assert np.shares_memory(trace[10:20].arrival_ms, arrival)


def test_columns_that_are_no_trace():
    with pytest.raises(wrackline.TraceError, match="row 1 arrives before"):
        wrackline.Trace.from_columns([1, 2], [5, 4])
    with pytest.raises(wrackline.TraceError, match="beyond the year 9999"):
        wrackline.Trace.from_columns([START * 1000], [START * 1000])
    with pytest.raises(ValueError, match="rows"):
        wrackline.Trace.from_columns([1, 2], [5])
    with pytest.raises(TypeError):
        wrackline.Trace.from_columns([1.5], [2.5])
    with pytest.raises(ValueError, match="dimension"):
        wrackline.Trace.from_columns([[1]], [[2]])
    with pytest.raises(ValueError, match="NaT"):
        wrackline.Trace.from_columns(np.array(["NaT"], "datetime64[ms]"), [1])
    with pytest.raises(ValueError, match="key is missing"):
        wrackline.Trace.from_columns([1], [2], key=[None])
    with pytest.raises(TypeError):
        wrackline.replay("trace.csv")
    with pytest.raises(KeyError):
        wrackline.fit(pd.DataFrame({"event_ms": [1]}))


def test_frames_mappings_and_stretches(trace):
    frame = pd.DataFrame({"event_ms": trace.event_ms, "arrival_ms": trace.arrival_ms})
    mapping = {"event_ms": trace.event_ms, "arrival_ms": trace.arrival_ms}
    dates = {name: column.astype("datetime64[ms]") for name, column in mapping.items()}
    want = wrackline.replay(trace, window="1s")["dropped"]
    assert [wrackline.replay(one, window="1s")["dropped"] for one in (frame, mapping, dates)] == [want] * 3
    assert list(trace.to_frame()["key"][:20]) == [trace.keys[k] for k in trace.key[:20]]
    assert len(trace[100:300]) == 200
    np.testing.assert_array_equal(trace.delay_ms, trace.arrival_ms - trace.event_ms)
    for wrong in (5, slice(None, None, -1)):
        with pytest.raises((TypeError, ValueError)):
            trace[wrong]


# --- fit


def test_fit_finds_the_law_that_made_the_trace(trace):
    fit = wrackline.fit(trace)
    assert fit.parametric
    assert fit.family == "lognormal"
    assert fit.delay["p50_ms"] == np.percentile(trace.delay_ms, 50, method="inverted_cdf")
    assert fit.knots.shape == (13, 2)
    frame = fit.to_frame()
    assert frame.loc[frame["law"] == "lognormal", "fits"].item()
    assert set(fit.sources.index) == {"a", "b", "ü"}
    assert "lognormal" in fit._repr_html_()
    assert fit.cdf(fit.delay["p50_ms"])[0] == pytest.approx(0.5, abs=0.03)
    np.testing.assert_allclose(fit.cdf([50, 200], law=0), fit.cdf([50, 200]), atol=0.05)
    with pytest.raises(IndexError):
        fit.cdf(1, law=99)


def test_the_delay_block_runs_in_a_scenario(trace, small):
    fit = wrackline.fit(trace)
    assert "lognormal" in json.dumps(fit.source["delay"])
    assert wrackline.validate(small, set={"sources.app.delay": fit.source["delay"]}).valid


def test_a_clock_that_is_ahead_is_told():
    event, arrival, key, _ = made()
    event = np.where(key == "a", event + 3_600_000, event)
    fit = wrackline.fit(wrackline.Trace.from_columns(event, arrival, key))
    assert any(one["source"] == "a" for one in fit.troubles)
    assert fit.delay["negative"] == (key == "a").sum()


def test_a_trace_without_rows_has_no_delays():
    with pytest.raises(ValueError, match="without rows"):
        wrackline.fit(wrackline.Trace.from_columns([], []))


def test_few_rows_have_knots_only():
    fit = wrackline.fit(wrackline.Trace.from_columns(np.arange(50), np.arange(50) + 7))
    assert not fit.parametric
    assert fit.to_frame().empty
    assert fit.reason in fit._repr_html_()


# --- replay


def test_the_columns_of_a_replay_agree_with_its_figures(trace):
    one = wrackline.replay(trace, "bounded=100ms", "1s", rows="keys")
    counted = np.bincount(one.fates, minlength=len(wrackline.FATES))
    assert (counted[1], counted[2], counted.sum()) == (one["behind"] - one["dropped"], one["dropped"], len(trace))
    late = trace.event_ms <= one.met_watermark_ms
    np.testing.assert_array_equal(late, one.mask("behind", "dropped"))
    assert one.rows["count"].sum() == one["on_time.records"]
    assert set(one.to_frame()["key"]) <= set(trace.keys)
    assert one["result_latency.p99_ms"] == one.metrics["result_latency"]["p99_ms"]
    assert one.watermark == {"bounded": "100ms", "scope": "task"}
    assert json.loads("{" + one.watermark_block.rstrip(",") + "}")["watermark"] == one.watermark
    assert "bounded" in one._repr_html_()


def test_several_watermarks_are_a_set(trace):
    given = ["bounded=100ms", {"sliding_quantile": {"p": np.float64(0.9)}}, "k_slack"]
    many = wrackline.replay(trace, given, "1s")
    assert len(many) == len(many.to_frame()) == 3
    assert many["bounded=100ms"].metrics == wrackline.replay(trace, given[0], "1s").metrics
    assert many[1].metrics == wrackline.replay(trace, "sliding_quantile=0.9", "1s").metrics
    assert len(many[:2]) == 2
    assert "k_slack" in many._repr_html_()
    with pytest.raises(KeyError):
        many["bounded=7ms"]


def test_results_do_not_depend_on_threads(trace):
    given = ["bounded=100ms", "k_slack", "ewma"]
    one, three = (wrackline.replay(trace, given, "1s", threads=n) for n in (1, 3))
    assert [a.metrics for a in one] == [b.metrics for b in three]


def test_without_fates_and_rows(trace):
    one = wrackline.replay(trace, window="1s", fates=False, rows="none")
    assert one.fates is None
    assert len(one.to_frame()) == 0
    with pytest.raises(ValueError, match="fates=False"):
        one.mask("dropped")
    few = wrackline.replay(trace, window="1s", most_rows=5)
    assert (len(few.rows["count"]), few.rows_left_out > 0) == (5, True)
    with pytest.raises(ValueError, match="no fate"):
        few.mask("droped")


def test_guards_reject(trace):
    event = trace.event_ms.copy()
    event[100] += 10_000_000
    wild = wrackline.Trace.from_columns(event, trace.arrival_ms)
    one = wrackline.replay(wild, "bounded=1s", "1s", max_future_skew="1m")
    assert one["rejected_future"] == one.mask("rejected_future").sum() == 1
    assert wrackline.replay(wild, "bounded=1s", "1s")["dropped_rate"] > 0.9
    assert "rejected" in one._repr_html_()


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"watermark": "bounded=200"}, ValueError, "bounded=200"),
        ({"watermark": "bounde=200ms"}, ValueError, "bounded"),
        ({"watermark": {"bounded": "200ms", "max_drift": "1s"}}, ValueError, "alignment"),
        ({"watermark": "perfect"}, ValueError, "whole trace"),
        ({"watermark": []}, ValueError, "no watermarks"),
        ({"watermark": [7]}, TypeError, "a watermark is text"),
        ({"window": "tumbling=5"}, ValueError, "window"),
        ({"window": "sliding=5s"}, ValueError, "window"),
        ({"aggregate": "median"}, ValueError, "none of count"),
        ({"lateness": 5}, TypeError, "unit"),
        ({"lateness": "-5s"}, ValueError, "duration"),
        ({"max_age": "soon"}, ValueError, "max_age"),
        ({"lateness": datetime.timedelta(microseconds=1)}, ValueError, "whole number of milliseconds"),
        ({"rows": "all"}, ValueError, "none of windows"),
        ({"most_rows": -1}, ValueError, "most_rows"),
        ({"threads": 0}, ValueError, "threads"),
    ],
)
def test_settings_that_are_impossible(trace, settings, error, said):
    with pytest.raises(error, match=said):
        wrackline.replay(trace, **settings)


def test_all_that_is_wrong_is_said_at_once(trace):
    with pytest.raises(ValueError) as error:
        wrackline.replay(trace, ["bounded=200", "perfect"], window="5", aggregate="median")
    assert len(str(error.value).splitlines()) >= 4


# --- tune


def test_tune_recommends_what_keeps_the_targets(trace, small):
    tune = wrackline.tune(trace, "1s", late_rate="1%", p99="3s")
    assert tune.fulfilled
    frame = tune.to_frame()
    assert frame["recommended"].sum() == 1
    best = frame[frame["recommended"]].iloc[0]
    assert best["interval_high"] <= 0.01
    assert best["p99_ms"] <= 3000
    front = tune.pareto
    assert (np.diff(front["dropped_rate"]) >= 0).all()
    for _, one in front.iterrows():
        others = frame[(frame["dropped_rate"] <= one["dropped_rate"]) & (frame["p99_ms"] <= one["p99_ms"])]
        assert not ((others["dropped_rate"] < one["dropped_rate"]) | (others["p99_ms"] < one["p99_ms"])).any()
    assert tune.recommended["watermark"] in tune._repr_html_()
    assert json.loads("{" + tune.watermark_block.rstrip(",") + "}")["watermark"] == tune.watermark
    assert wrackline.validate(small, set={"jobs.totals.watermark": tune.watermark}).valid
    whole = wrackline.replay(trace, tune.watermark, "1s")
    first, rest = tune.recommended["dropped"], tune.recommended["held_out"]["dropped"]
    assert whole["dropped"] == first + rest


def test_tune_says_when_nothing_keeps_them(trace):
    tune = wrackline.tune(trace, "1s", late_rate=1e-6, p99="1ms", strategies="bounded")
    assert not tune.fulfilled
    assert tune.reason
    assert {one["strategy"] for one in tune.candidates} == {"bounded"}


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"late_rate": "many"}, ValueError),
        ({"late_rate": 2.0}, ValueError),
        ({"late_rate": 0}, ValueError),
        ({"late_rate": None}, TypeError),
        ({"holdout": 1.5}, ValueError),
        ({"p99": 3}, TypeError),
        ({"strategies": ["no_such"]}, ValueError),
        ({"window": "5"}, ValueError),
    ],
)
def test_questions_that_are_impossible(trace, settings, error):
    with pytest.raises(error):
        wrackline.tune(trace, **settings)


def test_tune_of_nothing():
    with pytest.raises(ValueError):
        wrackline.tune(wrackline.Trace.from_columns([], []))


# --- the command line says the same


def answer(*arguments):
    program = os.environ.get("WRACKLINE_CLI")  # one that is named and does not work is a failure
    if program is None:
        pytest.skip("WRACKLINE_CLI does not name a built command line; tools/check-python does")
    done = subprocess.run([program, *map(str, arguments), "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_fit_equals_the_command_line(file):
    said = answer("fit", file)
    mine = wrackline.fit(wrackline.read_trace(file)).json
    assert {name: said[name] for name in mine} == mine


def test_replay_equals_the_command_line(file):
    watermarks = ["bounded=100ms", "sliding_quantile=0.9", "k_slack,interval=0"]
    options = [part for one in watermarks for part in ("--watermark", one)]
    said = answer("replay", file, *options, "--window", "hopping=5s/1s", "--lateness", "2s", "--aggregate", "sum")
    trace = wrackline.read_trace(file)
    mine = wrackline.replay(trace, watermarks, "hopping=5s/1s", lateness="2s", aggregate="sum")
    for one, other in zip(said["replays"], mine, strict=True):
        one.pop("rows", None)
        one.pop("rows_left_out", None)
        assert one == other.metrics


def test_tune_equals_the_command_line(file):
    said = answer("tune", file, "--window", "1s", "--late-rate", "1%", "--p99", "3s")
    assert said == wrackline.tune(wrackline.read_trace(file), "1s", "1%", "3s").json


# --- strategies on arrays


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


# --- windows on arrays


def test_windows_are_assigned():
    got = wrackline.windows("hopping=10ms/5ms").assign([0, 7])
    assert list(got["record"]) == [0, 0, 1, 1]
    assert list(got["start_ms"]) == [-5, 0, 0, 5]
    assert list(wrackline.windows("hopping=10ms/30ms").assign([5, 15])["record"]) == [0]
    with pytest.raises(ValueError, match="other records"):
        wrackline.windows("session=5s").assign([1])


@pytest.mark.skipif(not Path("/usr/share/zoneinfo/Europe/Berlin").exists(), reason="the machine has no tzdata")
def test_windows_of_a_time_zone():
    day = pd.Timestamp("2026-03-29 12:00", tz="Europe/Berlin")
    windows = wrackline.windows("1d", zone="Europe/Berlin")
    got = windows.assign([day.value // 1_000_000])
    assert got["end_ms"][0] - got["start_ms"][0] == 23 * 3_600_000
    with pytest.raises(ValueError):
        wrackline.windows("1d", zone="Europe/Nowhere")


def test_panes_early_on_time_and_late():
    event, watermark, arrival = [0, 1, 12, 2, 30], [-1, 0, 11, 11, 29], [0, 60, 70, 80, 90]
    panes = wrackline.windows("10ms").aggregate(
        event, watermark, value=[1, 2, 4, 8, 16], arrival_ms=arrival, function="sum", lateness="5ms", early_every="50ms"
    )
    first = panes.start_ms == 0
    assert list(panes.pane[first]) == ["early", "on_time", "late"]
    assert list(panes.value[first]) == [1, 3, 11]
    assert list(panes.at_record[first]) == [1, 2, 3]
    assert list(panes.fates) == [0] * 5
    assert list(panes.to_frame()["pane"]) == list(panes.pane)
    assert "early" in panes._repr_html_()


def test_late_records_are_dropped_and_retractions_come_first():
    panes = wrackline.windows("10ms").aggregate([0, 15, 1], [-1, 14, 14])
    assert list(panes.fates) == [0, 0, 1]
    assert panes.dropped == 1
    settings = {"lateness": "9ms", "accumulation": "retracting"}
    panes = wrackline.windows("10ms").aggregate([0, 15, 1], [-1, 14, 14], **settings)
    assert list(panes.retraction) == [0, 1, 0]
    assert list(panes.count) == [1, 1, 2]


@pytest.mark.parametrize("lateness", ["0s", "300ms"])
def test_windows_on_arrays_are_those_of_a_replay(trace, lateness):
    watermark = wrackline.watermark("bounded", "100ms").run(trace)
    panes = wrackline.windows("1s").aggregate(
        trace.event_ms, watermark, trace.key, trace.value, function="sum", lateness=lateness
    )
    one = wrackline.replay(trace, "bounded=100ms,interval=0", "1s", rows="keys", lateness=lateness, aggregate="sum")
    assert panes.dropped == one["dropped"]
    names = ("start_ms", "key", "sum")
    mine = sorted(zip(*(panes._columns[name].tolist() for name in names), panes.pane == "late", strict=True))
    theirs = sorted(zip(*(one.rows[name].tolist() for name in names), one.rows["late"] == 1, strict=True))
    assert mine == theirs


def test_an_operator_keeps_its_state(trace):
    watermark = wrackline.watermark("bounded", "100ms").run(trace)
    whole = wrackline.windows("session=200ms").aggregate(trace.event_ms, watermark, trace.key, flush=True)
    operator = wrackline.WindowOperator("session=200ms")
    parts = []
    for a in range(0, len(trace), 999):
        cut = slice(a, a + 999)
        parts.append(operator.feed(trace.event_ms[cut], watermark[cut], trace.key[cut]))
    assert operator.costs["open_windows"] > 0
    parts.append(operator.advance(wrackline.MAX_TIMESTAMP))
    assert operator.costs["open_windows"] == 0
    assert operator.watermark_ms == wrackline.MAX_TIMESTAMP
    for name in ("start_ms", "end_ms", "key", "count"):
        joined = np.concatenate([getattr(one, name) for one in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))
    assert whole.count.sum() + whole.dropped == len(trace)


@pytest.mark.parametrize("name", sorted(wrackline.aggregates()))
def test_every_aggregate_has_a_result(name):
    panes = wrackline.windows("global").aggregate(
        np.arange(100), np.arange(100), value=np.arange(1, 101), function=name, flush=True
    )
    want = {"count": 100, "sum": 5050, "min": 1, "max": 100, "mean": 50.5}.get(name, 100 if "distinct" in name else 50)
    assert panes.real[0] == pytest.approx(want, rel=0.05)


def test_count_and_sliding_windows():
    panes = wrackline.windows("count=2").aggregate([1, 2, 3, 4], [0, 0, 0, 0], value=[1, 2, 3, 4], function="sum")
    assert list(panes.sum) == [3, 7]
    panes = wrackline.windows("sliding=10ms").aggregate([5, 9], [0, 0], flush=True)
    assert len(panes) > 0


@pytest.mark.parametrize("wrong", ["tumbling=5", "sliding=x", "count=0", "count=a/b", "hopping=1s/0s", "", "hour"])
def test_windows_that_are_none(wrong):
    with pytest.raises(ValueError):
        wrackline.windows(wrong)


def test_operators_that_are_none():
    for settings in (
        {"aggregate": "median"},
        {"accumulation": "adding"},
        {"early_every_records": -1},
        {"aggregate": "quantile", "quantile": 2},
    ):
        with pytest.raises(ValueError):
            wrackline.WindowOperator("5s", **settings)
    with pytest.raises(ValueError, match="arrival_ms"):
        wrackline.WindowOperator("5s", early_every="1s").feed([1], [1])
    operator = wrackline.WindowOperator("5s")
    with pytest.raises(ValueError, match="length"):
        operator.feed([1, 2], [1])
    with pytest.raises(ValueError, match="9999"):
        operator.feed([2**60], [1])
    with pytest.raises(TypeError):
        operator.feed([1], [1], key=["a"])


# --- the interpreter goes on


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
