"""Which watermark to choose: every strategy over its parameters on a trace, and the recommended one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from . import _core, _html
from ._replay import flat
from ._settings import common, ratio
from ._trace import Duration, Trace, _ms, as_trace, duration_ms


class Tune:
    """Which watermark fulfils a target on a trace, what it costs, and whether the promise held on the part that it was
    not chosen on.

    Attributes
    ----------
    trace
        The trace.
    json
        All of it, as ``wrackline tune --json`` prints it.
    candidates
        Every watermark that was tried, a mapping each.
    recommended
        The recommended one of them; None if none can be recommended.
    fulfilled
        Whether that keeps what was asked for.
    kept
        Whether its drop rate on the held-out part was not above its interval.
    reason, caution
        Why it was chosen, and what the figures do not say; sentences.
    """

    def __init__(self, trace: Trace, text: str) -> None:
        self.trace = trace
        self.json: dict[str, Any] = json.loads(text)
        self.candidates: list[dict[str, Any]] = self.json["candidates"]
        place = self.json["recommended"]
        self.recommended: dict[str, Any] | None = None if place is None else self.candidates[place]
        self.fulfilled: bool = self.json["fulfilled"]
        self.kept: bool = self.json["kept"]
        self.reason: str = self.json["reason"]
        self.caution: str = self.json["caution"]

    @property
    def watermark(self) -> dict[str, Any]:
        """The recommended watermark as a mapping, for ``set={"jobs.NAME.watermark": tune.watermark}`` and `replay`.

        ValueError if there is none."""
        if self.recommended is None:
            raise ValueError(f"no watermark is recommended: {self.reason}")
        return self.recommended["block"]

    @property
    def watermark_block(self) -> str:
        """The line to paste into a job of a scenario; ValueError if nothing is recommended."""
        return f'"watermark": {json.dumps(self.watermark, ensure_ascii=False)},'

    @property
    def pareto(self):
        """The candidates that none beats in both drop rate and P99 latency, fewest drops first; a pandas frame as
        `to_frame`."""
        frame = self.to_frame()
        return frame[frame["front"]].sort_values(["dropped_rate", "p99_ms"], kind="stable")

    def to_frame(self):
        """The candidates as a pandas frame, a row each by the watermark's text: rates 0 to 1, times in ms, NaN where
        there is no value; `interval_low` and `interval_high` bound the drop rate of the next stretch; `held_out.*` are
        of the part that judges."""
        import pandas as pd

        rows = []
        for place, one in enumerate(self.candidates):
            row = {"watermark": one["watermark"], "recommended": place == self.json["recommended"]}
            row |= flat({k: v for k, v in one.items() if k not in ("watermark", "block", "interval")})
            row["interval_low"], row["interval_high"] = one["interval"]
            rows.append(row)
        frame = pd.DataFrame(rows).set_index("watermark")
        for name in ("p50_ms", "p95_ms", "p99_ms", "held_out.p99_ms"):
            if name in frame:
                frame[name] = pd.to_numeric(frame[name]).astype(float)
        return frame

    def __repr__(self) -> str:
        said = "nothing recommended" if self.recommended is None else self.recommended["watermark"]
        return f"<Tune of {len(self.candidates)} watermarks: {said}>"

    def _repr_html_(self) -> str:
        asked = f"{self.json['window']}: at most {_html.ratio(self.json['late_rate'])} dropped"
        if self.json["p99_ms"] is not None:
            asked += f", P99 of the result latency at most {_core.format_duration_ms(self.json['p99_ms'])}"
        front = [one for one in self.candidates if one["front"] or one is self.recommended]
        front.sort(key=lambda one: (one["dropped"], float("inf") if one["p99_ms"] is None else one["p99_ms"]))
        rows = [
            (
                _html.Markup("<b>recommended</b>") if one is self.recommended else "",
                one["watermark"],
                _html.ratio(one["dropped_rate"]),
                " to ".join(_html.ratio(bound) for bound in one["interval"]),
                *(_ms(one[f"p{p}_ms"]) for p in (50, 95, 99)),
                "" if one["completeness"] is None else _html.ratio(one["completeness"]),
                _html.ratio(one["held_out"]["dropped_rate"]) if "held_out" in one else "",
            )
            for one in front
        ]
        head = ("", "watermark", "dropped", "expected next", "latency P50", "P95", "P99", "complete", "held out")
        facts = [self.reason, *([f"Mind: {self.caution}"] if self.caution else [])]
        if self.recommended is not None and "held_out" in self.recommended:
            facts.append(f"on the held-out part: {'kept' if self.kept else 'NOT KEPT'}")
        block = f"<pre>{_html.text(self.watermark_block)}</pre>" if self.recommended is not None else ""
        return _html.table(head, rows, caption=asked) + _html.items(facts) + block


def tune(
    trace: Any,
    window: str | Duration = "tumbling=5s",
    late_rate: float | str = 0.01,
    p99: Duration | None = None,
    *,
    lateness: Duration | None = None,
    aggregate: str | Sequence[str] = "count",
    quantile: float | str = 0.5,
    holdout: float | str = 0.5,
    level: float | str = 0.95,
    interval: Duration = "200ms",
    strategies: str | Sequence[str] = (),
    max_future_skew: Duration | None = None,
    max_age: Duration | None = None,
    per_key: bool = False,
    threads: int | None = None,
) -> Tune:
    """Every watermark strategy over a trace: chosen on its first part, judged on the rest.

    Parameters
    ----------
    trace, window, lateness, aggregate, quantile, max_future_skew, max_age, per_key, threads
        As for `replay`; but count and global windows wait for no watermark, so there is none to choose.
    late_rate
        At most this share of the records may be dropped: 0.01 or "1%".
    p99
        The 99th percentile of the time from a window's end to its result may be at most this.
    holdout
        The share of the records that judges; 0: none is held out.
    level
        Of the interval in which the drop rate of the next stretch is expected, two-sided.
    interval
        Of emission; "0s": after every record.
    strategies
        Only these, by name; by default all of the catalogue that can be replayed.

    Raises
    ------
    ValueError
        Settings that are impossible, all of them, a line each; or a trace that is too short.
    TypeError
        A duration without a unit, or a share that is no number.
    """
    trace = as_trace(trace)
    options = common(window, lateness, aggregate, quantile, max_future_skew, max_age, per_key, threads)
    options |= {
        "late_rate": ratio("late_rate", late_rate),
        "p99_ms": duration_ms("p99", p99, None),
        "holdout": ratio("holdout", holdout),
        "level": ratio("level", level),
        "interval_ms": duration_ms("interval", interval),
        "strategies": [strategies] if isinstance(strategies, str) else list(strategies),
    }
    return Tune(trace, _core.tune(*trace._columns, options))
