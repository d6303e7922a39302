"""Exact distributions of what measurements give."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from .circuit import CompiledCircuit
from .evaluation import FloatArray, Precision, evaluate
from .lowering.observing import view_bases
from .lowering.tape import Tape
from .plan import make_tape


def probabilities(
    circuit: CompiledCircuit,
    rows: FloatArray,
    bases: Sequence[str],
    *,
    threads: int = 1,
    precision: Precision = "double",
) -> tuple[FloatArray, ...]:
    """Return the distribution of the outcomes of each basis, all from one evolution.

    Args:
        circuit: What prepares the state.
        rows: Parameters [R, P], in the order of the circuit's own.
        bases: Labels over ``IXYZ``, the highest qubit first; qubits with ``I`` are not measured.
        threads: How many threads run at most.
        precision: Of the amplitudes.

    Returns:
        For each basis the probabilities [R, 2**m] of its m measured qubits; the lowest qubit is
        the lowest bit of an outcome.
    """
    tape = bases_tape(circuit, tuple(bases))
    found = np.asarray(evaluate(tape, rows, threads, precision), dtype=np.float64)
    ends = np.cumsum([1 << len(basis) - basis.count("I") for basis in bases])
    return tuple(np.split(found, ends[:-1], axis=1))


@lru_cache(maxsize=64)
def bases_tape(circuit: CompiledCircuit, bases: tuple[str, ...]) -> Tape:
    """Write the tape that reads some distributions; the latest ones are kept."""
    num_outputs = sum(1 << len(basis) - basis.count("I") for basis in bases)
    return make_tape(circuit, view_bases(bases, circuit.frame), num_outputs)
