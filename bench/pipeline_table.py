"""The pipeline's cost: records per second and core, memory as duration grows; and campaigns over cores."""

import hashlib
import os
import subprocess
import time
from pathlib import Path

SCENARIOS = Path(__file__).resolve().parent / "scenarios"
RECORDS_PER_SECOND = 200_000


def measure(command: list[str]) -> tuple[float, float, int, bytes]:
    """Runs the command; returns (wall s, processor s, peak KiB, stdout)."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"failed: {' '.join(command)}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, output


def pipeline(program: Path, full: bool) -> int:
    durations = [5, 15, 50, 150] + ([500] if full else [])
    print("200 000 records/s of 100 B, 4 producers, RF 3, 12 partitions, at-least-once, windowed sum by key\n")
    print(f"{'records':>12}  {'cpu s':>8}  {'records/s/core':>14}  {'peak MiB':>8}")
    for seconds in durations:
        command = [str(program), "run", str(SCENARIOS / "throughput.jsonc"), "--set", f"duration={seconds}s", "-q"]
        _, cpu, peak, _ = measure(command)
        records = seconds * RECORDS_PER_SECOND
        print(f"{records:>12,}  {cpu:>8.2f}  {records / cpu:>14,.0f}  {peak / 1024:>8.0f}")
    return 0


def campaign(program: Path, seeds: int) -> int:
    print("10 s of simulated pipeline at 1 000 records/s, a leader crash and a consumer crash\n")
    print(f"{'jobs':>4}  {'wall s':>8}  {'cpu s':>8}  {'seeds/hour/core':>15}  {'efficiency':>10}  output")
    first_wall = 0.0
    digests = set()
    for jobs in range(1, (os.cpu_count() or 1) + 1):
        command = [str(program), "run", str(SCENARIOS / "campaign.jsonc"), "--seeds", f"1..{seeds}", "--jobs", str(jobs), "--json"]
        wall, cpu, _, output = measure(command)
        first_wall = first_wall or wall
        digest = hashlib.sha256(output).hexdigest()[:16]
        digests.add(digest)
        print(
            f"{jobs:>4}  {wall:>8.2f}  {cpu:>8.2f}  {seeds * 3600 / wall / jobs:>15,.0f}"
            f"  {first_wall / wall / jobs:>9.1%}  {digest}"
        )
    print("\nthe same bytes for any number of jobs" if len(digests) == 1 else "\nTHE OUTPUTS DIFFER")
    return 0 if len(digests) == 1 else 1
