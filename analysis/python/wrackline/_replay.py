"""A trace under watermarks: what would have been late, and when results would have come."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np

from . import _core, _html
from ._settings import Watermark, common, watermark_text
from ._trace import Duration, Trace, _ms, as_trace, duration_ms
from ._windows import PANES

FATES = ("on_time", "behind", "dropped", "no_window", "rejected_future", "rejected_old")
"""What became of a record; its fate is an index in here. `behind` was accepted, its window was still open."""


def flat(metrics: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Figures with the names of nested ones joined by dots."""
    out = {}
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            out.update(flat(value, f"{prefix}{name}."))
        else:
            out[prefix + name] = value
    return out


class Replay:
    """A trace under one watermark.

    Attributes
    ----------
    trace
        The trace.
    label
        The watermark as it was given; `metrics["watermark"]` is its canonical form.
    metrics
        All figures by name, as ``wrackline replay --json`` prints them: counts, rates (0 to 1), times in ms. Latencies
        are mappings with mean_ms, p50_ms, p95_ms, p99_ms, least_ms, greatest_ms, count, missing; None where there is
        no value. What means nothing for a kind of windows is None, and ``not_applicable`` says why. If a sketch and
        what it stands for were both asked for, ``sketch_errors`` compares them: |sketch - exact| / max(|exact|, 1).
        ``replay["dropped_rate"]`` and ``replay["result_latency.p99_ms"]`` are short for it.
    fates
        uint8, shape (records,): an index in `wrackline.FATES`. None with ``fates=False``.
    met_watermark_ms
        int64, shape (records,): the watermark that each record met, in the engines' convention (behind if event time <=
        watermark); `wrackline.MIN_TIMESTAMP` before the first one. None with ``fates=False``.
    rows
        Columns of window results in the order of firing: start_ms, end_ms, fired_at_ms, key, late, pane_code (an index
        in `wrackline.PANES`), retraction, count, sum, least, greatest; and one for each of the aggregates mean
        (float64), distinct, quantile (int64) and the sketches (float64) that was asked for. Without ``rows="keys"`` a
        row is a whole window and its key is 0, but for session, sliding, count and global windows, which are of a key.
        Count and global windows span the whole axis. Early panes are counted, not listed; but those of global windows
        are listed: they are all that there is.
    rows_left_out
        Results beyond `most_rows`.
    watermark_block
        The watermark as a line to paste into a job of a scenario.
    """

    def __init__(self, trace: Trace, result: dict[str, Any]) -> None:
        self.trace = trace
        self.label: str = result["label"]
        self.metrics: dict[str, Any] = json.loads(result["json"])
        self.fates: np.ndarray | None = result["fates"]
        self.met_watermark_ms: np.ndarray | None = result["met_watermark_ms"]
        self.rows: dict[str, np.ndarray] = result["rows"]
        self.rows_left_out: int = result["rows_left_out"]
        self._block: str = result["block"]

    @property
    def watermark_block(self) -> str:
        return f'"watermark": {self._block},'

    @property
    def watermark(self) -> dict[str, Any]:
        """The watermark as a mapping, for ``set={"jobs.NAME.watermark": replay.watermark}``."""
        return json.loads(self._block)

    @cached_property
    def figures(self) -> dict[str, Any]:
        """`metrics` with the names of nested ones joined by dots."""
        return flat(self.metrics)

    def __getitem__(self, figure: str) -> Any:
        return self.figures[figure]

    def mask(self, *fates: str) -> np.ndarray:
        """Which records had one of these fates: bool, shape (records,). ValueError for an unknown one."""
        if self.fates is None:
            raise ValueError("this replay was made with fates=False")
        unknown = [fate for fate in fates if fate not in FATES]
        if unknown:
            raise ValueError(f"there is no fate {unknown[0]!r}; known: {', '.join(FATES)}")
        return np.isin(self.fates, [FATES.index(fate) for fate in fates])

    def to_frame(self):
        """The window results as a pandas frame: `rows`, with the pane ("early", "on_time", "late") and the key's name
        in words. Count and global windows lie nowhere in event time: without `start_ms` and `end_ms`."""
        import pandas as pd

        frame = pd.DataFrame(self.rows).drop(columns="late")
        frame["pane"] = np.array(PANES)[frame.pop("pane_code")]
        frame["retraction"] = frame["retraction"].astype(bool)
        frame["key"] = [self.trace.keys[k] if k < len(self.trace.keys) else "" for k in self.rows["key"]]
        if len(frame) and (frame["end_ms"] == np.iinfo(np.int64).max).all():
            frame = frame.drop(columns=["start_ms", "end_ms"])
        return frame

    def __repr__(self) -> str:
        return (
            f"<Replay {self.metrics['watermark']}: {_html.ratio(self['dropped_rate'])} of {self['records']:,} dropped>"
        )

    def _repr_html_(self) -> str:
        m = self.metrics
        rows = [
            ("window", f"{m['window']}, allowed lateness {_core.format_duration_ms(m['allowed_lateness_ms'])}"),
            ("records", f"{m['records']:,}"),
            ("behind", f"{m['behind']:,} ({_html.ratio(m['behind_rate'])})"),
            ("dropped", self._or_why("dropped", f"{m['dropped']:,} ({_html.ratio(m['dropped_rate'])})")),
            ("complete on time", self._or_why("completeness", _ratio(m["completeness"]))),
            ("watermark's lag", _spread(m["lag"])),
            ("result latency", self._or_why("result_latency", _spread(m["result_latency"], "windows overdue"))),
            ("record latency", _spread(m["record_latency"])),
            ("panes", f"early {m['early']['panes']:,}, on time {m['on_time']['panes']:,}, late {m['late']['panes']:,}"),
            ("state", f"at most {m['state']['peak_cells']:,} cells, {m['state']['bytes']:,} bytes"),
        ]
        rows += [
            (f"{one['sketch']} off {one['against']}", f"mean {_ratio(one['mean'])}, most {_ratio(one['greatest'])}")
            for one in m.get("sketch_errors", ())
        ]
        rejected = m["rejected_future"] + m["rejected_old"]
        if rejected:
            rows.insert(3, ("rejected by guards", f"{rejected:,}"))
        return _html.table(("watermark", m["watermark"]), rows)

    def _or_why(self, figure: str, text: str) -> str:
        """The figure, or why it means nothing here."""
        return self.metrics.get("not_applicable", {}).get(figure, text)


