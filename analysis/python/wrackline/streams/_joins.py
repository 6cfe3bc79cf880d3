"""The joins of Kafka Streams. Values are text; what two of them join to is "left+right", with null for none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._operator import Event, Out, Settings, Time, milliseconds, one_of, time_text, unlike, value_text
from ._common import NEWEST, Topology, properties, release

TYPES = ("inner", "left", "outer")


@dataclass(frozen=True, repr=False)
class JoinWindows(Settings):
    """`ofTimeDifferenceAndGrace`: right records at most `time_difference` before and after a left one; `before` and
    `after` change one side. `legacy`: `of(...)` of 3.x, whose grace is 24 hours unless given."""

    time_difference: Time
    before: Time | None = None
    after: Time | None = None
    grace: Time | None = None
    legacy: bool = False

    def _settings(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "api": "of" if self.legacy else "ofTimeDifferenceAndGrace",
            "time_difference_ms": milliseconds("time_difference", self.time_difference),
        }
        for name in ("before", "after", "grace"):
            value = getattr(self, name)
            if value is not None:
                made[f"{name}_ms"] = milliseconds(name, value)
        return made


@dataclass(frozen=True, repr=False)
class Timestamped(Settings):
    """A table whose store keeps one row per key."""

    def _settings(self) -> dict[str, Any]:
        return {"store": "timestamped"}


@dataclass(frozen=True, repr=False)
class Versioned(Settings):
    """A table whose store keeps the rows of the last `history_retention`, by their timestamps."""

    history_retention: Time

    def _settings(self) -> dict[str, Any]:
        ms = milliseconds("history_retention", self.history_retention, 0)
        return {"store": "versioned", "history_retention_ms": ms}


Store = Timestamped | Versioned


def _store(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Store):
        raise TypeError(f"{name} is Timestamped() or Versioned(...), not {value!r}")
    return value._settings()


class _Join(Topology):
    """Events: `joined` (key, value, ts), `error`. Counters: `dropped`, `reasons`, `stream_time`."""

    def __init__(self, label: str, version: str, config: Mapping[str, Any]) -> None:
        super().__init__(label, "streams.join", release(version), config)

    def left(self, key: Any, ts: int, value: str | None = "l") -> Out:
        """A record on the left, and the commit after it. A key or value of None is null; of a table, null deletes."""
        return self._record("left", key, ts, value)

    def right(self, key: Any, ts: int, value: str | None = "r") -> Out:
        """A record on the right, and the commit after it. A key or value of None is null; of a table, null deletes."""
        return self._record("right", key, ts, value)

    def _record(self, topic: str, key: Any, ts: int, value: str | None) -> Out:
        key, value = (None if one is None else str(one) for one in (key, value))
        ts = milliseconds("ts", ts, 0)
        said = f"{topic} {value_text(key)}@{time_text(ts)}={value_text(value)}"
        operation = {"op": "record", "topic": topic, "key": key, "value": value, "ts": ts}
        return self._took(said, self._ask(operation))

    def _get(self, store: str, key: Any, as_of: int | None) -> tuple[str, int] | None:
        operation: dict[str, Any] = {"op": "get", "store": store, "key": str(key)}
        if as_of is not None:
            operation |= {"op": "get_versioned", "as_of": milliseconds("as_of", as_of)}
        row = self._ask(operation)["record"]
        return None if row is None else (row["value"], row["ts"])

    def _event(self, emitted: Any) -> Event:
        text = f"{value_text(emitted['key'])}: {value_text(emitted['value'])}@{time_text(emitted['ts'])}"
        return Event("joined", text, **emitted)


class StreamStreamJoin(_Join):
    """`left.join(right, ..., windows)` of two streams.

    Model: engine/event_time/streams/stream_stream_join.hpp, after KStreamKStreamJoin.

    Parameters
    ----------
    windows
        `JoinWindows`.
    type
        "inner", "left" or "outer".
    store
        "rocksDB" or "in_memory".
    emit_interval
        How often unmatched records are looked for, by the wall clock.

    Raises
    ------
    ValueError
        What Kafka Streams refuses, with its message.
    """

    def __init__(
        self,
        windows: JoinWindows,
        type: str = "inner",
        *,
        store: str = "rocksDB",
        emit_interval: Time = 1000,
        version: str = NEWEST,
    ) -> None:
        if not isinstance(windows, JoinWindows):
            raise TypeError(f"windows is JoinWindows(...), not {windows!r}")
        interval = milliseconds("emit_interval", emit_interval, 0)
        config = {
            "join": "kstream-kstream",
            "type": one_of("type", type, TYPES),
            "window": windows._settings(),
            "properties": {
                **properties(store),
                "__emit.interval.ms.kstreams.outer.join.spurious.results.fix__": interval,
            },
        }
        label = f"{type} join, {windows}" + unlike(store=(store, "rocksDB"), emit_interval=(emit_interval, 1000))
        super().__init__(label, version, config)


class StreamTableJoin(_Join):
    """A stream on the left, a table on the right.

    Model: engine/event_time/streams/stream_table_join.hpp, after KStreamKTableJoin.

    Parameters
    ----------
    type
        "inner" or "left".
    table
        `Timestamped()` or `Versioned(...)`.
    grace
        `Joined.withGracePeriod`: stream records wait for so long; the table must be versioned.
    cache
        Whether there is a record cache.
    """

    def __init__(
        self,
        type: str = "inner",
        *,
        table: Store = Timestamped(),
        grace: Time | None = None,
        cache: bool = True,
        version: str = NEWEST,
    ) -> None:
        config: dict[str, Any] = {
            "join": "kstream-ktable",
            "type": one_of("type", type, TYPES[:2]),
            "right_table": _store("table", table),
            "properties": properties(cache=cache),
        }
        if grace is not None:
            config["grace_ms"] = milliseconds("grace", grace)
        label = f"{type} stream-table join, {table}" + unlike(grace=(grace, None), cache=(cache, True))
        super().__init__(label, version, config)

    def get(self, key: Any, as_of: int | None = None) -> tuple[str, int] | None:
        """The table's row, now or as of a timestamp: (value, ts). No step."""
        return self._get("right-store", key, as_of)


