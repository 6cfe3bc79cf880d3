"""Which law a trace follows."""

import json

import numpy as np
import pytest
from made_trace import made

import wrackline


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
