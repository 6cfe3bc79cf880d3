"""Scenarios before anything runs: diagnostics and plans."""

from __future__ import annotations

import json
import operator
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from . import _core, _html

Source = str | os.PathLike[str]
Seeds = int | str | Iterable[int]


@dataclass(frozen=True)
class Diagnostic:
    """Something that was said about a scenario.

    Lines and columns start at 1, columns count code points; without a place (a setting that was passed to `set`)
    `file` is empty and they are 0. `wrackline explain CODE` says more about a code.
    """

    code: str
    severity: str  #: "error", "warning" or "note"
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    length: int = 0
    suggestion: str = ""  #: the nearest valid name, or empty


class Diagnostics(Sequence[Diagnostic]):
    """All diagnostics of a scenario, by place. `str()` gives them as the command line prints them, with carets."""

    def __init__(self, core: _core.Plan) -> None:
        found = json.loads(core.diagnostics_json())["diagnostics"]
        self._all = [Diagnostic(**one) for one in found]
        self._text = core.diagnostics_text()

    @property
    def valid(self) -> bool:
        """Whether the scenario can run: there is no error among the diagnostics."""
        return not any(one.severity == "error" for one in self._all)

    def __getitem__(self, index):
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<Diagnostics valid={self.valid} {[one.code for one in self._all]}>"

    def _repr_html_(self) -> str:
        if not self._all:
            return "<p>valid, nothing to report</p>"
        rows = [(f"{d.file}:{d.line}:{d.column}", d.severity, d.code, d.message, d.suggestion) for d in self._all]
        return _html.table(("place", "severity", "code", "message", "did you mean"), rows)


class ScenarioError(ValueError):
    """The scenario can not run. `diagnostics` (a `Diagnostics`) holds all that is wrong, and `str()` shows it."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        super().__init__(str(diagnostics))
        self.diagnostics = diagnostics


class ScenarioWarning(UserWarning):
    """The scenario runs, but probably not as meant."""


def _setting_text(value: Any) -> str:
    """A value as `--set` reads it: JSON, or text that is no JSON."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return value
    if hasattr(value, "item") and callable(value.item):  # a NumPy scalar
        value = value.item()
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _sweep_text(values: Any) -> str:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise TypeError(f"a sweep takes a list of values, not {values!r}")
    texts = [
        json.dumps(v, ensure_ascii=False) if isinstance(v, str) and '"' not in v else _setting_text(v) for v in values
    ]
    if not texts:
        raise ValueError("a sweep needs at least one value")
    return ",".join(texts)


def _seed_list(seeds: Seeds | None) -> list[int]:
    if seeds is None:
        return []
    if isinstance(seeds, str):
        parsed = _core.parse_seeds(seeds)
        if parsed is None:
            raise ValueError(f"seeds {seeds!r}: write one seed, a range 1..1000, or a list 3,5,8")
        return parsed
    whole = [operator.index(one) for one in (seeds if isinstance(seeds, Iterable) else [seeds])]
    if not whole:
        raise ValueError("no seeds")
    if not all(0 <= one < 2**64 for one in whole):
        raise ValueError("a seed is a whole number from 0 to 2**64 - 1")
    return whole


def _is_text(source: Source) -> bool:
    return isinstance(source, str) and ("{" in source or "\n" in source)


def _load(
    source: Source,
    set: Mapping[str, Any] | None,
    sweep: Mapping[str, Iterable[Any]] | None,
    seeds: Seeds | None,
    readable: Iterable[Source],
    directory: Source,
) -> _core.Plan:
    text = source if _is_text(source) else None
    path = os.fspath(Path(directory) / "<text>") if text is not None else os.fspath(source)
    if not isinstance(path, str):
        raise TypeError("a path must be str or os.PathLike[str]")
    return _core.Plan(
        path=path,
        text=text,
        sets=[f"{key}={_setting_text(value)}" for key, value in (set or {}).items()],
        sweeps=[f"{key}={_sweep_text(values)}" for key, values in (sweep or {}).items()],
        seeds=_seed_list(seeds),
        readable=[os.fspath(one) for one in readable],
    )


