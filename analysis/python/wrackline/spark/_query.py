"""A streaming query that runs micro-batch by micro-batch, and the trigger that says when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._operator import (
    Event,
    Operator,
    Out,
    Time,
    milliseconds,
    one_of,
    refusal_text,
    time_text,
    unlike,
    version_of,
    whole,
)
from ._frame import DataFrame, static_rows

VERSIONS = {"3.5": "3.5.9", "4.0": "4.0.4"}
NEWEST = "4.0"
MODES = ("append", "update", "complete")
SETTINGS = {
    "spark.sql.streaming.noDataMicroBatches.enabled": ("true", "false"),
    "spark.sql.streaming.statefulOperator.allowMultiple": ("true", "false"),
    "spark.sql.streaming.sessionWindow.merge.sessions.in.local.partition": ("true", "false"),
    "spark.sql.streaming.multipleWatermarkPolicy": ("min", "max"),
}

Row = Sequence[Any]


class Batches(Out):
    """The batches of one step."""

    @property
    def rows(self) -> list[tuple]:
        """Their rows, together."""
        return [row for event in self.of("batch") for row in event.rows]


class StreamingQuery(Operator):
    """A query that is running, and is given rows.

    Events: `batch` (id, watermark and next_watermark in ms, rows, input_rows, event_time: min, max, avg and watermark,
    state: a mapping per stateful operator with op, total, updated, removed, dropped), `error` (exception, cause,
    condition where there is one, message: our words). A row is a tuple; a window in it is (start, end). Counters, over
    the batches of the step: `watermark` (that of the next batch), `dropped` (rows or groups too late), `total` (state
    rows now), `removed`. What a step gives has `rows` too: those of all its batches.

    Model: engine/event_time/spark/micro_batch_execution.hpp and incremental_execution.hpp, after MicroBatchExecution,
    WatermarkTracker, WatermarkPropagator and the stateful operators.

    Parameters
    ----------
    plan
        A `DataFrame`.
    output_mode
        "append", "update" or "complete".
    conf
        Settings by Spark's names: spark.sql.streaming.noDataMicroBatches.enabled, .statefulOperator.allowMultiple,
        .sessionWindow.merge.sessions.in.local.partition (booleans), .multipleWatermarkPolicy ("min", "max").
    trigger
        A processing-time trigger of this interval on a clock that `advance` sets; else a batch runs whenever one is
        due.
    clock
        Where that clock starts, ms.
    started
        False: the query waits for `start`.
    partitions
        Partitions of a source's chunks, by its name; 1 otherwise. They only show in joins of sessions.
    version
        "3.5" or "4.0".

    Attributes
    ----------
    columns
        The names of the columns of its rows.

    Raises
    ------
    ValueError
        What Spark refuses at the start, with the class of its exception and our words; settings of another name.
    wrackline.NotModelled
        Columns that do not exist, and plans that are not built.
    """

    _out = Batches

    def __init__(
        self,
        plan: DataFrame,
        output_mode: str = "append",
        *,
        conf: Mapping[str, Any] | None = None,
        trigger: Time | None = None,
        clock: int = 0,
        started: bool = True,
        partitions: Mapping[str, int] | None = None,
        version: str = NEWEST,
    ) -> None:
        if not isinstance(plan, DataFrame):
            raise TypeError(f"plan is a DataFrame, not {plan!r}")
        self.sources = plan._sources
        split = {
            one_of("partitions", name, self.sources): whole("partitions", n, 1)
            for name, n in (partitions or {}).items()
        }
        config: dict[str, Any] = {
            "outputMode": one_of("output_mode", output_mode, MODES),
            "sources": [{"name": name, "numPartitions": split.get(name, 1)} for name in self.sources],
            "query": plan._plan,
            "conf": dict(_setting(name, value) for name, value in (conf or {}).items()),
        }
        self._statics = {side.name for side in plan._statics}
        if plan._statics:
            config["statics"] = {side.name: {"kind": side.kind, "rows": side.rows} for side in plan._statics}
        self._clock: int | None = None
        if trigger is not None:
            self._clock = milliseconds("clock", clock)
            config |= {
                "trigger": "manualClock",
                "triggerIntervalMs": milliseconds("trigger", trigger, 1),
                "clockStartMs": self._clock,
            }
        self._last_batch = -1
        super().__init__(
            plan.text + unlike(output_mode=(output_mode, "append"), trigger=(trigger, None)) + _short(config["conf"]),
            "spark.watermark",
            version_of(version, VERSIONS),
            config,
            started=bool(started),
            messages=True,
        )
        self.columns: tuple[str, ...] = tuple(self._ask({"columns": True}))
        if started:
            self._refused(self._ask({}))

    def batch(self, rows: Iterable[Row] | None = None, **by_source: Iterable[Row]) -> Batches:
        """Rows arrive together, and the query runs until nothing is due (on a clock: at its next firing).

        Parameters
        ----------
        rows
            Of the only source: (key, ts), (key, ts, value) or (key, ts, value, gap) each; a key or ts of None is NULL.
        by_source
            The same by the sources' names, where there are several: ``batch(L=[...], R=[...])``.
        """
        chunk = self._chunk(rows, by_source)
        return self._step(_chunk_text(chunk, len(self.sources)), {"add": chunk})

    def burst(self, *chunks: Iterable[Row] | Mapping[str, Iterable[Row]]) -> Batches:
        """Chunks of rows, each but the first arriving while the batch of the one before runs."""
        if self._clock is not None:
            raise ValueError("a burst needs a query without a clock")
        made = [self._chunk(None, one) if isinstance(one, Mapping) else self._chunk(one, {}) for one in chunks]
        if not made:
            raise ValueError("a burst of no chunks")
        said = " then ".join(_chunk_text(chunk, len(self.sources)) for chunk in made)
        return self._step(f"burst: {said}", {"burst": made})

    def advance(self, ms: int) -> Batches:
        """The clock is set to `ms`: at most one firing. ValueError without a `trigger`, or backwards."""
        if self._clock is None:
            raise ValueError("advance: the query has no clock; make it with trigger=")
        ms = milliseconds("ms", ms)
        if ms < self._clock:
            raise ValueError(f"ms: the clock is at {self._clock} and does not go back to {ms}")
        self._clock = ms
        return self._step(f"clock {time_text(ms)}", {"advanceTo": ms})

    def stop(self) -> Batches:
        """The query is stopped; rows wait for the next `start`."""
        return self._step("stop", {"stop": True})

    def start(self, trigger: str | None = None) -> Batches:
        """Started from its checkpoint, also after it died. `trigger` "once" or "availableNow": it stops by itself.
        ValueError if Spark refuses it."""
        self.failure = None
        how = {} if trigger is None else {"trigger": one_of("trigger", trigger, ("once", "availableNow"))}
        operation = {"start": how}
        out = self._ask(operation)
        if not out["batches"]:
            self._refused(out)
        return self._took(f"start {trigger or ''}".strip(), out)

    def write(self, static: str, rows: Iterable[Sequence[Any]], mode: str = "append") -> Batches:
        """A static side is changed under the query: "append", "overwrite", or "overwriteInPlace" (the same files)."""
        one_of("static", static, self._statics)
        one_of("mode", mode, ("append", "overwrite", "overwriteInPlace"))
        made = static_rows(rows)
        said = ", ".join(f"{key}={value}" for key, value in made)
        return self._step(f"{mode} to {static}: {said}", {"writeStatic": {static: {"mode": mode, "rows": made}}})

    def lose_last_commit(self) -> Batches:
        """The newest commit file is lost while the query is stopped: the batch runs again at the next start. Only
        for a query without state and watermark. ValueError if there was no batch."""
        if self._last_batch < 0:
            raise ValueError("there was no batch yet")
        return self._step("the last commit is lost", {"delete": [f"commits/{self._last_batch}"]})

    def sink(self) -> dict[str, list[tuple]]:
        """What is in a sink that appends ("plain") and in one that knows batch ids ("idempotent"). Runs what is due."""
        out = self._ask({"sinkContents": True})
        if out["batches"]:
            self._took("sink", out)
        return {name: [_row(row) for row in out[f"{name}Sink"]] for name in ("plain", "idempotent")}

    def to_rows(self):
        """All rows so far as a pandas frame with their batch."""
        import pandas as pd

        batches = [event for step in self.history for event in step.out if event.kind == "batch"]
        rows = [(batch.id, *row) for batch in batches for row in batch.rows]
        return pd.DataFrame(rows, columns=["batch", *self.columns])

    def _refused(self, out: dict[str, Any]) -> None:
        if "error" in out:
            raise ValueError(refusal_text(out["error"]))

    def _step(self, said: str, operation: dict[str, Any]) -> Batches:
        return self._took(said, self._ask(operation))

    def _took(self, said: str, out: dict[str, Any]) -> Batches:
        events = [_batch(one) for one in out["batches"]]
        state = [op for event in events for op in event.state]
        facts: dict[str, Any] = {}
        if events:
            self._last_batch = events[-1].id
            facts["watermark"] = events[-1].next_watermark
            facts["dropped"] = sum(op["dropped"] for op in state)
            if events[-1].state:
                facts["total"] = sum(op["total"] for op in events[-1].state)
                facts["removed"] = sum(op["removed"] for op in state)
        if "error" in out:
            error = out["error"]
            condition = f" [{error['condition']}]" if "condition" in error else ""
            events.append(Event("error", f"dies: {refusal_text(error)}{condition}", **error))
        return self._did(said, events, facts)

    def _chunk(self, rows: Any, by_source: Mapping[str, Any]) -> dict[str, Any]:
        if rows is not None:
            if by_source or len(self.sources) != 1:
                raise ValueError(f"rows by the names of the sources: {', '.join(f'{n}=[...]' for n in self.sources)}")
            by_source = {self.sources[0]: rows}
        return {one_of("source", name, self.sources): [_cells(row) for row in some] for name, some in by_source.items()}


def _setting(name: str, value: Any) -> tuple[str, str]:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return one_of("conf", name, SETTINGS), one_of(name, text, SETTINGS[name])


def _short(conf: Mapping[str, str]) -> str:
    return "".join(f", {name.removeprefix('spark.sql.streaming.')}={value}" for name, value in conf.items())


def _cells(row: Row) -> list[Any]:
    """(key, ts, value, gap) in the order of the columns."""
    if isinstance(row, str) or not isinstance(row, Sequence) or not 2 <= len(row) <= 4:
        raise TypeError(f"a row is (key, ts), (key, ts, value) or (key, ts, value, gap), not {row!r}")
    key, ts, value, gap = (*row, 1, None)[:4] if len(row) == 2 else (*row, None)[:4]
    cells = [None if ts is None else milliseconds("ts", ts), None if key is None else str(key)]
    cells.append(None if value is None else whole("value", value))
    return cells if gap is None else [*cells, milliseconds("gap", gap)]


def _chunk_text(chunk: Mapping[str, Any], sources: int) -> str:
    said = []
    for name, rows in chunk.items():
        texts = []
        for ts, key, value, *_ in rows:
            texts.append(
                f"{'' if key is None else key}@{'NULL' if ts is None else ts}" + ("" if value == 1 else f"={value}")
            )
        said.append((f"{name}: " if sources > 1 else "") + (" ".join(texts) or "nothing"))
    return "; ".join(said) or "nothing"


def _row(cells: Sequence[Any]) -> tuple:
    return tuple(tuple(cell) if isinstance(cell, list) else cell for cell in cells)


def _row_text(row: tuple) -> str:
    texts = []
    for cell in row:
        if isinstance(cell, tuple):
            texts.append(f"[{cell[0]},{cell[1]})")
        else:
            texts.append("NULL" if cell is None else str(cell))
    return " ".join(texts)


def _batch(said: Mapping[str, Any]) -> Event:
    rows = [_row(row) for row in said["rows"]]
    text = f"batch {said['batchId']}: {', '.join(map(_row_text, rows)) or '-'}"
    fields = {
        "id": said["batchId"],
        "watermark": said["watermarkMs"],
        "next_watermark": said["nextWatermarkMs"],
        "rows": rows,
        "input_rows": said["inputRows"],
        "event_time": said.get("eventTime", {}),
        "state": said.get("state", []),
    }
    if "batchTimestampMs" in said:
        fields["timestamp"] = said["batchTimestampMs"]
    return Event("batch", text, **fields)


class ProcessingTimeTrigger(Operator):
    """`Trigger.ProcessingTime(interval)`: when the next batch is due.

    No events; counter: `next` (ms).

    Model: engine/event_time/spark/processing_time_executor.hpp, after ProcessingTimeExecutor.
    """

    def __init__(self, interval: Time) -> None:
        ms = milliseconds("interval", interval, 0)
        config = {"mode": "nextBatchTime", "intervalMs": ms}
        super().__init__(f"ProcessingTimeTrigger {interval}", "spark.trigger", VERSIONS[NEWEST], config)

    def next_target(self, now: int) -> int:
        """The next target after `now`."""
        now = milliseconds("now", now)
        target = self._ask({"now": now})
        self._did(f"clock {time_text(now)}", [], {"next": target})
        return target

    def next_firing(self, fired: int, done: int) -> int:
        """The next firing after one at `fired` whose batch was done at `done`. ValueError if that was before."""
        fired, done = milliseconds("fired", fired), milliseconds("done", done)
        if done < fired:
            raise ValueError(f"done: the batch of {fired} is not done at {done}")
        target = self._ask({"fired": fired, "done": done})
        self._did(f"fired {fired}, done {done}", [], {"next": target})
        return target
