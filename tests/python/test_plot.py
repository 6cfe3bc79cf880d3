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


@pytest.fixture(scope="module")
def trace():
    rng = np.random.default_rng(5)
    event = 1_760_000_000_000 + np.sort(rng.integers(0, 60_000, 3_000))
    arrival = event + rng.lognormal(4.6, 0.9, 3_000).astype(np.int64)
    order = np.argsort(arrival, kind="stable")
    return wrackline.Trace.from_columns(event[order], arrival[order])


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_delay_ecdf_is_what_was_seen_and_the_law(trace, ax):
    fit = wrackline.fit(trace)
    assert wrackline.plot.delay_ecdf(fit, ax=ax) is ax
    assert labels(ax) == ["seen", "fitted: lognormal"]
    assert ax.lines[0].get_ydata()[-1] == 1
    assert list(ax.lines[0].get_xdata()) == sorted(set(trace.delay_ms))
    assert "[ms]" in ax.get_xlabel()


def test_the_tail_of_delays_and_negative_ones(trace, ax):
    wrackline.plot.delay_ecdf(wrackline.fit(trace), ax=ax, tail=True)
    assert ax.get_yscale() == "log"
    ax.cla()
    ahead = wrackline.Trace.from_columns(trace.event_ms + 100, trace.arrival_ms)
    wrackline.plot.delay_ecdf(ahead, ax=ax)
    assert ax.get_xscale() == "symlog"
    with pytest.raises(ValueError, match="without rows"):
        wrackline.plot.delay_ecdf(trace[:0], ax=ax)


def test_event_time_marks_every_late_record_of_its_stretch(trace, ax):
    replay = wrackline.replay(trace, "bounded=50ms", "1s")
    assert wrackline.plot.event_time(replay, ax=ax, between=("0s", "120s")) is ax
    drawn = {line.get_label().split(" (")[0]: line for line in ax.lines}
    assert len(drawn["dropped"].get_xdata()) == replay["dropped"]
    assert len(drawn["behind, accepted"].get_xdata()) == replay["behind"] - replay["dropped"]
    steps = drawn["watermark"]
    assert steps.get_drawstyle() == "steps-post"
    assert len(steps.get_xdata()) == (replay.met_watermark_ms != wrackline.MIN_TIMESTAMP).sum()


def test_event_time_looks_for_a_stretch(trace, ax):
    replay = wrackline.replay(trace, "bounded=50ms", "1s")
    wrackline.plot.event_time(replay, ax=ax, most=200)
    assert any(label.startswith("dropped") for label in labels(ax))
    with pytest.raises(ValueError, match="after the start"):
        wrackline.plot.event_time(replay, ax=ax, between=("5s", "1s"))
    with pytest.raises(ValueError, match="no record"):
        wrackline.plot.event_time(replay, ax=ax, between=("1h", "2h"))
    with pytest.raises(ValueError, match="fates=False"):
        wrackline.plot.event_time(wrackline.replay(trace, fates=False), ax=ax)


def test_pareto_has_every_candidate_and_the_targets(trace, ax):
    tune = wrackline.tune(trace, "1s", late_rate="1%", p99="3s")
    assert wrackline.plot.pareto(tune, ax=ax) is ax
    drawn = {line.get_label(): line for line in ax.lines}
    assert len(drawn["tried"].get_xdata()) == tune.to_frame()["p99_ms"].notna().sum()
    assert any(label.startswith("recommended: ") for label in labels(ax))
    assert "[% of records]" in ax.get_xlabel()
    with pytest.raises(ValueError, match="no window has ended"):
        wrackline.plot.pareto(wrackline.tune(trace, "1h"), ax=ax)


def test_window_gantt_is_a_bar_per_window(trace, ax):
    replay = wrackline.replay(trace, "bounded=50ms", "1s", lateness="500ms")
    assert wrackline.plot.window_gantt(replay, ax=ax, most=12) is ax
    assert len(ax.patches) == 12
    assert any(label.startswith("on time (12") for label in labels(ax))
    with pytest.raises(ValueError, match="no windows"):
        wrackline.plot.window_gantt(replay, ax=ax, first=10_000)
    with pytest.raises(TypeError):
        wrackline.plot.window_gantt(trace, ax=ax)


def test_window_gantt_of_panes(trace, ax):
    watermark = wrackline.watermark("bounded", "50ms").run(trace)
    columns = {"event_ms": trace.event_ms, "watermark_ms": watermark, "arrival_ms": trace.arrival_ms}
    panes = wrackline.windows("1s").aggregate(**columns, early_every="300ms", lateness="1s")
    wrackline.plot.window_gantt(panes, ax=ax, arrival_ms=trace.arrival_ms, most=5)
    assert {label.split(" (")[0] for label in labels(ax)} == {"early", "on time", "late"}
    with pytest.raises(ValueError, match="needs the arrival_ms"):
        wrackline.plot.window_gantt(panes, ax=ax)
    with pytest.raises(ValueError, match="rows"):
        wrackline.plot.window_gantt(panes, ax=ax, arrival_ms=[1])
    whole = wrackline.windows("global").aggregate(**columns, early_every="1s")
    with pytest.raises(ValueError, match="no window with a start"):
        wrackline.plot.window_gantt(whole, ax=ax, arrival_ms=trace.arrival_ms)