class GlobalTableJoin(_Join):
    """A stream on the left, a GlobalKTable on the right. The key looked for is the text before "|" in the left value; a
    value without one has none.

    Model: engine/event_time/streams/stream_table_join.hpp, after KStreamKTableJoin. `type` "inner" or "left".
    """

    def __init__(self, type: str = "inner", *, version: str = NEWEST) -> None:
        config = {"join": "kstream-globalktable", "type": one_of("type", type, TYPES[:2]), "properties": {}}
        super().__init__(f"{type} stream-global table join, Kafka Streams {version}", version, config)

    def get(self, key: Any) -> tuple[str, int] | None:
        """The table's row: (value, ts). No step."""
        return self._get("right-store", key, None)


class TableTableJoin(_Join):
    """Two tables joined by key.

    Model: engine/event_time/streams/table_table_join.hpp, after KTableKTableInnerJoin, -LeftJoin and -OuterJoin.

    Parameters
    ----------
    type
        "inner", "left" or "outer".
    left, right
        `Timestamped()` or `Versioned(...)`.
    materialized
        Whether the result has a store of its own.
    cache
        Whether there is a record cache.
    """

    _join = "ktable-ktable"

    def __init__(
        self,
        type: str = "inner",
        *,
        left: Store = Timestamped(),
        right: Store = Timestamped(),
        materialized: bool = False,
        cache: bool = True,
        version: str = NEWEST,
    ) -> None:
        config: dict[str, Any] = {
            "join": self._join,
            "type": one_of("type", type, TYPES if self._join == "ktable-ktable" else TYPES[:2]),
            "left_table": _store("left", left),
            "right_table": _store("right", right),
            "properties": properties(cache=cache),
        }
        if materialized:
            config["materialized"] = True
        shared = unlike(materialized=(materialized, False), cache=(cache, True))
        super().__init__(f"{type} {self._join} join, {left} and {right}{shared}", version, config)
        self._stores = ("left", "right", "joined") if materialized else ("left", "right")

    def get(self, table: str, key: Any, as_of: int | None = None) -> tuple[str, int] | None:
        """The row of "left", "right" or (materialized) "joined", now or as of a timestamp: (value, ts). No step."""
        one_of("table", table, self._stores)
        if table == "joined":
            return self._get("joined", key, None)
        return self._get(f"{table}-store", key, as_of)


class ForeignKeyJoin(TableTableJoin):
    """Two tables joined by a foreign key: the text before "|" in the left value.

    Model: engine/event_time/streams/foreign_key_join.hpp. Parameters as of `TableTableJoin`; `type` "inner" or "left",
    and not materialized.
    """

    _join = "ktable-ktable-fk"
