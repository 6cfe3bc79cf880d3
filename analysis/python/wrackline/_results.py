"""What came out: campaigns, runs, cells, verdicts, histograms."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from . import _core, _html
from ._scenario import Plan

OUTCOMES = ("pass", "inconclusive", "fail")

#: name -> unit of every figure: "events", "windows", "runs", "records", "ratio", or "seconds".
UNITS = {name: "seconds" if unit == "duration" else unit for name, unit, _ in _core.figures()}
#: name -> unit ("seconds" or "records") of every latency or lag.
LATENCY_UNITS = {name: "seconds" if unit == "duration" else unit for name, unit, _, _ in _core.latencies()}


@dataclass(frozen=True)
class Reason:
    """Why a verdict is not "pass" (or, for a merged one, why some of its runs did not)."""

    outcome: str
    code: str  #: stable: "violation", "expectation", "books", "stuck", "fault_never_struck", ...
    text: str
    runs: int  #: in how many runs


@dataclass(frozen=True)
class Verdict:
    """Pass, inconclusive or fail, and why.

    "inconclusive": nothing wrong was seen, but the run could not have shown it, e.g. because a fault never struck.
    True in a condition only when it is "pass".
    """

    outcome: str
    reasons: tuple[Reason, ...] = ()

    def __bool__(self) -> bool:
        return self.outcome == "pass"

    def __str__(self) -> str:
        lines = [self.outcome, *(f"  {r.outcome}: {r.text} [{r.code}, {r.runs} runs]" for r in self.reasons)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if not self.reasons:
            return _html.badge(self.outcome)
        rows = [(_html.badge(r.outcome), r.code, r.text, r.runs) for r in self.reasons]
        return _html.badge(self.outcome) + _html.table(("", "code", "reason", "runs"), rows)

    @classmethod
    def _from_json(cls, verdict: dict[str, Any]) -> Verdict:
        return cls(verdict["outcome"], tuple(Reason(**reason) for reason in verdict["reasons"]))


@dataclass(frozen=True, eq=False)
class Histogram:
    """A latency or lag, in the buckets it was counted in (log-linear, below 0.4 % wide either side of `value`).

    All arrays have shape (buckets in use,), ascend by value and are int64; values are nanoseconds, or records where
    `unit` is "records".
    """

    name: str
    unit: str  #: "nanoseconds" or "records"
    value: np.ndarray  #: middle of each bucket: what quantiles report
    count: np.ndarray
    low: np.ndarray  #: smallest value of each bucket
    missing: int  #: events that should have a value and have none
    negative: int  #: values below zero, counted as 0

    @property
    def total(self) -> int:
        """How many values were counted."""
        return int(self.count.sum())

    def quantile(self, q: float) -> float:
        """The value with rank ceil(q * total), in `unit`; NaN when nothing was counted. 0 <= q <= 1."""
        if not 0 <= q <= 1:
            raise ValueError("q must be from 0 to 1")
        if self.total == 0:
            return float("nan")
        # Rounded first, so that 0.99 of 100 is 99 and not 99.00000000000001.
        rank = max(1, int(np.ceil(round(q * self.total, 6))))
        return float(self.value[np.searchsorted(np.cumsum(self.count), rank)])

    def cdf(self) -> tuple[np.ndarray, np.ndarray]:
        """(values in `unit`, share of all events with at most that value), both float64 of shape (buckets,).

        Missing events count as never: the share ends below 1 when there are any.
        """
        whole = self.total + self.missing
        share = np.cumsum(self.count) / whole if whole else np.zeros(0)
        return self.value.astype(float), share

    def _repr_html_(self) -> str:
        scale, show = (1e-9, _html.seconds) if self.unit == "nanoseconds" else (1, lambda v: f"{v:.6g}")
        rows = [[show(self.quantile(q) * scale) for q in (0.5, 0.95, 0.99)] + [self.total, self.missing]]
        return _html.table(("P50", "P95", "P99", "events", "missing"), rows, caption=self.name)


def _histogram(result: _core.Result, latency: str, phase: str) -> Histogram:
    columns = result.histogram(latency, phase)
    unit = "nanoseconds" if LATENCY_UNITS[latency] == "seconds" else "records"
    return Histogram(name=latency, unit=unit, **columns)


class _Result:
    """What a run and a cell have in common."""

    cell: int  #: index of the cell in the plan
    job: str  #: whose path the figures are about; empty when the scenario has only one job
    settings: dict[str, str]  #: the place in the matrix: axis -> value

    def to_dict(self) -> dict[str, Any]:
        """Everything that is known, as ``wrackline run --json`` writes it: integers, times in nanoseconds."""
        raise NotImplementedError

    @cached_property
    def verdict(self) -> Verdict:
        return Verdict._from_json(self.to_dict()["verdict"])

    @property
    def guarantee(self) -> str:
        """What the run was held against: "at_least_once", ..."""
        return self.to_dict()["guarantee"]

    @property
    def reproduce(self) -> str:
        """The command line that repeats it (of a cell: its first run that did not pass, or the first)."""
        return self.to_dict()["reproduce"]

    @property
    def books(self) -> dict[str, Any]:
        """How many events met which fate, by "all" and "steady" phase."""
        return self.to_dict()["books"]

    @property
    def faults(self) -> list[dict[str, Any]]:
        """What each fault observably did."""
        return self.to_dict()["faults"]

    @property
    def anomalies(self) -> dict[str, dict[str, Any]]:
        """Name -> count, unit, whether the guarantee permits it, and examples."""
        return self.to_dict()["anomalies"]

    @property
    def moments(self) -> dict[str, int]:
        """How often each moment of the protocol was reached."""
        return self.to_dict()["moments"]

    @property
    def expectations(self) -> list[dict[str, Any]]:
        """The scenario's expectations, judged."""
        return self.to_dict()["expectations"]

    def _place(self) -> str:
        return ", ".join(f"{axis}={value}" for axis, value in self.settings.items())