def _ratio(value: float | None) -> str:
    return "" if value is None else _html.ratio(value)


def _spread(spread: Mapping[str, Any], missing: str = "") -> str:
    text = ", ".join(f"P{p} {_ms(spread[f'p{p}_ms'])}" for p in (50, 95, 99))
    return text + (f"; {spread['missing']:,} {missing}" if missing and spread["missing"] else "")


class ReplaySet(Sequence):
    """A trace under several watermarks: a sequence of `Replay`, in the order they were given."""

    def __init__(self, replays: Iterable[Replay]) -> None:
        self._all = tuple(replays)

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, place):
        """By number, or by the watermark as it was given (KeyError if it was not)."""
        if isinstance(place, str):
            for one in self._all:
                if place in (one.label, one.metrics["watermark"]):
                    return one
            raise KeyError(place)
        return ReplaySet(self._all[place]) if isinstance(place, slice) else self._all[place]

    def __iter__(self) -> Iterator[Replay]:
        return iter(self._all)

    def to_frame(self):
        """A pandas frame with a row per watermark and a column per figure; nested names are joined by dots."""
        import pandas as pd

        return pd.DataFrame([one.figures for one in self._all]).set_index("watermark")

    def __repr__(self) -> str:
        return f"<ReplaySet of {len(self)} watermarks>"

    def _repr_html_(self) -> str:
        head = ("watermark", "behind", "dropped", "lag P50", "latency P50", "P95", "P99", "overdue", "complete")
        rows = [
            (
                one.metrics["watermark"],
                _html.ratio(one["behind_rate"]),
                _html.ratio(one["dropped_rate"]),
                _ms(one["lag.p50_ms"]),
                *(_ms(one[f"result_latency.p{p}_ms"]) for p in (50, 95, 99)),
                one["result_latency.missing"],
                _ratio(one["completeness"]),
            )
            for one in self._all
        ]
        return _html.table(head, rows)


