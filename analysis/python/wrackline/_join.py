"""Two tables of records, joined as streams: in order of arrival, with a watermark for each."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from . import _core, _html
from ._trace import Duration, Trace, duration_ms
from ._watermark import watermark as strategy_of


class Joined:
    """What a join made of two tables, as columns in the order of coming out.

    Attributes
    ----------
    left, right
        int64: the row of each record in its table; -1 in a row that stands alone.
    start_ms, end_ms
        int64: of window joins, the window [start, end).
    at_ms
        int64: the arrival that made it come out; `wrackline.MAX_TIMESTAMP` where that was the end of the input.
    left_fates, right_fates
        uint8 by *record*: 0 accepted, 1 dropped as late.
    expected
        How many rows the join has if nothing is late: with all records of both tables, whenever they arrive. None for
        stream_table joins, which are what the order of arrival makes them.
    found
        How many of those are here; the others lack a record that was late.
    """

    def __init__(self, columns: dict[str, np.ndarray], keys: np.ndarray, names: list[str], expected: Any) -> None:
        self.left_fates: np.ndarray = columns.pop("left_fates")
        self.right_fates: np.ndarray = columns.pop("right_fates")
        self._columns = columns
        self._key = keys
        self._names = names
        for name, column in columns.items():
            setattr(self, name, column)
        self.expected: int | None = None
        self.found: int | None = None
        if expected is not None:
            self.expected = len(expected["left"])
            self.found = len(_rows(columns) & _rows(expected))

    def __len__(self) -> int:
        return len(self._columns["left"])

    @property
    def pairs(self) -> int:
        """Rows with a record of each side."""
        return int(((self._columns["left"] >= 0) & (self._columns["right"] >= 0)).sum())

    @property
    def dropped(self) -> dict[str, int]:
        """Records that were dropped as late, by side."""
        return {"left": int((self.left_fates == 1).sum()), "right": int((self.right_fates == 1).sum())}

    @property
    def unmatched(self) -> dict[str, np.ndarray]:
        """By side the rows of the records that were accepted and are in no pair."""
        both = (self._columns["left"] >= 0) & (self._columns["right"] >= 0)
        found = {}
        for side, fates in (("left", self.left_fates), ("right", self.right_fates)):
            alone = fates == 0
            alone[self._columns[side][both]] = False
            found[side] = np.flatnonzero(alone)
        return found

    @property
    def completeness(self) -> float | None:
        """`found` / `expected`; None where nothing was expected."""
        return self.found / self.expected if self.expected else None

    def to_frame(self):
        """A pandas frame with a row per row of the join; `key` by name, -1 as <NA>."""
        import pandas as pd

        frame = pd.DataFrame(self._columns)
        frame.insert(0, "key", np.array(self._names, object)[self._key] if len(frame) else [])
        for side in ("left", "right"):
            frame[side] = frame[side].astype("Int64").mask(frame[side] < 0)
        if not (frame["end_ms"] != frame["start_ms"]).any():
            frame = frame.drop(columns=["start_ms", "end_ms"])
        return frame

    def __repr__(self) -> str:
        dropped = self.dropped
        text = (
            f"<Joined: {len(self)} rows, {self.pairs} pairs; dropped {dropped['left']} left, {dropped['right']} right"
        )
        return text + (f"; {self.found} of {self.expected}>" if self.expected is not None else ">")

    def _repr_html_(self) -> str:
        dropped, unmatched = self.dropped, self.unmatched
        names = ("", "records", "dropped", "without a partner")
        rows = [
            (side, len(fates), dropped[side], len(unmatched[side]))
            for side, fates in (("left", self.left_fates), ("right", self.right_fates))
        ]
        caption = f"{len(self)} rows, {self.pairs} pairs"
        if self.expected is not None:
            caption += f"; {self.found} of the {self.expected} that the join has if nothing is late"
        return _html.table(names, rows, caption=caption)


def _rows(columns: dict[str, np.ndarray]) -> set[tuple[int, ...]]:
    return set(zip(*(columns[name].tolist() for name in ("left", "right", "start_ms", "end_ms")), strict=True))


def _signed_ms(name: str, value: Any) -> int:
    if isinstance(value, str) and value.strip().startswith("-"):
        return -duration_ms(name, value.strip()[1:])
    if isinstance(value, np.timedelta64) or hasattr(value, "total_seconds"):
        zero = value - value
        return -duration_ms(name, -value) if value < zero else duration_ms(name, value)
    return duration_ms(name, value)


def join(
    left: Trace,
    right: Trace,
    type: Literal["interval", "window", "stream_table", "temporal"] = "interval",
    *,
    kind: Literal["inner", "left", "right", "outer"] = "inner",
    lower: Duration | None = None,
    upper: Duration | None = None,
    window: str | None = None,
    zone: str | None = None,
    watermark: Any = "bounded=0s",
    right_watermark: Any = None,
    interval: Duration | None = None,
    lateness: Duration | None = None,
    right_lateness: Duration | None = None,
) -> Joined:
    """Joins two tables as a job of a pipeline would: record by record, in order of arrival.

    ``join(orders, payments, lower="-5s", upper="10m", kind="left", watermark="bounded=2s")``

    Parameters
    ----------
    left, right
        `Trace`s (`Trace.from_columns` makes one of arrays). Keys are equal if their names are.
    type
        "interval": right between left + `lower` and left + `upper`, by event time, both included. "window": both in one
        window of `window`. "stream_table": with the right record of the key that arrived last. "temporal": with the
        newest right record of the key up to the left one's event time.
    kind
        Which records come out alone: of tables inner and left only.
    window, zone
        Of window joins: "tumbling=5s", "hopping=1m/5s", "cumulate=1h/10m", as `wrackline.windows` takes them.
    watermark, right_watermark
        A strategy for each side, as `wrackline.watermark` and `replay` take it; without `right_watermark` the same for
        both. The join goes by the smaller one: a record whose event time that has reached is dropped.
    interval
        As in `WatermarkStrategy.run`: None, each record's watermark counts at once.
    lateness, right_lateness
        Of interval joins: how far behind the watermark a record is still taken; without `right_lateness` as `lateness`.

    Raises
    ------
    ValueError
        Settings that are impossible, or belong to another type.
    """
    for name, table in (("left", left), ("right", right)):
        if not isinstance(table, Trace):
            raise TypeError(f"{name} must be a Trace: Trace.from_columns makes one of arrays")
    given = {"lower": lower, "upper": upper, "lateness": lateness, "right_lateness": right_lateness}
    for name, value in given.items():
        if type != "interval" and value is not None:
            raise ValueError(f"{name} belongs to interval joins, not to {type}")
    if type == "interval" and (lower is None or upper is None):
        raise ValueError("an interval join needs lower and upper")
    if (type == "window") != (window is not None):
        raise ValueError(
            "a window join needs a window" if window is None else f"window belongs to window joins, not to {type}"
        )
    options = {
        "type": type,
        "kind": kind,
        "lower_ms": _signed_ms("lower", lower),
        "upper_ms": _signed_ms("upper", upper),
        "lateness_ms": duration_ms("lateness", lateness),
        "right_lateness_ms": duration_ms("right_lateness", lateness if right_lateness is None else right_lateness),
        "window": window or "",
        "zone": zone,
    }
    names: dict[str, int] = {}
    sides = []
    for table, strategy in ((left, watermark), (right, watermark if right_watermark is None else right_watermark)):
        numbers = np.array([names.setdefault(name, len(names)) for name in table.keys], np.uint32)
        key = numbers[table.key] if len(table) else np.empty(0, np.uint32)
        said = strategy_of(strategy).run(table, interval=interval)
        sides.append((table.event_ms, table.arrival_ms, np.ascontiguousarray(key), said))
    columns = _core.join(options, *sides)
    patient = None
    if type != "stream_table":
        patient = _core.join(options, *((*side[:3], None) for side in sides))
    rows = np.where(columns["left"] >= 0, columns["left"], columns["right"])
    of_left = columns["left"] >= 0
    keys = np.empty(len(rows), np.uint32)
    for which, (_, _, key, _) in ((of_left, sides[0]), (~of_left, sides[1])):
        keys[which] = key[rows[which]]
    return Joined(columns, keys, list(names), patient)
