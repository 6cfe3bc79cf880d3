"""Flink's interval join, and windows as SQL has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._operator import Event, Operator, Out, Settings, Time, milliseconds, one_of, time_text, unlike, whole
from ._common import NEWEST, event_of, release, watermark_text, window_text


class IntervalJoinOperator(Operator):
    """`intervalJoin(...).between(lower, upper)` of two keyed streams: an inner join of left and right records of one
    key whose right timestamp is in [left + lower, left + upper].

    Events: `pair` (key, left, right: the ids; left_ts, right_ts, ts), `late_left`, `late_right` (key, id, ts; with
    `late_output`), `watermark` (ts), `status` (status), `error` (a record without a timestamp). Counters: `timers`,
    `buckets` (timestamps that have records in the buffers, by key and side). Late records are counted nowhere.

    Model: engine/event_time/flink/interval_join.hpp.

    Parameters
    ----------
    lower, upper
        The bounds, perhaps negative (then as numbers).
    lower_inclusive, upper_inclusive
        Whether the bounds belong to it.
    late_output
        Whether late records go to a side output.

    Raises
    ------
    ValueError
        What Flink refuses: lower > upper.
    """

    def __init__(
        self,
        lower: Time,
        upper: Time,
        *,
        lower_inclusive: bool = True,
        upper_inclusive: bool = True,
        late_output: bool = False,
        version: str = NEWEST,
    ) -> None:
        config = {
            "lower_bound": milliseconds("lower", lower),
            "upper_bound": milliseconds("upper", upper),
            "lower_bound_inclusive": bool(lower_inclusive),
            "upper_bound_inclusive": bool(upper_inclusive),
            "late_side_outputs": bool(late_output),
        }
        signs = "[" if lower_inclusive else "(", "]" if upper_inclusive else ")"
        label = f"IntervalJoinOperator {signs[0]}{lower}, {upper}{signs[1]}" + unlike(late_output=(late_output, False))
        super().__init__(label, "flink.interval_join", release(version), config)
        self._ids = {"left": 0, "right": 0}

    def left(self, key: Any, ts: int | None, id: int | None = None) -> Out:
        """A record of the left stream; its id is counted up from 1 unless given."""
        return self._add("left", key, ts, id)

    def right(self, key: Any, ts: int | None, id: int | None = None) -> Out:
        """A record of the right stream; its id is counted up from 1 unless given."""
        return self._add("right", key, ts, id)

    def watermark(self, ts: int, side: str | None = None) -> Out:
        """A watermark on both sides, or on the "left" or "right" one."""
        ts = milliseconds("ts", ts)
        if side is None:
            return self._step(watermark_text(ts), {"watermark": ts})
        number = self._side(side)
        return self._step(f"{side} {watermark_text(ts)}", {f"watermark{number}": ts})

    def idle(self, side: str) -> Out:
        return self._step(f"{side} IDLE", {f"status{self._side(side)}": "idle"})

    def active(self, side: str) -> Out:
        return self._step(f"{side} ACTIVE", {f"status{self._side(side)}": "active"})

    def restore(self) -> Out:
        """Restored from a snapshot that is taken now."""
        return self._step("restore", {"restore": True})

    def _add(self, side: str, key: Any, ts: int | None, id: int | None) -> Out:
        id = self._ids[side] + 1 if id is None else whole("id", id, 0)
        element: dict[str, Any] = {"key": str(key), "id": id}
        if ts is not None:
            element["ts"] = milliseconds("ts", ts)
        self._ids[side] = max(self._ids[side], id)
        at = "none" if ts is None else time_text(element["ts"])
        return self._step(f"{side[0].upper()}{id}: {key}@{at}", {side: element})

    @staticmethod
    def _side(side: str) -> int:
        return 1 if one_of("side", side, ("left", "right")) == "left" else 2

    def _step(self, said: str, operation: dict[str, Any]) -> Out:
        out = self._ask(operation)
        return self._did(
            said, map(event_of, out["events"]), {name: out[name] for name in ("timers", "buckets") if name in out}
        )


@dataclass(frozen=True, repr=False)
class TUMBLE(Settings):
    """`TUMBLE(TABLE t, DESCRIPTOR(rt), size, offset)`."""

    size: Time
    offset: Time = 0

    def _settings(self) -> dict[str, Any]:
        return {"window": "tumble", "size": milliseconds("size", self.size, 1), **_offset(self.offset)}


@dataclass(frozen=True, repr=False)
class HOP(Settings):
    """`HOP(TABLE t, DESCRIPTOR(rt), slide, size, offset)`: first the slide, then the size, as in SQL."""

    slide: Time
    size: Time
    offset: Time = 0

    def _settings(self) -> dict[str, Any]:
        slide, size = milliseconds("slide", self.slide, 1), milliseconds("size", self.size, 1)
        return {"window": "hop", "slide": slide, "size": size, **_offset(self.offset)}


@dataclass(frozen=True, repr=False)
class CUMULATE(Settings):
    """`CUMULATE(TABLE t, DESCRIPTOR(rt), step, max_size, offset)`."""

    step: Time
    max_size: Time
    offset: Time = 0

    def _settings(self) -> dict[str, Any]:
        step, longest = milliseconds("step", self.step, 1), milliseconds("max_size", self.max_size, 1)
        return {"window": "cumulate", "step": step, "max_size": longest, **_offset(self.offset)}


@dataclass(frozen=True, repr=False)
class SESSION(Settings):
    """`SESSION(TABLE t PARTITION BY k, DESCRIPTOR(rt), gap)`."""

    gap: Time

    def _settings(self) -> dict[str, Any]:
        return {"window": "session", "gap": milliseconds("gap", self.gap, 1)}


def _offset(offset: Time) -> dict[str, Any]:
    ms = milliseconds("offset", offset)
    return {"offset": ms} if ms else {}


QUERIES = ("aggregate", "aggregate_without_key", "top_n", "deduplicate_keep_first_row", "deduplicate_keep_last_row")


class SqlWindowQuery(Operator):
    """A query over a window table function, parallelism 1, UTC.

    Events: `row` with `window` (start, end) and key; of an aggregation its count and sum; of the others id, value, and
    in a top n the rank.

    Model: engine/event_time/flink/sql_window.hpp, after SlicingWindowAggregate, WindowRank and WindowDeduplicate.

    Parameters
    ----------
    window
        `TUMBLE`, `HOP`, `CUMULATE` or `SESSION`.
    query
        "aggregate" (COUNT(*) and SUM(v) by key), "aggregate_without_key", "top_n" (by v, then id),
        "deduplicate_keep_first_row", "deduplicate_keep_last_row".
    n
        Of the top n.
    order, id_order
        "ASC" or "DESC" of v and id in a top n.
    two_phase
        `table.optimizer.agg-phase-strategy` TWO_PHASE: a local aggregation in front of the shuffle.

    Raises
    ------
    ValueError
        What the planner refuses, with its message, or a query of another name.
    """

    def __init__(
        self,
        window: TUMBLE | HOP | CUMULATE | SESSION,
        query: str = "aggregate",
        *,
        n: int | None = None,
        order: str = "ASC",
        id_order: str = "ASC",
        two_phase: bool = False,
        version: str = NEWEST,
    ) -> None:
        if not isinstance(window, TUMBLE | HOP | CUMULATE | SESSION):
            raise TypeError(f"window is one of CUMULATE, HOP, SESSION, TUMBLE, not {window!r}")
        self.query = one_of("query", query, QUERIES)
        config = {**window._settings(), "query_kind": query}
        if query == "top_n":
            if n is None:
                raise ValueError("n: a top n needs it")
            config["n"] = whole("n", n, 1)
        elif n is not None:
            raise ValueError(f"n: {query} has none")
        orders = [one_of(name, value, ("ASC", "DESC")) for name, value in (("order", order), ("id_order", id_order))]
        config["sql"] = f"SELECT COUNT(*), SUM(v) ... ORDER BY v {orders[0]}, id {orders[1]})"
        config["table_config"] = {
            "table.optimizer.agg-phase-strategy": "TWO_PHASE" if two_phase else "ONE_PHASE",
        }
        label = f"{query} over {window}" + unlike(n=(n, None), two_phase=(two_phase, False))
        super().__init__(label, "flink.sql_window", release(version), config)
        self._keyed = query != "aggregate_without_key"
        self._next_id = 1

    def record(self, key: Any, ts: int, value: int = 1, id: int | None = None) -> Out:
        """A row (k, id, v, rt); its id is counted up from 1 unless given."""
        id = self._next_id if id is None else whole("id", id)
        self._next_id = max(self._next_id, id + 1)
        ts, value = milliseconds("ts", ts), whole("value", value)
        said = f"{key}@{time_text(ts)}" + ("" if value == 1 else f"={value}")
        self._ask({"row": {"k": str(key), "id": id, "v": value, "ts": ts}})
        return self._did(said, [], {})

    def watermark(self, ts: int) -> Out:
        """The watermark of the row time."""
        ts = milliseconds("ts", ts)
        return self._fire(watermark_text(ts), {"watermark": ts})

    def end_of_input(self) -> Out:
        """All windows fire."""
        return self._fire("end of input", {"end_of_input": True})

    def _fire(self, said: str, operation: dict[str, Any]) -> Out:
        return self._did(said, map(self._row, self._ask(operation)["rows"]), {})

    def _row(self, cells: list[Any]) -> Event:
        change, *cells = cells
        key = cells.pop(0) if self._keyed else None
        start, end, *rest = cells
        names = ("count", "sum") if self.query.startswith("aggregate") else ("id", "value", "rank")[: len(rest)]
        fields = dict(zip(names, rest, strict=True))
        text = ", ".join(f"{name} {value}" for name, value in fields.items())
        window = window_text("" if key is None else key, start, end).strip()
        return Event("row", f"{window}: {text}", change=change, key=key, window=(start, end), **fields)
