"""Joins of two tables, against what pandas makes of them."""

import datetime

import numpy as np
import pandas as pd
import pytest

import wrackline

START = 1_760_000_000_000


def table(rows, keys, late_ms, seed):
    rng = np.random.default_rng(seed)
    event = START + np.sort(rng.integers(0, 60_000, rows))
    arrival = event + rng.exponential(late_ms, rows).astype(np.int64)
    order = np.argsort(arrival, kind="stable")
    names = np.array([f"k{i}" for i in range(keys)])
    return wrackline.Trace.from_columns(event[order], arrival[order], names[rng.integers(0, keys, rows)])


@pytest.fixture(scope="module")
def orders():
    return table(400, 20, 50, 1)


@pytest.fixture(scope="module")
def payments():
    return table(300, 25, 400, 2)


def frame(trace, side):
    keys = np.array(trace.keys)[trace.key]
    return pd.DataFrame({"key": keys, "event": trace.event_ms, side: np.arange(len(trace))})


def all_pairs(left, right):
    return frame(left, "left").merge(frame(right, "right"), on="key", suffixes=("", "_right"))


def pairs(joined):
    both = (joined.left >= 0) & (joined.right >= 0)
    return set(zip(joined.left[both].tolist(), joined.right[both].tolist(), strict=True))


def test_a_patient_interval_join_is_the_join_of_the_tables(orders, payments):
    joined = wrackline.join(orders, payments, lower="-1s", upper="2s", kind="outer", watermark="bounded=1m")
    everything = all_pairs(orders, payments)
    distance = everything["event_right"] - everything["event"]
    wanted = everything[(distance >= -1000) & (distance <= 2000)]
    assert pairs(joined) == set(zip(wanted["left"], wanted["right"], strict=True))
    assert joined.dropped == {"left": 0, "right": 0}
    assert joined.completeness == 1
    alone = joined.unmatched
    assert set(alone["left"]) == set(range(len(orders))) - set(wanted["left"])
    assert set(alone["right"]) == set(range(len(payments))) - set(wanted["right"])
    assert len(joined) == len(wanted) + len(alone["left"]) + len(alone["right"]) == joined.expected
    assert joined.pairs == len(wanted)


def test_the_frame_names_keys_and_leaves_out_what_there_is_not(orders, payments):
    joined = wrackline.join(orders, payments, lower="-1s", upper="2s", kind="left", watermark="bounded=1m")
    made = joined.to_frame()
    assert list(made.columns) == ["key", "left", "right", "at_ms"]
    assert made["right"].isna().sum() == len(joined.unmatched["left"])
    names = np.array(orders.keys)[orders.key]
    assert (made["key"] == names[made["left"].astype(int)]).all()
    # A pair comes out when its second record arrives; what is alone at the end, with the end.
    paired = made.dropna()
    second = np.maximum(orders.arrival_ms[paired["left"].astype(int)], payments.arrival_ms[paired["right"].astype(int)])
    assert (paired["at_ms"] == second).all()
    assert "pairs" in repr(joined)
    assert "dropped" in joined._repr_html_()


def test_what_is_late_is_dropped_on_its_side_and_its_rows_are_missing(orders, payments):
    joined = wrackline.join(orders, payments, lower="-1s", upper="2s", watermark="bounded=100ms")
    patient = wrackline.join(orders, payments, lower="-1s", upper="2s", watermark="bounded=1m")
    assert joined.dropped["right"] > joined.dropped["left"] >= 0
    assert pairs(joined) < pairs(patient)
    assert joined.found == joined.pairs < joined.expected == patient.pairs
    gone = {(left, right) for left, right in pairs(patient) - pairs(joined)}
    assert all(joined.left_fates[left] == 1 or joined.right_fates[right] == 1 for left, right in gone)
    # Lateness and the other side's watermark, each enough by itself.
    for more in ({"lateness": "1m"}, {"right_watermark": "bounded=1m"}):
        settings = {"lower": "-1s", "upper": "2s", "watermark": "bounded=100ms", **more}
        assert wrackline.join(orders, payments, **settings).completeness == 1
    half = wrackline.join(
        orders, payments, lower="-1s", upper="2s", watermark="bounded=0s", right_lateness=datetime.timedelta(minutes=1)
    )
    assert half.dropped["right"] == 0 < half.dropped["left"]


def test_windows_pair_what_lies_in_one(orders, payments):
    joined = wrackline.join(orders, payments, "window", window="tumbling=5s", watermark="bounded=1m")
    everything = all_pairs(orders, payments)
    wanted = everything[everything["event"] // 5000 == everything["event_right"] // 5000]
    assert pairs(joined) == set(zip(wanted["left"], wanted["right"], strict=True))
    assert (joined.end_ms - joined.start_ms == 5000).all()
    assert "start_ms" in joined.to_frame().columns


def test_a_table_by_event_time_is_merge_asof(orders, payments):
    joined = wrackline.join(orders, payments, "temporal", kind="left", watermark="bounded=1m")
    left = frame(orders, "left").sort_values("event", kind="stable")
    right = frame(payments, "right").sort_values("event", kind="stable")
    wanted = pd.merge_asof(left, right, on="event", by="key").set_index("left")["right"]
    assert len(joined) == len(orders) == joined.expected == joined.found
    ties = payments.event_ms[joined.right] if len(payments) else joined.right
    for row, (at, version) in enumerate(zip(joined.left, joined.right, strict=True)):
        expected = wanted[at]
        if version < 0:
            assert np.isnan(expected)
        else:
            assert ties[row] == payments.event_ms[int(expected)]


def test_a_table_by_arrival_is_what_had_arrived(orders, payments):
    joined = wrackline.join(orders, payments, "stream_table")
    names = np.array(payments.keys)[payments.key]
    own = np.array(orders.keys)[orders.key]
    assert joined.expected is None and joined.completeness is None
    assert joined.dropped == {"left": 0, "right": 0}
    for left, right in zip(joined.left, joined.right, strict=True):
        before = np.flatnonzero((names == own[left]) & (payments.arrival_ms < orders.arrival_ms[left]))
        assert right == before[-1]


def test_empty_tables_join(orders):
    empty = wrackline.Trace.from_columns([], [])
    joined = wrackline.join(orders, empty, lower="0s", upper="1s", kind="outer")
    assert len(joined) == len(orders) - joined.dropped["left"]
    assert len(wrackline.join(empty, empty, lower="0s", upper="1s")) == 0
    assert wrackline.join(empty, empty, lower="0s", upper="1s").to_frame().empty


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"lower": "0s"}, "needs lower and upper"),
        ({"lower": "2s", "upper": "1s"}, "above the upper"),
        ({"type": "window"}, "needs a window"),
        ({"type": "window", "window": "session=5s"}, "tumbling, hopping or cumulate"),
        ({"type": "temporal", "window": "5s"}, "belongs to window joins"),
        ({"type": "temporal", "kind": "outer"}, "inner or left"),
        ({"type": "temporal", "upper": "1s"}, "belongs to interval joins"),
        ({"lower": "0s", "upper": "1s", "kind": "full"}, "inner, left, right, outer"),
        ({"type": "lookup"}, "interval, window, stream_table, temporal"),
        ({"lower": "5", "upper": "1s"}, "lower: .* is no duration"),
    ],
)
def test_what_is_impossible_is_said(orders, payments, settings, says):
    with pytest.raises(ValueError, match=says):
        wrackline.join(orders, payments, **settings)


def test_only_traces_are_joined(orders):
    with pytest.raises(TypeError, match=r"Trace\.from_columns"):
        wrackline.join(orders, [1, 2, 3], lower="0s", upper="1s")
