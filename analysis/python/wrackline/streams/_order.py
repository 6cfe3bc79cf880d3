"""Which record a task of Kafka Streams takes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._operator import Event, Operator, Out, Time, failure, milliseconds, one_of, time_text, whole
from ._common import NEWEST, properties, release


class PartitionGroup(Operator):
    """The input partitions of one task, and `max.task.idle.ms`.

    Events: `record` (partition, offset, ts), `error`. Counters, where the step has them: `queue_size`, `all_buffered`,
    `ready`, `enforced` (ready only because the waiting was over), `stream_time`, `num_buffered`, `partition_time`.

    Model: engine/event_time/streams/partition_group.hpp.

    Parameters
    ----------
    partitions
        Their names.
    max_task_idle
        `max.task.idle.ms`: 0, the default, waits only for data that is known to be there; -1 never waits.
    extractor
        `default.timestamp.extractor`.
    """

    def __init__(
        self,
        partitions: Sequence[str],
        *,
        max_task_idle: Time = 0,
        extractor: str = "FailOnInvalidTimestamp",
        version: str = NEWEST,
    ) -> None:
        if isinstance(partitions, str) or len(set(partitions)) != len(partitions) or not partitions:
            raise ValueError("partitions: a list of different names")
        self.partitions = tuple(str(name) for name in partitions)
        config = {
            "partitions": list(self.partitions),
            "properties": {
                "max.task.idle.ms": milliseconds("max_task_idle", max_task_idle, -1),
                **properties(extractor=extractor),
            },
        }
        label = f"PartitionGroup of {', '.join(self.partitions)}, max.task.idle.ms {max_task_idle}"
        super().__init__(label, "streams.record_order", release(version), config)

    def add(self, partition: str, *ts: int) -> Out:
        """Records with these timestamps are fetched."""
        times = [milliseconds("ts", one) for one in ts]
        said = f"{partition}: {' '.join(map(time_text, times))}"
        return self._step(said, {"op": "add", "partition": self._known(partition), "ts": times})

    def lag(self, partition: str, lag: int | None) -> Out:
        """The consumer knows the partition's lag (None: it does not); the task learns of it at `update_lags`."""
        lag = None if lag is None else whole("lag", lag, 0)
        said = f"{partition}: lag {'unknown' if lag is None else lag}"
        return self._step(said, {"op": "lag", "partition": self._known(partition), "lag": lag})

    def update_lags(self) -> Out:
        return self._step("update lags", {"op": "update_lags"})

    def ready(self, wall: int) -> Out:
        """Whether the task may process, at this wall-clock time."""
        wall = milliseconds("wall", wall)
        return self._step(f"ready at {time_text(wall)}?", {"op": "ready", "wall": wall})

    def next(self) -> Out:
        """The next record is taken; no event if there is none."""
        return self._step("next", {"op": "next"})

    def set_partition_time(self, partition: str, ms: int) -> Out:
        """The partition's time as a commit kept it."""
        ms = milliseconds("ms", ms)
        operation = {"op": "set_partition_time", "partition": self._known(partition), "time": ms}
        return self._step(f"{partition}: time {time_text(ms)}", operation)

    def clear(self) -> Out:
        """All that is buffered is thrown away."""
        return self._step("clear", {"op": "clear"})

    def _known(self, partition: str) -> str:
        return one_of("partition", partition, self.partitions)

    def _step(self, said: str, operation: dict[str, Any]) -> Out:
        out = self._ask(operation)
        events = []
        if "error" in out:
            events.append(failure(out.pop("error")))
        taken = out.pop("record", None)
        if taken is not None:
            events.append(Event("record", f"{taken['partition']}[{taken['offset']}]@{time_text(taken['ts'])}", **taken))
        out.pop("ok", None)
        return self._did(said, events, out)
