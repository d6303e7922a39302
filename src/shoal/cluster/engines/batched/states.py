"""Prepared states."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .circuit import CompiledCircuit
from .evaluation import FloatArray, Precision, evaluate
from .lowering.columns import extend_rows
from .lowering.observing import view_amplitudes
from .plan import make_tape


def states(
    circuit: CompiledCircuit,
    rows: FloatArray,
    *,
    threads: int = 1,
    precision: Precision = "double",
) -> NDArray[np.complexfloating]:
    """Return the state at each row of parameters [R, 2**qubits], global phase included."""
    views = view_amplitudes(circuit.num_qubits, circuit.frame)
    tape = make_tape(circuit, views, 2 << circuit.num_qubits)
    parts = evaluate(tape, rows, threads, precision)
    amplitudes = parts.view(np.result_type(parts.dtype, np.complex64))
    phase = circuit.global_phase
    angles = np.full((rows.shape[0], 1), phase.constant)
    columns = extend_rows(rows, tape.formulas)
    for column, coefficient in phase.terms:
        angles += coefficient * columns[:, [column]]
    amplitudes *= np.exp(1j * angles)
    return amplitudes
