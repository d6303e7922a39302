"""Noise models: made again from what a request holds, and asked which instructions they touch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Delay, Instruction, Operation, Reset
from qiskit.circuit.library import PauliGate, UnitaryGate
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping
from qiskit_aer.noise import NoiseModel, PauliLindbladError, QuantumError, ReadoutError
from qiskit_aer.noise.passes import RelaxationNoisePass

from ...primitives.errors import UnsupportedError
from ...primitives.noise import NoiseModelLike, StoredNoise, noise_mapping

_CLIFFORD = frozenset({"cx", "cz", "h", "id", "pauli", "reset", "s", "sdg", "swap", "x", "y", "z"})
_PAULIS = frozenset({"id", "pauli", "x", "y", "z"})
"""Mixtures of these stay what they are when they are scaled."""
_STANDARD = get_standard_gate_name_mapping()
MAX_MIXED_QUBITS = 4
"""Of a Pauli-Lindblad error, whose mixture has up to four Paulis to this power."""


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """A noise model as Aer takes it, and the names that it is keyed by."""

    key: str
    """Digest of the model's content."""
    model: NoiseModel
    gate_names: frozenset[str]
    """Names and labels of gates that have a quantum error on some qubits; no measurement."""
    has_passes: bool
    """Whether delays are noisy by their duration."""
    is_clifford: bool
    """Whether all errors are mixtures of Clifford gates and resets."""

    def key_of(self, operation: Operation) -> str | None:
        """Return the name that an instruction's errors are keyed by; ``None`` if it has none.

        As Aer does: a label, where there is one, stands in the place of the name.
        """
        key: str = getattr(operation, "label", None) or operation.name
        return key if key in self.gate_names else None

    def error_of(self, operation: Operation, qubits: tuple[int, ...]) -> QuantumError | None:
        """Return the error that follows an instruction; ``None`` if it is ideal."""
        key = self.key_of(operation)
        if key is None:
            return None
        local = self.model._local_quantum_errors.get(key, {}).get(qubits)
        return local or self.model._default_quantum_errors.get(key)

    def touches(self, circuit: QuantumCircuit) -> bool:
        """Whether any instruction of a circuit has an error, those inside others included."""
        return any(
            self.key_of(one.operation)
            or (self.has_passes and isinstance(one.operation, Delay))
            or any(self.touches(inner) for inner in _inner_circuits(one.operation))
            for one in circuit.data
        )


def _inner_circuits(operation: Operation) -> tuple[QuantumCircuit, ...]:
    """Return an instruction's blocks or its definition; a standard gate has no inner parts."""
    blocks = getattr(operation, "blocks", None)
    if blocks is not None:
        return tuple(blocks)
    if isinstance(operation, type(_STANDARD.get(operation.name))):
        return ()
    definition = getattr(operation, "definition", None)
    return () if definition is None else (definition,)


def read_noise(asked: NoiseModelLike | StoredNoise | None, factor: float = 1.0) -> Noise | None:
    """Make a noise model of what the options hold.

    The model is always made again from its canonical mapping, so that a worker that got the
    mapping and a process that was given the model simulate the same numbers.

    Args:
        asked: The option's value.
        factor: How much more of it gates and delays suffer; errors of the readout stay.

    Returns:
        The noise; ``None`` where there is none.

    Raises:
        UnsupportedError: A part of the model cannot be written down and made again.
    """
    if asked is None:
        return None
    mapping = noise_mapping(asked)
    model = NoiseModel(basis_gates=mapping["basis_gates"])
    names: set[str] = set()
    for error in mapping["errors"]:
        if error["type"] == "roerror":
            _add_readout_error(model, error)
        else:
            _add_quantum_error(model, error, factor)
            names.update(error["operations"])
    for one in mapping["passes"]:
        model._custom_noise_passes.append(_relaxation_pass(one, factor))
    if model.is_ideal() and not mapping["passes"]:
        return None
    made_of = {
        one["name"]
        for error in mapping["errors"]
        for branch in error.get("instructions", ())
        for one in branch
    }
    return Noise(
        hashlib.sha256(json.dumps([mapping, factor], sort_keys=True).encode()).hexdigest(),
        model,
        frozenset(names - {"measure"}),
        has_passes=bool(mapping["passes"]),
        is_clifford=made_of <= (_CLIFFORD if factor == 1 else _PAULIS) and not mapping["passes"],
    )


