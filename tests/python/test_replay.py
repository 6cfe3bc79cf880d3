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