def replay(
    trace: Any,
    watermark: Watermark | Sequence[Watermark] = "bounded=200ms",
    window: str | Duration = "tumbling=5s",
    *,
    lateness: Duration | None = None,
    aggregate: str | Sequence[str] = "count",
    quantile: float | str = 0.5,
    early: Duration | None = None,
    early_records: int = 0,
    accumulation: Literal["accumulating", "discarding", "retracting"] = "accumulating",
    max_future_skew: Duration | None = None,
    max_age: Duration | None = None,
    phase: Duration | None = None,
    per_key: bool = False,
    fates: bool = True,
    rows: Literal["windows", "keys", "none"] = "windows",
    most_rows: int = 1_000_000,
    threads: int | None = None,
) -> Replay | ReplaySet:
    """What a job with event-time windows would have made of a trace.

    Parameters
    ----------
    trace
        A `Trace`, or what `Trace.from_columns` or `Trace.from_frame` would take.
    watermark
        ``"bounded=200ms"``, ``"sliding_quantile=0.99,n=1000,interval=0"``, or a mapping as in a scenario,
        ``{"sliding_quantile": {"p": 0.99}}``; `wrackline.strategies()` lists them. A list of them gives a `ReplaySet`.
        Without an `interval` it is emitted every 200 ms of the arrivals' clock.
    window
        ``"tumbling=5s"`` (or ``"5s"``), ``"hopping=1m/5s"``, ``"cumulate=1h/10m"``, each also with ``",offset=-8h"``;
        ``"session=30s"``, ``"sliding=10s"`` (a time difference), ``"count=100"``, ``"count=100/10"`` (the last 100,
        every 10), ``"global"`` (needs `early` or `early_records`).
    lateness
        For how long after a window's end, by the watermark, late records still count.
    aggregate
        Over `value`; 1 where the trace has none: one or several of count, sum, min, max, mean, distinct, quantile and
        the sketches distinct_sketch (HyperLogLog), quantile_sketch (DDSketch), quantile_t_digest.
        `wrackline.aggregates` says what they are.
    quantile
        Of the quantile aggregates: 0.99 or "99%".
    early
        An early pane so often; of a global window: so long after a key's first record that no pane has shown.
    early_records
        Of global windows: a pane as soon as no pane has shown so many records of a key; 0: not by number.
    accumulation
        Of global windows: "accumulating": each pane holds all so far; "discarding": what is new; "retracting": all so
        far, behind a retraction of what it replaces.
    max_future_skew, max_age
        Guards: a record further ahead of its arrival, or older, is rejected before any watermark sees it.
    phase
        The first emission after the first arrival, instead of one interval.
    per_key
        A watermark per key, combined by the minimum, instead of one for all records.
    fates
        Keep the columns `fates` and `met_watermark_ms` (9 bytes a record and watermark).
    rows
        Keep results: a row a window, a row a window and key, or none; at most `most_rows`.
    threads
        At most so many watermarks at a time; by default one per processor. Results do not depend on it.

    Durations are text with a unit ("500ms", "1h30m") or timedeltas.

    Raises
    ------
    ValueError
        Settings that are impossible, all of them, a line each; or a trace that is.
    TypeError
        A duration without a unit, or a watermark of another type.
    """
    trace = as_trace(trace)
    one = isinstance(watermark, str | Mapping)
    watermarks = [watermark_text(w) for w in ([watermark] if one else watermark)]
    if not watermarks:
        raise ValueError("no watermarks")
    if rows not in ("windows", "keys", "none"):
        raise ValueError(f"rows: {rows!r} is none of windows, keys, none")
    if most_rows < 0:
        raise ValueError(f"most_rows must be 0 or more, not {most_rows}")
    options = common(window, lateness, aggregate, quantile, max_future_skew, max_age, per_key, threads)
    options |= {
        "early_every_ms": duration_ms("early", early),
        "early_records": int(early_records),
        "accumulation": accumulation,
        "phase_ms": duration_ms("phase", phase),
        "keep_fates": bool(fates),
        "rows": rows,
        "most_rows": int(most_rows),
    }
    results = [Replay(trace, result) for result in _core.replay(*trace._columns, watermarks, options)]
    return results[0] if one else ReplaySet(results)
