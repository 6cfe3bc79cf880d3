"""Plots take Axes and return them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import wrackline


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    figure.canvas.draw()
    plt.close(figure)


def test_verdicts_is_a_bar_per_cell_and_outcome(campaign, ax):
    assert wrackline.plot.verdicts(campaign, ax=ax) is ax
    assert [label.get_text() for label in ax.get_yticklabels()] == ["at_least_once", "effectively_once"]
    assert sum(bar.get_width() for bar in ax.patches) == len(campaign)


def test_latency_cdf_is_a_curve_per_cell_that_ends_at_what_arrived(campaign, ax):
    assert wrackline.plot.latency_cdf(campaign, ax=ax) is ax
    assert len(ax.lines) == len(campaign.cells)
    histogram = campaign.cells[0].histogram()
    share = ax.lines[0].get_ydata()[-1]
    assert share == pytest.approx(histogram.total / (histogram.total + histogram.missing))
    assert "[s]" in ax.get_xlabel()


def test_latency_cdf_of_one_cell_and_of_records(campaign, ax):
    wrackline.plot.latency_cdf(campaign.cells[1], "consumer_lag", "steady", ax=ax)
    assert len(ax.lines) == 1
    assert "[records]" in ax.get_xlabel()


def test_figure_by_cell_is_a_dot_per_run(campaign, ax):
    assert wrackline.plot.figure_by_cell(campaign, "p99(end_to_end)", ax=ax) is ax
    dots = np.concatenate([line.get_xdata() for line in ax.lines])
    assert sorted(dots) == sorted(campaign["p99(end_to_end)"])
    with pytest.raises(KeyError):
        wrackline.plot.figure_by_cell(campaign, "p12", ax=ax)


def test_the_current_axes_is_the_default(campaign):
    figure, ax = plt.subplots()
    assert wrackline.plot.verdicts(campaign) is ax
    plt.close(figure)
    with pytest.raises(ValueError):
        wrackline.plot.latency_cdf(campaign, "no such latency")