class Plan:
    """The frozen list of runs that a scenario asks for: every cell of its matrix with every seed.

    Made by `wrackline.plan`; a Plan exists only for a scenario without errors.
    """

    def __init__(self, core: _core.Plan) -> None:
        self._core = core
        self._json = json.loads(core.json())
        self.diagnostics = Diagnostics(core)

    @property
    def name(self) -> str:
        return self._json["name"]

    @property
    def file(self) -> str:
        """The path as it was given; "<text>" for a scenario that was passed as text."""
        return self._json["file"]

    @property
    def hash(self) -> str:
        """SHA-256 over all resolved cells and the seeds, in hexadecimal: equal plans have equal hashes."""
        return self._json["hash"]

    @cached_property
    def axes(self) -> tuple[str, ...]:
        """The paths that the matrix varies, in declared order."""
        return tuple(self._json["axes"])

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        return tuple(self._json["seeds"])

    @cached_property
    def cells(self) -> tuple[dict[str, str], ...]:
        """For each cell of the matrix its place: axis -> value as text."""
        axes = self.axes
        return tuple({axis: cell["settings"][axis] for axis in axes} for cell in self._json["cells"])

    @cached_property
    def resolved(self) -> tuple[dict[str, Any], ...]:
        """For each cell the whole scenario with `extends`, settings and defaults applied."""
        return tuple(cell["resolved"] for cell in self._json["cells"])

    @property
    def without_effect(self) -> tuple[str, ...]:
        """Properties that were given, are known, and have no effect in this model."""
        return tuple(self._json["without_effect"])

    def __len__(self) -> int:
        """The number of runs: cells x seeds."""
        return len(self._json["cells"]) * len(self._json["seeds"])

    def to_frame(self):
        """A pandas frame with a row per cell: the axes (text) and `hash` (text)."""
        import pandas as pd

        rows = [{**place, "hash": cell["hash"]} for place, cell in zip(self.cells, self._json["cells"], strict=True)]
        return pd.DataFrame(rows).rename_axis("cell")

    def __repr__(self) -> str:
        return f"<Plan {self.name!r}: {len(self.cells)} cells x {len(self.seeds)} seeds>"

    def _repr_html_(self) -> str:
        rows = [(i, *place.values()) for i, place in enumerate(self.cells)]
        caption = f"{self.name}: {len(self.cells)} cells x {len(self.seeds)} seeds = {len(self)} runs"
        return _html.table(("cell", *self.axes), rows, caption=caption)


def validate(
    source: Source,
    *,
    set: Mapping[str, Any] | None = None,
    sweep: Mapping[str, Iterable[Any]] | None = None,
    readable: Iterable[Source] = (),
    directory: Source = ".",
) -> Diagnostics:
    """Looks a scenario over and returns everything there is to say about it.

    Parameters
    ----------
    source
        The path of a scenario file, or its text (a string with a brace or a line break is text).
    set
        Settings to put in place first: path -> value, e.g. ``{"duration": "30s", "kafka.brokers": 5}``.
    sweep
        One more axis of the matrix each: path -> list of values.
    readable
        Directories that the scenario may read besides its own.
    directory
        Where a scenario that is given as text stands: its `extends` and traces are looked for there.

    Returns
    -------
    Diagnostics
        A sequence of `Diagnostic`; `.valid` says whether the scenario can run. A bad scenario, or a file that
        can not be read, is an answer here, not an exception.
    """
    return Diagnostics(_load(source, set, sweep, None, readable, directory))


def plan(
    source: Source,
    *,
    seeds: Seeds | None = None,
    set: Mapping[str, Any] | None = None,
    sweep: Mapping[str, Iterable[Any]] | None = None,
    readable: Iterable[Source] = (),
    directory: Source = ".",
) -> Plan:
    """Expands a scenario into the runs that it asks for, without running anything.

    Parameters
    ----------
    seeds
        Instead of the scenario's own: a number, an iterable of numbers, or text like ``"1..1000"`` or ``"3,5,8"``.

    The others are those of `validate`.

    Raises
    ------
    ScenarioError
        The scenario has errors (a `ValueError`).
    ValueError, TypeError
        Seeds, settings or sweeps are not of the form above.

    Warns
    -----
    ScenarioWarning
        The scenario will run, but probably not as meant.
    """
    core = _load(source, set, sweep, seeds, readable, directory)
    if not core.valid:
        raise ScenarioError(Diagnostics(core))
    made = Plan(core)
    if any(one.severity == "warning" for one in made.diagnostics):
        warnings.warn(str(made.diagnostics), ScenarioWarning, stacklevel=2)
    return made
