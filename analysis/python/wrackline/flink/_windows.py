"""Flink's DataStream windows: assigners, triggers, evictors, and the WindowOperator that runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._operator import (
    MAX_TIMESTAMP,
    Event,
    NotModelled,
    Operator,
    Out,
    Settings,
    Time,
    milliseconds,
    time_text,
    unlike,
    whole,
)
from ._common import NEWEST, event_of, record_text, release, watermark_text


class Assigner(Settings):
    """Which windows an element is in. The subclasses bear Flink's names."""

    _type = ""
    _time = "event"
    dynamic = False

    def _settings(self) -> dict[str, Any]:
        return {"type": self._type}


@dataclass(frozen=True, repr=False)
class TumblingEventTimeWindows(Assigner):
    """Windows of `size` that follow each other, shifted by `offset`."""

    size: Time
    offset: Time = 0
    _type = "tumbling"

    def _settings(self) -> dict[str, Any]:
        return {
            "type": self._type,
            "size": milliseconds("size", self.size),
            "offset": milliseconds("offset", self.offset),
        }


@dataclass(frozen=True, repr=False)
class SlidingEventTimeWindows(Assigner):
    """Windows of `size` that begin every `slide`, shifted by `offset`."""

    size: Time
    slide: Time
    offset: Time = 0
    _type = "sliding"

    def _settings(self) -> dict[str, Any]:
        return {
            "type": self._type,
            "size": milliseconds("size", self.size),
            "slide": milliseconds("slide", self.slide),
            "offset": milliseconds("offset", self.offset),
        }


@dataclass(frozen=True, repr=False)
class EventTimeSessionWindows(Assigner):
    """Sessions that a silence of `gap` ends; `withGap`."""

    gap: Time
    _type = "session"

    def _settings(self) -> dict[str, Any]:
        return {"type": self._type, "gap": milliseconds("gap", self.gap)}


@dataclass(frozen=True, repr=False)
class DynamicEventTimeSessionWindows(Assigner):
    """Sessions in which each element brings its own gap, the `gap` of `WindowOperator.record`; `withDynamicGap`."""

    _type = "dynamic_session"
    dynamic = True


class TumblingProcessingTimeWindows(TumblingEventTimeWindows):
    """As `TumblingEventTimeWindows`, by the clock."""

    _time = "processing"


class SlidingProcessingTimeWindows(SlidingEventTimeWindows):
    """As `SlidingEventTimeWindows`, by the clock."""

    _time = "processing"


class ProcessingTimeSessionWindows(EventTimeSessionWindows):
    """As `EventTimeSessionWindows`, by the clock."""

    _time = "processing"


class DynamicProcessingTimeSessionWindows(DynamicEventTimeSessionWindows):
    """As `DynamicEventTimeSessionWindows`, by the clock."""

    _time = "processing"


@dataclass(frozen=True, repr=False)
class GlobalWindows(Assigner):
    """One window for all of a key. It never fires by itself, or, with `end_of_stream`, at the watermark MAX
    (`createWithEndOfStreamTrigger`)."""

    end_of_stream: bool = False

    def _settings(self) -> dict[str, Any]:
        return {"type": "global_end_of_stream" if self.end_of_stream else "global"}


class Trigger(Settings):
    """When a window fires. The subclasses bear Flink's names."""

    def _settings(self) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True, repr=False)
class EventTimeTrigger(Trigger):
    """At the end of the window by the watermark, and at once for late elements. The default by event time."""

    def _settings(self) -> dict[str, Any]:
        return {"type": "event_time"}


@dataclass(frozen=True, repr=False)
class ProcessingTimeTrigger(Trigger):
    """At the end of the window by the clock. The default by processing time."""

    def _settings(self) -> dict[str, Any]:
        return {"type": "processing_time"}


@dataclass(frozen=True, repr=False)
class CountTrigger(Trigger):
    """At every `n` elements."""

    n: int

    def _settings(self) -> dict[str, Any]:
        return {"type": "count", "n": whole("n", self.n)}


