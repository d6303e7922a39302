"""How long the main job takes, from the command to its table.

``python -m benchmarks.main_job [--small] [--json FILE]``
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from rich.console import Console
from rich.table import Table

CONFIGS = Path(__file__).parents[1] / "src" / "shoal" / "configs"
SMALL = (
    "--set",
    'parameters.axes.theta.linspace=["-pi", "pi", 101]',
    "--set",
    "precision=[0,0.05]",
)


@dataclass(frozen=True)
class Line:
    """One command and how long it took, everything included."""

    command: str
    seconds: float
    limit_seconds: float | None
    """What the project promises on two cores."""
    result: str
    """First digits of the result's hash."""


def shoal(*arguments: str) -> float:
    """Run the command in a process of its own; return its seconds."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "shoal.cluster.cli", *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def result_hash(store: Path, name: str) -> str:
    """Hash the result of the one job of a name."""
    (path,) = store.glob(f"{name}-*/results/result.parquet")
    return sha256(path.read_bytes()).hexdigest()[:12]


def measured(folder: Path, *, small: bool) -> Iterator[Line]:
    """Time every command, each job on Ray, in one process, and once more when it is complete."""
    yield Line("shoal --help", min(shoal("--help") for _ in range(3)), 0.5, "")
    sweeps = [("h2_dissociation", SMALL if small else ()), ("qaoa_maxcut", ())]
    for name, extra in sweeps[: 1 if small else 2]:
        path = str(CONFIGS / f"{name}.toml")
        for how, limit in (("ray", 60.0), ("inline", None), ("ray", None)):
            # The third time the first one's store has the result already.
            store = folder / how
            is_again = store.exists() and any(store.glob(f"{name}-*"))
            seconds = shoal("run", path, *extra, "--store", str(store), "--executor", how)
            words = f"shoal run {name}.toml --executor {how}" + (" (again)" if is_again else "")
            yield Line(words, seconds, limit, result_hash(store, name))


def main() -> None:
    """Measure, print the table, and write JSON where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.main_job", description=__doc__)
    parser.add_argument("--small", action="store_true", help="101 angles, no landscape")
    parser.add_argument("--json", type=Path, help="write every figure here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = list(measured(Path(folder), small=arguments.small))
    table = Table("command", "seconds", "promised", "result")
    table.columns[0].no_wrap = True
    for line in lines:
        promised = "" if line.limit_seconds is None else f"{line.limit_seconds:g}"
        table.add_row(line.command, f"{line.seconds:.2f}", promised, line.result)
    Console().print(table)
    Console().print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(line) for line in lines], indent=1) + "\n")


if __name__ == "__main__":
    main()
