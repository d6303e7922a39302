"""One program on Aer: its template, its exact states, and Aer's own sampling."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit_aer import AerSimulator
from qiskit_aer.library import SaveDensityMatrix, SaveStatevector

from ...primitives.bases import BasisLabel, measured_qubits
from ...primitives.errors import EngineError
from ...primitives.observables import FloatArray
from ...primitives.outcomes import MEASURED_REGISTER
from ...primitives.workload import Program
from .aer_templates import Template, template_of
from .choice import Choice
from .measurements import terminal_measurements
from .sampling import Draw, pack_hex
from .seeds import engine_seed
from .states import ExactStates, MixedStates, PureStates

STATE_BYTES = 1 << 26
"""Exact states that are held at once."""

MAX_PURE_QUBITS, MAX_MIXED_QUBITS = 24, 12
"""Widest states that are read out whole."""

SHOTS_PER_CALL = 2048
"""Aer seeds shot s of a call's r-th circuit with seed + 2113 r + s: more would be drawn twice."""


class AerProgram:
    """Runs one program's rows on a simulator."""

    def __init__(self, program: Program, choice: Choice, simulator: AerSimulator) -> None:
        self.choice = choice
        self.circuit = program.circuit
        self._program = program
        self._simulator = simulator
        self._native = simulator.configuration().basis_gates
        self._is_mixed = choice.method == "density_matrix"
        self.measurements = terminal_measurements(program.circuit)

    @cached_property
    def has_exact_states(self) -> bool:
        """Whether every row ends in one state that fits into memory, whatever is measured then."""
        if self.measurements is None:
            return False
        if self._is_mixed:
            return bool(self.circuit.num_qubits <= MAX_MIXED_QUBITS)
        return bool(
            self.choice.method == "statevector"
            and self.circuit.num_qubits <= MAX_PURE_QUBITS
            and getattr(self._simulator.options, "noise_model", None) is None
            and not {"reset", "initialize", "kraus"} & set(self.circuit.count_ops())
        )

    def exact_states(self, rows: FloatArray) -> Iterator[tuple[int, int, ExactStates]]:
        """Prepare the states of rows [R, P], some at a time.

        Yields:
            The first row of each part, how many there are, and their states.
        """
        dimension = 1 << (self.circuit.num_qubits * (2 if self._is_mixed else 1))
        step = max(1, STATE_BYTES // (16 * dimension))
        for start in range(0, rows.shape[0], step):
            part = self._results(self._state_template, rows[start : start + step], shots=1)
            states = np.stack([np.asarray(one["state"]) for one in part])
            yield start, len(part), MixedStates(states) if self._is_mixed else PureStates(states)

    def sample(
        self, basis: BasisLabel | None, rows: FloatArray, shots: int, generator: np.random.Generator
    ) -> Draw:
        """Let Aer draw shots.

        Args:
            basis: What to measure; ``None``: what the circuit itself measures.
            rows: Parameter values [R, P].
            shots: Shots of each row.
            generator: Where Aer's seeds come from.

        Returns:
            Outcomes over the measured bits; its rows count from 0.
        """
        template = self._measured_template(basis)
        width = len(measured_qubits(basis)) if basis else self.circuit.num_clbits
        first = template.circuit.num_clbits - width
        entry_rows: list[int] = []
        counts: list[int] = []
        keys: list[str] = []
        for start in range(0, shots, SHOTS_PER_CALL):
            part = min(SHOTS_PER_CALL, shots - start)
            seed = engine_seed(generator)
            for row, data in enumerate(self._results(template, rows, part, seed)):
                for key, count in sorted(data["counts"].items()):
                    entry_rows.append(row)
                    keys.append(f"{int(key, 16) >> first:#x}" if first else key)
                    counts.append(count)
        order = np.argsort(entry_rows, kind="stable")
        return Draw(
            np.array(entry_rows, dtype=np.int64)[order],
            pack_hex(keys, width)[order],
            np.array(counts, dtype=np.int64)[order],
        )

    @cached_property
    def _state_template(self) -> Template:
        assert self.measurements is not None
        template = self._template(self.measurements.body)
        save = SaveDensityMatrix if self._is_mixed else SaveStatevector
        template.circuit.append(
            save(self.circuit.num_qubits, label="state"), template.circuit.qubits
        )
        return template

    def _measured_template(self, basis: BasisLabel | None) -> Template:
        template = self._template(self.circuit)
        if basis is not None:
            measure_basis(template.circuit, basis)
        return template

    def _template(self, circuit: QuantumCircuit) -> Template:
        return template_of(circuit, self._native)

    def _results(
        self, template: Template, rows: FloatArray, shots: int, seed: int = 0
    ) -> list[dict[str, Any]]:
        binds = template.binds(rows)
        circuits = [template.circuit] if binds else [template.circuit] * rows.shape[0]
        result = self._simulator.run(
            circuits, parameter_binds=binds, shots=shots, seed_simulator=seed
        ).result()
        if not result.success:
            raise EngineError(f"Aer: {result.status}")
        return [one.data.to_dict() for one in result.results]


def measure_basis(circuit: QuantumCircuit, basis: BasisLabel) -> None:
    """Append the measurement of a basis, into a register of its own behind all other bits."""
    qubits = measured_qubits(basis)
    register = ClassicalRegister(len(qubits), MEASURED_REGISTER + "_of_basis")
    circuit.add_register(register)
    for bit, qubit in enumerate(qubits):
        letter = basis[len(basis) - 1 - qubit]
        if letter == "Y":
            circuit.sdg(qubit)
        if letter != "Z":
            circuit.h(qubit)
        circuit.measure(qubit, register[bit])
