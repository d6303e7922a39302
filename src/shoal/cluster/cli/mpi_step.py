"""A sweep whose states are spread over nodes, inside of a Slurm job: it becomes a world of MPI."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..mpi.gang import is_for_gangs
from ..mpi.launch import launch_of
from ..mpi.mpi_table import MpiTable
from ..slurm.environment import is_in_allocation, nodes_of
from ..slurm.step import step_environment
from ..sweeps.request import request_of
from ..sweeps.sweep import read_sweep
from .exits import INPUT_WRONG, CommandFailed, say_error, wrong_input
from .settings import Settings


def enter_world(path: Path, overrides: Sequence[str], settings: Settings) -> None:
    """Go on as all ranks of a world over the nodes of this Slurm job, where a sweep wants that.

    Args:
        path: The sweep file.
        overrides: As after ``--set``.
        settings: What else was said.

    Raises:
        CommandFailed: The sweep cannot be read, or there is no ``srun``.
    """
    if settings.executor != "ray" or settings.address is not None:
        return
    if not is_in_allocation(os.environ) or launch_of(os.environ) is not None:
        return
    with wrong_input():
        request = request_of(read_sweep(path, overrides), settings.queue_tables)
    if not is_for_gangs(request):
        return
    srun = shutil.which("srun")
    if srun is None:
        raise CommandFailed(
            "engine 'aer_mpi' takes a world of MPI over the nodes of this Slurm job, and there is "
            "no srun on PATH to start one: say --executor mpi under the site's own launcher",
            INPUT_WRONG,
        )
    nodes = nodes_of(os.environ)
    options = world_options(settings.mpi, len(nodes), os.environ)
    program = [sys.executable, "-P", "-m", "shoal.cluster.cli", *sys.argv[1:], "--executor=mpi"]
    say_error(
        f"engine 'aer_mpi': going on as a world of MPI on the nodes of Slurm job "
        f"{os.environ['SLURM_JOB_ID']}: srun {' '.join(options)}"
    )
    # A batch script may have had the warning ignored until somebody listens: srun hands it on.
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    os.execve(  # noqa: S606 (arguments, not a shell's words)
        srun, ["srun", *options, *program], world_environment(settings, os.environ)
    )


def world_options(table: MpiTable, nodes: int, environ: Mapping[str, str]) -> Sequence[str]:
    """Return the options of ``srun`` for a world on all nodes of a job.

    Args:
        table: How it is laid out; one rank a node has the most memory, and all of its cores.
        nodes: How many there are.
        environ: The environment's variables.
    """
    ranks = table.ranks_per_node or 1
    cores = environ.get("SLURM_CPUS_ON_NODE", "")
    share = max(1, int(cores) // ranks) if cores.isdecimal() else table.cpus_per_rank
    return [
        f"--mpi={table.launcher}",
        "--kill-on-bad-exit=1",
        "--overlap",
        f"--nodes={nodes}",
        f"--ntasks={nodes * ranks}",
        f"--ntasks-per-node={ranks}",
        f"--cpus-per-task={share}",
        "--mem=0",
    ]


def world_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a world: with the Aer that is for it.

    Args:
        settings: What the profile says.
        environ: Of this process.
    """
    found = step_environment(environ)
    found.setdefault("MPIR_CVAR_CH4_NETMOD", "ofi")
    if settings.aer_site is not None:
        path = [str(settings.aer_site), found.get("PYTHONPATH", "")]
        found["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    return found
