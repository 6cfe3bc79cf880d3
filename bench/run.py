#!/usr/bin/env python3
"""Runs the benchmarks and prints their tables: bench/run.py kernel | pipeline | campaign | replay"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import kernel_table
import pipeline_table
import replay_table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=["kernel", "pipeline", "campaign", "replay"])
    parser.add_argument("--build", type=Path, default=Path("build/release"), help="build directory (-DWRACKLINE_BENCH=ON)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of all event counts")
    parser.add_argument("--only", default="", help="regular expression on workloads")
    parser.add_argument("--json", type=Path, help="also write every single run there")
    parser.add_argument("--full", action="store_true", help="pipeline: up to 1e8 records")
    parser.add_argument("--seeds", type=int, default=400, help="campaign: how many")
    arguments = parser.parse_args()
    if arguments.table == "pipeline":
        return pipeline_table.pipeline(arguments.build / "wrackline", arguments.full)
    if arguments.table == "campaign":
        return pipeline_table.campaign(arguments.build / "wrackline", arguments.seeds)
    if arguments.table == "replay":
        return replay_table.main(arguments.build, arguments.rounds, arguments.scale)
    return kernel_table.main(arguments.build, arguments.rounds, arguments.scale, arguments.only, arguments.json)


if __name__ == "__main__":
    sys.exit(main())
