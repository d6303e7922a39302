"""The batch script of a sweep. Text only: what it says is what people would write by hand."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from .slurm_table import SlurmTable


def batch_script(name: str, command: Sequence[str], table: SlurmTable) -> str:
    """Write the script of a job that goes on until its sweep is done.

    Args:
        name: Of the job.
        command: What runs in it, such as ``shoal run``.
        table: What is asked of Slurm.
    """
    lines = [
        "#!/bin/bash",
        "# Written by `shoal submit`. It runs a sweep on all nodes of its job; when the time is",
        "# nearly over it ends what is running, and asks Slurm for another allocation.",
        *(f"#SBATCH {option}" for option in _options(name, table)),
        "",
        "set -eo pipefail",
        *table.setup,
        "trap '' USR1 # the warning that the end is near, until shoal itself listens to it",
        f"exec {shlex.join(command)}",
    ]
    return "\n".join(lines) + "\n"


def _options(name: str, table: SlurmTable) -> Iterator[str]:
    layout = {"ntasks-per-node": 1, "cpus-per-task": table.cpus_per_node}
    yield from site_options(name, table, layout)
    # A lost node ends its own part alone.
    yield "--no-kill"
    yield f"--signal=B:USR1@{table.warning_seconds}"
    yield from table.options


def site_options(name: str, table: SlurmTable, layout: Mapping[str, int | None]) -> Iterator[str]:
    """Say what every job asks of Slurm, whatever runs in it.

    Args:
        name: Of the job.
        table: What is asked.
        layout: Tasks and cores; ``None``: not said.

    Yields:
        Options of ``sbatch``.
    """
    yield f"--job-name={_word(name)}"
    yield f"--nodes={table.nodes}"
    said = {
        **layout,
        "gpus-per-node": table.gpus_per_node or None,
        "mem": table.memory,
        "time": table.time,
        "partition": table.partition,
        "account": table.account,
        "qos": table.qos,
        "constraint": table.constraint,
        "reservation": table.reservation,
        "output": table.output,
    }
    yield from (f"--{key}={value}" for key, value in said.items() if value is not None)
    if table.exclusive:
        yield "--exclusive"
    yield "--open-mode=append"  # the log of all allocations is one file
    yield "--requeue" if table.requeue else "--no-requeue"


def _word(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
