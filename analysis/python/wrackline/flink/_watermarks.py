"""How Flink makes watermarks and combines them: generators, operators, source splits, inputs, channels."""

from __future__ import annotations

from typing import Any

from .._operator import Operator, Out, Time, milliseconds, one_of, time_text, whole
from ._common import NEWEST, event_of, release, watermark_text

GENERATORS = ("bounded_out_of_orderness", "ascending", "punctuated", "none")
_MOST_EMISSIONS = 1_000_000


def _generator(driver: str, generator: str, bound: Time, idle_timeout: Time | None, interval: Time | None) -> dict:
    config: dict[str, Any] = {"driver": driver, "generator": one_of("generator", generator, GENERATORS)}
    if generator == "bounded_out_of_orderness":
        config["bound"] = milliseconds("bound", bound)
    elif bound != 0:
        raise ValueError(f"bound: {generator} has none")
    if idle_timeout is not None:
        config["idle_timeout"] = milliseconds("idle_timeout", idle_timeout)
    if interval is not None:
        config["pipeline.auto-watermark-interval"] = milliseconds("interval", interval, 0)
    return config


def _generator_text(generator: str, bound: Time, idle_timeout: Time | None) -> str:
    named = f"{generator}({bound})" if generator == "bounded_out_of_orderness" else generator
    return named if idle_timeout is None else f"{named}, idle after {idle_timeout}"


class _Watermarks(Operator):
    def _step(self, said: str, operation: dict[str, Any]) -> Out:
        return self._did(said, map(event_of, self._ask(operation)["events"]), {})


class _Clock(_Watermarks):
    """With a clock that only goes on, and periodic emissions."""

    _now = 0
    _interval = 200

    def _tick(self, ms: int) -> Out:
        ms = milliseconds("ms", ms)
        if ms < self._now:
            raise ValueError(f"ms: the clock is at {self._now} and does not go back to {ms}")
        if self._interval > 0 and (ms - self._now) // self._interval > _MOST_EMISSIONS:
            raise ValueError(f"ms: more than {_MOST_EMISSIONS:,} emissions at once")
        self._now = ms
        return self._step(f"clock {time_text(ms)}", {"processing_time": ms})


class WatermarkGenerator(_Watermarks):
    """A WatermarkGenerator alone: events and emissions by hand.

    Events: `watermark` (ts), `status` (status: "idle" or "active").

    Model: engine/event_time/flink/watermark_generator.hpp, after BoundedOutOfOrdernessWatermarks,
    AscendingTimestampsWatermarks and WatermarksWithIdleness.

    Parameters
    ----------
    generator
        "bounded_out_of_orderness" (with `bound`), "ascending", "punctuated" (each event), "none".
    bound
        How far out of order; the watermark is the largest timestamp - bound - 1.
    idle_timeout
        `withIdleness`.

    Raises
    ------
    ValueError
        What Flink refuses (a negative bound, an idle timeout of 0), or a generator of another name.
    """

    def __init__(
        self,
        generator: str = "bounded_out_of_orderness",
        bound: Time = 0,
        *,
        idle_timeout: Time | None = None,
        version: str = NEWEST,
    ) -> None:
        config = _generator("generator", generator, bound, idle_timeout, None)
        label = f"WatermarkGenerator {_generator_text(generator, bound, idle_timeout)}"
        super().__init__(label, "flink.generator", release(version), config)

    def record(self, ts: int) -> Out:
        """`onEvent`."""
        ts = milliseconds("ts", ts)
        return self._step(f"@{time_text(ts)}", {"event": ts})

    def emit(self) -> Out:
        """`onPeriodicEmit`."""
        return self._step("emit", {"periodic_emit": True})

    def advance(self, ms: Time) -> Out:
        """The clock goes on by `ms`; idleness is judged by it at the next emission."""
        ms = milliseconds("ms", ms, 0)
        return self._step(f"clock +{ms}", {"advance": ms})


