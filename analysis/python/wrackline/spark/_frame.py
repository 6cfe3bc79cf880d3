"""Plans, written as in PySpark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._operator import Time, milliseconds, one_of, whole

JOINS = ("inner", "left_outer", "right_outer", "full_outer", "left_semi", "left_anti")
TIMEOUTS = ("NoTimeout", "EventTimeTimeout", "ProcessingTimeTimeout")
STATICS = ("values", "files", "catalogTable")


def static_rows(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """(key, value) pairs."""
    return [
        [None if key is None else str(key), None if value is None else whole("value", value)] for key, value in rows
    ]


@dataclass(frozen=True)
class Static:
    """A static side of a join; made by `static`."""

    name: str
    rows: tuple[tuple[Any, Any], ...]
    kind: str


def static(name: str, rows: Iterable[Sequence[Any]], kind: str = "values") -> Static:
    """A static side with the columns s_key and s_value.

    Parameters
    ----------
    rows
        (key, value) pairs.
    kind
        "values"; "files", a directory; "catalogTable". The last two can be changed while the query runs
        (`StreamingQuery.write`).
    """
    return Static(str(name), tuple(tuple(row) for row in static_rows(rows)), one_of("kind", kind, STATICS))


@dataclass(frozen=True)
class _Key:
    """A window or session among the keys of a groupBy."""

    settings: dict[str, Any]


def window(size: Time, slide: Time | None = None, start: Time = 0, *, on: str = "ts", name: str = "w") -> _Key:
    """`window(timeColumn, windowDuration, slideDuration, startTime)` as a key of `groupBy`; its column is `name`."""
    return _Key({"window": _window(size, slide, start), "on": on, "as": name})


def session_window(gap: Time | None = None, *, gap_column: str | None = None, on: str = "ts", name: str = "w") -> _Key:
    """`session_window(timeColumn, gapDuration)` as a key of `groupBy`: one gap for all, or a column with each row's
    gap in ms (``gap_column="gap"``)."""
    if (gap is None) == (gap_column is None):
        raise ValueError("either gap or gap_column")
    how = {"gapMs": milliseconds("gap", gap)} if gap_column is None else {"gapCol": gap_column}
    return _Key({"session": how, "on": on, "as": name})


def _window(size: Time, slide: Time | None, start: Time) -> dict[str, Any]:
    made = {"sizeMs": milliseconds("size", size, 1)}
    if slide is not None:
        made["slideMs"] = milliseconds("slide", slide, 1)
        if made["slideMs"] > made["sizeMs"]:
            raise ValueError(f"slide: {slide} is longer than the window, {size}")
        if made["sizeMs"] // made["slideMs"] > 1_000_000:
            raise ValueError("slide: more than a million windows for one row")
    if start:
        made["startMs"] = milliseconds("start", start)
    return made


class DataFrame:
    """A streaming plan. Immutable: each method gives a new one. Made by `readStream`.

    The columns of a source are ts (timestamp), key (string), value and gap (bigint). After a join they have the
    prefixes l_ and r_. Column names that do not exist are found when the query is made (`wrackline.NotModelled`).
    """

    def __init__(self, plan: dict[str, Any], sources: tuple[str, ...], statics: tuple[Static, ...] = ()) -> None:
        self._plan = plan
        self._sources = sources
        self._statics = statics

    def _then(self, op: str, **settings: Any) -> DataFrame:
        return DataFrame({"op": op, "in": self._plan, **settings}, self._sources, self._statics)

    def withWatermark(self, column: str, delay: Time) -> DataFrame:
        return self._then("watermark", col=column, delayMs=milliseconds("delay", delay, 0))

    def filter(self, condition: str) -> DataFrame:
        """Rows for which it holds: comparisons of a column with a column, a number or a 'string', joined by AND."""
        return self._then("filter", expr=condition)

    where = filter

    def select(self, *columns: str) -> DataFrame:
        """Columns by name: "ts", "w.start", "w.end as ts"."""
        return self._then("select", exprs=list(columns))

    def withWindowTime(self, window: str = "w", name: str = "ts") -> DataFrame:
        """`withColumn(name, window_time(window))`: the event time of a window, for the next aggregation."""
        return self._then("window_time", col=window, **{"as": name})

    def groupBy(self, *keys: str | _Key) -> GroupedData:
        """Groups by columns, `window` and `session_window`."""
        made = []
        for key in keys:
            if not isinstance(key, str | _Key):
                raise TypeError(f"groupBy takes column names, window(...) and session_window(...), not {key!r}")
            made.append({"col": key} if isinstance(key, str) else key.settings)
        if not made:
            raise ValueError("groupBy: no keys")
        return GroupedData(self, made)

    def dropDuplicates(self, columns: Sequence[str]) -> DataFrame:
        return self._then("dropDuplicates", cols=_columns(columns))

    def dropDuplicatesWithinWatermark(self, columns: Sequence[str]) -> DataFrame:
        return self._then("dropDuplicatesWithinWatermark", cols=_columns(columns))

    def union(self, *others: DataFrame) -> DataFrame:
        all_ = (self, *others)
        plan = {"op": "union", "in": [one._plan for one in all_]}
        return DataFrame(plan, *_together(all_))

    def join(
        self,
        other: DataFrame | Static,
        how: str = "inner",
        *,
        on: Sequence[str] = ("key",),
        window: Time | tuple[Time, Time] | None = None,
        keep_time: bool = False,
        within: tuple[Time | None, Time | None] | None = None,
        exclusive: bool = False,
        literal: bool = True,
        where: str | None = None,
    ) -> DataFrame:
        """A join with another stream, or with a `static` side (on key = s_key; then with `how` alone).

        Parameters
        ----------
        how
            inner, left_outer, right_outer, full_outer, left_semi, left_anti.
        on
            Columns that are equal on both sides.
        window
            Joins on a window of each side's ts as well: a size, or (size, slide).
        keep_time
            With `window`: both sides keep their ts beside it.
        within
            (lower, upper): l_ts >= r_ts + lower and l_ts <= r_ts + upper; None for no bound. Negative ones as numbers.
        exclusive
            > and < instead.
        literal
            The bounds are interval literals; False: made by a function such as make_dt_interval.
        where
            Further conditions on the columns of both sides, as of `filter`: "l_value > 4".
        """
        one_of("how", how, JOINS)
        if isinstance(other, Static):
            plan = {"op": "staticJoin", "in": self._plan, "static": other.name, "how": how}
            return DataFrame(plan, self._sources, (*self._statics, other))
        if not isinstance(other, DataFrame):
            raise TypeError(f"other is a DataFrame or static(...), not {other!r}")
        plan: dict[str, Any] = {"op": "join", "left": self._plan, "right": other._plan, "how": how}
        plan["equi"] = _columns(on)
        if window is not None:
            size, slide = window if isinstance(window, tuple) else (window, None)
            plan["window"] = _window(size, slide, 0)
        if keep_time:
            plan["keepTs"] = True
        if within is not None:
            plan["range"] = _range(within, exclusive)
        if not literal:
            plan["rangeForm"] = "function"
        if where is not None:
            plan["extra"] = where
        return DataFrame(plan, *_together((self, other)))

    def flatMapGroupsWithState(self, timeout: str = "NoTimeout", **settings: Any) -> DataFrame:
        """A function over the rows of each key that keeps (count, sum of value, latest ts) and emits key, what ("new",
        "update", "remove", "timeout"), n (rows of this call), count, sum, maxMs.

        Parameters
        ----------
        timeout
            NoTimeout, EventTimeTimeout, ProcessingTimeTimeout.
        set_timeout
            When the function sets it: "always", "first" (of a key), "never" (the default).
        after
            To the latest ts (or the watermark, with ``base="watermark"``) + `after`, or for `after` from now on the
            clock.
        base
            "maxTs" (the default) or "watermark".
        on_timeout
            "remove" (the default) the state, "rearm" the timeout, or "keep" the state with a count of 0.
        remove_at
            The state is removed at this count; 0 (the default): never.
        output
            The operator's own output mode: "update" (the default) or "append".
        """
        return self._state(timeout, "flatMap", settings)

    def mapGroupsWithState(self, timeout: str = "NoTimeout", **settings: Any) -> DataFrame:
        """As `flatMapGroupsWithState`, with one row for each call."""
        return self._state(timeout, "map", settings)

    def _state(self, timeout: str, variant: str, settings: dict[str, Any]) -> DataFrame:
        plan: dict[str, Any] = {"timeout": one_of("timeout", timeout, TIMEOUTS)}
        if variant == "map":
            plan["variant"] = variant
        for name, value in settings.items():
            one_of("setting", name, ("set_timeout", "after", "base", "on_timeout", "remove_at", "output"))
            if name == "set_timeout":
                plan["setTimeout"] = one_of(name, value, ("always", "first", "never"))
            elif name == "after":
                plan["deltaMs"] = milliseconds(name, value)
            elif name == "base":
                plan["base"] = one_of(name, value, ("maxTs", "watermark"))
            elif name == "on_timeout":
                plan["onTimeout"] = one_of(name, value, ("remove", "rearm", "keep"))
            elif name == "remove_at":
                plan["removeAtCount"] = whole(name, value, 0)
            else:
                plan["opMode"] = one_of(name, value, ("update", "append"))
        return self._then("state", **plan)

    @property
    def text(self) -> str:
        """The plan in one line."""
        return _words(self._plan)

    def __repr__(self) -> str:
        return f"<DataFrame {self.text}>"


class GroupedData:
    """What `groupBy` gives."""

    def __init__(self, frame: DataFrame, keys: list[dict[str, Any]]) -> None:
        self._frame = frame
        self._keys = keys

    def agg(self, *aggregates: str) -> DataFrame:
        """ "count" (as cnt), "sum(value)" (as sum_value), "min(value)", "max(value)"."""
        if not aggregates:
            raise ValueError("agg: no aggregates")
        return self._frame._then("agg", by=self._keys, aggs=list(aggregates))

    def count(self) -> DataFrame:
        """The number of rows, as cnt."""
        return self.agg("count")


def readStream(name: str = "A") -> DataFrame:
    """A source; a plan may have several, and one of them in several places."""
    return DataFrame({"src": str(name)}, (str(name),))


def _columns(columns: Sequence[str]) -> list[str]:
    if isinstance(columns, str):
        raise TypeError(f'columns is a list of names, like ["{columns}"]')
    return [str(one) for one in columns]


def _together(frames: Iterable[DataFrame]) -> tuple[tuple[str, ...], tuple[Static, ...]]:
    frames = list(frames)
    sources = dict.fromkeys(name for one in frames for name in one._sources)
    statics = dict.fromkeys(side for one in frames for side in one._statics)
    return tuple(sources), tuple(statics)


def _range(within: tuple[Time | None, Time | None], exclusive: bool) -> dict[str, Any]:
    lower, upper = within
    made: dict[str, Any] = {}
    if lower is not None:
        made |= {"lowerMs": milliseconds("within", lower), "lowerOp": ">" if exclusive else ">="}
    if upper is not None:
        made |= {"upperMs": milliseconds("within", upper), "upperOp": "<" if exclusive else "<="}
    if not made:
        raise ValueError("within: neither a lower nor an upper bound")
    return made


def _words(plan: dict[str, Any]) -> str:
    """The plan from its sources to its end, as it would be written."""
    if "src" in plan:
        return plan["src"]
    if plan["op"] == "join":
        return f"{_words(plan['left'])}.join({_words(plan['right'])}, {_join_words(plan)})"
    if plan["op"] == "union":
        first, *others = map(_words, plan["in"])
        return f"{first}.union({', '.join(others)})"
    return f"{_words(plan['in'])}.{_OPERATORS[plan['op']](plan)}"


def _join_words(plan: dict[str, Any]) -> str:
    said = [plan["how"]]
    if "window" in plan:
        said.append(f"window={plan['window']['sizeMs']}" + (", keep_time" if "keepTs" in plan else ""))
    if "range" in plan:
        said.append(f"within=({plan['range'].get('lowerMs')}, {plan['range'].get('upperMs')})")
    if "extra" in plan:
        said.append(f"where={plan['extra']}")
    return ", ".join(said)


def _key_words(key: dict[str, Any]) -> str:
    if "col" in key:
        return key["col"]
    name = "window" if "window" in key else "session_window"
    return f"{name}({', '.join(map(str, key.get('window', key.get('session')).values()))})"


_OPERATORS = {
    "watermark": lambda p: f"withWatermark({p['col']}, {p['delayMs']})",
    "filter": lambda p: f"filter({p['expr']})",
    "select": lambda p: f"select({', '.join(p['exprs'])})",
    "window_time": lambda p: f"withWindowTime({p['col']})",
    "agg": lambda p: f"groupBy({', '.join(map(_key_words, p['by']))}).agg({', '.join(p['aggs'])})",
    "dropDuplicates": lambda p: f"dropDuplicates({', '.join(p['cols'])})",
    "dropDuplicatesWithinWatermark": lambda p: f"dropDuplicatesWithinWatermark({', '.join(p['cols'])})",
    "staticJoin": lambda p: f"join({p['static']}, {p['how']})",
    "state": lambda p: f"{p.get('variant', 'flatMap')}GroupsWithState({p['timeout']})",
}
