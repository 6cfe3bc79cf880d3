"""What Flink's operators share: versions, and its events as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._operator import Event, failure, time_text, version_of

VERSIONS = {"1.20": "1.20.5", "2.2": "2.2.1"}
NEWEST = "2.2"


def release(version: str) -> str:
    return version_of(version, VERSIONS)


def watermark_text(ts: int) -> str:
    return f"W({time_text(ts)})"


def window_text(key: str, start: int | None, end: int | None) -> str:
    return f"{key} [all]" if start is None else f"{key} [{time_text(start)},{time_text(end)})"


def record_text(key: str, ts: int | None, value: Any = 1) -> str:
    at = "none" if ts is None else time_text(ts)
    return f"{key}@{at}" + ("" if value == 1 else f"={value}")


def event_of(said: Mapping[str, Any]) -> Event:
    """An event in the form of the recorded cases."""
    fields = {name: value for name, value in said.items() if name != "type"}
    kind = said["type"]
    if kind == "error":
        return failure(fields)
    if kind == "reader_idle":
        return Event(kind, f"reader {'IDLE' if said['idle'] else 'ACTIVE'}", **fields)
    return Event(kind, _TEXT[kind](said), **fields)


def _record(said: Mapping[str, Any]) -> str:
    if "current_watermark" in said:
        return f"record, while the watermark is {time_text(said['current_watermark'])}"
    return f"record@{time_text(said['ts'])}"


_TEXT = {
    "watermark": lambda e: watermark_text(e["ts"]),
    "status": lambda e: e["status"].upper(),
    "record": _record,
    "result": lambda e: f"{window_text(e['key'], e.get('start'), e.get('end'))} = {e['sum']}",
    "late": lambda e: f"late {record_text(e['key'], e['ts'], e['value'])}",
    "output_watermark": lambda e: f"output {e['output']} {watermark_text(e['ts'])}",
    "unregistered": lambda e: "unregistered" if e["existed"] else "was not registered",
    "split_watermark": lambda e: f"split {e['split']} {watermark_text(e['ts'])}",
    "split_finished": lambda e: f"split {e['split']} finished",
    "reader_watermark": lambda e: f"reader {watermark_text(e['ts'])}",
    "pair": lambda e: f"{e['key']} L{e['left']}+R{e['right']}@{time_text(e['ts'])}",
    "late_left": lambda e: f"late {e['key']} L{e['id']}@{time_text(e['ts'])}",
    "late_right": lambda e: f"late {e['key']} R{e['id']}@{time_text(e['ts'])}",
    "trigger": lambda e: f"checkpoint {e['checkpoint']} triggered, {e['alignment']}",
    "abort": lambda e: f"checkpoint {e['checkpoint']} aborted, {e['reason']}",
    "persist": lambda e: f"checkpoint {e['checkpoint']} persists {e['elements']} of channel {e['channel']}",
    "aligned": lambda e: (
        f"checkpoint {e['checkpoint']} was aligned for {e['alignment_ms']} ms,"
        f" {e['elements_during_alignment']} elements meanwhile"
    ),
    "element": lambda e: f"element {e['id']} of channel {e['channel']}",
    "end_of_partition": lambda e: f"end of channel {e['channel']}",
}
