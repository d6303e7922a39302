"""Worlds for tests: programs under a real ``mpirun``, the one that belongs to mpi4py's library."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shoal.cluster.cli.mpi_checkup import find_mpirun

ROOT = Path(__file__).parent.parent
SHOAL = (sys.executable, "-m", "shoal.cluster.cli")


@dataclass(frozen=True)
class Ended:
    """How a world ended."""

    code: int
    out: str
    err: str


def environment(first_on_path: Path | None = None, **more: str) -> dict[str, str]:
    """The environment of a program that imports the tests' modules."""
    first = "" if first_on_path is None else str(first_on_path)
    found = [first, str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    # A root's Open MPI says no otherwise, and so does one with more ranks than cores.
    rules = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    rules["OMPI_MCA_rmaps_base_oversubscribe"] = "1"
    return {**os.environ, **rules, "PYTHONPATH": os.pathsep.join(filter(None, found)), **more}


def world_command(ranks: int, *program: object) -> list[str]:
    """The command that starts a program in a world."""
    mpirun = find_mpirun()
    assert mpirun is not None
    return [mpirun, "-n", str(ranks), *map(str, program)]


def run_world(
    ranks: int,
    *program: object,
    env: Mapping[str, str] | None = None,
    seconds: float = 250.0,
    first_on_path: Path | None = None,
) -> Ended:
    """Run a program in a world to its end."""
    command = world_command(ranks, *program)
    return run(*command, env=env, seconds=seconds, first_on_path=first_on_path)


def run(
    *command: object,
    env: Mapping[str, str] | None = None,
    seconds: float = 250.0,
    first_on_path: Path | None = None,
) -> Ended:
    """Run a command to its end."""
    ended = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        env=environment(first_on_path, **(env or {})),
        timeout=seconds,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