class Cell(_Result):
    """One cell of the matrix (and one job), merged over its seeds, exactly."""

    def __init__(self, core: _core.Result, index: int) -> None:
        self._core = core
        self._dict = json.loads(core.json())
        self.cell = index
        self.job = self._dict["job"]
        self.settings = {one["axis"]: one["value"] for one in self._dict["cell"]}

    def to_dict(self) -> dict[str, Any]:
        return self._dict

    @property
    def seeds(self) -> list[dict[str, Any]]:
        """For each run: seed, run_id, hash, virtual_ns, outcome."""
        return self._dict["seeds"]

    def histogram(self, latency: str = "end_to_end", phase: str = "all") -> Histogram:
        """A latency of all runs together. ValueError for an unknown latency or phase."""
        return _histogram(self._core, latency, phase)

    def __repr__(self) -> str:
        return f"<Cell {self.cell} {self._place()}: {self.verdict.outcome}, {len(self.seeds)} runs>"

    def _repr_html_(self) -> str:
        head = f"<p>{_html.text(self._place())}: {len(self.seeds)} runs</p>"
        return head + self.verdict._repr_html_() + self.histogram()._repr_html_()


class Run(_Result):
    """One run: a cell of the matrix under one seed (and, in a scenario with several jobs, one job)."""

    def __init__(self, campaign: Campaign, row: int) -> None:
        self._campaign = campaign
        self._row = row
        columns = campaign._columns("all")
        self.cell = int(columns["cell"][row])
        self.seed = int(columns["seed"][row])
        self.job = campaign._core.job_name[row]
        self.settings = campaign.plan.cells[self.cell]

    @cached_property
    def _dict(self) -> dict[str, Any]:
        return json.loads(self._campaign._core.account(self._row))

    def to_dict(self) -> dict[str, Any]:
        """As for a cell, without "latencies": see `figures` and `histogram`."""
        return self._dict

    @property
    def outcome(self) -> str:
        return self.verdict.outcome

    @property
    def run_id(self) -> str:
        """Hash of resolved cell, seed and model version."""
        return self._campaign._core.run_id[self._row]

    @property
    def hash(self) -> str:
        """The rolling 128-bit hash over every event of the run, in hexadecimal."""
        return self._campaign._core.hash[self._row]

    def figures(self, phase: str = "all") -> dict[str, float | int]:
        """Every figure of the run by name, units as in `wrackline.Campaign.units`; NaN where there is none."""
        columns = self._campaign._columns(phase)
        return {name: columns[name][self._row].item() for name in UNITS}

    def __getitem__(self, name: str) -> float | int:
        """A figure over the whole run, e.g. ``run["p99(end_to_end)"]`` in seconds. KeyError for an unknown one."""
        if name not in UNITS:
            raise KeyError(name)
        return self._campaign._columns("all")[name][self._row].item()

    @cached_property
    def _again(self) -> _core.Result:
        again = self._campaign._core.repeat(self._row)
        if again.hash != self.hash:
            raise RuntimeError(f"the run has changed since ({again.hash}, was {self.hash}): a trace was edited?")
        return again

    def histogram(self, latency: str = "end_to_end", phase: str = "all") -> Histogram:
        """A latency of this run alone.

        A campaign keeps histograms per cell; the first call of a run simulates it once more (which gives the same run,
        and is checked by its hash).

        Raises ValueError for an unknown latency or phase, RuntimeError when a trace file has changed in between.
        """
        return _histogram(self._again, latency, phase)

    def __repr__(self) -> str:
        return f"<Run {self._place()} seed={self.seed}: {self.outcome}>"

    def _repr_html_(self) -> str:
        rows = [
            (name, value)
            for name, value in (
                *self.settings.items(),
                ("seed", self.seed),
                ("verdict", _html.badge(self.outcome)),
                ("produced", self["produced"]),
                ("delivered", self["delivered"]),
                ("duplicates at the sink", self["duplicated.sink"]),
                ("lost", self["lost"]),
                ("late drops", _html.ratio(self["late_drop_rate"])),
                (
                    "P50 / P95 / P99",
                    " / ".join(_html.seconds(self[f"p{q}(end_to_end)"]) for q in (50, 95, 99)),
                ),
                ("missing", self["missing(end_to_end)"]),
                ("hash", self.hash),
            )
        ]
        reasons = [f"{r.outcome}: {r.text}" for r in self.verdict.reasons]
        return _html.table(("", ""), rows) + (_html.items(reasons) if reasons else "")


