"""Plots of traces, fits, replays, tunes and windows. Fates differ by marker as well as by colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._fit import Fit
from ._replay import Replay
from ._trace import Trace, as_trace, duration_ms
from ._tune import Tune
from ._windows import PANES, Panes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_UNITS = (("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000))
_BLUE, _ORANGE, _RED, _GREY = "#2166ac", "#e08214", "#b2182b", "#777777"


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.gca()


def _unit(span_ms: float) -> tuple[str, int]:
    """The largest unit of which the span holds at least five."""
    return next((unit for unit in reversed(_UNITS) if span_ms >= 5 * unit[1]), _UNITS[0])


def _short(ms: float) -> str:
    unit, size = next((u for u in reversed(_UNITS) if abs(ms) >= u[1]), _UNITS[0])
    return f"{ms / size:.3g} {unit}"


def _utc(ms: int) -> str:
    return f"{np.datetime64(int(ms), 'ms').astype('datetime64[s]')}Z".replace("T", " ")


def delay_ecdf(source: Trace | Fit | Any, ax: Axes | None = None, *, tail: bool = False) -> Axes:
    """Which share of the records had arrived after a delay: what was seen, and the fitted law.

    Parameters
    ----------
    source
        A `Fit`, whose law is drawn too, or a `Trace`.
    ax
        Where to draw; by default the current Axes. The delay is on a logarithmic axis (linear around zero if there are
        negative delays).
    tail
        Draw the share that is still missing, on a logarithmic axis: what a watermark is about.
    """
    fit = source if isinstance(source, Fit) else None
    trace = fit.trace if fit else as_trace(source)
    if not len(trace):
        raise ValueError("a trace without rows has no delays")
    from matplotlib.ticker import FuncFormatter

    ax = _axes(ax)
    seen, counts = np.unique(trace.delay_ms, return_counts=True)
    p001, p50, p99 = (float(v) for v in np.percentile(trace.delay_ms, [0.1, 50, 99], method="inverted_cdf"))
    unit, size = _unit(abs(p50))
    share = np.cumsum(counts) / len(trace)
    share = np.where(seen < seen[-1], 1 - share, np.nan) if tail else share
    least = 1 / len(trace)
    ax.step(seen / size, share, where="post", color=_BLUE, lw=2, label="seen")
    low, high = float(seen[0]), float(max(seen[-1], 2))
    negative = low < 0
    if fit:
        start = max(low, 0.5)
        grid = np.geomspace(start, max(high, start * 2), 400)
        if negative:
            grid = np.concatenate([np.linspace(low, start, 200, endpoint=False), grid])
        law = 1 - fit.cdf(grid) if tail else fit.cdf(grid)
        if tail:
            law = np.where(law >= least / 2, law, np.nan)
        name = fit.family.replace("_", " ") if fit.parametric else "knots (no law fits)"
        ax.plot(grid / size, law, color=_RED, lw=1.3, ls="--", label=f"fitted: {name}")
    if negative:
        ax.set_xscale("symlog", linthresh=max(1.0, min(-low, 100.0)) / size, linscale=0.4)
        ax.set_xlim(left=1.3 * low / size)
        ax.axvline(0, color="black", lw=0.6)
    else:
        ax.set_xscale("log")
        ax.set_xlim(left=max(p001, 0.5) / size)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    for percent, value in ((50, p50), (99, p99)):
        height = 1 - percent / 100 if tail else percent / 100
        ax.plot([value / size], [height], "o", color=_BLUE, ms=5, zorder=3)
        ax.annotate(
            f"P{percent} {_short(value)}",
            (value / size, height),
            xytext=(7, 3) if tail else (7, -4) if percent == 50 else (0, -15),
            ha="left" if tail or percent == 50 else "center",
            textcoords="offset points",
            fontsize="small",
        )
    if tail:
        ax.set_yscale("log")
        ax.set_ylim(least / 2, 1.3)
        ax.set_ylabel("share of records with a longer delay")
    else:
        ax.set_ylim(0, 1.02)
        ax.set_ylabel("share of records")
    ax.set_xlabel(f"delay [{unit}]")
    ax.set_title(f"delays of {len(trace):,} records")
    ax.grid(True, alpha=0.3)
    ax.legend(fontsize="small", loc="lower left" if tail else "lower right")
    return ax


def _stretch(replay: Replay, between: tuple[Any, Any] | None, most: int) -> slice:
    """Rows between two times after the first arrival; without them, those around the record that was dropped, or else
    behind, by most."""
    trace = replay.trace
    if between is not None:
        start, end = (duration_ms("between", one) for one in between)
        if end <= start:
            raise ValueError("between: the end comes after the start")
        rows = np.searchsorted(trace.arrival_ms - trace.arrival_ms[0], [start, end])
        if rows[0] == rows[1]:
            raise ValueError("between: no record arrives in that time")
        return slice(int(rows[0]), int(rows[1]))
    if not len(trace):
        raise ValueError("a trace without rows can not be drawn")
    late = replay.mask("dropped")
    late = late if late.any() else replay.mask("behind")
    if not late.any():
        return slice(0, min(len(trace), most))
    centre = int(np.where(late, trace.lateness_ms, -1).argmax())
    # Wide enough to see the others that it was held up with, narrow enough that its lateness is a good part of it.
    reach = 4 * int(trace.lateness_ms[centre])
    middle = int(trace.arrival_ms[centre])
    start, end = np.searchsorted(trace.arrival_ms, [middle - reach, middle + reach // 2])
    return slice(max(int(start), centre - most // 2), min(int(end) + 1, centre + most // 2))


def event_time(
    replay: Replay, ax: Axes | None = None, *, between: tuple[Any, Any] | None = None, most: int = 1000
) -> Axes:
    """Event time against arrival, the watermark as a staircase, and late records marked: what lies on or below the
    staircase is behind.

    Parameters
    ----------
    replay
        What `wrackline.replay` returned for one watermark, with fates.
    ax
        Where to draw; by default the current Axes. Seconds (or the like) since the first arrival that is shown, on
        both axes.
    between
        A stretch of the trace, as two durations after its first arrival: ``("10s", "40s")``. Without it, the
        neighbourhood of the record that was dropped (or behind) by most, of `most` records at the most.
    """
    rows = _stretch(replay, between, most)
    trace = replay.trace
    ax = _axes(ax)
    origin = int(trace.arrival_ms[rows][0])
    unit, size = _unit(float(trace.arrival_ms[rows][-1] - origin))
    arrival = (trace.arrival_ms[rows] - origin) / size
    event = (trace.event_ms[rows] - origin) / size
    met = replay.met_watermark_ms[rows]
    known = met > np.iinfo(np.int64).min
    fates = {fate: replay.mask(fate)[rows] for fate in ("on_time", "behind", "dropped")}
    rejected = replay.mask("rejected_future", "rejected_old")[rows]
    ax.plot(arrival[[0, -1]], arrival[[0, -1]], color="black", lw=0.8, ls=":", label="no delay")
    dot = {"ls": "", "ms": 3, "mew": 0}
    ax.plot(
        arrival[fates["on_time"]], event[fates["on_time"]], marker="o", color=_GREY, alpha=0.6, label="on time", **dot
    )
    ax.plot(
        arrival[known],
        (met[known] - origin) / size,
        color=_BLUE,
        lw=1.6,
        drawstyle="steps-post",
        label="watermark",
        zorder=3,
    )
    marked = (("behind", "^", _ORANGE, "behind, accepted"), ("dropped", "X", _RED, "dropped"))
    for fate, marker, colour, label in marked:
        if fates[fate].any():
            label = f"{label} ({int(fates[fate].sum())})"
            ax.plot(
                arrival[fates[fate]],
                event[fates[fate]],
                marker,
                color=colour,
                ms=6,
                mec="white",
                mew=0.4,
                label=label,
                zorder=4,
            )
    if rejected.any():
        label = f"rejected by a guard ({int(rejected.sum())})"
        ax.plot(arrival[rejected], event[rejected], "D", color="black", mfc="none", ms=5, label=label, zorder=4)
    ax.set_xlabel(f"arrival [{unit} after {_utc(origin)}]")
    ax.set_ylabel(f"event time [{unit} after the same]")
    ax.set_title(f"{replay.metrics['watermark']}\n{replay.metrics['window']}", fontsize="medium")
    ax.grid(True, alpha=0.3)
    ax.legend(fontsize="small", loc="upper left")
    return ax


def pareto(tune: Tune, ax: Axes | None = None, *, labels: int = 5) -> Axes:
    """What a watermark drops against how long results take: every candidate, the front that none beats, the
    recommended one, and the targets.

    Parameters
    ----------
    tune
        What `wrackline.tune` returned.
    ax
        Where to draw; by default the current Axes. The bars are the drop rates expected next, of the front.
    labels
        At most so many points of the front are named.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

    frame = tune.to_frame()
    frame = frame[frame["p99_ms"].notna()]
    if frame.empty:
        raise ValueError("no window has ended: there is no result latency to draw")
    ax = _axes(ax)
    front = frame[frame["front"]].sort_values(["dropped_rate", "p99_ms"], kind="stable")
    front = front[~front.duplicated(["dropped_rate", "p99_ms"])]
    unit, size = _unit(float(front["p99_ms"].median()))
    drop = frame["dropped_rate"] * 100
    ax.plot(drop, frame["p99_ms"] / size, "o", color=_GREY, alpha=0.5, ms=4, mew=0, label="tried")
    x, y = front["dropped_rate"].to_numpy() * 100, front["p99_ms"].to_numpy() / size
    # Left of the first point nothing is faster than it, so the front is a staircase.
    ax.plot(x, y, color=_BLUE, lw=1.4, marker="o", ms=5, drawstyle="steps-post", label="front", zorder=3)
    low, high = front["interval_low"].to_numpy() * 100, front["interval_high"].to_numpy() * 100
    ax.hlines(y, low, high, color=_BLUE, alpha=0.35, lw=3, label="expected next", zorder=2)
    named = set(front.index[np.unique(np.linspace(0, len(front) - 1, min(labels, len(front))).astype(int))])
    if tune.recommended is not None and tune.recommended["watermark"] in frame.index:
        best = frame.loc[tune.recommended["watermark"]]
        place = (best["dropped_rate"] * 100, best["p99_ms"] / size)
        ax.plot(*place, "*", color=_RED, ms=15, mec="white", label=f"recommended: {_name(best.name)}", zorder=5)
        named.discard(best.name)
        named -= set(front.index[(front["dropped_rate"] == best["dropped_rate"]) & (front["p99_ms"] == best["p99_ms"])])
    for name in front.index[[n in named for n in front.index]]:
        at = (front.loc[name, "dropped_rate"] * 100, front.loc[name, "p99_ms"] / size)
        far = name == front.index[-1] and len(front) > 1
        ax.annotate(
            _name(name),
            at,
            xytext=(-8, -3) if far else (7, 6),
            ha="right" if far else "left",
            textcoords="offset points",
            fontsize="x-small",
        )
    ax.axvline(tune.json["late_rate"] * 100, color="black", lw=0.9, ls="--")
    if tune.json["p99_ms"] is not None:
        ax.axhline(tune.json["p99_ms"] / size, color="black", lw=0.9, ls="--")
    ax.plot([], [], color="black", lw=0.9, ls="--", label="asked for")
    # Zero drops have a place on the axis; below one record in the trace there is nothing to tell apart.
    least = 100 / max(tune.json["chosen_on"], 1)
    ax.set_xscale("symlog", linthresh=max(least, 1e-6), linscale=0.5)
    ax.set_xlim(left=-least * 0.3)
    decades = 10.0 ** np.arange(np.ceil(np.log10(least)), 3)
    ax.xaxis.set_major_locator(FixedLocator([0, *decades]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_yscale("log")
    if frame["p99_ms"].max() < 30 * frame["p99_ms"].min():
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("dropped [% of records]")
    ax.set_ylabel(f"P99 of the result latency [{unit}]")
    ax.set_title(f"{tune.json['window']}: {len(frame)} watermarks", fontsize="medium")
    ax.grid(True, alpha=0.3)
    ax.legend(fontsize="small")
    return ax


def _name(watermark: str) -> str:
    """Without the options beside the strategy, which all candidates share."""
    options = ("interval=", "scope=", "idle_timeout=", "combine=")
    return ",".join(part for part in watermark.split(",") if not part.startswith(options))


def window_gantt(
    source: Replay | Panes,
    ax: Axes | None = None,
    *,
    arrival_ms: Any = None,
    most: int = 30,
    first: int = 0,
) -> Axes:
    """A bar per window from its start to its end, and a mark for each pane at the time it came: early, on time, late.
    The line from the end of a bar to its on-time mark is the result latency.

    Parameters
    ----------
    source
        A `Replay` (its early panes are not listed), or `Panes`.
    ax
        Where to draw; by default the current Axes. Event time of the bars and arrival time of the marks share the x
        axis.
    arrival_ms
        Of `Panes`: shape (n,), the arrivals of the records that were fed, to place the marks. Panes that no record
        made fire have none.
    most, first
        So many windows are shown, from that one on, in order of start (and key).
    """
    if isinstance(source, Replay):
        rows = source.rows
        code = rows["pane_code"]
        fired = rows["fired_at_ms"]
        keep = rows["retraction"] == 0
    elif isinstance(source, Panes):
        if arrival_ms is None:
            raise ValueError("window_gantt needs the arrival_ms of the records that were fed to draw panes")
        arrivals = np.asarray(arrival_ms)
        rows = source._columns
        if len(arrivals) != len(source.fates):
            raise ValueError(f"arrival_ms has {len(arrivals)} rows, {len(source.fates)} records were fed")
        code = rows["pane_code"]
        keep = (rows["retraction"] == 0) & (rows["at_record"] >= 0)
        fired = arrivals[np.maximum(rows["at_record"], 0)]
    else:
        raise TypeError(f"window_gantt draws a Replay or Panes, not {type(source).__name__}")
    start, end, key = rows["start_ms"][keep], rows["end_ms"][keep], rows["key"][keep]
    code, fired, count = code[keep], fired[keep], rows["count"][keep]
    bounded = (np.abs(start) < 1 << 60) & (np.abs(end) < 1 << 60)
    if not bounded.any():
        raise ValueError("there is no window with a start and an end to draw")
    start, end, key, code, fired, count = (c[bounded] for c in (start, end, key, code, fired, count))
    ids = sorted(set(zip(start.tolist(), end.tolist(), key.tolist(), strict=True)))[first : first + most]
    if not ids:
        raise ValueError(f"there are no windows from the {first}th on")
    ax = _axes(ax)
    origin = min(one[0] for one in ids)
    place = {one: row for row, one in enumerate(ids)}
    shown = [place.get(one) for one in zip(start.tolist(), end.tolist(), key.tolist(), strict=True)]
    mine = np.array([row is not None for row in shown])
    y = np.array([row for row in shown if row is not None])
    span = float(max(int(fired[mine].max()), max(one[1] for one in ids)) - origin)
    unit, size = _unit(span)
    for (low, high, _), row in place.items():
        ax.barh(row, (high - low) / size, left=(low - origin) / size, height=0.6, color=_BLUE, alpha=0.3, lw=0)
    at, ends, codes = (fired[mine] - origin) / size, (end[mine] - origin) / size, code[mine]
    on_time = codes == PANES.index("on_time")
    ax.hlines(y[on_time], ends[on_time], at[on_time], color=_BLUE, lw=1)
    marks = (("early", "o", "white", _BLUE), ("on_time", "|", _BLUE, _BLUE), ("late", "^", _ORANGE, "white"))
    for pane, marker, face, edge in marks:
        which = codes == PANES.index(pane)
        if not which.any():
            continue
        ax.plot(
            at[which],
            y[which],
            ls="",
            marker=marker,
            mfc=face,
            mec=edge,
            mew=2 if marker == "|" else 0.8,
            ms=12 if marker == "|" else 6,
            label=f"{pane.replace('_', ' ')} ({int(which.sum())})",
            zorder=3,
        )
    several = len(set(key.tolist())) > 1
    last_count: dict[int, int] = dict(zip(y.tolist(), count[mine].tolist(), strict=True))
    starts = np.array([one[0] for one in ids])
    precision = "s" if not (starts % 1000).any() else "ms"
    clocks = np.char.replace(np.datetime_as_string(starts.astype("datetime64[ms]"), unit=precision), "T", " ")
    if starts[0] // 86_400_000 == starts[-1] // 86_400_000:
        clocks = [clock[11:] for clock in clocks]
    names = [
        f"{f'key {key_}: ' if several else ''}{clock} ({last_count.get(row, 0):,})"
        for row, ((_, _, key_), clock) in enumerate(zip(ids, clocks, strict=True))
    ]
    ax.set_yticks(range(len(ids)), names, fontsize="small" if len(ids) <= 15 else "x-small")
    ax.set_ylim(len(ids) - 0.4, -0.6)
    ax.set_ylabel("start of the window, UTC (records)")
    ax.set_xlabel(f"time [{unit} after {_utc(origin)}]")
    ax.set_title("windows and their panes", fontsize="medium")
    ax.grid(True, axis="x", alpha=0.3)
    ax.legend(fontsize="small", loc="upper right", title="panes", title_fontsize="small")
    return ax
