"""Shots as Aer itself draws them: for circuits that have no one state in the end."""

from __future__ import annotations

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit import Measure

from ...primitives.bases import BasisLabel, measured_qubits
from ...primitives.noise import IDEAL_LABEL
from ...primitives.observables import FloatArray
from ...primitives.outcomes import MEASURED_REGISTER
from .aer_session import AerSession
from .sampling import Draw, pack_hex, shift_packed
from .seeds import engine_seed
from .templates import Template
from .unroller import NamedGate

SHOTS_PER_CALL = 2048
"""Aer seeds shot s of a call's r-th circuit with seed + 2113 r + s: more would be drawn twice."""


def measure_basis(circuit: QuantumCircuit, basis: BasisLabel) -> None:
    """Append the measurement of a basis, into a register of its own behind all other bits.

    The turn into the basis is ideal, as it is where shots are drawn from an exact state.
    """
    qubits = measured_qubits(basis)
    register = ClassicalRegister(len(qubits), f"{MEASURED_REGISTER}_of_basis")
    circuit.add_register(register)
    for bit, qubit in enumerate(qubits):
        letter = basis[len(basis) - 1 - qubit]
        for name in {"X": ("h",), "Y": ("sdg", "h")}.get(letter, ()):
            circuit.append(NamedGate(name, 1, [], label=IDEAL_LABEL), [qubit])
        circuit.append(Measure(), [qubit], [register[bit]])


def draw_by_aer(
    session: AerSession,
    template: Template,
    rows: FloatArray,
    num_bits: int,
    shots: int,
    generator: np.random.Generator,
    *,
    width: int,
    shares_seeds: bool,
) -> Draw:
    """Let Aer draw shots.

    Args:
        session: Where.
        template: A circuit that measures.
        rows: Parameters [R, P].
        num_bits: How many of the last classical bits are wanted.
        shots: Of each row.
        generator: Where Aer's seeds come from.
        width: Qubits that are really simulated.
        shares_seeds: Whether Aer runs shot by shot, each with a seed of its own.

    Returns:
        Outcomes over the wanted bits; its rows count from 0.
    """
    shift = template.circuit.num_clbits - num_bits
    entry_rows: list[int] = []
    counts: list[int] = []
    keys: list[str] = []
    step = SHOTS_PER_CALL if shares_seeds else shots
    for start in range(0, shots, step):
        seed = engine_seed(generator)
        found = session.run(template, rows, width, min(step, shots - start), seed)
        for row, saved in enumerate(found):
            counted = saved["counts"]
            keys += counted
            counts += counted.values()
            entry_rows += [row] * len(counted)
    packed = shift_packed(pack_hex(keys, template.circuit.num_clbits), shift, num_bits)
    order = np.lexsort((*packed.T[::-1], np.array(entry_rows)))
    return Draw(
        np.array(entry_rows, dtype=np.int64)[order],
        packed[order],
        np.array(counts, dtype=np.int64)[order],
    )
