"""What the engines' operators share in Python: opening one, stepping it, and the record of what went in and came
out."""

from __future__ import annotations

import datetime
import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

import numpy as np

from . import _html, _operators
from ._columns import MAX_TIMESTAMP, MIN_TIMESTAMP
from ._operators import NotModelled
from ._trace import duration_ms

Time = int | str | datetime.timedelta
"""Milliseconds: a number, or text with a unit ("5s")."""


def milliseconds(name: str, value: Any, least: int = MIN_TIMESTAMP) -> int:
    """Of a number, or of text with a unit; TypeError for what is neither, ValueError below `least` or beyond 64
    bits."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        if not isinstance(value, str | datetime.timedelta | np.timedelta64):
            raise TypeError(f'{name} is a number of milliseconds or text like "5s", not {value!r}')
        value = duration_ms(name, value)
    if not least <= value <= MAX_TIMESTAMP:
        raise ValueError(f"{name} must be between {least} and {MAX_TIMESTAMP}, not {value}")
    return int(value)


def whole(name: str, value: Any, least: int | None = None) -> int:
    """A whole number of 64 bits, perhaps not below `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} is a whole number, not {value!r}")
    low = MIN_TIMESTAMP if least is None else least
    if not low <= value <= MAX_TIMESTAMP:
        raise ValueError(f"{name} must be between {low} and {MAX_TIMESTAMP}, not {value}")
    return int(value)


def one_of(name: str, value: Any, known: Iterable[str]) -> str:
    """The value, if it is known; else ValueError with the nearest that is."""
    known = list(known)
    if value in known:
        return value
    near = difflib.get_close_matches(str(value), known, 1, 0.5)
    near = near or [name for name in known if str(value) and name.startswith(str(value))]
    hint = f'; did you mean "{near[0]}"?' if near else ""
    raise ValueError(f"{name}: {value!r} is none of {', '.join(known)}{hint}")


def version_of(value: str, known: Mapping[str, str]) -> str:
    """The release of a version: "1.20" and "1.20.5" name the same."""
    for short, release in known.items():
        if value in (short, release):
            return release
    return known[one_of("version", value, known)]


def unlike(**settings: tuple[Any, Any]) -> str:
    """The settings that are not as by default, as ", name=value" each; given as (value, default)."""
    return "".join(f", {name}={value!r}" for name, (value, default) in settings.items() if value != default)


def time_text(ms: int) -> str:
    return {MIN_TIMESTAMP: "MIN", MAX_TIMESTAMP: "MAX"}.get(ms, str(ms))


def value_text(value: Any) -> str:
    return "null" if value is None else str(value)


class Settings:
    """Base of small frozen dataclasses: shown as they would be written, without what has its default value."""

    def __repr__(self) -> str:
        said = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.default is MISSING:
                said.append(repr(value))
            elif value != field.default:
                said.append(f"{field.name}={value!r}")
        return f"{type(self).__name__}({', '.join(said)})"


class Event:
    """Something that an operator said: its `kind`, its fields as attributes, and as text what the docs write for it.

    Two are equal if kind and fields are; one is equal to its text as well.
    """

    def __init__(self, kind: str, text: str, **fields: Any) -> None:
        self.kind = kind
        self.fields = fields
        self._text = text

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(f"a {self.__dict__.get('kind')} has no {name!r}") from None

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self._text == other
        return isinstance(other, Event) and (self.kind, self.fields) == (other.kind, other.fields)

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return self._text


class Out(list[Event]):
    """What came out of one step: a list of `Event`, with the operator's counters after the step as attributes.

    As text its events, joined by semicolons; "-" for silence. A list of texts is equal to it if they are its events'.

    Attributes
    ----------
    facts
        The counters by name; each is an attribute too.
    failure
        The event with which the job, query or task failed, or None.
    """

    def __init__(self, events: Iterable[Event], facts: Mapping[str, Any]) -> None:
        super().__init__(events)
        self.facts = dict(facts)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["facts"][name]
        except KeyError:
            known = ", ".join(self.__dict__.get("facts", ()))
            raise AttributeError(f"no counter {name!r}; there are: {known}") from None

    @property
    def failure(self) -> Event | None:
        return next((event for event in self if event.kind == "error"), None)

    def of(self, kind: str) -> list[Event]:
        """The events of one kind."""
        return [event for event in self if event.kind == kind]

    def __repr__(self) -> str:
        return "; ".join(map(repr, self)) or "-"


@dataclass(frozen=True)
class Step:
    """One call: what went `into` the operator, as text, and what came `out`."""

    into: str
    out: Out


_ROWS_SHOWN = 60


class Operator:
    """One operator of an engine with its state, stepped by hand.

    Every method that feeds it returns an `Out` and adds a `Step` to `history`; in a notebook the operator shows its
    history as a table. Times are milliseconds: numbers, or text with a unit ("5s").

    Attributes
    ----------
    history
        The steps so far, `Step(into, out)`.
    failure
        The event with which it failed, or None. What has failed takes no more input (RuntimeError).
    """

    _fatal = True
    """Whether an error ends it."""
    _out = Out
    _hidden: tuple[str, ...] = ()
    """Counters that the table leaves out."""

    def __init__(self, label: str, kind: str, version: str, config: Mapping[str, Any], **more: Any) -> None:
        self._label = label
        self.version = version
        self.history: list[Step] = []
        self.failure: Event | None = None
        opened = {"kind": kind, "version": version, "config": config, **more}
        self._core = _operators.Operator(json.dumps(opened, allow_nan=False))
        refusal = json.loads(self._core.refusal)
        if refusal:
            raise ValueError(refusal_text(refusal))

    def _ask(self, operation: Mapping[str, Any]) -> Any:
        """A step's answer as it comes, without a place in the history."""
        if self.failure is not None:
            raise RuntimeError(f"nothing goes into what has failed ({self.failure})")
        return json.loads(self._core.step(json.dumps(operation, allow_nan=False)))

    def _did(self, into: str, events: Iterable[Event], facts: Mapping[str, Any]) -> Any:
        out = self._out(events, facts)
        self.history.append(Step(into, out))
        if self._fatal:
            self.failure = out.failure
        return out

    def to_frame(self):
        """The history as a pandas frame: a row per step, with `into`, `out` and the counters after it."""
        import pandas as pd

        return pd.DataFrame([{"into": s.into, "out": repr(s.out), **s.out.facts} for s in self.history])

    def __repr__(self) -> str:
        state = "failed" if self.failure else f"{len(self.history)} steps"
        return f"<{self._label}: {state}>"

    def __str__(self) -> str:
        width = max((len(step.into) for step in self.history), default=0)
        lines = [f"{step.into:<{width}}  ->  {step.out!r}" for step in self.history]
        return "\n".join([self._label, *lines])

    def _repr_html_(self) -> str:
        said = dict.fromkeys(name for step in self.history for name in step.out.facts)
        names = [name for name in said if name not in self._hidden]
        shown = self.history[-_ROWS_SHOWN:]
        rows = [
            (step.into, _lines(step.out), *(_html.none_as_blank(step.out.facts.get(name)) for name in names))
            for step in shown
        ]
        caption = self._label if len(shown) == len(self.history) else f"{self._label} (the last {_ROWS_SHOWN} steps)"
        return _html.table(("in", "out", *(name.replace("_", " ") for name in names)), rows, caption=caption)


def _lines(out: Out) -> _html.Markup:
    return _html.Markup("<br>".join(_html.text(repr(event)) for event in out) or "-")


def refusal_text(refusal: Mapping[str, Any]) -> str:
    """The engine's class and message."""
    name = str(refusal.get("exception") or refusal.get("class")).rsplit(".", 1)[-1]
    return f"{name}: {refusal['message']}" if refusal.get("message") else name


def failure(error: Mapping[str, Any]) -> Event:
    """The event of a job, query or task that fails."""
    return Event("error", f"fails: {refusal_text(error)}", **error)


__all__ = ["MAX_TIMESTAMP", "MIN_TIMESTAMP", "Event", "NotModelled", "Operator", "Out", "Step", "Time"]
