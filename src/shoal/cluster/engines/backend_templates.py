"""Circuits in a backend's instructions: translated once a template, not once a row."""

from __future__ import annotations

from dataclasses import dataclass

from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.providers import BackendV2
from qiskit.transpiler import PassManager, generate_preset_pass_manager
from qiskit.transpiler.passes import Optimize1qGatesDecomposition

from ...primitives.bases import BasisLabel, measured_qubits
from ...primitives.errors import EngineError
from ...primitives.mitigation.dd import decouple
from ...primitives.observables import FloatArray
from ...primitives.option_groups import DynamicalDecouplingOptions
from ...primitives.recent import Recent
from ...primitives.workload import Program
from .backend_placement import is_native

TRANSLATION_LEVEL = 1
"""Of optimization, where a circuit keeps its qubits: single-qubit gates are merged, no more."""

BASIS_REGISTER = "__meas"
"""The register of a basis' outcomes, behind all bits of the circuit itself."""

MAX_HELD = 256
"""Templates, and measured copies of them, that are remembered."""


@dataclass(frozen=True, slots=True, eq=False)
class BackendTemplate:
    """A program's circuit in a backend's instructions, parameters unbound."""

    circuit: QuantumCircuit
    columns: tuple[tuple[int, Parameter], ...]
    """The parameters that are left after translation, with their columns in the program's rows."""

    def bound(self, circuit: QuantumCircuit, row: FloatArray) -> QuantumCircuit:
        """Bind one row [P] in this template's circuit, or in a measured copy of it."""
        values = {parameter: float(row[column]) for column, parameter in self.columns}
        return circuit.assign_parameters(values) if values else circuit


class BackendTemplates:
    """Makes templates for one backend, and remembers them."""

    def __init__(
        self, backend: BackendV2, decoupling: DynamicalDecouplingOptions | None = None
    ) -> None:
        """Remember nothing yet.

        Args:
            backend: The backend.
            decoupling: How idle times of qubits are filled with pulses; ``None``: not at all.
        """
        self.backend = backend
        self._decoupling = decoupling
        self._templates = Recent[BackendTemplate](MAX_HELD)
        self._measured = Recent[QuantumCircuit](MAX_HELD)

    def of(self, program: Program) -> BackendTemplate:
        """Return a program's template, on the very qubits that its circuit names.

        Raises:
            EngineError: It cannot be translated; the message has the transpiler's own words.
        """
        return self._templates.get(program.digest, lambda: self._translate(program))

    def measured(self, program: Program, basis: BasisLabel | None) -> QuantumCircuit:
        """Return a program's circuit that measures a basis; ``None``: what it measures itself."""
        circuit = self.of(program).circuit
        if basis is None and self._decoupling is None:
            return circuit
        return self._measured.get((program.digest, basis), lambda: self._measure(circuit, basis))

    def _translate(self, program: Program) -> BackendTemplate:
        circuit = translated = program.circuit
        if not is_native(circuit, self.backend):
            manager = generate_preset_pass_manager(TRANSLATION_LEVEL, self.backend)
            manager.layout = manager.routing = None
            try:
                translated = manager.run(circuit)
            except Exception as error:
                raise EngineError(
                    f"the circuit cannot be translated for the backend {self.backend.name}: {error}"
                ) from error
        left = set(translated.parameters)
        columns = enumerate(circuit.parameters)
        return BackendTemplate(translated, tuple((at, one) for at, one in columns if one in left))

    def _measure(self, circuit: QuantumCircuit, basis: BasisLabel | None) -> QuantumCircuit:
        measured = circuit if basis is None else self._appended(circuit, basis)
        asked = self._decoupling
        if asked is None:
            return measured
        return decouple(
            measured,
            self.backend.target.durations(),
            sequence=asked.sequence_type,
            scheduling=asked.scheduling_method,
            slack=asked.extra_slack_distribution,
            skip_reset_qubits=asked.skip_reset_qubits,
            target=self.backend.target,
        )

    def _appended(self, circuit: QuantumCircuit, basis: BasisLabel) -> QuantumCircuit:
        rotations = Optimize1qGatesDecomposition(target=self.backend.target)
        ending = PassManager([rotations]).run(_basis_measurement(circuit.num_qubits, basis))
        measured = circuit.copy()
        measured.add_register(*ending.cregs)
        measured.compose(ending, clbits=list(ending.cregs[0]), inplace=True)
        return measured


def _basis_measurement(width: int, basis: BasisLabel) -> QuantumCircuit:
    qubits = measured_qubits(basis)
    register = ClassicalRegister(len(qubits), BASIS_REGISTER)
    circuit = QuantumCircuit(width)
    circuit.add_register(register)
    for bit, qubit in enumerate(qubits):
        letter = basis[len(basis) - 1 - qubit]
        if letter == "Y":
            circuit.sdg(qubit)
        if letter != "Z":
            circuit.h(qubit)
        circuit.measure(qubit, register[bit])
    return circuit