@dataclass(frozen=True, repr=False)
class ContinuousEventTimeTrigger(Trigger):
    """Every `interval` of event time, and at the end of the window."""

    interval: Time

    def _settings(self) -> dict[str, Any]:
        return {"type": "continuous_event_time", "interval": milliseconds("interval", self.interval, 1)}


@dataclass(frozen=True, repr=False)
class ContinuousProcessingTimeTrigger(Trigger):
    """Every `interval` by the clock."""

    interval: Time

    def _settings(self) -> dict[str, Any]:
        return {"type": "continuous_processing_time", "interval": milliseconds("interval", self.interval, 1)}


@dataclass(frozen=True, repr=False)
class DeltaTrigger(Trigger):
    """When the value differs by more than `threshold` from that of the last firing."""

    threshold: float

    def _settings(self) -> dict[str, Any]:
        return {"type": "delta", "threshold": float(self.threshold)}


@dataclass(frozen=True, repr=False)
class PurgingTrigger(Trigger):
    """Turns each FIRE of `inner` into FIRE_AND_PURGE."""

    inner: Trigger

    def _settings(self) -> dict[str, Any]:
        return {"type": "purging", "inner": _part("inner", self.inner, Trigger)._settings()}


@dataclass(frozen=True, repr=False)
class ProcessingTimeoutTrigger(Trigger):
    """`inner`, and a firing when `timeout` has passed on the clock."""

    inner: Trigger
    timeout: Time
    reset_timer_on_new_record: bool = False
    clear_on_timeout: bool = True

    def _settings(self) -> dict[str, Any]:
        return {
            "type": "processing_timeout",
            "timeout": milliseconds("timeout", self.timeout, 0),
            "reset_timer_on_new_record": bool(self.reset_timer_on_new_record),
            "clear_on_timeout": bool(self.clear_on_timeout),
            "inner": _part("inner", self.inner, Trigger)._settings(),
        }


class Evictor(Settings):
    """What is taken out of a window before or after its function runs. The subclasses bear Flink's names."""

    def _settings(self) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True, repr=False)
class CountEvictor(Evictor):
    """Keeps the last `n`."""

    n: int
    evict_after: bool = False

    def _settings(self) -> dict[str, Any]:
        return {"type": "count", "n": whole("n", self.n), "evict_after": bool(self.evict_after)}


@dataclass(frozen=True, repr=False)
class TimeEvictor(Evictor):
    """Keeps what is at most `size` older than the latest."""

    size: Time
    evict_after: bool = False

    def _settings(self) -> dict[str, Any]:
        return {"type": "time", "size": milliseconds("size", self.size), "evict_after": bool(self.evict_after)}


@dataclass(frozen=True, repr=False)
class DeltaEvictor(Evictor):
    """Keeps what differs by less than `threshold` from the last value."""

    threshold: float
    evict_after: bool = False

    def _settings(self) -> dict[str, Any]:
        return {"type": "delta", "threshold": float(self.threshold), "evict_after": bool(self.evict_after)}


def _part(name: str, value: Any, base: type) -> Any:
    if isinstance(value, base):
        return value
    known = ", ".join(sorted(one.__name__ for one in _all(base)))
    raise TypeError(f"{name} is one of {known}, not {value!r}")


def _all(base: type) -> list[type]:
    return [one for sub in base.__subclasses__() for one in [sub, *_all(sub)]]


