"""Noise channels to a real power: what a circuit suffers at a noise factor, exactly."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit.library import PauliGate
from qiskit.quantum_info import Choi, Kraus, SuperOp
from qiskit_aer.noise import QuantumError
from scipy.linalg import fractional_matrix_power

from ...primitives.errors import UnsupportedError

_TOLERANCE = 1e-9
_PAULI_NAMES = frozenset({"id", "x", "y", "z", "pauli"})
MAX_QUBITS = 3
"""Of a channel that is no mixture of Paulis; Paulis may act on twice as many."""

FloatArray = NDArray[np.float64]


def scaled_error(error: QuantumError, factor: float, operation: str) -> QuantumError:
    """Return the channel ``error**factor``: the same generator for a longer time.

    A mixture of Paulis stays one, with each Pauli's fidelity to that power; depolarizing noise
    stays depolarizing. Relaxation is as of a longer gate.

    Args:
        error: The channel at noise factor 1.
        factor: At least 1.
        operation: What the error is keyed by, for the message.

    Raises:
        UnsupportedError: The power is no channel, as for one that has no generator of its own; at
            whole factors it always is.
    """
    if factor == 1:
        return error
    paulis = _pauli_probabilities(error)
    if paulis is not None:
        return _mixture(_scaled_mixture(paulis, error.num_qubits, factor, operation), error)
    if error.num_qubits > MAX_QUBITS:
        raise UnsupportedError(
            f"the error on {operation!r} acts on {error.num_qubits} qubits and is no mixture of "
            f"Paulis: noise of up to {MAX_QUBITS} qubits can be scaled; choose another amplifier"
        )
    channel = SuperOp(error).data
    if float(factor).is_integer():
        power = np.linalg.matrix_power(channel, int(factor))
    else:
        with np.errstate(all="ignore"):
            power = np.asarray(fractional_matrix_power(channel, factor), dtype=np.complex128)
    if not np.isfinite(power).all() or not _is_channel(SuperOp(power)):
        raise _refusal(operation, factor)
    return QuantumError(Kraus(SuperOp(power)))


def _pauli_probabilities(error: QuantumError) -> FloatArray | None:
    """Return the probability of each Pauli [4] * n, the first axis the first qubit; None of others.

    Along an axis: I, X, Z, Y, so that products of Paulis are XORs of positions.
    """
    if error.num_qubits > 2 * MAX_QUBITS:
        return None
    found = np.zeros((4,) * error.num_qubits)
    for circuit, probability in zip(error.circuits, error.probabilities, strict=True):
        place = [0] * error.num_qubits
        for item in circuit.data:
            if item.name not in _PAULI_NAMES:
                return None
            label = item.operation.params[0] if item.name == "pauli" else item.name[0].upper()
            for qubit, letter in zip(item.qubits, reversed(label), strict=True):
                place[circuit.find_bit(qubit).index] ^= "IXZY".index(letter)
        found[tuple(place)] += probability
    return found


def _scaled_mixture(
    probabilities: FloatArray, qubits: int, factor: float, operation: str
) -> FloatArray:
    """Take the fidelities of all Paulis to a power."""
    # Rows and columns I, X, Z, Y: -1 where two Paulis anticommute.
    signs = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])
    fidelities = _along_axes(signs, probabilities)
    if (fidelities < 0).any() and not float(factor).is_integer():
        raise _refusal(operation, factor)
    scaled = _along_axes(signs, fidelities**factor) / 4**qubits
    if scaled.min() < -_TOLERANCE:
        raise _refusal(operation, factor)
    scaled = np.maximum(scaled, 0.0)
    return np.asarray(scaled / scaled.sum())


def _along_axes(matrix: NDArray[np.int64], values: FloatArray) -> FloatArray:
    for axis in range(values.ndim):
        values = np.moveaxis(np.tensordot(matrix, values, axes=(1, axis)), 0, axis)
    return values


def _mixture(probabilities: FloatArray, error: QuantumError) -> QuantumError:
    qubits = error.num_qubits
    terms = [
        (
            [(PauliGate("".join("IXZY"[one] for one in reversed(place))), list(range(qubits)))],
            probabilities[place],
        )
        for place in product(range(4), repeat=qubits)
        if probabilities[place] > 0
    ]
    return QuantumError(terms)


def _is_channel(channel: SuperOp) -> bool:
    """Whether a map is completely positive; a power of a channel preserves the trace anyhow."""
    choi = Choi(channel).data
    if not np.allclose(choi, choi.conj().T, atol=_TOLERANCE):
        return False
    return bool(np.linalg.eigvalsh(choi).min() > -_TOLERANCE)


def _refusal(operation: str, factor: float) -> UnsupportedError:
    return UnsupportedError(
        f"the error on {operation!r} has no power {factor:g} that is a channel (it has no "
        "generator of its own): give whole noise factors, or choose another amplifier than "
        "'noise_scaling'"
    )
