"""Compiles every kernel ahead of time."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np
from qiskit import QuantumCircuit

from .circuit import compile_circuit
from .evaluation import Precision
from .expectations import expectations
from .sampling import SHOTS_PER_OUTCOME, DrawKey, sample_counts, sample_shots


def warm(precisions: Sequence[Precision] = ("double",)) -> float:
    """Compile every kernel, or load what an earlier process has left in the cache folder.

    The folder is ``__pycache__`` beside the kernels, or ``NUMBA_CACHE_DIR`` where that is set; it
    can be shared by machines with different processors.

    Args:
        precisions: What the states will be computed in.

    Returns:
        The seconds that it took: some tens where all is compiled, less than one where it is loaded.
    """
    start = perf_counter()
    circuit = compile_circuit(QuantumCircuit(1))
    for precision in precisions:
        expectations(circuit, np.zeros((1, 0)), ["Z"], precision=precision)
    distribution, rows = np.array([[0.5, 0.5]]), np.zeros(1, dtype=np.uint64)
    for shots in (1, 2 * SHOTS_PER_OUTCOME):
        sample_counts(distribution, shots, DrawKey(0, 0), rows)
    sample_shots(distribution, 1, DrawKey(0, 0), rows)
    return perf_counter() - start
