"""A job's share of a node: cores, GPUs and memory that a step may use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ..node_memory import usable_memory_bytes

LEFT_OVER = 0.1
"""Of the memory, for Ray itself."""

_GPU_VARIABLES = ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")


@dataclass(frozen=True, slots=True)
class Share:
    """What Ray is told that a node has."""

    cpus: int
    gpus: int
    memory_bytes: int


def share_of(
    environment: Mapping[str, str],
    *,
    cores: int,
    memory_bytes: int,
    memory_bytes_per_node: int | None,
    memory_bytes_per_cpu: int | None,
) -> Share:
    """Return the smallest of what the several sources say: each knows only some of the limits.

    Args:
        environment: Of the step.
        cores: In its affinity mask.
        memory_bytes: Of the node, or of the step's cgroup where that is less.
        memory_bytes_per_node: As the job asked, where it did.
        memory_bytes_per_cpu: As the job asked, where it did.
    """
    said = environment.get("SLURM_CPUS_ON_NODE", "")
    cpus = max(1, min(cores, int(said)) if said.isdigit() else cores)
    limits = [memory_bytes]
    if memory_bytes_per_node:
        limits.append(memory_bytes_per_node)
    if memory_bytes_per_cpu:
        limits.append(memory_bytes_per_cpu * cpus)
    return Share(cpus, _gpus(environment), int(min(limits) * (1.0 - LEFT_OVER)))


def share_of_this_node(
    memory_bytes_per_node: int | None, memory_bytes_per_cpu: int | None
) -> Share:
    """Look at this process, which is the step's.

    Args:
        memory_bytes_per_node: As the job asked, where it did.
        memory_bytes_per_cpu: As the job asked, where it did.
    """
    return share_of(
        os.environ,
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=usable_memory_bytes(),
        memory_bytes_per_node=memory_bytes_per_node,
        memory_bytes_per_cpu=memory_bytes_per_cpu,
    )


def _gpus(environment: Mapping[str, str]) -> int:
    for name in _GPU_VARIABLES:
        if name in environment:
            return sum(gpu.strip() not in ("", "-1") for gpu in environment[name].split(","))
    return 0
