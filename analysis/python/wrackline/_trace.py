"""Traces: what was recorded, as columns."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from . import _core, _html

Duration = str | datetime.timedelta | np.timedelta64


def duration_ms(name: str, value: Any, default: int | None = 0) -> int | None:
    """Whole milliseconds of "200ms", "1h30m", a timedelta or a timedelta64; `default` for None.

    A bare number has no unit and is refused, but for 0.
    """
    if value is None:
        return default
    if isinstance(value, str):
        ms = _core.parse_duration_ms(value)
        if ms is None or ms < 0:
            raise ValueError(f'{name}: "{value}" is no duration: write it with a unit, like 500ms')
        return ms
    if isinstance(value, np.timedelta64):
        value = value.astype("timedelta64[us]").astype(datetime.timedelta)
    if isinstance(value, datetime.timedelta):
        ms, rest = divmod(value, datetime.timedelta(milliseconds=1))
        if rest or ms < 0:
            raise ValueError(f"{name}: {value} is no whole number of milliseconds from 0 on")
        return ms
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value == 0:
        return 0
    raise TypeError(f'{name} is a duration with its unit, like "500ms", or a timedelta, not {value!r}')


def times(name: str, values: Any) -> np.ndarray:
    """A contiguous int64 column of milliseconds: as it is if it is that already."""
    array = np.asarray(values)
    if array.dtype.kind == "M":
        if np.isnat(array).any():
            raise ValueError(f"{name}: a time is missing (NaT)")
        array = array.astype("datetime64[ms]").astype(np.int64)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, not {array.ndim}")
    if array.size == 0:
        return np.empty(0, np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold whole numbers or datetime64, not {array.dtype}")
    if array.dtype.kind == "u" and array.dtype.itemsize == 8 and array.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{name}: a value does not fit 64 bits with a sign")
    return np.ascontiguousarray(array, np.int64)


def key_column(values: Any) -> tuple[np.ndarray, list[str]]:
    """Numbers in order of first appearance, and their names."""
    import pandas as pd

    codes, names = pd.factorize(np.asarray(values), use_na_sentinel=True)
    if (codes < 0).any():
        raise ValueError("key: a key is missing")
    return codes.astype(np.uint32), [str(name) for name in names]


@dataclass(frozen=True)
class TraceProblem:
    """Something that is wrong with a row of a trace file.

    `line` and `column` count from 1, the column in bytes; 0: the file or the line as a whole. `kind` is one of file,
    header, malformed, unit, absurd, unsorted, negative, duplicate. `option` and `value` name the argument of
    `read_trace` that would make the file fit; empty where there is none.
    """

    line: int
    column: int
    kind: str
    what: str
    option: str
    value: str

    def __str__(self) -> str:
        place = f"{self.line}:{self.column}: " if self.column else f"{self.line}: " if self.line else ""
        help = f" [{self.option}={self.value!r}]" if self.option else ""
        return f"{place}{self.what}{help}"


class TraceError(ValueError):
    """A trace is not as it should be. `problems` lists the first hundred of `count`; nothing was guessed or
    repaired."""

    def __init__(self, path: str, problems: Sequence[TraceProblem], count: int) -> None:
        lines = [f"{path}:{problem}" if problem.line else f"{path}: {problem}" for problem in problems]
        if count > len(problems):
            lines.append(f"{path}: and {count - len(problems)} more")
        super().__init__("\n".join(lines))
        self.path = path
        self.problems = tuple(problems)
        self.count = count

    def _repr_html_(self) -> str:
        rows = [(p.line or "", p.kind, p.what, f"{p.option}={p.value!r}" if p.option else "") for p in self.problems]
        return _html.table(("line", "kind", "problem", "option"), rows, caption=f"{self.path}: {self.count} problems")


class Trace:
    """Records in order of arrival, as columns of one length.

    Attributes
    ----------
    event_ms, arrival_ms
        int64, milliseconds since 1970; `arrival_ms` never falls.
    key
        uint32: the number of the record's key (a device, a user, a partition), an index in `keys`.
    value
        int64, or None where the trace has no values.
    keys
        The names of the keys in order of first appearance.
    notes
        What was counted or, as asked for, repaired while reading, a line each.
    counts
        The same as numbers, by name; empty for a trace made from columns.
    path
        The file; "<columns>" for a trace made from columns.

    Made by `read_trace` or `Trace.from_columns`. The arrays are views, not copies: treat them as read-only.
    """

    def __init__(self, event_ms, arrival_ms, key, value, keys, *, path="<columns>", notes=(), counts=None) -> None:
        self.event_ms = event_ms
        self.arrival_ms = arrival_ms
        self.key = key
        self.value = value
        self.keys = list(keys)
        self.path = path
        self.notes = tuple(notes)
        self.counts = dict(counts or {})

    @classmethod
    def from_columns(cls, event_ms: Any, arrival_ms: Any, key: Any = None, value: Any = None) -> Trace:
        """A trace of columns that are in memory.

        Parameters
        ----------
        event_ms, arrival_ms
            Whole milliseconds since 1970, or datetime64, shape (n,). int64 columns are not copied.
        key
            Shape (n,), anything that pandas can factorize; without it all records have one key.
        value
            Whole numbers, shape (n,).

        Raises
        ------
        TraceError
            `arrival_ms` falls somewhere, or a time lies beyond the year 9999 (seconds or microseconds given?).
        TypeError, ValueError
            Columns of another type, dimension or length, or with missing entries.
        """
        event_ms, arrival_ms = times("event_ms", event_ms), times("arrival_ms", arrival_ms)
        value = None if value is None else times("value", value)
        numbers, names = (np.zeros(len(event_ms), np.uint32), [""]) if key is None else key_column(key)
        for name, column in (("arrival_ms", arrival_ms), ("key", numbers), ("value", value)):
            if column is not None and len(column) != len(event_ms):
                raise ValueError(f"{name} has {len(column)} rows, event_ms {len(event_ms)}")
        problems = []
        falls = np.flatnonzero(np.diff(arrival_ms) < 0)
        if falls.size:
            what = f"row {falls[0] + 1} arrives before the row ahead of it: sort by arrival ({falls.size} such rows)"
            problems.append(TraceProblem(0, 0, "unsorted", what, "", ""))
        for name, column in (("event_ms", event_ms), ("arrival_ms", arrival_ms)):
            far = np.flatnonzero(np.abs(column) > _LARGEST_TIME_MS)
            if far.size:
                what = f"{name} {column[far[0]]} in row {far[0]} lies beyond the year 9999: times are milliseconds"
                problems.append(TraceProblem(0, 0, "unit", what, "", ""))
        if problems:
            raise TraceError("<columns>", problems, len(problems))
        return cls(event_ms, arrival_ms, numbers, value, names)

    @classmethod
    def from_frame(
        cls, frame: Any, event: str = "event_ms", arrival: str = "arrival_ms", key: str = "key", value: str = "value"
    ) -> Trace:
        """A trace of a DataFrame's columns of these names; key and value may be missing. KeyError without the times."""
        optional = [frame.get(name) for name in (key, value)]
        return cls.from_columns(frame[event], frame[arrival], *optional)

    @cached_property
    def delay_ms(self) -> np.ndarray:
        """Arrival minus event time, int64; negative where a clock was wrong."""
        return self.arrival_ms - self.event_ms

    @cached_property
    def lateness_ms(self) -> np.ndarray:
        """How far each record is behind the largest event time before it, int64, 0 where it is not behind."""
        if not len(self):
            return np.empty(0, np.int64)
        return np.maximum.accumulate(self.event_ms) - self.event_ms

    def __len__(self) -> int:
        return len(self.event_ms)

    def __getitem__(self, rows: slice) -> Trace:
        """A stretch of the trace, as views. Only slices with a positive step."""
        if not isinstance(rows, slice):
            raise TypeError("a trace is cut by slices: trace[1000:2000]")
        if rows.step is not None and rows.step < 1:
            raise ValueError("a trace is in order of arrival: the step is positive")
        cut = [None if c is None else np.ascontiguousarray(c[rows]) for c in self._columns]
        return Trace(*cut, self.keys, path=self.path, notes=self.notes, counts=self.counts)

    @property
    def _columns(self):
        return self.event_ms, self.arrival_ms, self.key, self.value

    def to_frame(self):
        """A pandas frame: event and arrival as datetime64 in UTC, `key` as a categorical, `value`, `delay_ms`."""
        import pandas as pd

        columns = {
            "event": pd.to_datetime(self.event_ms, unit="ms", utc=True),
            "arrival": pd.to_datetime(self.arrival_ms, unit="ms", utc=True),
            "key": pd.Categorical.from_codes(self.key.astype(np.int64), self.keys)
            if len(set(self.keys)) == len(self.keys)
            else [self.keys[k] for k in self.key],
        }
        if self.value is not None:
            columns["value"] = self.value
        return pd.DataFrame({**columns, "delay_ms": self.delay_ms})

    def _describe(self) -> str:
        if not len(self):
            return "no records"
        span = _core.duration_text(float(self.arrival_ms[-1] - self.arrival_ms[0]))
        keys = f"{len(self.keys):,} key{'' if len(self.keys) == 1 else 's'}"
        return f"{len(self):,} records of {keys} in {span}"

    def __repr__(self) -> str:
        return f"<Trace {os.path.basename(self.path)!r}: {self._describe()}>"

    def _repr_html_(self) -> str:
        if not len(self):
            return _html.table((os.path.basename(self.path),), [("no records",)])
        p50, p95, p99 = np.percentile(self.delay_ms, [50, 95, 99])
        rows = [
            ("records", self._describe()),
            ("delay", f"P50 {_ms(p50)}, P95 {_ms(p95)}, P99 {_ms(p99)}, most {_ms(self.delay_ms.max())}"),
            ("behind", f"{int((self.lateness_ms > 0).sum()):,}, by at most {_ms(self.lateness_ms.max())}"),
            ("negative delays", f"{int((self.delay_ms < 0).sum()):,}"),
            *(("note", note) for note in self.notes),
        ]
        return _html.table(("trace", os.path.basename(self.path)), rows)


