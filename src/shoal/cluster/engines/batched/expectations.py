"""Exact expectation values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from .circuit import CompiledCircuit
from .evaluation import FloatArray, Precision, evaluate
from .lowering.observing import view_terms
from .lowering.tape import Tape
from .plan import make_tape


def expectations(
    circuit: CompiledCircuit,
    rows: FloatArray,
    terms: Sequence[str],
    *,
    threads: int = 1,
    precision: Precision = "double",
) -> FloatArray:
    """Return the expectation value of each term at each row of parameters.

    Args:
        circuit: What prepares the state.
        rows: Parameters [R, P], in the order of the circuit's own.
        terms: Products of Paulis and projectors: labels over ``IXYZ01+-rl``, the highest qubit
            first.
        threads: How many threads run at most.
        precision: Of the amplitudes.

    Returns:
        Values [R, T].
    """
    tape = terms_tape(circuit, tuple(terms))
    return np.asarray(evaluate(tape, rows, threads, precision), dtype=np.float64)


@lru_cache(maxsize=64)
def terms_tape(circuit: CompiledCircuit, terms: tuple[str, ...]) -> Tape:
    """Write the tape that reads some terms; the latest ones are kept."""
    return make_tape(circuit, view_terms(terms, circuit.frame), len(terms))
