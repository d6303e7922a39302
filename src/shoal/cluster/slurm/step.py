"""The command by which Slurm starts our agent on one node of an allocation. Text only."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

_ASK_FOR_LESS = (
    "SLURM_CPUS_PER_TASK",
    "SLURM_CPU_BIND",
    "SLURM_DISTRIBUTION",
    "SLURM_EXACT",
    "SLURM_EXCLUSIVE",
    "SLURM_GPUS_PER_NODE",
    "SLURM_GPUS_PER_SOCKET",
    "SLURM_GPUS_PER_TASK",
    "SLURM_GPU_BIND",
    "SLURM_HINT",
    "SLURM_MEM_PER_CPU",
    "SLURM_MEM_PER_GPU",
    "SLURM_MEM_PER_NODE",
    "SLURM_NTASKS",
    "SLURM_NTASKS_PER_CORE",
    "SLURM_NTASKS_PER_NODE",
    "SLURM_STEP_GRES",
    "SLURM_THREADS_PER_CORE",
    "SLURM_TRES_PER_TASK",
)
"""Variables that ``srun`` takes for options: wishes of the job, and not of a step with one task
that is to have all of a node's share."""


def step_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which ``srun`` gives a step all that the job has on a node.

    Args:
        inherited: The environment of this process.
    """
    return {name: value for name, value in inherited.items() if name not in _ASK_FOR_LESS}


def step_command(
    job: str, node: str, program: Sequence[str], group: int | None = None
) -> Sequence[str]:
    """Return the command that runs one task on one node.

    A node's step of its own may die alone (``--no-kill``), and shares what the job has there with
    whatever else runs in it (``--overlap``).

    Args:
        job: Slurm's number of the job.
        node: Slurm's name of the node.
        program: What to run.
        group: The node's component of a heterogeneous job; ``None``: the job is not one.
    """
    where = [f"--jobid={job}", "--nodes=1", "--ntasks=1", f"--nodelist={node}"]
    if group is not None:
        where.append(f"--het-group={group}")
    # --mem=0: all of the job's; without a binding, the cores are those of the job's cgroup.
    share = ["--overlap", "--no-kill", "--mem=0", "--cpu-bind=none", "--mpi=none", "--export=ALL"]
    return ["srun", *where, *share, "--unbuffered", *program]


def agent_command(job: str, node: str, group: int | None = None) -> Sequence[str]:
    """Return the command that runs our agent on a node.

    Args:
        job: Slurm's number of the job.
        node: Slurm's name of the node.
        group: The node's component of a heterogeneous job; ``None``: the job is not one.
    """
    agent = [sys.executable, "-P", "-m", "shoal.cluster.slurm.agent"]
    return step_command(job, node, agent, group)


def slurm_words(said: str) -> str:
    """Return what a Slurm command says of an error, in its own words, as one line.

    Args:
        said: Its standard error.
    """
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if ": error: " in line or ": fatal: " in line]
    return "; ".join(dict.fromkeys((telling or lines or ["no words"])[-2:]))[:500]
