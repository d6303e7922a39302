"""The batch script of a sweep in an MPI world. Text only, as `slurm/mpi.sbatch` has it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from ..slurm.batch_script import site_options
from ..slurm.slurm_table import SlurmTable
from .mpi_table import MpiTable


def mpi_script(
    name: str, command: Sequence[str], table: SlurmTable, mpi: MpiTable, aer: Path | None
) -> str:
    """Write the script of a job whose ranks all run the same command.

    Args:
        name: Of the job.
        command: What every rank runs, such as ``shoal run``.
        table: What is asked of Slurm.
        mpi: How the world is laid out.
        aer: The folder of an Aer built for MPI, absolute.

    Raises:
        ValueError: A node has no room for its ranks.
    """
    ranks = mpi.ranks_on(table.cpus_per_node)
    options = {"ntasks-per-node": ranks, "cpus-per-task": mpi.cpus_per_rank}
    srun = ["srun", f"--mpi={mpi.launcher}", "--kill-on-bad-exit=1"]
    path = "" if aer is None else f"export PYTHONPATH={shlex.quote(str(aer))}"
    lines = [
        "#!/bin/bash",
        f"# Written by `shoal submit`. {table.nodes * ranks} ranks run one sweep; when the time is",
        "# nearly over they end what is running, and ask Slurm for another allocation.",
        *(f"#SBATCH {option}" for option in site_options(name, table, options)),
        # To all ranks. A lost node ends the whole world, so that Slurm starts it again.
        f"#SBATCH --signal=USR1@{table.warning_seconds}",
        *(f"#SBATCH {option}" for option in table.options),
        "",
        "set -eo pipefail",
        *table.setup,
        "# PyPI's MPICH over TCP, which works everywhere; say ucx in `setup` for InfiniBand.",
        'export MPIR_CVAR_CH4_NETMOD="${MPIR_CVAR_CH4_NETMOD:-ofi}"',
        *([path + '"${PYTHONPATH:+:$PYTHONPATH}"'] if path else []),
        f"exec {shlex.join([*srun, f'--cpus-per-task={mpi.cpus_per_rank}'])} \\",
        f"    {shlex.join(command)}",
    ]
    return "\n".join(lines) + "\n"
