"""What blocks cost: nominal sizes from the workload, corrected by the pace that was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..primitives.bases import measured_qubits
from ..primitives.observables import FloatArray
from ..primitives.workload import Block, IntArray, Program, Variant, Workload

_PACE_MEMORY = 0.95
"""What a shard's weight in the pace is multiplied by with each later one: some 20 shards count."""

_ENTRY_OVERHEAD_BYTES = 16
"""Row number and count of one entry of a shot table."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockCosts:
    """What each block [B] of a workload is expected to take."""

    seconds: FloatArray
    """On a nominal core."""
    num_bytes: FloatArray
    """Of its outcome in memory, at the most."""
    evaluations: IntArray
    """Circuit executions: one a parameter set and measurement basis."""
    shots: IntArray

    @property
    def num_blocks(self) -> int:
        """How many blocks there are."""
        return int(self.seconds.size)


@dataclass(frozen=True, slots=True)
class Pace:
    """Measured seconds for each nominal second, of the latest shards."""

    nominal_seconds: float = 0.0
    measured_seconds: float = 0.0

    def after(self, nominal_seconds: float, measured_seconds: float) -> Pace:
        """Return the pace with one more shard taken into account."""
        return Pace(
            self.nominal_seconds * _PACE_MEMORY + nominal_seconds,
            self.measured_seconds * _PACE_MEMORY + measured_seconds,
        )

    @property
    def is_known(self) -> bool:
        """Whether anything was measured yet."""
        return self.nominal_seconds > 0.0

    def expect(self, nominal_seconds: float) -> float:
        """Return the seconds that work of a nominal cost is expected to take."""
        if not self.is_known:
            return nominal_seconds
        return nominal_seconds * self.measured_seconds / self.nominal_seconds


def block_costs(workload: Workload) -> BlockCosts:
    """Estimate what every block of a workload takes.

    Args:
        workload: The workload.

    Returns:
        Costs in the order of the workload's blocks; deterministic.
    """
    seconds = np.zeros(len(workload.blocks))
    num_bytes = np.zeros_like(seconds)
    evaluations = np.zeros(len(workload.blocks), dtype=np.int64)
    shots = np.zeros_like(evaluations)
    variants_by_program: dict[int, list[Variant]] = {}
    for variant in workload.variants:
        variants_by_program.setdefault(variant.program, []).append(variant)
    for program, (first, blocks) in _blocks_by_program(workload).items():
        here = slice(first, first + len(blocks))
        variants = variants_by_program[program]
        counts = _rows_of_blocks(variants, blocks)
        slices = np.array([block.slices for block in blocks])
        evaluations[here] = counts.sum(axis=0) * np.array([b.slice_index == 0 for b in blocks])
        drawn = np.array([[b.shots_of(v) or 0 for b in blocks] for v in variants], dtype=np.int64)
        shots[here] = (counts * drawn).sum(axis=0)
        template = workload.programs[program]
        rows = np.array([block.stop - block.start for block in blocks])
        cost = workload.costs[program]
        of_row = cost.state_seconds + cost.shot_seconds / slices
        seconds[here] = rows * of_row
        num_bytes[here] = sum(
            count * _row_bytes(template, variant, shots_of_row)
            for variant, count, shots_of_row in zip(variants, counts, drawn, strict=True)
        )
    return BlockCosts(seconds, num_bytes, evaluations, shots)


def _blocks_by_program(workload: Workload) -> dict[int, tuple[int, list[Block]]]:
    """Group blocks, which lie program by program, with the position of each group's first."""
    found: dict[int, tuple[int, list[Block]]] = {}
    for position, block in enumerate(workload.blocks):
        found.setdefault(block.program, (position, []))[1].append(block)
    return found


def _rows_of_blocks(variants: Sequence[Variant], blocks: Sequence[Block]) -> IntArray:
    """Count the rows [V, B] that each block has of each variant."""
    starts = np.array([block.start for block in blocks])
    stops = np.array([block.stop for block in blocks])
    counts = np.empty((len(variants), len(blocks)), dtype=np.int64)
    for position, variant in enumerate(variants):
        if variant.rows is None:
            counts[position] = stops - starts
        else:
            counts[position] = np.searchsorted(variant.rows, stops) - np.searchsorted(
                variant.rows, starts
            )
    return counts


def _row_bytes(program: Program, variant: Variant, shots: IntArray) -> FloatArray:
    """Bound the bytes of one row's outcome, for each number of shots [B]."""
    if variant.is_exact:
        return np.full(shots.shape, 8.0 * len(variant.terms))
    bits = len(measured_qubits(variant.basis)) if variant.basis else program.circuit.num_clbits
    entries = np.minimum(shots, 2.0 ** min(bits, 62))
    return np.asarray(entries * (-(-bits // 8) + _ENTRY_OVERHEAD_BYTES), dtype=np.float64)
