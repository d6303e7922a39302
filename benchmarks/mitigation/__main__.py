"""Mitigated estimates: ours against IBM's open client-side estimator, on the same problem.

    python -m benchmarks.mitigation [--cases 6:1 8:2] [--replicas 20] --out DIR
    python -m benchmarks.mitigation --ibm [...] --out DIR     in its own environment
    python -m benchmarks.mitigation --table --out DIR         what rests there, side by side
    python -m benchmarks.mitigation --small [--ibm] --out DIR under a minute, to try it

A case is qubits:level, and qubits:level:all has observables on all qubits, not on three. Each runs
in a process of its own and on one thread, writes its replicas down as they come, and is ended after
--limit seconds: what it has by then counts, and where that is nothing, the table says that an
estimate takes longer.

Same circuits, noise, shots and observables, and with --randomizations the same number of these: a
line of CZ layers, Pauli noise after each CZ, readout errors; truth is the noiseless value. IBM's
needs qiskit-ibm-runtime, samplomatic and qiskit-aer, and Shoal need not be installed there. A row
has the bias, the rms error, the coverage of 95 % intervals, the circuits executed and the seconds
of one estimate, by the clock and of the processor; the ratio is that of the latter, which others on
the machine change least.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from .problem import CASES, Case
from .sides import Setting, ibm, ours
from .table import side_by_side


def measure(arguments: argparse.Namespace, case: str, place: Path) -> None:
    """Run one case in this process; rewrite its file after every replica."""
    setting = Setting(Case.of(case), arguments.shots, arguments.randomizations)
    found = _empty(arguments, case)
    _write(place, found)
    estimate = (ibm if arguments.ibm else ours)(setting)
    for seed in range(arguments.replicas):
        found["rows"].append(estimate(seed))
        _write(place, found)


def limited(arguments: argparse.Namespace, case: str, place: Path) -> None:
    """Run one case in a process of its own, for so long as it may take."""
    command = [sys.executable, "-m", "benchmarks.mitigation", *sys.argv[1:], "--one", case]
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
    _write(place, _empty(arguments, case))
    try:
        subprocess.run(command, check=True, env=alone, timeout=arguments.limit)
    except subprocess.TimeoutExpired:
        _write(place, {**json.loads(place.read_text(encoding="utf-8")), "is_over": True})


def _empty(arguments: argparse.Namespace, case: str) -> dict[str, Any]:
    return {
        "case": case, "side": "ibm" if arguments.ibm else "ours", "limit": arguments.limit,
        "shots": arguments.shots, "randomizations": arguments.randomizations,
        "rows": [], "is_over": False,
    }  # fmt: skip


def _write(place: Path, found: dict[str, Any]) -> None:
    aside = place.with_suffix(".part")
    aside.write_text(json.dumps(found), encoding="utf-8")
    aside.replace(place)


def main() -> None:
    """Run cases, or show what they gave."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ibm", action="store_true")
    parser.add_argument("--cases", nargs="+", default=CASES)
    parser.add_argument("--replicas", type=int, default=20)
    parser.add_argument("--shots", type=int, default=4096)
    parser.add_argument("--randomizations", type=int)
    parser.add_argument("--limit", type=float, default=3600.0, help="seconds a case")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.small:
        arguments.cases, arguments.replicas = ("4:1", "4:2"), 3
    arguments.out.mkdir(parents=True, exist_ok=True)
    side = "ibm" if arguments.ibm else "ours"
    for case in () if arguments.table else [arguments.one] if arguments.one else arguments.cases:
        place = arguments.out / f"{side}-{case.replace(':', '-')}.json"
        (measure if arguments.one else limited)(arguments, case, place)
    if not arguments.one:
        files = sorted(arguments.out.glob("*.json"))
        print(side_by_side([json.loads(one.read_text(encoding="utf-8")) for one in files]))


if __name__ == "__main__":
    main()
