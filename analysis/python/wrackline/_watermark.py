"""Watermark strategies by themselves, fed with columns: the classes that replay and pipeline use."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _core
from ._columns import key_numbers, optional
from ._settings import plain, watermark_text
from ._trace import Duration, Trace, duration_ms, times


class WatermarkStrategy:
    """One strategy for one stream of records; made by `wrackline.watermark`.

    Convention of the engines: a watermark W says "no more records with a timestamp <= W", so a record is behind if its
    event_ms <= W. Before its first word the watermark is `wrackline.MIN_TIMESTAMP`. It never decreases.
    """

    def __init__(self, core: _core.Watermark) -> None:
        self._core = core

    def run(
        self,
        event_ms: Any,
        arrival_ms: Any = None,
        key: Any = None,
        value: Any = None,
        *,
        interval: Duration | None = None,
    ) -> np.ndarray:
        """The watermark after each record.

        Parameters
        ----------
        event_ms, arrival_ms
            Milliseconds or datetime64, shape (n,), in order of arrival; or a `Trace` alone.
        key, value
            Whole numbers, shape (n,): only for the strategies that look at them.
        interval
            None: what the strategy says right after each record. Otherwise what a timer heard last that asks it so
            often, first one interval after the first arrival, as engines emit it. Strategies that go by the clock are
            asked every 200 ms (or as their own `interval` says) in either case.

        Returns
        -------
        int64, shape (n,). A record is judged by the watermark *before* it: of the row above (with an interval: of its
        own row). The state stays: the next call goes on with the following records.

        Raises
        ------
        ValueError
            Columns of different lengths, arrivals that fall, times beyond the year 9999.
        """
        if isinstance(event_ms, Trace):
            event_ms, arrival_ms, key, value = event_ms._columns
        elif arrival_ms is None:
            raise TypeError("arrival_ms is missing")
        event_ms = times("event_ms", event_ms)
        return self._core.run(
            event_ms,
            times("arrival_ms", arrival_ms),
            key_numbers(key, len(event_ms)),
            optional("value", value),
            duration_ms("interval", interval),
        )

    def on_record(self, event_ms: int, arrival_ms: int, key: int = 0, value: int = 0) -> int:
        """Takes one record in and returns what the strategy says then. ValueError if the clock falls."""
        return self._core.on_record(event_ms, arrival_ms, key, value)

    def on_periodic(self, now_ms: int) -> int:
        """The timer fires at `now_ms`, on the clock of arrivals; returns what the strategy says then."""
        return self._core.on_periodic(now_ms)

    def on_batch_end(self, now_ms: int) -> int:
        """A micro-batch ended; only the micro-batch strategy moves here."""
        return self._core.on_batch_end(now_ms)

    @property
    def watermark_ms(self) -> int:
        """What it says now."""
        return self._core.watermark_ms

    @property
    def slack_ms(self) -> int:
        """The distance it keeps from the largest timestamp, now; 0 where it has none."""
        return self._core.slack_ms

    @property
    def state_bytes(self) -> int:
        return self._core.state_bytes

    @property
    def counters(self) -> dict[str, int]:
        """adaptations, suppressed_regressions, fallbacks (emissions forced by the maximum silence)."""
        return self._core.counters

    def __repr__(self) -> str:
        return f"<WatermarkStrategy {self._core.text}>"


def watermark(strategy: Any, value: Any = None, /, **parameters: Any) -> WatermarkStrategy:
    """A watermark strategy of the catalogue, with fresh state.

    ``watermark("bounded", "200ms")``, ``watermark("sliding_quantile", p=0.99, n=1000)``, ``watermark("k_slack")``;
    also the text and mapping forms that `replay` takes.

    Parameters
    ----------
    strategy
        Its name; `wrackline.strategies()` lists all with their parameters, defaults and ranges.
    value
        Its first parameter.
    parameters
        Others, by name. Durations are text with a unit.

    Raises
    ------
    ValueError
        An unknown name, with the nearest one, or values out of range: all that is wrong, a line each.
    """
    if isinstance(strategy, str) and (parameters or value is not None):
        if value is not None:
            first = next((s["parameters"][:1] for s in _core.strategies() if s["name"] == strategy), None)
            if first == []:
                raise ValueError(f"{strategy} has no parameters")
            if first and first[0]["name"] in parameters:
                raise TypeError(f"{first[0]['name']} is given twice")
            parameters = {**({first[0]["name"]: value} if first else {}), **parameters}
        strategy = {strategy: parameters}
    return WatermarkStrategy(_core.Watermark(*watermark_text(plain(strategy))))


def strategies():
    """The catalogue of watermark strategies as a pandas frame: a row each with `id`, `doc`, `parameters`
    ("name=default" text), `adaptive`, `uses_clock`, `uses_values`, `needs_trace` and `source`. `.attrs["parameters"]`
    maps each name to its parameters: name, type, default, min, max, doc, choices; durations in ms."""
    import pandas as pd

    table = _core.strategies()
    rows = [{**one, "parameters": ", ".join(f"{p['name']}={p['default']}" for p in one["parameters"])} for one in table]
    columns = ["name", "id", "doc", "parameters", "adaptive", "uses_clock", "uses_values", "needs_trace", "source"]
    frame = pd.DataFrame(rows, columns=columns).set_index("name")
    frame.attrs["parameters"] = {one["name"]: one["parameters"] for one in table}
    return frame