_LARGEST_TIME_MS = 253_402_300_799_999


def _ms(value: float | None) -> str:
    return "-" if value is None else _core.duration_text(float(value))


def read_trace(path: str | os.PathLike[str], **options: str | Duration) -> Trace:
    """Reads a trace file: CSV, plain or gzip, a record a row, in order of arrival.

    Parameters
    ----------
    path
        The file. Its columns are found by a header (key, event_time_ms, arrival_time_ms, value unless named
        otherwise); a file without a header has them in this order.
    options
        What is done with rows that are not as they should be; `wrackline.trace_options()` lists all of them with their
        meaning. ``time_unit="us"``, ``unsorted="reorder"`` with ``sort_window="10s"``, ``negative="clamp"``,
        ``absurd="drop"``, ``duplicates="drop"``, ``key_column="device"``, ... Nothing is repaired unasked.

    Raises
    ------
    TraceError
        Rows are not as they should be, or none is left: `problems` names them by line, with the option that would help.
    OSError
        The file can not be opened.
    ValueError
        An option that does not exist, or a value that it does not have.
    """
    path = os.fspath(path)
    with open(path, "rb"):  # raises what Python raises: not found, no permission, a directory
        pass
    texts = {}
    for name, value in options.items():
        is_text = isinstance(value, str)
        texts[name] = value if is_text else _core.format_duration_ms(duration_ms(name, value))
    read = _core.read_trace(path, texts)
    problems = [TraceProblem(*one) for one in read["problems"]]
    if read["problem_count"]:
        raise TraceError(path, problems, read["problem_count"])
    if not len(read["event_ms"]):
        raise TraceError(path, [TraceProblem(0, 0, "file", "there is no row that can be used", "", "")], 1)
    columns = (read[name] for name in ("event_ms", "arrival_ms", "key", "value", "keys"))
    return Trace(*columns, path=path, notes=read["notes"], counts=read["counts"])


