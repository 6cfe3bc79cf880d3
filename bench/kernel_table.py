"""The kernel against the bare loop and against whichever peers are built: the table of reference/kernel.md §7.

Every workload's programs run in turn (A B C ... A B C ...), each reports the lower-quartile chunk of its run, and a ratio is the
median over the rounds of the ratio within a round, so that the drift of the machine cancels.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
NS3_SCHEDULERS = ["MapScheduler", "HeapScheduler", "CalendarScheduler", "PriorityQueueScheduler"]


@dataclass
class Entry:
    name: str
    command: list[str]


@dataclass
class Target:
    """`what` of the workload is at most (`<=`) or at least (`>=`) `limit`; a ratio is of medians of paired rounds."""

    row: str
    workload: str
    measure: str  # in ns: "entry / entry", "entry - entry", "entry"; else "bytes entry" (of one of n), "ppm entry" (its check)
    sense: str
    limit: float


class Bench:
    def __init__(self, build: Path, rounds: int, scale: float):
        self.build, self.rounds, self.scale = build, rounds, scale
        self.results: dict[str, dict[str, list[dict]]] = {}

    def program(self, name: str) -> str | None:
        path = self.build / "bench" / name
        return str(path) if path.exists() else None

    def entries(self, workload: str, n: int, events: int) -> list[Entry]:
        """All that can run the workload, the bare loop first."""
        found: list[Entry] = []

        def add(name: str, program: str, what: str, count: int, *more: str) -> None:
            path = self.program(program)
            if path:
                found.append(Entry(name, [path, what, str(n), str(max(count, 4096)), *more]))

        events = int(events * self.scale)
        base = "hold" if workload in ("timer-cancel", "spawn-finish", "queue") else workload
        if workload == "histogram":
            add("insert", "bench_histogram", workload, events)
        elif workload != "queue":
            add("bare", "bench_kernel_bare", base, events)
        if workload == "hold":
            add("callbacks", "bench_kernel_wrackline", "hold", events)
            add("tasks", "bench_kernel_wrackline", "hold-tasks", events)
        elif workload == "timer-cancel":
            add("callbacks", "bench_kernel_wrackline", "hold", events)
            add("timer set+cancel", "bench_kernel_wrackline", "timer-cancel", events)
        elif workload == "spawn-finish":
            add("tasks", "bench_kernel_wrackline", "hold-tasks", events)
            add("spawn+finish", "bench_kernel_wrackline", "spawn-finish", events)
        elif workload == "queue":
            add("queue", "bench_kernel_wrackline", "queue", events)
            add("queue, radix", "bench_kernel_wrackline", "queue", events, "radix")
            add("queue, heap", "bench_kernel_wrackline", "queue", events, "heap")
        elif workload != "histogram":
            add("tasks", "bench_kernel_wrackline", workload, events)
            if workload == "actors":
                add("message path", "bench_network_path", "actors", events)
        if workload in ("hold", "actors", "mm1"):
            slow = events // 8
            for scheduler in NS3_SCHEDULERS:
                # The heap and the calendar only where the table asks for the best one.
                if workload == "hold" or scheduler in ("MapScheduler", "PriorityQueueScheduler"):
                    add(f"ns-3 {scheduler}", "bench_kernel_ns3", workload, slow, scheduler)
            add("simcpp20", "bench_kernel_simcpp20", "hold-tasks" if workload == "hold" else workload, slow)
            if n <= 100_000:
                add("SystemC" if workload != "hold" else "SystemC method", "bench_kernel_systemc", workload, slow)
                if workload == "hold":
                    add("SystemC thread", "bench_kernel_systemc", "hold-tasks", slow)
                add("SimGrid", "bench_kernel_simgrid", "hold-tasks" if workload == "hold" else workload, slow // 8)
                if python := simpy_python():
                    peer = str(HERE / "kernel" / "peers" / "simpy_peer.py")
                    few = str(max(slow // 8, 4096))
                    if workload == "hold":
                        found.append(Entry("SimPy callback", [python, peer, "hold", str(n), few]))
                    what = "hold-tasks" if workload == "hold" else workload
                    found.append(Entry("SimPy", [python, peer, what, str(n), few]))
        return found

    def measure(self, label: str, workload: str, n: int, events: int) -> None:
        entries = self.entries(workload, n, events)
        runs: dict[str, list[dict]] = {entry.name: [] for entry in entries}
        for turn in range(self.rounds):
            for entry in entries:
                if turn > 0 and not runs[entry.name]:
                    continue  # failed in the first round
                progress(f"{label}: round {turn + 1} of {self.rounds}, {entry.name}")
                done = subprocess.run(entry.command, capture_output=True, text=True, timeout=600)
                line = re.search(r"^\{.*\}$", done.stdout, re.MULTILINE)
                if line:
                    runs[entry.name].append(json.loads(line[0]))
                else:
                    print(f"\n{entry.name} failed: {done.stderr[-200:]}", file=sys.stderr)
        progress("")
        self.results[label] = {name: found for name, found in runs.items() if found}

    def ns(self, label: str, name: str) -> list[float]:
        return [run["p25"] for run in self.results[label].get(name, [])]

    def ratio(self, label: str, a: str, b: str) -> float | None:
        pairs = list(zip(self.ns(label, a), self.ns(label, b)))
        return statistics.median(x / y for x, y in pairs) if pairs else None

    def value(self, target: Target) -> float | None:
        if " / " in target.measure:
            return self.ratio(target.workload, *target.measure.split(" / "))
        if " - " in target.measure:
            a, b = (self.ns(target.workload, name) for name in target.measure.split(" - "))
            return statistics.median(x - y for x, y in zip(a, b)) if a and b else None
        if target.measure.startswith("ppm "):
            runs = self.results[target.workload].get(target.measure[4:], [])
            return max(run["check"] for run in runs) if runs else None
        if target.measure.startswith("bytes "):
            runs = self.results[target.workload].get(target.measure[6:], [])
            return statistics.median(run["mib"] * 2**20 / run["n"] for run in runs) if runs else None
        found = self.ns(target.workload, target.measure)
        return statistics.median(found) if found else None


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def simpy_python() -> str | None:
    for python in (sys.executable, "/usr/bin/python3"):
        if shutil.which(python) and subprocess.run([python, "-c", "import simpy"], capture_output=True).returncode == 0:
            return python
    return None


WORKLOADS = [
    ("hold 1e2", "hold", 100, 2_000_000),
    ("hold 1e4", "hold", 10_000, 2_000_000),
    ("hold 1e6", "hold", 1_000_000, 2_000_000),
    ("actors", "actors", 1000, 2_000_000),
    ("mm1", "mm1", 2, 2_000_000),
    ("timer 1e4", "timer-cancel", 10_000, 1_000_000),
    ("spawn 1e2", "spawn-finish", 100, 1_000_000),
    ("spawn 1e3", "spawn-finish", 1000, 1_000_000),
    ("queue 1e2", "queue", 100, 2_000_000),
    ("queue 1e4", "queue", 10_000, 2_000_000),
    ("queue 1e6", "queue", 1_000_000, 2_000_000),
    ("histogram", "histogram", 1, 8_000_000),
]


def targets() -> list[Target]:
    rows = [
        Target("hold 1e4, callbacks <= 1.2x bare", "hold 1e4", "callbacks / bare", "<=", 1.2),
        Target("  stretch: <= 0.8x bare", "hold 1e4", "callbacks / bare", "<=", 0.8),
        Target("hold 1e4, tasks <= 1.5x bare", "hold 1e4", "tasks / bare", "<=", 1.5),
        Target("  >= 4x ns-3 default", "hold 1e4", "ns-3 MapScheduler / tasks", ">=", 4),
        Target("  >= 25x SimPy", "hold 1e4", "SimPy / tasks", ">=", 25),
        Target("  >= 4x simcpp20 processes", "hold 1e4", "simcpp20 / tasks", ">=", 4),
        Target("hold 1e2, tasks <= 1.3x bare", "hold 1e2", "tasks / bare", "<=", 1.3),
        Target("  >= 25x SimPy", "hold 1e2", "SimPy / tasks", ">=", 25),
        Target("  >= 2.5x simcpp20 processes", "hold 1e2", "simcpp20 / tasks", ">=", 2.5),
        Target("hold 1e6, callbacks <= 0.6x bare", "hold 1e6", "callbacks / bare", "<=", 0.6),
        Target("hold 1e6, tasks <= 1.1x bare", "hold 1e6", "tasks / bare", "<=", 1.1),
        Target("  >= 4x ns-3 default", "hold 1e6", "ns-3 MapScheduler / tasks", ">=", 4),
        Target("  >= 2.5x simcpp20 processes", "hold 1e6", "simcpp20 / tasks", ">=", 2.5),
        Target("  <= 250 bytes a process", "hold 1e6", "bytes tasks", "<=", 250),
        Target("queue alone at 1e6 <= 90 ns", "queue 1e6", "queue", "<=", 90),
        Target("timer set+cancelled <= 3x plain hold", "timer 1e4", "timer set+cancel / callbacks", "<=", 3),
        Target("M/M/1 <= 1.6x bare", "mm1", "tasks / bare", "<=", 1.6),
        Target("  >= 4x ns-3", "mm1", "ns-3 MapScheduler / tasks", ">=", 4),
        Target("  >= 70x SimPy", "mm1", "SimPy / tasks", ">=", 70),
        Target("  >= 6x simcpp20", "mm1", "simcpp20 / tasks", ">=", 6),
        Target("actors <= 1.8x bare", "actors", "tasks / bare", "<=", 1.8),
        Target("  >= 3x ns-3 callbacks", "actors", "ns-3 MapScheduler / tasks", ">=", 3),
        Target("  >= 90x SimPy", "actors", "SimPy / tasks", ">=", 90),
        Target("  >= 90x SimGrid", "actors", "SimGrid / tasks", ">=", 90),
        Target("  >= 9x simcpp20", "actors", "simcpp20 / tasks", ">=", 9),
        Target("message path <= 300 ns", "actors", "message path", "<=", 300),
        Target("  <= 3x the bare actor loop", "actors", "message path / bare", "<=", 3),
        Target("  >= 2x ns-3's bare callbacks", "actors", "ns-3 MapScheduler / message path", ">=", 2),
        Target("spawn + finish <= 30 ns over a resume, 1e2", "spawn 1e2", "spawn+finish - tasks", "<=", 30),
        Target("spawn + finish <= 30 ns over a resume, 1e3", "spawn 1e3", "spawn+finish - tasks", "<=", 30),
        Target("histogram, insert <= 5 ns", "histogram", "insert", "<=", 5),
        Target("  error of merged quantiles <= 4000 ppm", "histogram", "ppm insert", "<=", 4000),
    ]
    for label, best in (("hold 1e4", 2), ("hold 1e2", 2.5), ("hold 1e6", 1.5)):
        rows.append(Target(f"{label}: tasks >= {best}x ns-3's best scheduler", label, "ns-3 best / tasks", ">=", best))
    return rows


def add_best_ns3(bench: Bench) -> None:
    for found in bench.results.values():
        schedulers = [runs for name, runs in found.items() if name.startswith("ns-3 ") and name.endswith("Scheduler")]
        if schedulers:
            found["ns-3 best"] = min(schedulers, key=lambda runs: statistics.median(run["p25"] for run in runs))


def print_tables(bench: Bench) -> bool:
    for label, found in bench.results.items():
        first = next(iter(found))
        print(f"\n{label:<28}{'ns: min':>9}{'median':>9}{'max':>9}{'MiB':>8}{'x ' + first:>12}")
        for name, runs in found.items():
            ns = [run["p25"] for run in runs]
            ratio = bench.ratio(label, name, first)
            print(f"  {name:<26}{min(ns):9.1f}{statistics.median(ns):9.1f}{max(ns):9.1f}{runs[0]['mib']:8.1f}{ratio:12.2f}")
    print(f"\n{'target (reference/kernel.md 7)':<52}{'measured':>10}  verdict")
    missed = False
    for target in targets():
        value = bench.value(target) if target.workload in bench.results else None
        if value is None:
            print(f"{target.row:<52}{'-':>10}  not measured")
            continue
        met = value <= target.limit if target.sense == "<=" else value >= target.limit
        missed |= not met and "stretch" not in target.row
        print(f"{target.row:<52}{value:10.2f}  {'pass' if met else 'MISS'}")
    queues = [statistics.median(bench.ns(label, "queue")) for label in bench.results if label.startswith("queue")]
    if len(queues) == 3:
        flat = max(queues) / min(queues)
        missed |= flat > 2
        print(f"{'queue alone, 1e2 to 1e6, flat within 2x':<52}{flat:10.2f}  {'pass' if flat <= 2 else 'MISS'}")
    return not missed


def main(build: Path, rounds: int, scale: float, only: str, output: Path | None) -> int:
    bench = Bench(build, rounds, scale)
    if not bench.program("bench_kernel_wrackline"):
        print(f"{build}: no benchmark programs; configure with -DWRACKLINE_BENCH=ON and build", file=sys.stderr)
        return 64
    for label, workload, n, events in WORKLOADS:
        if re.search(only, label):
            bench.measure(label, workload, n, events)
    add_best_ns3(bench)
    met = print_tables(bench)
    if output:
        output.write_text(json.dumps(bench.results, indent=1))
    return 0 if met else 1