class TimestampsAndWatermarksOperator(_Clock):
    """`assignTimestampsAndWatermarks` in the middle of a job: a generator with its periodic emissions.

    Events: `record` (ts; forwarded), `watermark` (ts), `status` (status).

    Model: engine/event_time/flink/timestamps_and_watermarks_operator.hpp.

    Parameters as of `WatermarkGenerator`, and `interval`: `pipeline.auto-watermark-interval`, 200 ms by default; 0: no
    periodic emission.
    """

    def __init__(
        self,
        generator: str = "bounded_out_of_orderness",
        bound: Time = 0,
        *,
        idle_timeout: Time | None = None,
        interval: Time = 200,
        version: str = NEWEST,
    ) -> None:
        config = _generator("operator", generator, bound, idle_timeout, interval)
        self._interval = milliseconds("interval", interval, 0)
        label = f"TimestampsAndWatermarksOperator {_generator_text(generator, bound, idle_timeout)}"
        super().__init__(label, "flink.generator", release(version), config)

    def record(self, ts: int) -> Out:
        """An element arrives."""
        ts = milliseconds("ts", ts)
        return self._step(f"@{time_text(ts)}", {"element": ts})

    def processing_time(self, ms: int) -> Out:
        """The clock is set to `ms`; emissions that are due are made. ValueError if it would go back."""
        return self._tick(ms)

    def watermark(self, ts: int) -> Out:
        """A watermark from above: swallowed, but for MAX, the end of the input."""
        ts = milliseconds("ts", ts)
        return self._step(watermark_text(ts), {"watermark": ts})

    def status(self, status: str) -> Out:
        """ "idle" or "active" from above: swallowed."""
        return self._step(one_of("status", status, ("idle", "active")).upper(), {"status": status})

    def end_input(self) -> Out:
        """The input has ended; what the generator still knows is emitted."""
        return self._step("end of input", {"end_input": True})


class SourceReader(_Clock):
    """The watermarks of a source reader with splits.

    Events: `record` (ts), `watermark` (ts), `status` (status), `split_watermark` (split, ts), `split_finished` (split),
    `reader_watermark` (ts), `reader_idle` (idle): what goes downstream, and what the reader reports of each split and
    of itself.

    Model: engine/event_time/flink/source_watermarks.hpp, after ProgressiveTimestampsAndWatermarks. Parameters as of
    `TimestampsAndWatermarksOperator`.
    """

    def __init__(
        self,
        generator: str = "bounded_out_of_orderness",
        bound: Time = 0,
        *,
        idle_timeout: Time | None = None,
        interval: Time = 200,
        version: str = NEWEST,
    ) -> None:
        config = _generator("source", generator, bound, idle_timeout, interval)
        self._interval = milliseconds("interval", interval, 0)
        label = f"SourceReader {_generator_text(generator, bound, idle_timeout)}"
        super().__init__(label, "flink.generator", release(version), config)
        self._splits: set[str] = set()

    def add_split(self, split: str) -> Out:
        """A split is assigned."""
        self._splits.add(str(split))
        return self._step(f"add split {split}", {"add_split": str(split)})

    def release_split(self, split: str) -> Out:
        """A split is finished. ValueError if it is not assigned."""
        self._splits.remove(one_of("split", str(split), self._splits))
        return self._step(f"release split {split}", {"release_split": str(split)})

    def record(self, ts: int, split: str | None = None) -> Out:
        """A record of a split (ValueError if it is not assigned), or of the main output."""
        ts = milliseconds("ts", ts)
        if split is None:
            return self._step(f"@{time_text(ts)}", {"record": ts})
        return self._step(f"{split}@{time_text(ts)}", {"record": ts, "split": self._known(split)})

    def mark_idle(self, split: str) -> Out:
        """A split is marked idle by the reader. ValueError if it is not assigned."""
        return self._step(f"mark {split} idle", {"mark_idle": self._known(split)})

    def processing_time(self, ms: int) -> Out:
        """The clock is set to `ms`; emissions that are due are made. ValueError if it would go back."""
        return self._tick(ms)

    def _known(self, split: str) -> str:
        return one_of("split", str(split), self._splits)


class WatermarkOutputMultiplexer(_Watermarks):
    """The watermark over several outputs of one reader.

    Events: `watermark` (ts), `status` (status: "idle"), `output_watermark` (output, ts), `unregistered` (existed),
    `error` (a name that is not registered, or is twice; the multiplexer goes on).

    Model: engine/event_time/flink/watermark_output_multiplexer.hpp.
    """

    _fatal = False

    def __init__(self, *, version: str = NEWEST) -> None:
        super().__init__("WatermarkOutputMultiplexer", "flink.multiplexer", release(version), {})

    def register(self, output: str) -> Out:
        return self._step(f"register {output}", {"register": str(output)})

    def unregister(self, output: str) -> Out:
        return self._step(f"unregister {output}", {"unregister": str(output)})

    def immediate(self, output: str, ts: int | None = None, *, idle: bool = False) -> Out:
        """The immediate output of `output` says a watermark, or that it is idle: combined at once."""
        return self._say("immediate", output, ts, idle)

    def deferred(self, output: str, ts: int | None = None, *, idle: bool = False) -> Out:
        """The deferred output of `output` says a watermark, or that it is idle: combined at the next `emit`."""
        return self._say("deferred", output, ts, idle)

    def emit(self) -> Out:
        """`onPeriodicEmit`."""
        return self._step("emit", {"periodic_emit": True})

    def _say(self, how: str, output: str, ts: int | None, idle: bool) -> Out:
        if (ts is None) != idle:
            raise ValueError("either a watermark or idle=True")
        said = {"status": "idle"} if ts is None else {"watermark": milliseconds("ts", ts)}
        text = "IDLE" if ts is None else watermark_text(said["watermark"])
        return self._step(f"{output} {how} {text}", {how: str(output), **said})


