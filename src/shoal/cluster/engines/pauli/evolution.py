"""Pauli components of noisy circuits at rows of parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ....primitives.observables import FloatArray
from ....primitives.workload import IntArray
from ..batched.opcodes import LANE_BYTES
from ..batched.threads import Share, spread
from .circuit import PauliCircuit
from .tape import Tape

_SCRATCH = 32
"""Vectors beyond the state: a matrix and sixteen components."""


def components(
    circuit: PauliCircuit, tape: Tape, rows: FloatArray, wanted: IntArray, threads: int
) -> FloatArray:
    """Return the expectation values of some Pauli products.

    Args:
        circuit: A circuit with its noise.
        tape: Its operations.
        rows: Parameters [R, P].
        wanted: Products [W] as numbers of base 4 (I, X, Y, Z), qubit 0 the lowest digit.
        threads: How many threads run at most.

    Returns:
        Values [R, W]; a row's depend on its own parameters alone.
    """
    # Importing numba takes a quarter of a second: only who evaluates pays for it.
    from .kernels import run_rows

    angles = circuit.angles(rows)
    outputs = np.empty((rows.shape[0], wanted.size))
    lanes = LANE_BYTES // outputs.itemsize

    def worker() -> Callable[[Share], None]:
        work = _aligned(((1 << 2 * circuit.num_qubits) + _SCRATCH) * lanes)
        return lambda share: run_rows(
            tape.num_qubits,
            tape.operations,
            tape.factors,
            tape.maps,
            tape.sources,
            tape.weights,
            tape.matrices,
            angles,
            share,
            work,
            wanted,
            outputs,
        )

    spread(worker, -(-rows.shape[0] // lanes), threads)
    return outputs


def _aligned(size: int) -> FloatArray:
    """Return an array that starts at a cache line."""
    padded = np.empty(size + LANE_BYTES // 8)
    offset = -padded.ctypes.data % LANE_BYTES // 8
    return padded[offset : offset + size]
