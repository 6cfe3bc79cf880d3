"""Plots on matplotlib Axes: each takes an `ax` (or the current one) and returns it, so that figures can be composed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._html import OUTCOME_COLOURS
from ._plot_event_time import delay_ecdf, event_time, pareto, window_gantt
from ._results import LATENCY_UNITS, OUTCOMES, UNITS, Campaign, Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["delay_ecdf", "event_time", "figure_by_cell", "latency_cdf", "pareto", "verdicts", "window_gantt"]

# Outcomes differ by hatching too: colours alone do not reach everybody.
_HATCHES = {"pass": "", "inconclusive": "//", "fail": "xx"}


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.gca()


def _labels(campaign: Campaign) -> list[str]:
    """A label for each cell, of the axes that vary."""
    places = [cell.settings for cell in campaign.cells]
    varied = [axis for axis in campaign.plan.axes if len({place[axis] for place in places}) > 1]
    labels = []
    for cell in campaign.cells:
        parts = [cell.settings[axis] for axis in varied] or ([] if cell.job else [campaign.plan.name])
        labels.append(" · ".join([*parts, *([cell.job] if cell.job else [])]))
    return labels


def _name_rows(ax: Axes, labels: list[str]) -> None:
    """The first cell on top, as in the tables; also when several Axes share the axis."""
    ax.set_yticks(np.arange(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)


def _line_styles(cells: list[Cell]) -> list[dict[str, Any]]:
    """Colour by the first axis that varies and dashes by the rest; later colours are thinner, so that a curve on top of
    an equal one does not hide it."""
    axes = [axis for axis in cells[0].settings if len({cell.settings[axis] for cell in cells}) > 1] if cells else []
    colour_of = [(cell.settings[axes[0]] if axes else "") for cell in cells]
    dash_of = [(*(cell.settings[axis] for axis in axes[1:]), cell.job) for cell in cells]
    colours = list(dict.fromkeys(colour_of))
    dashes = list(dict.fromkeys(dash_of))
    names = ["-", "--", ":", "-."]
    return [
        {
            "color": f"C{colours.index(colour) % 10}",
            "linestyle": names[dashes.index(dash) % len(names)],
            "linewidth": max(1.0, 3.2 - 1.1 * colours.index(colour)),
        }
        for colour, dash in zip(colour_of, dash_of, strict=True)
    ]


def verdicts(campaign: Campaign, ax: Axes | None = None) -> Axes:
    """How many seeds of each cell passed, were inconclusive, or failed: a stacked bar per cell.

    Parameters
    ----------
    campaign
        What `wrackline.run` returned.
    ax
        Where to draw; by default the current Axes.
    """
    ax = _axes(ax)
    labels = _labels(campaign)
    place = np.arange(len(labels))
    left = np.zeros(len(labels))
    for outcome in OUTCOMES:
        width = np.array([sum(s["outcome"] == outcome for s in cell.seeds) for cell in campaign.cells], dtype=float)
        ax.barh(
            place,
            width,
            left=left,
            color=OUTCOME_COLOURS[outcome],
            hatch=_HATCHES[outcome],
            edgecolor="white",
            label=outcome if width.any() else None,
        )
        left += width
    _name_rows(ax, labels)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_xlabel("runs")
    ax.set_title(f"{campaign.plan.name}: verdicts")
    # Below the axis: bars may fill the whole of it.
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=len(OUTCOMES), frameon=False)
    return ax


def latency_cdf(
    campaign: Campaign | Cell, latency: str = "end_to_end", phase: str = "all", ax: Axes | None = None
) -> Axes:
    """Which share of the events had arrived after a time: a curve per cell, over all of its seeds.

    Events that never arrive are in the whole, so a curve that levels off below 1 shows them.

    Parameters
    ----------
    campaign
        What `wrackline.run` returned, or one of its cells.
    latency, phase
        As for `Cell.histogram`; ValueError for unknown ones.
    ax
        Where to draw; by default the current Axes. The x axis is logarithmic, from the first 0.1 % of the events on.
    """
    if isinstance(campaign, Cell):
        curves = [(campaign._place() or "cell", campaign)]
        name = ""
    else:
        curves = list(zip(_labels(campaign), campaign.cells, strict=True))
        name = f"{campaign.plan.name}: "
    histograms = [(label, cell.histogram(latency, phase)) for label, cell in curves]
    ax = _axes(ax)
    seconds = LATENCY_UNITS[latency] == "seconds"
    styles = _line_styles([cell for _, cell in curves])
    starts = []
    for (label, histogram), style in zip(histograms, styles, strict=True):
        value, share = histogram.cdf()
        if not len(value):
            continue
        value = value / 1e9 if seconds else value
        starts.append(value[min(np.searchsorted(share, 0.001), len(value) - 1)])
        ax.step(value, share, where="post", label=label, **style)
    from matplotlib.ticker import LogFormatter

    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(LogFormatter())
    ax.xaxis.set_minor_formatter(LogFormatter(labelOnlyBase=False, minor_thresholds=(1.2, 0.4)))
    if starts and min(starts) > 0:
        ax.set_xlim(left=min(starts))
    ax.set_ylim(0, 1.02)
    ax.set_xlabel(f"{latency} [{'s' if seconds else LATENCY_UNITS[latency]}]")
    ax.set_ylabel("share of events")
    ax.set_title(f"{name}{latency}" + ("" if phase == "all" else f" ({phase})"))
    ax.grid(True, alpha=0.3)
    if len(histograms) > 1 or len(ax.lines) > 1:
        ax.legend(fontsize="small")
    return ax


def figure_by_cell(campaign: Campaign, figure: str, phase: str = "all", ax: Axes | None = None, **style: Any) -> Axes:
    """A figure of every run, by cell: a dot per seed and a line at the median.

    Parameters
    ----------
    campaign
        What `wrackline.run` returned.
    figure
        A name of `Campaign.units`, e.g. "late_drop_rate" or "p99(end_to_end)"; KeyError for an unknown one.
    phase
        "all" or "steady".
    ax
        Where to draw; by default the current Axes.
    style
        For the dots, as ``Axes.plot`` takes it.
    """
    if figure not in UNITS:
        raise KeyError(figure)
    columns = campaign.columns(phase)
    ax = _axes(ax)
    labels = _labels(campaign)
    for place, cell in enumerate(campaign.cells):
        mine = (columns["cell"] == cell.cell) & (columns["job"] == cell.job)
        values = columns[figure][mine].astype(float)
        # Spread by rank in the row, so that equal values stay apart and a redrawn figure is the same.
        spread = place + (np.arange(len(values)) - (len(values) - 1) / 2) * 0.5 / max(len(values), 1)
        ax.plot(values, spread, **{"marker": "o", "linestyle": "", "color": "#2166ac", "alpha": 0.7, **style})
        known = values[~np.isnan(values)]
        if len(known):
            ax.vlines(np.median(known), place - 0.35, place + 0.35, color="black")
    _name_rows(ax, labels)
    unit = {"seconds": "s"}.get(UNITS[figure], UNITS[figure])
    ax.set_xlabel(f"{figure} [{unit}]")
    ax.set_title(f"{campaign.plan.name}: {figure}")
    ax.grid(True, axis="x", alpha=0.3)
    return ax
