"""Where a circuit measures: at its end, each qubit into bits, or also on the way."""

from __future__ import annotations

from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp

_HARMLESS = frozenset({"barrier", "measure"})


@dataclass(frozen=True, slots=True, eq=False)
class TerminalMeasurements:
    """A circuit that measures at its end only, cut in two."""

    body: QuantumCircuit
    """The circuit without its measurements."""
    qubit_of_clbit: dict[int, int]
    """The qubit that each written classical bit holds in the end."""

    @property
    def qubits(self) -> tuple[int, ...]:
        """The measured qubits, rising."""
        return tuple(sorted(set(self.qubit_of_clbit.values())))


def terminal_measurements(circuit: QuantumCircuit) -> TerminalMeasurements | None:
    """Cut the measurements off a circuit.

    Args:
        circuit: Any circuit.

    Returns:
        Its two parts; ``None`` where an outcome could influence what follows.
    """
    if circuit.num_vars or any(isinstance(one.operation, ControlFlowOp) for one in circuit.data):
        return None
    body = circuit.copy_empty_like()
    clbits = {clbit: position for position, clbit in enumerate(circuit.clbits)}
    qubits = {qubit: position for position, qubit in enumerate(circuit.qubits)}
    held: dict[int, int] = {}
    measured: set[int] = set()
    for instruction in circuit.data:
        touched = {qubits[qubit] for qubit in instruction.qubits}
        if instruction.name == "measure":
            (qubit,) = touched
            measured.add(qubit)
            held[clbits[instruction.clbits[0]]] = qubit
            continue
        if instruction.name not in _HARMLESS and (touched & measured or instruction.clbits):
            return None
        body.append(instruction)
    return TerminalMeasurements(body, held)
