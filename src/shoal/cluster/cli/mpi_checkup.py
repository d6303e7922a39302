"""What MPI there is, found out by starting a world of two: a wrong pair is seen in no other way."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

_WORLD = """
import sys
from mpi4py import MPI
if MPI.COMM_WORLD.Get_rank() == 0:
    library = MPI.Get_library_version().splitlines()[0].strip(chr(0))
    sys.stdout.write(f"size={MPI.COMM_WORLD.Get_size()} {library}\\n")
"""
_SECONDS = 20.0


def mpi_words() -> tuple[bool | None, str]:
    """Look for an MPI library and the launcher that belongs to it.

    Returns:
        Whether they work together, and what there is to say; ``None``: there is no MPI.
    """
    alone = _run([sys.executable, "-c", _WORLD])
    if alone.returncode:
        return None, "no MPI library: pip install 'shoal[mpi]', or load your site's module"
    library = " ".join(alone.stdout.partition(" ")[2].split())
    mpirun = find_mpirun()
    if mpirun is None:
        return None, f"{library}, but no mpirun beside Python or on PATH; srun may do"
    world = _run([mpirun, "-n", "2", sys.executable, "-c", _WORLD])
    sizes = re.findall(r"size=(\d+)", world.stdout)
    if world.returncode == 0 and sizes == ["2"]:
        return True, f"{library}; {mpirun} makes worlds of it"
    said = " ".join((world.stderr or world.stdout).split())[:200]
    why = f"two worlds of one process: it belongs to another library than {library}"
    return False, f"{mpirun} makes {why if sizes == ['1', '1'] else f'no world: {said}'}"


def find_mpirun() -> str | None:
    """Find the launcher that this Python's MPI library came with, or else the machine's."""
    beside = Path(sys.executable).with_name("mpirun")
    return str(beside) if beside.exists() else shutil.which("mpirun")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no answer in {_SECONDS:.0f} s")
