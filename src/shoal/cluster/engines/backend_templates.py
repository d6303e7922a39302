"""Circuits as a backend runs them: translated once a template, not once a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.providers import BackendV2
from qiskit.transpiler import PassManager, generate_preset_pass_manager
from qiskit.transpiler.passes import Optimize1qGatesDecomposition

from ...primitives.bases import BasisLabel, measured_qubits
from ...primitives.circuits import CircuitDigest
from ...primitives.errors import EngineError
from ...primitives.observables import FloatArray
from ...primitives.workload import Program

OPTIMIZATION_LEVEL = 2
"""Qiskit's own default."""

BASIS_REGISTER = "__meas"
"""The register of a basis' outcomes, behind all bits of the circuit itself."""

MAX_HELD = 256
"""Templates, and measured copies of them, that are remembered."""


@dataclass(frozen=True, slots=True, eq=False)
class BackendTemplate:
    """A program's circuit in a backend's instructions, parameters unbound."""

    circuit: QuantumCircuit
    qubits: tuple[int, ...]
    """The backend's qubit of each qubit of the program's circuit."""
    columns: tuple[tuple[int, Parameter], ...]
    """The parameters that are left after translation, with their columns in the program's rows."""

    def bound(self, circuit: QuantumCircuit, row: FloatArray) -> QuantumCircuit:
        """Bind one row [P] in this template's circuit, or in a measured copy of it."""
        values = {parameter: float(row[column]) for column, parameter in self.columns}
        return circuit.assign_parameters(values) if values else circuit


class BackendTemplates:
    """Makes templates for one backend, and remembers them."""

    def __init__(self, backend: BackendV2) -> None:
        self.backend = backend
        self._templates: dict[CircuitDigest, BackendTemplate] = {}
        self._measured: dict[tuple[CircuitDigest, BasisLabel], QuantumCircuit] = {}

    def of(self, program: Program) -> BackendTemplate:
        """Return a program's template: its circuit as it is, where the backend can run it so.

        Raises:
            EngineError: It cannot be translated; the message has the transpiler's own words.
        """
        found = self._templates.get(program.digest)
        if found is None:
            found = self._templates[program.digest] = self._translate(program)
            _drop_oldest(self._templates)
        return found

    def measured(self, program: Program, basis: BasisLabel | None) -> QuantumCircuit:
        """Return a program's circuit that measures a basis; ``None``: what it measures itself."""
        template = self.of(program)
        if basis is None:
            return template.circuit
        key = program.digest, basis
        found = self._measured.get(key)
        if found is None:
            found = self._measured[key] = self._measure(template, basis)
            _drop_oldest(self._measured)
        return found

    def _translate(self, program: Program) -> BackendTemplate:
        circuit = program.circuit
        if is_native(circuit, self.backend):
            translated, qubits = circuit, tuple(range(circuit.num_qubits))
        else:
            translated = self._transpiled(program)
            layout = translated.layout
            qubits = tuple(
                range(circuit.num_qubits) if layout is None else layout.final_index_layout()
            )
        left = set(translated.parameters)
        columns = enumerate(circuit.parameters)
        return BackendTemplate(
            translated, qubits, tuple((at, one) for at, one in columns if one in left)
        )

    def _transpiled(self, program: Program) -> QuantumCircuit:
        manager = generate_preset_pass_manager(
            OPTIMIZATION_LEVEL, self.backend, seed_transpiler=int(program.digest[:7], 16)
        )
        try:
            return manager.run(program.circuit)
        except Exception as error:
            name = self.backend.name
            raise EngineError(
                f"the circuit cannot be translated for the backend {name}: {error}"
            ) from error

    def _measure(self, template: BackendTemplate, basis: BasisLabel) -> QuantumCircuit:
        ending = _basis_measurement(template.circuit.num_qubits, basis, template.qubits)
        rotations = Optimize1qGatesDecomposition(target=self.backend.target)
        ending = PassManager([rotations]).run(ending)
        circuit = template.circuit.copy()
        circuit.add_register(*ending.cregs)
        circuit.compose(ending, clbits=list(ending.cregs[0]), inplace=True)
        return circuit


def _drop_oldest(held: dict[Any, Any]) -> None:
    while len(held) > MAX_HELD:
        held.pop(next(iter(held)), None)


def is_native(circuit: QuantumCircuit, backend: BackendV2) -> bool:
    """Return whether a circuit is to be run as it is.

    That is one with a layout, or as wide as the device, whose every instruction the backend has.
    A narrow one without a layout still waits for a place on the device.
    """
    target = backend.target
    is_placed = (
        backend.coupling_map is None
        or circuit.layout is not None
        or circuit.num_qubits == backend.num_qubits
    )
    return is_placed and all(
        instruction.name == "barrier"
        or target.instruction_supported(
            instruction.name, tuple(circuit.find_bit(qubit).index for qubit in instruction.qubits)
        )
        for instruction in circuit.data
    )


def _basis_measurement(width: int, basis: BasisLabel, places: Sequence[int]) -> QuantumCircuit:
    qubits = measured_qubits(basis)
    register = ClassicalRegister(len(qubits), BASIS_REGISTER)
    circuit = QuantumCircuit(width)
    circuit.add_register(register)
    for bit, qubit in enumerate(qubits):
        letter, place = basis[len(basis) - 1 - qubit], places[qubit]
        if letter == "Y":
            circuit.sdg(place)
        if letter != "Z":
            circuit.h(place)
        circuit.measure(place, register[bit])
    return circuit
