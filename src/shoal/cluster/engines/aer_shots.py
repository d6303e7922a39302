"""Shots as Aer itself draws them: for circuits that have no one state in the end."""

from __future__ import annotations

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit import ControlFlowOp, Measure

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


def keep_control_flow(circuit: QuantumCircuit) -> None:
    """Measure all that control flow acts on at the very end, into bits that nobody reads.

    Aer leaves out what comes after the last measurement of its qubits in the order of writing, and
    does not see that a loop comes back to it, or that a branch was to jump there.
    """
    acting = [one.qubits for one in circuit.data if isinstance(one.operation, ControlFlowOp)]
    qubits = list(dict.fromkeys(qubit for one in acting for qubit in one))
    if qubits:
        register = ClassicalRegister(len(qubits), f"{MEASURED_REGISTER}_of_control_flow")
        circuit.add_register(register)
        circuit.measure(qubits, register)


def draw_by_aer(
    session: AerSession,
    template: Template,
    rows: FloatArray,
    bits: range,
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
        bits: The classical bits that are wanted.
        shots: Of each row.
        generator: Where Aer's seeds come from.
        width: Qubits that are really simulated.
        shares_seeds: Whether Aer runs shot by shot, each with a seed of its own.

    Returns:
        Outcomes over the wanted bits; its rows count from 0.
    """
    entry_rows: list[int] = []
    counts: list[int] = []
    keys: list[str] = []
    step = SHOTS_PER_CALL if shares_seeds else shots
    for start in range(0, shots, step):
        seed, wanted = engine_seed(generator), min(step, shots - start)
        found = session.run(template, rows, width, wanted, seed)
        for row, saved in enumerate(found):
            # Aer counts nothing where nothing is measured: all bits are 0.
            counted = saved.get("counts", {"0x0": wanted})
            keys += counted
            counts += counted.values()
            entry_rows += [row] * len(counted)
    packed = pack_hex(keys, template.circuit.num_clbits)
    if len(bits) < template.circuit.num_clbits:
        packed = shift_packed(packed, bits.start, len(bits))
    order = np.lexsort((*packed.T[::-1], np.array(entry_rows)))
    return Draw(
        np.array(entry_rows, dtype=np.int64)[order],
        packed[order],
        np.array(counts, dtype=np.int64)[order],
    )
