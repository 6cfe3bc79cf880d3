"""Windows on arrays."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import wrackline


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
