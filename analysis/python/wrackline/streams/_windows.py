"""Windowed aggregations of Kafka Streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._operator import Event, Out, Settings, Time, milliseconds, one_of, time_text, unlike, value_text, whole
from ._common import NEWEST, Topology, properties, record_text, release

AGGREGATIONS = ("count", "sum", "list")
EMIT = ("onWindowUpdate", "onWindowClose")
_MOST_WINDOWS = 1_000_000


@dataclass(frozen=True, repr=False)
class TimeWindows(Settings):
    """Windows of `size`: tumbling, or hopping by `advance`. Late records count until `grace` past their end.

    `legacy`: `of(size)` of 3.x, whose grace is 24 hours - size unless given.
    """

    size: Time
    advance: Time | None = None
    grace: Time | None = None
    legacy: bool = False

    def _settings(self) -> dict[str, Any]:
        made = {
            "type": "tumbling" if self.advance is None else "hopping",
            "size_ms": milliseconds("size", self.size),
            **_grace(self.grace, self.legacy, "of", "ofSizeAndGrace"),
        }
        if self.advance is not None:
            made["advance_ms"] = milliseconds("advance", self.advance)
            if made["advance_ms"] > 0 and made["size_ms"] // made["advance_ms"] > _MOST_WINDOWS:
                raise ValueError("advance: more than a million windows for one record")
        return made


@dataclass(frozen=True, repr=False)
class SlidingWindows(Settings):
    """Windows of records at most `time_difference` apart, both ends included."""

    time_difference: Time
    grace: Time | None = None

    def _settings(self) -> dict[str, Any]:
        difference = milliseconds("time_difference", self.time_difference)
        return {
            "type": "sliding",
            "time_difference_ms": difference,
            **_grace(self.grace, False, "", "ofTimeDifferenceAndGrace"),
        }


@dataclass(frozen=True, repr=False)
class SessionWindows(Settings):
    """Sessions that a silence of more than `inactivity_gap` ends, written [first, last].

    `legacy`: `with(gap)` of 3.x, whose grace is 24 hours - gap unless given.
    """

    inactivity_gap: Time
    grace: Time | None = None
    legacy: bool = False

    def _settings(self) -> dict[str, Any]:
        return {
            "type": "session",
            "inactivity_gap_ms": milliseconds("inactivity_gap", self.inactivity_gap),
            **_grace(self.grace, self.legacy, "with", "ofInactivityGapAndGrace"),
        }


def _grace(grace: Time | None, legacy: bool, old: str, new: str) -> dict[str, Any]:
    api = {"api": old if legacy else new}
    if grace is None:
        return api if legacy else {**api, "grace_ms": 0}
    return {**api, "grace_ms": milliseconds("grace", grace)}


@dataclass(frozen=True, repr=False)
class Suppressed(Settings):
    """Made by `untilWindowCloses` and `untilTimeLimit`."""

    settings: tuple[tuple[str, Any], ...]

    def __repr__(self) -> str:
        (_, until), *rest = self.settings
        return f"until{until[0].upper()}{until[1:]}({', '.join(str(value) for _, value in rest)})"


def untilWindowCloses(max_records: int | None = None) -> Suppressed:
    """One result per window, once it is closed. `max_records`: a buffer that kills the task when it is full."""
    return Suppressed((("until", "windowCloses"), *_most(max_records)))


def untilTimeLimit(ms: Time, max_records: int | None = None, on_full: str = "emitEarly") -> Suppressed:
    """A result at most every `ms` of stream time. A full buffer emits early, or (on_full="shutDown") kills the task."""
    how = one_of("on_full", on_full, ("emitEarly", "shutDown"))
    limit = milliseconds("ms", ms, 0)
    return Suppressed((("until", "timeLimit"), ("ms", limit), ("on_full", how), *_most(max_records)))


def _most(max_records: int | None) -> tuple[tuple[str, Any], ...]:
    return () if max_records is None else (("max_records", whole("max_records", max_records, 1)),)


class WindowedAggregation(Topology):
    """`stream.groupByKey().windowedBy(windows)` and an aggregation of integer values.

    Events: `result` (key, window: (start, end), value: None takes a row back, ts), `error`. Counters: `dropped`,
    `reasons`, `stream_time`.

    Model: engine/event_time/streams/window_aggregate.hpp, sliding_window_aggregate.hpp, session_window_aggregate.hpp
    and suppress.hpp, after KStreamWindowAggregate, KStreamSlidingWindowAggregate, KStreamSessionWindowAggregate and
    KTableSuppressProcessor.

    Parameters
    ----------
    windows
        `TimeWindows`, `SlidingWindows` or `SessionWindows`.
    aggregation
        "count", "sum", or "list" (text that shows the order in which values were taken in and sessions merged).
    emit
        `EmitStrategy`: "onWindowUpdate" or "onWindowClose".
    suppress
        `untilWindowCloses()` or `untilTimeLimit(...)`.
    retention
        `Materialized.withRetention`; by default what the windows need.
    store
        "rocksDB" or "in_memory".
    cache
        Whether there is a record cache (large enough for everything; `statestore.cache.max.bytes` 0 otherwise).
    emit_interval
        How often final results are looked for, by the wall clock.
    extractor
        `default.timestamp.extractor`: FailOnInvalidTimestamp, LogAndSkipOnInvalidTimestamp,
        UsePartitionTimeOnInvalidTimestamp.
    version
        "3.9" or "4.1".

    Raises
    ------
    ValueError
        What Kafka Streams refuses, with its message, and names that do not exist.
    """

    def __init__(
        self,
        windows: TimeWindows | SlidingWindows | SessionWindows,
        aggregation: str = "count",
        *,
        emit: str = "onWindowUpdate",
        suppress: Suppressed | None = None,
        retention: Time | None = None,
        store: str = "rocksDB",
        cache: bool = True,
        emit_interval: Time = 1000,
        extractor: str = "FailOnInvalidTimestamp",
        version: str = NEWEST,
    ) -> None:
        if not isinstance(windows, TimeWindows | SlidingWindows | SessionWindows):
            raise TypeError(f"windows is one of SessionWindows, SlidingWindows, TimeWindows, not {windows!r}")
        if suppress is not None and not isinstance(suppress, Suppressed):
            raise TypeError(f"suppress is untilWindowCloses() or untilTimeLimit(...), not {suppress!r}")
        config: dict[str, Any] = {
            "window": windows._settings(),
            "aggregation": one_of("aggregation", aggregation, AGGREGATIONS),
            "emit_strategy": one_of("emit", emit, EMIT),
            "properties": {
                **properties(store, cache, extractor),
                "__emit.interval.ms.kstreams.windowed.aggregation__": milliseconds("emit_interval", emit_interval, 0),
            },
        }
        if suppress is not None:
            config["suppress"] = dict(suppress.settings)
        if retention is not None:
            config["retention_ms"] = milliseconds("retention", retention)
        self.windows = windows
        label = f"{aggregation} over {windows}" + unlike(
            emit=(emit, "onWindowUpdate"),
            suppress=(suppress, None),
            retention=(retention, None),
            store=(store, "rocksDB"),
            cache=(cache, True),
            emit_interval=(emit_interval, 1000),
            extractor=(extractor, "FailOnInvalidTimestamp"),
            version=(version, NEWEST),
        )
        super().__init__(label, "streams.window", release(version), config)

    def record(self, key: Any, ts: int, value: int | None = 1) -> Out:
        """A record, and the commit after it. A key or value of None is null."""
        key = None if key is None else str(key)
        ts = milliseconds("ts", ts)
        value = None if value is None else whole("value", value)
        operation = {"op": "record", "key": key, "ts": ts, "value": value}
        return self._took(record_text(key, ts, value), self._ask(operation))

    def fetch(self, key: Any, start: int, end: int) -> list[tuple]:
        """What the store holds of windows that begin in [start, end]: (start, value, ts), of sessions (start, end,
        value). No step."""
        operation = {
            "op": "fetch",
            "key": str(key),
            "from": milliseconds("start", start),
            "to": milliseconds("end", end),
        }
        return [tuple(row) for row in self._ask(operation)["store"]]

    def _event(self, emitted: Any) -> Event:
        start, end = emitted["window"]
        close = ")" if isinstance(self.windows, TimeWindows) else "]"
        window = f"[{time_text(start)},{time_text(end)}{close}"
        fields = {**emitted, "window": (start, end)}
        return Event("result", f"{emitted['key']} {window} = {value_text(emitted['value'])}", **fields)
