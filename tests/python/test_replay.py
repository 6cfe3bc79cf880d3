"""A trace under watermarks."""

import datetime
import json

import numpy as np
import pytest

import wrackline


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
        ({"window": "slidin=5s"}, ValueError, 'did you mean "sliding"'),
        ({"window": "count=10/11"}, ValueError, "a window each 1 to 10 of them"),
        ({"window": "count=10", "lateness": "1s"}, ValueError, "nothing is late"),
        ({"window": "count=10", "early": "1s"}, ValueError, "one pane"),
        ({"window": "global"}, ValueError, "only early panes"),
        ({"early_records": 3}, ValueError, "of global windows only"),
        ({"accumulation": "adding"}, ValueError, "none of accumulating"),
        ({"aggregate": "median"}, ValueError, "none of count"),
        ({"aggregate": "quantil"}, ValueError, 'did you mean "quantile"'),
        ({"aggregate": ["count", "count"]}, ValueError, "twice"),
        ({"aggregate": "quantile", "quantile": 1.5}, ValueError, "between 0 and 1"),
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


@pytest.mark.parametrize(
    "window", ["tumbling=1s", "hopping=2s/1s", "session=300ms", "sliding=1s", "count=20", "count=20/5"]
)
def test_aggregates_are_those_of_the_window_operator(trace, window):
    """The rows of a replay against the operator over the same records and watermarks."""
    rng = np.random.default_rng(1)
    values = rng.integers(0, 500, len(trace))
    valued = wrackline.Trace.from_columns(trace.event_ms, trace.arrival_ms, trace.key, values)
    names = ["mean", "distinct", "distinct_sketch", "quantile", "quantile_sketch"]
    one = wrackline.replay(valued, "bounded=100ms,interval=0", window, aggregate=names, quantile="90%", rows="keys")
    met = one.met_watermark_ms
    last = max(met[-1], valued.event_ms[-1] - 101)
    sort = ["end_ms", "start_ms", "key"]
    for name in names:
        panes = wrackline.windows(window).aggregate(
            valued.event_ms, np.append(met[1:], last), valued.key, values, function=name, quantile=0.9
        )
        mine = one.to_frame().assign(number=one.rows["key"])
        theirs = panes.to_frame()
        if window.startswith("count"):
            np.testing.assert_array_equal(mine["number"], theirs["key"])
        else:
            mine = mine.sort_values(["end_ms", "start_ms", "number"], kind="stable")
            theirs = theirs.sort_values(sort, kind="stable")
        wanted = theirs["real" if name == "mean" or name.endswith("sketch") else "value"]
        np.testing.assert_array_equal(mine[name], wanted)
        np.testing.assert_array_equal(mine["count"], theirs["count"])
    errors = {each["sketch"]: each for each in one.metrics["sketch_errors"]}
    assert set(errors) == {"distinct_sketch", "quantile_sketch"}
    assert errors["quantile_sketch"]["greatest"] <= 0.0101
    assert "quantile_sketch off quantile" in one._repr_html_()


def test_what_means_nothing_is_none_and_said(trace):
    one = wrackline.replay(trace, "bounded=100ms", "count=50/10")
    assert one["completeness"] is None
    assert one["result_latency.p99_ms"] is None
    assert one["dropped"] == 0
    assert "not in event time" in one.metrics["not_applicable"]["dropped"]
    assert "not in event time" in one._repr_html_()
    assert not {"start_ms", "end_ms"} & set(one.to_frame().columns)
    assert {"start_ms", "end_ms"} <= set(wrackline.replay(trace, "bounded=100ms", "session=1s").to_frame().columns)
    several = wrackline.replay(trace, ["bounded=100ms", "k_slack"], "sliding=1s")
    assert several[0]["completeness"] is None
    assert several[0]["partly_late"] == several[0].mask("behind").sum()
    assert "k_slack" in several._repr_html_()


def test_global_windows_speak_by_early_panes(trace):
    one = wrackline.replay(
        trace, "bounded=100ms", "global", early="1s", early_records=40, accumulation="retracting", aggregate="distinct"
    )
    frame = one.to_frame()
    assert set(frame["pane"]) == {"early"}
    assert frame["retraction"].sum() == one["retractions"] > 0
    assert one["early.panes"] == (~frame["retraction"]).sum()
    assert one["early.records"] + one["unfired"] == len(trace)
    assert one["record_latency.p99_ms"] is not None
    with pytest.raises(ValueError, match="waits for no watermark"):
        wrackline.tune(trace, "global")


def test_all_that_is_wrong_is_said_at_once(trace):
    with pytest.raises(ValueError) as error:
        wrackline.replay(trace, ["bounded=200", "perfect"], window="5", aggregate="median")
    assert len(str(error.value).splitlines()) >= 4