class Campaign(Sequence[Run]):
    """All runs of a plan, in its order (cell, then seed, then job): a sequence of `Run`, with their figures as columns.

    ``campaign["p99(end_to_end)"]`` is a NumPy column, ``campaign[3]`` a run.
    """

    units = UNITS  #: figure -> unit

    def __init__(self, core: _core.Campaign, plan: Plan, complete: bool) -> None:
        self._core = core
        self._phases: dict[str, dict[str, np.ndarray]] = {}
        self._named: dict[str, dict[str, np.ndarray]] = {}
        self.plan = plan
        self.complete = complete  #: False when it was interrupted

    # ---- the runs

    @property
    def runs(self) -> list[Run]:
        return list(self)

    @cached_property
    def cells(self) -> list[Cell]:
        """The merged result of each cell (and job)."""
        return [Cell(self._core.cell(i), index) for i, index in enumerate(self._core.cell_indices)]

    @cached_property
    def verdict(self) -> Verdict:
        """The worst of all cells, with the reasons of all of them; "inconclusive" when nothing was run."""
        if not self.cells:
            return Verdict("inconclusive", (Reason("inconclusive", "interrupted", "no run has ended", 0),))
        worst = max((cell.verdict.outcome for cell in self.cells), key=OUTCOMES.index)
        reasons: dict[tuple[str, str, str], int] = {}
        for cell in self.cells:
            for reason in cell.verdict.reasons:
                key = (reason.outcome, reason.code, reason.text)
                reasons[key] = reasons.get(key, 0) + reason.runs
        ordered = sorted(reasons, key=lambda key: (-OUTCOMES.index(key[0]), *key[1:]))
        return Verdict(worst, tuple(Reason(*key, reasons[key]) for key in ordered))

    def __len__(self) -> int:
        return len(self._core)

    def __getitem__(self, key):
        """A run by index, runs by slice, or a column by name (KeyError for an unknown one)."""
        if isinstance(key, str):
            return self.columns()[key]
        if isinstance(key, slice):
            return [Run(self, row) for row in range(*key.indices(len(self)))]
        row = operator.index(key)
        if not -len(self) <= row < len(self):
            raise IndexError(f"there are {len(self)} runs")
        return Run(self, row % len(self))

    def __iter__(self) -> Iterator[Run]:
        return (Run(self, row) for row in range(len(self)))

    # ---- the columns

    def _columns(self, phase: str) -> dict[str, np.ndarray]:
        if phase not in self._phases:
            self._phases[phase] = self._core.columns(phase)
        return self._phases[phase]

    def columns(self, phase: str = "all") -> dict[str, np.ndarray]:
        """Everything by name, each of shape (runs,).

        - ``cell`` (int64: index in `plan`), each axis of the matrix (text), ``job`` (text), ``seed`` (uint64),
          ``outcome`` (text), ``virtual_seconds`` (float64), ``run_id``, ``hash`` (text);
        - each figure by the name that expectations use (`units` has them all with their units): counts int64;
          ratios and latencies float64, latencies in seconds, NaN where there is none, e.g. a quantile of nothing.

        Counts and figures are read-only views of the engine's memory.

        Parameters
        ----------
        phase
            "all", or "steady" for events after the warm-up and before the steady end only. ValueError for others.
        """
        if phase not in self._named:
            self._named[phase] = self._name_columns(phase)
        return dict(self._named[phase])

    def _name_columns(self, phase: str) -> dict[str, np.ndarray]:
        raw = self._columns(phase)
        index = raw["cell"]
        out = {"cell": index}
        for axis in self.plan.axes:
            values = np.array([place[axis] for place in self.plan.cells], dtype=str)
            out[axis] = values[index]
        out["job"] = np.array(self._core.job_name, dtype=str)
        out["seed"] = raw["seed"]
        out["outcome"] = np.array(OUTCOMES, dtype=str)[raw["outcome_code"]]
        out["virtual_seconds"] = raw["virtual_ns"] / 1e9
        out["run_id"] = np.array(self._core.run_id, dtype=str)
        out["hash"] = np.array(self._core.hash, dtype=str)
        for name in UNITS:
            out[name] = raw[name]
        return out

    def to_frame(self, phase: str = "all"):
        """The columns as a pandas DataFrame: a row per run (and job), in the order of the plan."""
        import pandas as pd

        return pd.DataFrame(self.columns(phase))

    # ---- as the command line shows it

    def table(self, latency: str = "end_to_end", phase: str = "all") -> str:
        """The verdict table of ``wrackline run``, a row per cell. ValueError for an unknown latency or phase."""
        return self._core.table(latency, phase)

    def to_json(self) -> str:
        """The merged cells as ``wrackline run --json`` writes them, byte for byte."""
        return self._core.json_text()

    def __repr__(self) -> str:
        state = self.verdict.outcome if self.complete else f"{self.verdict.outcome}, interrupted"
        return f"<Campaign {self.plan.name!r}: {len(self)} runs, {state}>"

    def _repr_html_(self) -> str:
        head = [
            *self.plan.axes,
            "runs",
            "duplicates",
            "lost",
            "late",
            "P50",
            "P95",
            "P99",
            "missing",
            "verdict",
        ]
        several_jobs = any(cell.job for cell in self.cells)
        if several_jobs:
            head.insert(len(self.plan.axes), "job")
        rows = []
        for cell in self.cells:
            books = cell.books["all"]
            late, produced = books["late_drop_rate"]
            histogram = cell.histogram()
            row = [*cell.settings.values(), *([cell.job] if several_jobs else []), len(cell.seeds)]
            row += [books["duplicates"]["sink"], books["fates"]["lost"]]
            row.append(_html.ratio(late / produced if produced else float("nan")))
            row += [_html.seconds(histogram.quantile(q) / 1e9) for q in (0.5, 0.95, 0.99)]
            row += [histogram.missing, _html.badge(cell.verdict.outcome)]
            rows.append(row)
        caption = f"{self.plan.name}: {len(self)} runs" + ("" if self.complete else ", interrupted")
        reasons = [f"{r.outcome}: {r.text} ({r.runs} runs)" for r in self.verdict.reasons[:8]]
        return _html.table(head, rows, caption=caption) + (_html.items(reasons) if reasons else "")
