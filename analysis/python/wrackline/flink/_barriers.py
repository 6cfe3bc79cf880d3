"""Flink's checkpoint barriers in front of a task."""

from __future__ import annotations

from typing import Any

from .._operator import Operator, Out, Time, milliseconds, one_of, whole
from ._common import NEWEST, event_of, release


class CheckpointedInputGate(Operator):
    """An input gate with `channels` channels, 0 to channels - 1, whose producers stop behind an aligned barrier.

    Events: `element` (channel, id), `end_of_partition` (channel), `trigger` (checkpoint, alignment, start_delay_ms),
    `abort` (checkpoint, reason), `persist` (checkpoint, channel, elements), `aligned` (checkpoint, alignment_ms,
    elements_during_alignment). Counters: `blocked` (channels), `latest_checkpoint_id`.

    Model: engine/event_time/flink/checkpoint_barrier_handler.hpp and checkpoint_barrier_tracker.hpp, after
    SingleCheckpointBarrierHandler and CheckpointBarrierTracker.

    Parameters
    ----------
    channels
        How many.
    mode
        `execution.checkpointing.mode`: "EXACTLY_ONCE" or "AT_LEAST_ONCE".
    unaligned
        `execution.checkpointing.unaligned.enabled`.
    aligned_timeout
        `execution.checkpointing.aligned-checkpoint-timeout`.
    after_tasks_finish
        `execution.checkpointing.checkpoints-after-tasks-finish.enabled`.
    auto_poll
        The task takes everything it may after each step; else what `poll` says.
    """

    def __init__(
        self,
        channels: int,
        *,
        mode: str = "EXACTLY_ONCE",
        unaligned: bool = False,
        aligned_timeout: Time = 0,
        after_tasks_finish: bool = True,
        auto_poll: bool = True,
        version: str = NEWEST,
    ) -> None:
        self.channels = whole("channels", channels, 1)
        config = {
            "channels": self.channels,
            "execution.checkpointing.mode": one_of("mode", mode, ("EXACTLY_ONCE", "AT_LEAST_ONCE")),
            "execution.checkpointing.unaligned.enabled": bool(unaligned),
            "execution.checkpointing.aligned-checkpoint-timeout": milliseconds("aligned_timeout", aligned_timeout, 0),
            "execution.checkpointing.checkpoints-after-tasks-finish.enabled": bool(after_tasks_finish),
            "auto_poll": bool(auto_poll),
        }
        label = f"CheckpointedInputGate of {channels}, {mode}{', unaligned' if unaligned else ''}"
        super().__init__(label, "flink.alignment", release(version), config)
        self.mode = mode
        self.unaligned = bool(unaligned)
        self._next_id = 1
        self._ended: set[int] = set()

    def element(self, channel: int, id: int | None = None) -> Out:
        """An element is sent; its id is counted up from 1 unless given."""
        id = self._next_id if id is None else whole("id", id, 0)
        self._next_id = max(self._next_id, id + 1)
        return self._send(channel, f"element {id}", "element", {"id": id})

    def barrier(
        self, channel: int, id: int, ts: int = 0, *, savepoint: bool = False, as_unaligned: bool = False
    ) -> Out:
        """The barrier of checkpoint `id`, triggered at `ts`. `as_unaligned`: it was made unaligned above; ValueError
        where unaligned checkpoints are off."""
        barrier: dict[str, Any] = {"id": whole("id", id, 0), "ts": milliseconds("ts", ts)}
        if savepoint:
            barrier["savepoint"] = True
        if as_unaligned:
            if not self.unaligned:
                raise ValueError("as_unaligned: unaligned checkpoints are off")
            barrier["as_unaligned"] = True
        return self._send(channel, f"barrier {id}", "barrier", barrier)

    def cancel(self, channel: int, id: int) -> Out:
        """The marker that cancels checkpoint `id`."""
        return self._send(channel, f"cancel {id}", "cancel", {"id": whole("id", id, 0)})

    def end_of_partition(self, channel: int) -> Out:
        """The channel ends."""
        out = self._send(channel, "ends", "end_of_partition", {})
        self._ended.add(channel)
        return out

    def advance(self, ms: Time) -> Out:
        """The clock goes on by `ms`; timers that are due run."""
        ms = milliseconds("ms", ms, 0)
        return self._step(f"clock +{ms}", {"advance": ms})

    def poll(self, k: int | None = None) -> Out:
        """The task takes `k` elements and ends of channels, or all it may."""
        if k is None:
            return self._step("poll all", {"poll": "all"})
        return self._step(f"poll {k}", {"poll": whole("k", k, 0)})

    def _send(self, channel: int, said: str, what: str, fields: dict[str, Any]) -> Out:
        if not 0 <= whole("channel", channel) < self.channels:
            raise ValueError(f"channel is one of 0 to {self.channels - 1}, not {channel}")
        if channel in self._ended:
            raise ValueError(f"channel {channel} has ended")
        return self._step(f"channel {channel}: {said}", {what: {"channel": channel, **fields}})

    def _step(self, said: str, operation: dict[str, Any]) -> Out:
        out = self._ask(operation)
        events = list(map(event_of, out.pop("events")))
        return self._did(said, events, out)
