"""What Slurm tells a process by its environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...primitives.errors import ExecutionError
from ..allocation import Allocation, BringUp
from ..hostlist import expand_hostlist

_MEBIBYTE = 1 << 20


def is_in_allocation(environment: Mapping[str, str]) -> bool:
    """Tell whether a process belongs to a Slurm job: a batch script's, a step's, ``salloc``'s.

    Args:
        environment: Of the process.
    """
    return bool(environment.get("SLURM_JOB_ID") and environment.get("SLURM_JOB_NODELIST"))


def node_of_this_process(environment: Mapping[str, str]) -> str | None:
    """Return the allocation's node that a process is on.

    Args:
        environment: Of the process.

    Returns:
        Slurm's name of it; ``None``: the process is elsewhere, as in a shell of ``salloc`` on a
        login node.
    """
    here = environment.get("SLURMD_NODENAME")
    return here if here in nodes_of(environment) else None


def nodes_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the nodes of the job that a process belongs to, of all components.

    Args:
        environment: Of the process.
    """
    return tuple(node for nodes in _components(environment) for node in nodes)


def _components(environment: Mapping[str, str]) -> Sequence[tuple[str, ...]]:
    """Return the nodes of each component of a heterogeneous job; any other has but one."""
    size = environment.get("SLURM_HET_SIZE", "")
    names = [f"SLURM_JOB_NODELIST_HET_GROUP_{group}" for group in range(int(size or 0))]
    found = [environment[name] for name in names if name in environment]
    return [expand_hostlist(one) for one in found or [environment["SLURM_JOB_NODELIST"]]]


def _partitions(environment: Mapping[str, str], num_components: int) -> tuple[str, ...]:
    """Return each component's partition; nothing where Slurm does not say so of all of them."""
    names = [f"SLURM_JOB_PARTITION_HET_GROUP_{group}" for group in range(num_components)]
    if num_components == 1:
        names = ["SLURM_JOB_PARTITION"]
    found = tuple(environment.get(name, "") for name in names)
    return found if all(found) else ()


def allocation_of(environment: Mapping[str, str], bring_up: BringUp) -> Allocation:
    """Return the allocation that a process belongs to.

    Args:
        environment: Of the process.
        bring_up: What is wanted of its Ray.

    Raises:
        ExecutionError: There is none, or the process is not on one of its nodes.
        ValueError: More nodes are wanted than there are.
    """
    if not is_in_allocation(environment):
        raise ExecutionError(
            "this process belongs to no Slurm job (SLURM_JOB_ID is not set): start it by sbatch, or"
            " by srun in a shell of salloc"
        )
    nodes, components = nodes_of(environment), _components(environment)
    groups = tuple(group for group, part in enumerate(components) for _ in part)
    here = node_of_this_process(environment)
    if here is None:
        raise ExecutionError(
            f"this process belongs to Slurm job {environment['SLURM_JOB_ID']}, but is on none of"
            f" its nodes ({environment['SLURM_JOB_NODELIST']}): start it there, by"
            " srun --overlap --nodes=1 --ntasks=1 python ..."
        )
    if bring_up.min_nodes > len(nodes):
        raise ValueError(
            f"min_nodes={bring_up.min_nodes}: found {len(nodes)} nodes in Slurm job"
            f" {environment['SLURM_JOB_ID']}"
        )
    return Allocation(
        job=environment["SLURM_JOB_ID"],
        nodes=nodes,
        groups=groups if len(components) > 1 else (),
        partitions=_partitions(environment, len(components)),
        here=here,
        memory_bytes_per_node=mebibytes(environment.get("SLURM_MEM_PER_NODE")),
        memory_bytes_per_cpu=mebibytes(environment.get("SLURM_MEM_PER_CPU")),
        bring_up=bring_up,
    )


def mebibytes(text: str | None) -> int | None:
    """Read an amount of memory as Slurm's variables have it; 0 there is no limit.

    Args:
        text: A number of MiB.

    Returns:
        Bytes; ``None``: no limit is said.
    """
    return int(text) * _MEBIBYTE if text and text.isdigit() and int(text) else None
