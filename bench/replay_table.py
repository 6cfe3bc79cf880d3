"""How fast a trace is replayed: the program's own figures, its peers, and pandas over the same kind of rows."""

import json
import statistics
import subprocess
import time
from pathlib import Path

ROWS = 4_000_000
KEYS = 1000
WORKLOADS = ["tumbling", "tumbling-periodic", "hopping", "quantile", "k-slack", "per-key", "session", "statistics"]
# Of a quarter of the rows: windows of other kinds, and aggregates whose results are read.
MORE = ["distinct", "distinct-sketch", "exact-quantile", "quantile-sketch", "t-digest"]
MORE += ["sliding", "sliding-mean", "sliding-sketch", "count", "count-overlapping", "global"]


def run(program: Path, workload: str, rows: int, rounds: int) -> dict[str, float]:
    """ns a record by entry: the median over the rounds of the lower-quartile chunk."""
    lines = subprocess.run([str(program), workload, str(rows), str(KEYS), str(rounds)], check=True, capture_output=True, text=True).stdout
    found: dict[str, list[float]] = {}
    for line in lines.splitlines():
        entry = json.loads(line)
        if "p25" in entry:
            found.setdefault(entry["name"], []).append(entry["p25"])
    return {name: statistics.median(values) for name, values in found.items()}


def pandas_ns(rows: int) -> float | None:
    """What one writes in a notebook: behind by a running maximum, counts by window and key; all of it at once."""
    try:
        import numpy
        import pandas
    except ImportError:
        return None
    rng = numpy.random.default_rng(42)
    event = numpy.cumsum(rng.exponential(0.01, rows)) + 1.6e12
    arrival = event + rng.lognormal(numpy.log(100), 0.45, rows)
    order = numpy.argsort(arrival)
    frame = pandas.DataFrame({"event": event[order].astype("int64"), "key": rng.integers(0, KEYS, rows)})
    best = float("inf")
    for _ in range(3):
        begin = time.process_time()
        newest = frame["event"].cummax().shift(1, fill_value=0)
        behind = int((frame["event"] < newest - 200).sum())
        end = frame["event"] // 5000 * 5000 + 5000
        kept = frame[end > newest - 200]
        counts = kept.groupby([kept["event"] // 5000, "key"]).size()
        assert behind > 0 and len(counts) > 0
        best = min(best, time.process_time() - begin)
    return best * 1e9 / rows


def main(build: Path, rounds: int, scale: float) -> int:
    program = build / "bench" / "bench_replay"
    rows = int(ROWS * scale)
    figures = {workload: run(program, workload, rows, rounds) for workload in WORKLOADS}
    figures |= {workload: run(program, workload, rows // 4, rounds) for workload in MORE}
    print(f"{rows:,} rows, {KEYS} keys, 100 000 records/s, lognormal delays; lower-quartile chunk, median of {rounds} rounds\n")
    print(f"{'workload':<20}  {'ns/record':>9}  {'M records/s/core':>16}  peers, ns/record")
    for workload, entries in figures.items():
        mine = entries["wrackline"]
        peers = "  ".join(f"{name} {ns:.1f} ({ns / mine:.2f}x)" for name, ns in entries.items() if name != "wrackline")
        print(f"{workload:<20}  {mine:>9.2f}  {1000 / mine:>16.1f}  {peers}")
    if (pandas := pandas_ns(rows)) is not None:
        print(f"{'pandas, tumbling':<20}  {pandas:>9.2f}  {1000 / pandas:>16.1f}  ({pandas / figures['tumbling']['wrackline']:.1f}x ours)")
    targets = [
        ("bounded + tumbling count, M records/s/core", 1000 / figures["tumbling"]["wrackline"], ">=", 20),
        ("sliding quantile, M records/s/core", 1000 / figures["quantile"]["wrackline"], ">=", 5),
        ("hopping 60/5 with slices / tumbling", figures["hopping"]["wrackline"] / figures["tumbling"]["wrackline"], "<=", 2),
    ]
    missed = 0
    print()
    for what, value, sense, limit in targets:
        met = value >= limit if sense == ">=" else value <= limit
        missed += not met
        print(f"{what}: {value:.2f} ({sense} {limit}) {'met' if met else 'MISSED'}")
    return 1 if missed else 0