def trace_options():
    """The options of `read_trace` as a pandas frame: a row each, with `default`, `choices` and `doc`."""
    import pandas as pd

    rows = [
        {"option": name, "default": default, "choices": ", ".join(choice for choice, _ in choices), "doc": doc}
        for name, default, doc, choices in _core.trace_options()
    ]
    return pd.DataFrame(rows).set_index("option")


def delay_profiles():
    """Measured delays by name, as a pandas frame: a row a profile, a column a share of probability, values in ms.

    Between two knots the delay is read off linearly in its logarithm. A scenario takes them as
    ``"delay": {"quantiles": "umts-d1"}``. `.attrs["descriptions"]` says what each is.
    """
    import pandas as pd

    table = _core.delay_profiles()
    frame = pd.DataFrame([knots for *_, knots in table], [name for name, *_ in table], table[0][2])
    frame.attrs["descriptions"] = {name: text for name, text, *_ in table}
    return frame.rename_axis("profile").rename_axis("share", axis=1)


def as_trace(source: Any) -> Trace:
    """A Trace, or what one can be made of: a DataFrame, or a mapping with the columns of `Trace.from_columns`."""
    if isinstance(source, Trace):
        return source
    if isinstance(source, Mapping):
        return Trace.from_columns(**source)
    if hasattr(source, "columns") and hasattr(source, "__getitem__"):
        return Trace.from_frame(source)
    if isinstance(source, Iterable) and not isinstance(source, str | bytes):
        raise TypeError("a trace is a Trace, a DataFrame or a mapping of columns; see Trace.from_columns")
    raise TypeError(f"a trace is a Trace, a DataFrame or a mapping of columns, not {source!r}; read_trace reads a file")
