"""Windows by themselves, fed with columns: the classes that replay and pipeline use."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _core, _html
from ._columns import MAX_TIMESTAMP, key_numbers, optional
from ._trace import Duration, Trace, duration_ms, times

PANES = ("early", "on_time", "late")
"""What kind of pane a result is; `Panes.pane_code` is an index in here."""


class Panes:
    """What windows said, as columns in the order of firing.

    Attributes
    ----------
    start_ms, end_ms
        int64: the window [start, end). Global and count windows span the whole axis.
    key
        uint32.
    index
        int64: panes of this window and key before it.
    pane_code
        uint8: an index in `wrackline.PANES` (early, on_time, late).
    retraction
        uint8: 1 where a pane takes back an earlier one.
    count, sum, min, max
        int64, over the records of the pane.
    value, real
        The aggregate that was asked for: int64 (a mean is cut towards zero) and float64.
    at_record
        int64: the row (of this call) that made it fire; -1 if `advance` did.
    fates
        uint8 by *record*: 0 accepted, 1 dropped as late, 2 in no window.
    """

    def __init__(self, columns: dict[str, np.ndarray]) -> None:
        self.fates: np.ndarray = columns.pop("fates")
        self._columns = columns
        for name, column in columns.items():
            setattr(self, name, column)

    def __len__(self) -> int:
        return len(self._columns["start_ms"])

    @property
    def pane(self) -> np.ndarray:
        """The kind in words."""
        return np.array(PANES)[self._columns["pane_code"]]

    @property
    def dropped(self) -> int:
        """Records that were dropped as late."""
        return int((self.fates == 1).sum())

    def to_frame(self):
        """A pandas frame with a row per pane, with `pane` in words."""
        import pandas as pd

        frame = pd.DataFrame(self._columns)
        frame.insert(3, "pane", self.pane)
        frame["retraction"] = frame["retraction"].astype(bool)
        return frame.drop(columns="pane_code")

    def __repr__(self) -> str:
        return f"<Panes: {len(self)} of {len(self.fates)} records, {self.dropped} dropped>"

    def _repr_html_(self) -> str:
        names = ("start_ms", "end_ms", "key", "pane", "index", "count", "value", "at_record")
        frame = self.to_frame()
        rows = frame[list(names)].head(_ROWS_SHOWN).itertuples(index=False)
        caption = f"{len(self)} panes of {len(self.fates)} records, {self.dropped} dropped"
        if len(self) > _ROWS_SHOWN:
            caption += f" (the first {_ROWS_SHOWN})"
        return _html.table(names, rows, caption=caption)


_ROWS_SHOWN = 20


class WindowOperator:
    """Keyed windows that are fed records and watermarks, and answer with panes; keeps its state between calls.

    Parameters
    ----------
    window
        ``"tumbling=5s"`` (or ``"5s"``), ``"hopping=1m/5s"``, ``"cumulate=1h/10m"``, ``"session=30s"``,
        ``"sliding=10s"`` (a time difference), ``"count=100"``, ``"count=100/10"`` (the last 100, every 10),
        ``"global"``; or a `Windows`.
    lateness
        For how long after a window's end, by the watermark, late records still count, each with a late pane.
    aggregate
        count, sum, min, max, mean, distinct, distinct_sketch, quantile, quantile_sketch, quantile_t_digest.
    quantile
        Of the quantile aggregates: 0 to 1.
    early_every, late_every
        A pane so long after the first record that no pane has shown; needs `arrival_ms`.
    early_every_records, late_every_records
        A pane per so many new records; 0: not by number.
    accumulation
        "accumulating": each pane holds all so far; "discarding": what is new; "retracting": as accumulating, behind a
        retraction of what it replaces.
    zone
        An IANA time zone in which windows by time begin, like "Europe/Berlin"; from the system's tzdata.

    Raises
    ------
    ValueError
        Settings that are impossible, all of them, a line each.
    """

    def __init__(
        self,
        window: str | Windows,
        *,
        lateness: Duration | None = None,
        aggregate: str = "count",
        quantile: float = 0.5,
        early_every: Duration | None = None,
        early_every_records: int = 0,
        late_every: Duration | None = None,
        late_every_records: int = 1,
        accumulation: Literal["accumulating", "discarding", "retracting"] = "accumulating",
        zone: str | None = None,
    ) -> None:
        if isinstance(window, Windows):
            window, zone = window.text, zone or window.zone
        self.window = window
        self.zone = zone
        self._core = _core.WindowOperator(
            window,
            zone,
            {
                "aggregate": aggregate,
                "quantile": float(quantile),
                "allowed_lateness_ms": duration_ms("lateness", lateness),
                "early_every_ms": duration_ms("early_every", early_every),
                "early_every_records": int(early_every_records),
                "late_every_ms": duration_ms("late_every", late_every),
                "late_every_records": int(late_every_records),
                "accumulation": accumulation,
            },
        )

    def feed(
        self, event_ms: Any, watermark_ms: Any, key: Any = None, value: Any = None, arrival_ms: Any = None
    ) -> Panes:
        """Takes records in.

        Parameters
        ----------
        event_ms
            Shape (n,), in order of arrival; or a `Trace`, whose columns stand for all but `watermark_ms`.
        watermark_ms
            Shape (n,): the watermark after each record, as `WatermarkStrategy.run` gives it. A record is judged by the
            row above; smaller ones than before are ignored.
        key, value, arrival_ms
            Shape (n,); without key all have key 0, without value all have 1. `arrival_ms` is the clock of panes by
            time.
        """
        if isinstance(event_ms, Trace):
            event_ms, arrival_ms, key, value = event_ms._columns
        event_ms = times("event_ms", event_ms)
        columns = key_numbers(key, len(event_ms)), optional("value", value), optional("arrival_ms", arrival_ms)
        return Panes(self._core.feed(event_ms, times("watermark_ms", watermark_ms), *columns))

    def advance(self, watermark_ms: int) -> Panes:
        """The watermark moves without a record; `wrackline.MAX_TIMESTAMP` at the end of the input."""
        return Panes(self._core.advance(watermark_ms))

    @property
    def watermark_ms(self) -> int:
        return self._core.watermark_ms

    @property
    def costs(self) -> dict[str, int]:
        """Counts, not seconds: records, late_dropped, updates, combines, windows, slices, merges, panes, retractions
        so far; and open_windows, slices_held, state_bytes now."""
        return self._core.costs()

    def __repr__(self) -> str:
        return f"<WindowOperator {self.window}: {self.costs['open_windows']} windows open>"


class Windows:
    """Which windows there are; made by `wrackline.windows`."""

    def __init__(self, text: str, zone: str | None) -> None:
        self.text = text
        self.zone = zone
        self.by_timestamp: bool = _core.check_windows(text, zone)

    def assign(self, event_ms: Any) -> dict[str, np.ndarray]:
        """The windows of each record, the oldest first: columns `record` (row number), `start_ms`, `end_ms`, int64, a
        row per record and window. A record that lies between windows has none.

        Raises ValueError for sessions, sliding, count and global windows: they depend on other records."""
        record, start, end = _core.assign_windows(self.text, self.zone, times("event_ms", event_ms))
        return {"record": record, "start_ms": start, "end_ms": end}

    def aggregate(
        self,
        event_ms: Any,
        watermark_ms: Any,
        key: Any = None,
        value: Any = None,
        arrival_ms: Any = None,
        *,
        function: str = "count",
        flush: bool = False,
        **settings: Any,
    ) -> Panes:
        """Aggregates columns in one call: `WindowOperator(self, aggregate=function, **settings).feed(...)`.

        With `flush` the input ends after the last record, and all that is open fires (their `at_record` is -1).
        """
        operator = WindowOperator(self, aggregate=function, **settings)
        panes = operator.feed(event_ms, watermark_ms, key, value, arrival_ms)
        if not flush:
            return panes
        rest = operator.advance(MAX_TIMESTAMP)
        columns = {name: np.concatenate([column, rest._columns[name]]) for name, column in panes._columns.items()}
        return Panes({**columns, "fates": panes.fates})

    def __repr__(self) -> str:
        return f"<Windows {self.text}{f' in {self.zone}' if self.zone else ''}>"


def windows(window: str | Duration, zone: str | None = None) -> Windows:
    """Windows by their text, as `WindowOperator` takes them. ValueError for what is impossible."""
    if not isinstance(window, str):
        window = _core.format_duration_ms(duration_ms("window", window))
    return Windows(window, zone)


def aggregates() -> dict[str, str]:
    """The aggregates of `WindowOperator` with their meaning."""
    return dict(_core.aggregates())
