"""What a job's blocks need of its workers, and whether a cluster has such."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from ..orchestrator.needs import BlockNeeds, Need
from ..orchestrator.ports import GPU, Slot
from ..primitives.errors import UnsupportedError
from ..primitives.request import Request
from ..primitives.workload import Program, Workload
from .engines.choice import memory_needed
from .engines.devices import device_of


def needs_of(
    request: Request,
    workload: Workload,
    slots: Sequence[Slot],
    *,
    queues: Collection[str] = (),
    is_memory_known: bool = False,
) -> BlockNeeds:
    """Return what workers must offer to run each of a request's blocks.

    Args:
        request: What is asked.
        workload: Its expansion.
        slots: What the cluster's workers may use, or will: one of each kind.
        queues: Names of queues; what they run needs no worker.
        is_memory_known: Whether states were found to fit before.

    Raises:
        UnsupportedError: No worker meets a need.
    """
    sizes = sorted({slot.memory_bytes for slot in slots if slot.memory_bytes is not None})
    if is_memory_known:
        sizes = []
    needs: dict[Need, int] = {}
    of_program = np.zeros(len(workload.programs), dtype=np.int64)
    for program in workload.programs:
        if program.engine in queues:
            continue
        need = _need(request, workload, program, sizes)
        if need not in needs:
            _check(need, slots, program)
        of_program[program.index] = needs.setdefault(need, len(needs))
    if len(needs) < 2:
        return BlockNeeds(tuple(needs) or (Need(),))
    of_block = of_program[[block.program for block in workload.blocks]]
    return BlockNeeds(tuple(needs), of_block)


def named_need(offer: str, slots: Sequence[Slot]) -> BlockNeeds:
    """Return that all blocks need the same.

    Args:
        offer: What a worker must offer.
        slots: What the cluster's workers may use, or will: one of each kind.

    Raises:
        UnsupportedError: None offers it.
    """
    need = Need(offer)
    _check(need, slots)
    return BlockNeeds((need,))


def _need(request: Request, workload: Workload, program: Program, sizes: Sequence[int]) -> Need:
    if device_of(request, program.engine) == GPU.upper():
        return Need(GPU)  # what memory a GPU has, only its worker knows
    width = program.circuit.num_qubits
    if not sizes or 16 << min(2 * width, 64) <= sizes[0]:
        return Need()
    needed = memory_needed(request, workload, program)
    # Workers come in few sizes, and so do needs.
    return Need(memory_bytes=next((size for size in sizes if size >= needed), needed))


def _check(need: Need, slots: Sequence[Slot], program: Program | None = None) -> None:
    """Refuse blocks that would wait for a worker without end."""
    if any(need.is_met_by(slot) for slot in slots):
        return
    offered = sorted({offer for slot in slots for offer in slot.offers})
    if need.offer in offered:
        name = "" if program is None else f"circuit {program.circuit.name!r} needs "
        most = max(slot.memory_bytes or 0 for slot in slots)
        raise UnsupportedError(
            f"{name}{need.memory_bytes / (1 << 30):.4g} GiB of a worker; the largest of this"
            f" cluster have {most / (1 << 30):.4g} GiB: give some more (memory_per_worker), or take"
            " method 'matrix_product_state'"
        )
    raise UnsupportedError(
        f"the job needs workers that offer {need.offer!r}; those of this cluster offer "
        f"{', '.join(map(repr, offered))}: "
        + (
            "give them GPUs (gpus=, or gpus_per_worker in a profile), or take "
            "simulator.device 'CPU'"
            if need.offer == GPU
            else "connect with a kind of worker that serves it"
        )
    )
