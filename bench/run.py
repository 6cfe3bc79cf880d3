#!/usr/bin/env python3
"""Runs the benchmarks and prints their tables: bench/run.py kernel"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import kernel_table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=["kernel"])
    parser.add_argument("--build", type=Path, default=Path("build/release"), help="build directory (-DWRACKLINE_BENCH=ON)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of all event counts")
    parser.add_argument("--only", default="", help="regular expression on workloads")
    parser.add_argument("--json", type=Path, help="also write every single run there")
    arguments = parser.parse_args()
    return kernel_table.main(arguments.build, arguments.rounds, arguments.scale, arguments.only, arguments.json)


if __name__ == "__main__":
    sys.exit(main())
