"""What the launcher of an MPI program says of itself in the environment, before MPI is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_LAUNCHERS = (
    ("Open MPI's mpirun", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("mpirun", "PMI_SIZE", "PMI_RANK"),
    ("srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
)
"""In this order: an mpirun inside of an allocation leaves Slurm's words in the environment."""

RECIPE = (
    "start it with\n"
    "  mpirun -n 5 shoal run SWEEP.toml --executor mpi\n"
    "  srun --mpi=pmi2 -n 5 shoal run SWEEP.toml --executor mpi\n"
    "(rank 0 drives, the other four work)"
)


@dataclass(frozen=True, slots=True)
class Launch:
    """One process of a parallel program, as its launcher sees it."""

    launcher: str
    size: int
    """Processes in all."""
    rank: int
    """Which of them this is."""


def launch_of(environ: Mapping[str, str]) -> Launch | None:
    """Read what started this process.

    Args:
        environ: The environment's variables.

    Returns:
        What the launcher says; ``None``: no launcher, as far as one can tell.

    >>> launch_of({"PMI_SIZE": "4", "PMI_RANK": "2", "SLURM_STEP_NUM_TASKS": "1"})
    Launch(launcher='mpirun', size=4, rank=2)
    """
    for launcher, size, rank in _LAUNCHERS:
        found = environ.get(size, ""), environ.get(rank, "")
        if found[0].isdecimal() and found[1].isdecimal():
            return Launch(launcher, int(found[0]), int(found[1]))
    return None


def size_fault(launch: Launch | None, size: int, library: str) -> str | None:
    """Find out whether a world is the one that was asked for.

    Args:
        launch: What the launcher says.
        size: Processes in MPI's own world.
        library: The first line of what the MPI library says it is.

    Returns:
        What is wrong, and what to do; ``None``: nothing.
    """
    if launch is not None and launch.size != size:
        worlds = f"{launch.size} worlds of one process" if size == 1 else f"a world of {size}"
        return (
            f"{launch.launcher} started {launch.size} processes, but MPI made {worlds}: the "
            f"launcher and the MPI library ({library}) do not belong together. Use the mpirun of "
            "that library; under Slurm choose with srun --mpi=pmi2 (MPICH, Intel MPI) or "
            "--mpi=pmix (Open MPI)"
        )
    if size == 1:
        return f"MPI has a world of one process, and rank 0 only drives: {RECIPE}"
    return None
