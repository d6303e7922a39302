"""Pauli components of noisy circuits at rows of parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ....primitives.method_costs import SINGLE_QUBITS, SINGLE_ROWS
from ....primitives.observables import FloatArray
from ....primitives.workload import IntArray
from ..batched.opcodes import LANE_BYTES
from ..batched.threads import Share, spread
from .tape import Tape

_SCRATCH = 36
"""Vectors beyond the state: a matrix and sixteen components, and these as single numbers."""


def components(tape: Tape, angles: FloatArray, wanted: IntArray, threads: int) -> FloatArray:
    """Return the expectation values of some Pauli products.

    Args:
        tape: The operations of a circuit with its noise.
        angles: Of all turns [R, K].
        wanted: Products [W] as numbers of base 4 (I, X, Y, Z), qubit 0 the lowest digit.
        threads: How many threads run at most.

    Returns:
        Values [R, W]; a row's depend on its own angles alone.
    """
    outputs = np.empty((angles.shape[0], wanted.size))
    lanes = LANE_BYTES // outputs.itemsize
    rest = angles.shape[0] % lanes
    if tape.num_qubits < SINGLE_QUBITS or rest > SINGLE_ROWS:
        rest = 0
    together = angles.shape[0] - rest
    if together:
        _run_together(tape, angles[:together], wanted, outputs[:together], threads)
    if rest:
        _run_singly(tape, angles[together:], wanted, outputs[together:], threads)
    return outputs


def _run_together(
    tape: Tape, angles: FloatArray, wanted: IntArray, outputs: FloatArray, threads: int
) -> None:
    """Evolve rows in batches of as many as there are lanes."""
    # Importing numba takes a quarter of a second: only who evaluates pays for it.
    from .kernels import run_rows

    lanes = LANE_BYTES // outputs.itemsize

    def worker() -> Callable[[Share], None]:
        work = _aligned(((1 << 2 * tape.num_qubits) + _SCRATCH) * lanes)
        return lambda share: run_rows(*tape.arrays, angles, share, work, wanted, outputs)

    spread(worker, -(-angles.shape[0] // lanes), threads)


def _run_singly(
    tape: Tape, angles: FloatArray, wanted: IntArray, outputs: FloatArray, threads: int
) -> None:
    """Evolve rows one by one."""
    from .kernels import run_single_rows

    lanes = LANE_BYTES // outputs.itemsize

    def worker() -> Callable[[Share], None]:
        work = _aligned((1 << 2 * tape.num_qubits) + _SCRATCH * lanes)
        single = work.reshape(-1, 1)
        return lambda share: run_single_rows(
            *tape.arrays, angles, share, work, single, wanted, outputs
        )

    spread(worker, angles.shape[0], threads)


def _aligned(size: int) -> FloatArray:
    """Return an array that starts at a cache line."""
    padded = np.empty(size + LANE_BYTES // 8)
    offset = -padded.ctypes.data % LANE_BYTES // 8
    return padded[offset : offset + size]
