"""Seconds that the methods of simulation take on a nominal core: formulas with fixed constants.

Fitted to single cores of a server of 2024 (AVX-512), by user time; docs/engines.md has a table of
what they predict and what was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .bonds import LANES, MAX_VECTORS, TOGETHER_BYTES, ChainShape, reading_work, tensor_sizes
from .circuit_shape import CircuitShape

CALL_SECONDS = 1.5e-3
"""What Aer takes to be called, however many rows it is given."""

_CIRCUIT_SECONDS, _INSTRUCTION_SECONDS = 7e-5, 2.5e-6
"""What Aer takes for each circuit and each of its instructions, whatever they act on."""

SINGLE_QUBITS, SINGLE_ROWS = 5, 3
"""So many rows beyond whole batches are evolved one by one, of so wide density matrices."""

_SINGLE_FACTOR = 1.4
"""What one of these costs beside one of as many as there are lanes."""

_SINGLE_PRECISION = 0.5

_MAX_BITS = 10
"""Of the bonds of Aer's chains: of longer ones it drops what is next to nothing."""


def pure_seconds(shape: CircuitShape, rows: int, width: int, precision: str) -> float:
    """Estimate the evolution of one row of an ideal circuit in compiled kernels.

    Args:
        shape: The circuit. Gates that only move amplitudes cost nothing.
        rows: Parameter sets; fewer than there are lanes cost as much as these.
        width: Qubits that matter.
        precision: "double" or "single".
    """
    lanes, factor = (2 * LANES, _SINGLE_PRECISION) if precision == "single" else (LANES, 1.0)
    # Beyond 13 qubits the states of all lanes leave the near cache.
    amplitude_seconds = 1e-10 if width <= 13 else 2e-10
    gates = max(shape.singles + shape.diagonals + shape.others, 1.0)
    of_gate = 8e-9 + factor * amplitude_seconds * 2.0**width
    return gates * max(1.0, lanes / max(rows, 1)) * of_gate


def mixed_seconds(gates: float, rows: int, width: int) -> float:
    """Estimate the cost of one row as Pauli components in compiled kernels.

    Args:
        gates: Instructions.
        rows: Parameter sets; fewer than there are lanes cost as much as these, but for a few of
            a large state, which are evolved one by one.
        width: Qubits that matter.
    """
    wasted = LANES / min(max(rows, 1), LANES)
    if rows <= SINGLE_ROWS and width >= SINGLE_QUBITS:
        wasted = _SINGLE_FACTOR
    # From 9 qubits on the components of all lanes leave the near cache.
    component_seconds = 1.7e-10 if width <= 8 else 2.8e-10
    return gates * wasted * (1e-7 + component_seconds * 4.0**width)


def state_seconds(shape: CircuitShape, rows: int, width: int) -> float:
    """Estimate the cost of one row as a statevector of Aer's, gates fused."""
    amplitudes = 2.0**width
    pairs = 4.9e-9 * (shape.moves + shape.others) + 2.8e-9 * shape.diagonals
    evolution = (1.1e-9 * shape.singles + pairs) * amplitudes
    return _called(shape.gates, rows) + evolution


def density_seconds(gates: float, width: int) -> float:
    """Estimate the cost of one row as a density matrix of Aer's."""
    return 2e-4 + gates * (2.5e-5 + 5e-9 * 4.0**width)


def trajectory_seconds(shots: int, gates: float, width: int, *, is_noisy: bool = True) -> float:
    """Estimate the cost of one row's shots, each of them a simulation of its own.

    Args:
        shots: Of the row.
        gates: Instructions; a measurement counts as two.
        width: Qubits that matter.
        is_noisy: Whether noise is drawn for every shot.
    """
    return shots * gates * ((3e-6 if is_noisy else 7e-7) + 2.8e-9 * 2.0**width)


def chain_seconds(chain: ChainShape, rows: int, terms: Sequence[str]) -> float:
    """Estimate the cost of one row's exact values, in compiled kernels on a chain of tensors.

    Args:
        chain: The circuit.
        rows: Parameter sets: eight are a vector, and vectors that fit the cache share calls.
        terms: What is read.
    """
    bonds, spans, vectors = chain.bonds, chain.spans(terms), -(-rows // LANES)
    together = TOGETHER_BYTES // (16 * LANES * tensor_sizes(bonds))
    calls = -(-vectors // max(1, min(MAX_VECTORS, together)))
    pushes = sum(last + 1 - first for first, last in spans)
    of_call = 5.5e-6 * (chain.steps + 2 * len(chain.sites)) + 2.5e-6 * (pushes + len(spans))
    of_vector = 1e-6 * chain.steps + 3e-9 * reading_work(bonds, spans)
    return (calls * of_call + vectors * of_vector) / rows


def tensor_seconds(chain: ChainShape, gates: float, rows: int, terms: Sequence[str]) -> float:
    """Estimate the cost of one row's state on a chain of tensors of Aer's, and of exact values."""
    bonds = [2.0 ** min(bits, _MAX_BITS) for bits in chain.needed_bits]
    splits = sum(1.4e-8 * bond**3 for bond in bonds)
    sites = [1.2e-6 + 1e-9 * left * right * (left + right) for left, right in pairwise(bonds)]
    spans = chain.spans(terms)
    reading = sum(2e-5 + sum(sites[first : last + 1]) for first, last in spans)
    return _called(gates, rows) + 1e-5 * gates + splits + reading


def tensor_shot_seconds(chain: ChainShape) -> float:
    """Estimate the cost of drawing one shot from a chain of tensors of Aer's."""
    bond = 2.0 ** min(max(chain.needed_bits), _MAX_BITS)
    return len(chain.sites) * (1.7e-6 + 5e-7 * bond + 4e-9 * bond**2)


def stabilizer_seconds(gates: float, rows: int, terms: int) -> float:
    """Estimate the cost of one row's stabilizer state, and of exact values of terms."""
    return _called(gates, rows) + 5e-6 * gates + 3e-5 * terms


def stabilizer_shot_seconds(gates: float, width: int, *, is_random: bool) -> float:
    """Estimate the cost of one shot of a stabilizer state, where it is random evolved anew."""
    return width * (2e-7 + 1e-8 * width) + (2e-6 * gates if is_random else 0.0)


def _called(gates: float, rows: int) -> float:
    return CALL_SECONDS / max(rows, 1) + _CIRCUIT_SECONDS + _INSTRUCTION_SECONDS * gates
