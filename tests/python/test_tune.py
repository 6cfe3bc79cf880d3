"""Which watermark to choose."""

import json

import numpy as np
import pytest

import wrackline


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