class WindowOperator(Operator):
    """Keyed windows of the DataStream API that sum integer values.

    Events: `result` (key, start, end, sum, count, values, ts, cause; no start and end in a global window; with `reduce`
    no count and values), `watermark` (ts), `late` (key, value, ts; with `late_output`), `error`. Counters: `dropped`
    (numLateRecordsDropped), `timers` (by event time and by the clock), `state` (entries: contents of windows, and what
    their triggers keep).

    Model: engine/event_time/flink/window_operator.hpp, after Flink's WindowOperator and EvictingWindowOperator.

    Parameters
    ----------
    assigner
        An `Assigner`, like ``TumblingEventTimeWindows("5s")``.
    lateness
        `allowedLateness`; `wrackline.MAX_TIMESTAMP` for Long.MAX_VALUE.
    trigger, evictor
        A `Trigger` instead of the assigner's own; an `Evictor`.
    late_output
        Whether late elements go to a side output, instead of being counted.
    reduce
        Sums are kept instead of elements (`reduce` instead of `process`).
    through_valve
        Whether watermarks pass a StatusWatermarkValve of one channel first, which drops those that do not advance.
    version
        "1.20" or "2.2".

    Raises
    ------
    ValueError
        What Flink refuses, with its message.
    TypeError
        An assigner, trigger, evictor or time of another type.
    """

    _hidden = ("timers",)

    def __init__(
        self,
        assigner: Assigner,
        *,
        lateness: Time = 0,
        trigger: Trigger | None = None,
        evictor: Evictor | None = None,
        late_output: bool = False,
        reduce: bool = False,
        through_valve: bool = False,
        version: str = NEWEST,
    ) -> None:
        self.assigner = _part("assigner", assigner, Assigner)
        config = {
            "assigner": assigner._settings(),
            "time": assigner._time,
            "allowed_lateness": milliseconds("lateness", lateness),
            "trigger": "default" if trigger is None else _part("trigger", trigger, Trigger)._settings(),
            "late_side_output": bool(late_output),
            "through_valve": bool(through_valve),
        }
        if evictor is not None:
            config["evictor"] = _part("evictor", evictor, Evictor)._settings()
        if reduce:
            config["function"] = "reduce"
        shown = "MAX" if lateness == MAX_TIMESTAMP else lateness
        label = f"WindowOperator {assigner}" + unlike(
            trigger=(trigger, None),
            evictor=(evictor, None),
            lateness=(shown, 0),
            late_output=(late_output, False),
            reduce=(reduce, False),
            version=(version, NEWEST),
        )
        super().__init__(label, "flink.window", release(version), config)
        self.dropped = 0

    def record(self, key: Any, ts: int | None = None, value: int = 1, gap: Time | None = None) -> Out:
        """An element with this key, timestamp (None: without one) and integer value; `gap` where sessions are dynamic
        (ValueError without one)."""
        element = {"key": str(key), "value": whole("value", value)}
        if ts is not None:
            element["ts"] = milliseconds("ts", ts)
        said = record_text(element["key"], element.get("ts"), value)
        if self.assigner.dynamic:
            if gap is None:
                raise ValueError("gap: sessions with a dynamic gap need one for each element")
            element["gap"] = milliseconds("gap", gap)
            said += f", gap {element['gap']}"
        elif gap is not None:
            raise ValueError(f"gap: the elements of {type(self.assigner).__name__} have none")
        return self._step(said, {"element": element})

    def watermark(self, ts: int) -> Out:
        """A watermark arrives."""
        ts = milliseconds("ts", ts)
        return self._step(watermark_text(ts), {"watermark": ts})

    def processing_time(self, ms: int) -> Out:
        """The clock is set to `ms`; timers that are due fire."""
        ms = milliseconds("ms", ms)
        return self._step(f"clock {time_text(ms)}", {"processing_time": ms})

    def restore(self) -> Out:
        """The operator is restored from a snapshot that is taken now: state and timers stay, watermark and counters
        begin anew."""
        return self._step("restore", {"restore": True})

    def _step(self, said: str, operation: dict[str, Any]) -> Out:
        try:
            out = self._ask(operation)
        except NotModelled as error:  # in the middle of the step: what has been done can not be told
            self.failure = Event("error", str(error))
            raise
        facts = {name: out[name] for name in ("dropped", "timers", "state") if name in out}
        self.dropped = facts.get("dropped", self.dropped)
        return self._did(said, map(event_of, out["events"]), facts)
