"""Where a circuit measures: at its end only, or also on the way."""

from __future__ import annotations

from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp, Operation

from ...primitives.errors import UnsupportedError
from .flattening import flattened

CHANNELS = frozenset({"kraus", "quantum_channel", "superop"})
"""Instructions that are noise themselves."""

RESETS = frozenset({"initialize", "reset"})
"""Instructions that forget a state."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredCircuit:
    """A circuit and what must be known of it to run it."""

    circuit: QuantumCircuit
    """Flattened."""
    body: QuantumCircuit | None
    """The circuit without its measurements; ``None`` where one may influence what follows."""
    qubit_of_clbit: dict[int, int]
    """The qubit that each classical bit holds in the end, where there is a body."""
    touched: tuple[int, ...]
    """Qubits that anything but a measurement acts on, rising."""
    has_resets: bool
    """Whether a qubit is reset after something was, or may have been, done to it."""
    has_channels: bool
    """Whether noise is written into the circuit."""
    has_variables: bool
    """Whether it computes with classical variables, or stores what is not measured."""
    num_gates: int
    """Instructions that simulating the circuit costs something for."""

    @property
    def measures_twice(self) -> bool:
        """Whether a qubit is held by two bits, each of which may be misread on its own."""
        return len(set(self.qubit_of_clbit.values())) < len(self.qubit_of_clbit)

    @property
    def measured(self) -> tuple[int, ...]:
        """The qubits that are held in the end, rising."""
        return tuple(sorted(set(self.qubit_of_clbit.values())))


def measured_circuit(circuit: QuantumCircuit) -> MeasuredCircuit:
    """Flatten a circuit and cut its measurements off.

    Raises:
        UnsupportedError: Its parameters are not those of its parts.
    """
    flat = flattened(circuit)
    if list(flat.parameters) != list(circuit.parameters):
        raise UnsupportedError(
            "a composite instruction of the circuit has parameters that its definition has not: "
            "define it again, or bind them"
        )
    reader = _Reader(flat)
    for position in range(len(flat.data)):
        reader.read(position)
    return MeasuredCircuit(
        flat,
        reader.body if reader.is_terminal else None,
        reader.held,
        tuple(sorted(reader.touched)),
        reader.has_resets,
        reader.has_channels,
        _has_variables(flat),
        reader.num_gates,
    )


def _has_variables(circuit: QuantumCircuit) -> bool:
    return circuit.num_vars > 0 or any(
        one.name == "store" or any(map(_has_variables, _blocks(one.operation)))
        for one in circuit.data
    )


def _resets_in_a_block(operation: Operation) -> bool:
    return any(
        one.name in RESETS or _resets_in_a_block(one.operation)
        for block in _blocks(operation)
        for one in block.data
    )


def _blocks(operation: Operation) -> tuple[QuantumCircuit, ...]:
    return operation.blocks if isinstance(operation, ControlFlowOp) else ()


class _Reader:
    """Walks a flat circuit once."""

    def __init__(self, circuit: QuantumCircuit) -> None:
        self._circuit = circuit
        self._qubits = {qubit: position for position, qubit in enumerate(circuit.qubits)}
        self._clbits = {clbit: position for position, clbit in enumerate(circuit.clbits)}
        self._measured: set[int] = set()
        self.body = circuit.copy_empty_like()
        self.held: dict[int, int] = {}
        self.touched: set[int] = set()
        self.is_terminal = not _has_variables(circuit)
        self.has_resets = False
        self.has_channels = False
        self.num_gates = 0

    def read(self, position: int) -> None:
        one = self._circuit.data[position]
        qubits = {self._qubits[qubit] for qubit in one.qubits}
        if one.name == "barrier":
            return
        if one.name == "measure":
            (qubit,) = qubits
            self._measured.add(qubit)
            self.held[self._clbits[one.clbits[0]]] = qubit
            return
        if one.name in RESETS:
            self.has_resets |= bool(qubits & (self.touched | self._measured))
        # A block may run more than once, and after anything.
        self.has_resets |= _resets_in_a_block(one.operation)
        self.has_channels |= one.name in CHANNELS
        self.num_gates += 1
        self.touched |= qubits
        if qubits & self._measured or one.clbits or isinstance(one.operation, ControlFlowOp):
            self.is_terminal = False
        self.body.append(one)