def _add_readout_error(model: NoiseModel, error: Mapping[str, Any]) -> None:
    readout = ReadoutError(error["probabilities"])
    if "gate_qubits" not in error:
        model.add_all_qubit_readout_error(readout, warnings=False)
    for qubits in error.get("gate_qubits", ()):
        model.add_readout_error(readout, qubits, warnings=False)


def _add_quantum_error(model: NoiseModel, error: Mapping[str, Any], factor: float) -> None:
    quantum = _quantum_error(error)
    for operation in error["operations"]:
        taken = quantum
        if factor != 1 and operation != "measure":
            taken = _scaled(quantum, factor, operation)
        if "gate_qubits" not in error:
            model.add_all_qubit_quantum_error(taken, operation, warnings=False)
        for qubits in error.get("gate_qubits", ()):
            model.add_quantum_error(taken, operation, qubits, warnings=False)


def _quantum_error(error: Mapping[str, Any]) -> QuantumError:
    branches = error["instructions"]
    if error["type"] == "plerror":
        return _mixture(branches, error["rates"])
    width = 1 + max(max(one["qubits"]) for branch in branches for one in branch)
    circuits = [_noise_circuit(branch, width) for branch in branches]
    return QuantumError(zip(circuits, error["probabilities"], strict=True))


def _mixture(branches: Sequence[Any], rates: Sequence[float]) -> QuantumError:
    """Write a Pauli-Lindblad error as the mixture of Paulis that it is.

    Raises:
        UnsupportedError: It has a negative rate, or acts on too many qubits at once.
    """
    labels = [str(branch[0]["params"][0]) for branch in branches]
    if min(rates) < 0 or len(labels[0]) > MAX_MIXED_QUBITS:
        raise UnsupportedError(
            f"the noise model has a Pauli-Lindblad error on {len(labels[0])} qubits with rates "
            f"from {min(rates):g}: simulated are those that are not negative, on "
            f"{MAX_MIXED_QUBITS} qubits at the most"
        )
    return PauliLindbladError(labels, rates).to_quantum_error()


def _scaled(quantum: QuantumError, factor: float, operation: str) -> QuantumError:
    # scipy is imported where noise is scaled only.
    from .noise_scaling import scaled_error

    return scaled_error(quantum, factor, operation)


def _noise_circuit(instructions: Sequence[Mapping[str, Any]], width: int) -> QuantumCircuit:
    circuit = QuantumCircuit(width)
    for one in instructions:
        circuit.append(_noise_instruction(one), one["qubits"])
    return circuit


def _noise_instruction(one: Mapping[str, Any]) -> Instruction:
    name, params, label = one["name"], one.get("params", []), one.get("label")
    match name:
        case "reset":
            return Reset()
        case "kraus":
            return Instruction("kraus", len(one["qubits"]), 0, [_matrix(rows) for rows in params])
        case "unitary":
            return UnitaryGate(_matrix(params[0]), label=label)
        case "pauli":
            return PauliGate(params[0])
    standard = _STANDARD.get(name)
    if standard is None or len(standard.params) != len(params):
        raise UnsupportedError(
            f"the noise model has an error made of {name!r}, which is not a gate of the standard "
            "library: give the error as a unitary or a Kraus channel"
        )
    return type(standard)(*params)


def _matrix(rows: Sequence[Any]) -> NDArray[np.complex128]:
    parts = np.asarray(rows, dtype=float)
    return np.asarray(parts[..., 0] + 1j * parts[..., 1])


def _relaxation_pass(one: Mapping[str, Any], factor: float) -> RelaxationNoisePass:
    if one["pass"] != RelaxationNoisePass.__name__ or "t1s" not in one:
        raise UnsupportedError(
            f"the noise model has a pass {one['pass']}, which cannot be shipped to workers: "
            "known is RelaxationNoisePass on delays; write other noise as errors on instructions"
        )
    return RelaxationNoisePass(
        (np.asarray(one["t1s"], dtype=float) / factor).tolist(),
        (np.asarray(one["t2s"], dtype=float) / factor).tolist(),
        dt=one.get("dt"),
        op_types=Delay,
        excited_state_populations=one.get("p1s"),
    )
