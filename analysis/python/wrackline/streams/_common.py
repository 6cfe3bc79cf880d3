"""What Kafka Streams' operators share: versions, properties, and the record-by-record step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._operator import (
    Operator,
    Out,
    Time,
    failure,
    milliseconds,
    one_of,
    refusal_text,
    time_text,
    value_text,
    version_of,
)

VERSIONS = {"3.9": "3.9.1", "4.1": "4.1.1"}
NEWEST = "4.1"
STORES = ("rocksDB", "in_memory")
EXTRACTORS = ("FailOnInvalidTimestamp", "LogAndSkipOnInvalidTimestamp", "UsePartitionTimeOnInvalidTimestamp")


def release(version: str) -> str:
    return version_of(version, VERSIONS)


def properties(store: str | None = None, cache: bool | None = None, extractor: str | None = None) -> dict[str, Any]:
    """By the names of StreamsConfig."""
    made: dict[str, Any] = {}
    if store is not None:
        which = {"rocksDB": "RocksDB", "in_memory": "InMemory"}[one_of("store", store, STORES)]
        made["dsl.store.suppliers.class"] = (
            f"org.apache.kafka.streams.state.BuiltInDslStoreSuppliers${which}DslStoreSuppliers"
        )
    if cache is not None:
        made["statestore.cache.max.bytes"] = 10 * 1024 * 1024 if cache else 0
    if extractor is not None:
        name = one_of("extractor", extractor, EXTRACTORS)
        made["default.timestamp.extractor"] = f"org.apache.kafka.streams.processor.{name}"
    return made


def record_text(key: str | None, ts: int, value: Any) -> str:
    return f"{value_text(key)}@{time_text(ts)}" + ("" if value == 1 else f"={value_text(value)}")


class Topology(Operator):
    """A topology that takes records, and answers with what it emits.

    Counters of each step: `dropped` (by dropped-records-total), `reasons` (the log's lines), `stream_time` (of the
    task).
    """

    _hidden = ("reasons", "calls")

    def __init__(self, label: str, kind: str, version: str, config: Mapping[str, Any]) -> None:
        super().__init__(label, kind, version, config)
        built = self._ask({"op": "build"})
        if "error" in built:
            raise ValueError(refusal_text(built["error"]))

    def advance(self, ms: Time) -> Out:
        """The wall clock goes on by `ms`."""
        ms = milliseconds("ms", ms, 0)
        return self._took(f"clock +{ms}", self._ask({"op": "advance_wall_clock", "ms": ms}))

    def _event(self, emitted: Mapping[str, Any]):
        raise NotImplementedError

    def _took(self, said: str, out: Mapping[str, Any]) -> Out:
        events = [self._event(one) for one in out["emitted"]]
        if "error" in out:
            error = out["error"]
            causes = error.pop("causes", [])
            # What the log said last, where the exception itself was not recorded.
            said = error.get("message") or next(reversed(out.get("reasons", [])), "")
            events.append(failure({**error, "exception": causes[-1] if causes else error["class"], "message": said}))
        facts = {"dropped": out.get("dropped", 0)}
        if "reasons" in out:
            facts["reasons"] = out["reasons"]
        if "stream_time" in out:
            facts["stream_time"] = out["stream_time"]
        return self._did(said, events, facts)
