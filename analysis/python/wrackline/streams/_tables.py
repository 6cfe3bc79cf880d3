"""Tables of Kafka Streams: a source and operators behind one another. Values are text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._operator import Event, Out, Settings, Time, milliseconds, one_of, time_text, unlike, value_text, whole
from ._common import NEWEST, Topology, properties, release

AGGREGATIONS = ("count", "reduce", "aggregate")


@dataclass(frozen=True, repr=False)
class Table(Settings):
    """`builder.table(...)`: its store is "none", "timestamped", or "versioned" for `history_retention`."""

    store: str = "timestamped"
    history_retention: Time | None = None

    def _settings(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "type": "table",
            "store": one_of("store", self.store, ("none", "timestamped", "versioned")),
        }
        if (self.store == "versioned") != (self.history_retention is not None):
            raise ValueError("history_retention: a versioned store needs it, the others have none")
        if self.history_retention is not None:
            made["history_retention_ms"] = milliseconds("history_retention", self.history_retention, 0)
        return made


@dataclass(frozen=True, repr=False)
class Stream(Settings):
    """`builder.stream(...)`, behind which `ToTable` or `GroupByKey` follows."""

    def _settings(self) -> dict[str, Any]:
        return {"type": "stream"}


@dataclass(frozen=True, repr=False)
class _Stage(Settings):
    """`materialized`: the name of the operator's store, if it has one."""


@dataclass(frozen=True, repr=False)
class Filter(_Stage):
    """Rows whose value starts with `prefix`."""

    prefix: str
    materialized: str | None = None

    def _settings(self) -> dict[str, Any]:
        return {"op": "filter", "value_starts_with": str(self.prefix), **_named(self.materialized)}


@dataclass(frozen=True, repr=False)
class FilterNot(_Stage):
    """Rows whose value does not start with `prefix`."""

    prefix: str
    materialized: str | None = None

    def _settings(self) -> dict[str, Any]:
        return {"op": "filterNot", "value_starts_with": str(self.prefix), **_named(self.materialized)}


@dataclass(frozen=True, repr=False)
class MapValues(_Stage):
    """Values in capitals; the value "null" becomes null."""

    materialized: str | None = None

    def _settings(self) -> dict[str, Any]:
        return {"op": "mapValues", **_named(self.materialized)}


@dataclass(frozen=True, repr=False)
class Suppress(_Stage):
    """`suppress(untilTimeLimit(ms))`."""

    ms: Time
    max_records: int | None = None

    def _settings(self) -> dict[str, Any]:
        most = {} if self.max_records is None else {"max_records": whole("max_records", self.max_records, 1)}
        return {"op": "suppress", "ms": milliseconds("ms", self.ms, 0), **most}


@dataclass(frozen=True, repr=False)
class GroupBy(_Stage):
    """Groups of a table: a row with the value "g:v" is the value v of the group g; one without a colon has no group.

    `aggregation` "count", "reduce" or "aggregate": the last two write down what was added (+) and subtracted (-).
    """

    aggregation: str = "count"
    materialized: str | None = "agg"

    def _settings(self) -> dict[str, Any]:
        how = one_of("aggregation", self.aggregation, AGGREGATIONS)
        return {"op": "groupBy", "aggregation": how, **_named(self.materialized)}


@dataclass(frozen=True, repr=False)
class GroupByKey(_Stage):
    """Groups of a stream, by key; `aggregation` as of `GroupBy`."""

    aggregation: str = "count"
    materialized: str | None = "agg"

    def _settings(self) -> dict[str, Any]:
        how = one_of("aggregation", self.aggregation, AGGREGATIONS)
        return {"op": "groupByKey", "aggregation": how, **_named(self.materialized)}


@dataclass(frozen=True, repr=False)
class ToTable(_Stage):
    """`stream.toTable()`."""

    materialized: str | None = None

    def _settings(self) -> dict[str, Any]:
        return {"op": "toTable", **_named(self.materialized)}


def _named(materialized: str | None) -> dict[str, Any]:
    return {} if materialized is None else {"materialized": str(materialized)}


class TableTopology(Topology):
    """A `Table` or `Stream` and operators behind it.

    Events: `update` (key, value: None is a tombstone, ts). Counters: `dropped`, `reasons`, `stream_time` (behind a
    stream), `calls` (of the user's functions, in their order).

    Model: engine/event_time/streams/table.hpp, table_transform.hpp, table_aggregate.hpp and suppress.hpp, after
    KTableSource, KTableFilter, KTableMapValues, KTableAggregate and KTableSuppressProcessor.

    Parameters
    ----------
    source
        `Table(...)` or `Stream()`.
    operators
        `Filter`, `FilterNot`, `MapValues`, `Suppress`, `GroupBy` (the last), behind a stream `ToTable` or `GroupByKey`
        first.
    cache
        Whether there is a record cache.

    Raises
    ------
    ValueError
        What Kafka Streams refuses, with its message.
    wrackline.NotModelled
        Operators in an order that is not built.
    """

    def __init__(self, source: Table | Stream, *operators: _Stage, cache: bool = True, version: str = NEWEST) -> None:
        if not isinstance(source, Table | Stream):
            raise TypeError(f"source is Table(...) or Stream(), not {source!r}")
        for one in operators:
            if not isinstance(one, _Stage):
                known = ", ".join(sorted(stage.__name__ for stage in _Stage.__subclasses__()))
                raise TypeError(f"an operator is one of {known}, not {one!r}")
        config = {
            "source": source._settings(),
            "operators": [one._settings() for one in operators],
            "properties": properties(cache=cache),
        }
        label = " -> ".join(map(repr, (source, *operators))) + unlike(cache=(cache, True))
        super().__init__(label, "streams.table", release(version), config)

    def record(self, key: Any, ts: int, value: str | None = "1") -> Out:
        """A record, and the commit after it. A value of None deletes; a key of None is null."""
        key, value = (None if one is None else str(one) for one in (key, value))
        ts = milliseconds("ts", ts, 0)
        said = f"{value_text(key)}@{time_text(ts)}={value_text(value)}"
        operation = {"op": "record", "topic": "in", "key": key, "value": value, "ts": ts}
        out = self._ask(operation)
        made = self._took(said, out)
        if "calls" in out:
            made.facts["calls"] = out["calls"]
        return made

    def get(self, key: Any, store: str = "source", as_of: int | None = None) -> tuple[Any, int] | None:
        """A row of a store, now or as of a timestamp: (value, ts). The store of the source is "source". No step."""
        operation: dict[str, Any] = {"op": "get", "store": str(store), "key": str(key)}
        if as_of is not None:
            operation |= {"op": "get_versioned", "as_of": milliseconds("as_of", as_of)}
        row = self._ask(operation)["record"]
        return None if row is None else (row["value"], row["ts"])

    def _event(self, emitted: Any) -> Event:
        text = f"{emitted['key']}: {value_text(emitted['value'])}@{time_text(emitted['ts'])}"
        return Event("update", text, **emitted)