class TwoInputOperator(_Watermarks):
    """The watermark of an operator with two inputs, 1 and 2.

    Events: `watermark` (ts), `status` (status), `record` (input, current_watermark). When all inputs turn idle, 1.20
    and 2.x differ.

    Model: engine/event_time/flink/combined_watermark_status.hpp, after AbstractStreamOperator and
    IndexedCombinedWatermarkStatus.
    """

    def __init__(self, *, version: str = NEWEST) -> None:
        release_ = release(version)
        label = f"TwoInputOperator, Flink {release_}"
        super().__init__(label, "flink.combined", release_, {"driver": "two_input_operator"})

    def record(self, input: int) -> Out:
        """A record arrives; its event says which watermark it meets."""
        return self._step(f"input {_input(input)}: record", {"input": input, "element": True})

    def watermark(self, input: int, ts: int) -> Out:
        ts = milliseconds("ts", ts)
        return self._step(f"input {_input(input)}: {watermark_text(ts)}", {"input": input, "watermark": ts})

    def idle(self, input: int) -> Out:
        return self._step(f"input {_input(input)}: IDLE", {"input": input, "status": "idle"})

    def active(self, input: int) -> Out:
        return self._step(f"input {_input(input)}: ACTIVE", {"input": input, "status": "active"})


def _input(input: int) -> int:
    if whole("input", input) not in (1, 2):
        raise ValueError(f"input is 1 or 2, not {input}")
    return input


class IndexedCombinedWatermarkStatus(Operator):
    """The combined watermark of `inputs` inputs, 0 to inputs - 1, and nothing around it.

    No events; counters: `combined_advanced`, `combined` (ms), `idle`.

    Model: engine/event_time/flink/combined_watermark_status.hpp.
    """

    def __init__(self, inputs: int, *, version: str = NEWEST) -> None:
        self.inputs = whole("inputs", inputs, 1)
        label = f"IndexedCombinedWatermarkStatus of {inputs}"
        super().__init__(label, "flink.combined", release(version), {"driver": "indexed_status", "inputs": self.inputs})

    def watermark(self, input: int, ts: int) -> Out:
        ts = milliseconds("ts", ts)
        return self._step(input, watermark_text(ts), {"watermark": ts})

    def idle(self, input: int) -> Out:
        return self._step(input, "IDLE", {"status": "idle"})

    def active(self, input: int) -> Out:
        return self._step(input, "ACTIVE", {"status": "active"})

    def _step(self, input: int, said: str, operation: dict[str, Any]) -> Out:
        _below("input", input, self.inputs)
        return self._did(f"input {input}: {said}", [], self._ask({"input": input, **operation}))


class StatusWatermarkValve(_Watermarks):
    """The watermark behind a shuffle, of `channels` channels, 0 to channels - 1.

    Events: `watermark` (ts), `status` (status).

    Model: engine/event_time/flink/status_watermark_valve.hpp.
    """

    def __init__(self, channels: int, *, version: str = NEWEST) -> None:
        self.channels = whole("channels", channels, 1)
        label = f"StatusWatermarkValve of {channels}"
        super().__init__(label, "flink.valve", release(version), {"channels": self.channels})

    def watermark(self, channel: int, ts: int) -> Out:
        ts = milliseconds("ts", ts)
        return self._channel(channel, watermark_text(ts), {"watermark": ts})

    def idle(self, channel: int) -> Out:
        return self._channel(channel, "IDLE", {"status": "idle"})

    def active(self, channel: int) -> Out:
        return self._channel(channel, "ACTIVE", {"status": "active"})

    def _channel(self, channel: int, said: str, operation: dict[str, Any]) -> Out:
        _below("channel", channel, self.channels)
        return self._step(f"channel {channel}: {said}", {"channel": channel, **operation})


def _below(name: str, number: int, count: int) -> None:
    if not 0 <= whole(name, number) < count:
        raise ValueError(f"{name} is one of 0 to {count - 1}, not {number}")
