"""The readout of a noise model: its readout errors, and what it does before a measurement."""

from __future__ import annotations

import numpy as np
from qiskit.quantum_info import SuperOp
from qiskit_aer.noise import NoiseModel, QuantumError

from ...primitives.errors import UnsupportedError
from .readout import Confusion, Readout

_TOLERANCE = 1e-12


def readout_of(model: NoiseModel) -> Readout:
    """Read the readout errors of a noise model, and its quantum errors on measurements.

    Args:
        model: Aer's noise model.

    Raises:
        UnsupportedError: An error correlates several qubits; Aer would ignore it in silence.
    """
    confusions = {(): model._default_readout_error, **model._local_readout_errors}
    errors = {
        (): model._default_quantum_errors.get("measure"),
        **model._local_quantum_errors.get("measure", {}),
    }
    for qubits in {**confusions, **errors}:
        if len(qubits) > 1:
            raise UnsupportedError(
                f"the noise model has a correlated error of the readout on qubits {tuple(qubits)}, "
                "which Aer would ignore: write it as a quantum error on a labelled gate before the "
                "measurement (pauli_error), or as one ReadoutError a qubit"
            )
    found: dict[tuple[int, ...], Confusion] = {}
    is_classical = True
    for qubits in {**confusions, **errors}:
        confusion = confusions.get(qubits) or confusions[()]
        read = np.eye(2) if confusion is None else np.asarray(confusion.probabilities, dtype=float)
        error = errors.get(qubits) or errors[()]
        if error is not None and error.num_qubits > 1:
            raise UnsupportedError(
                f"the noise model has an error on {error.num_qubits} qubits for 'measure', which "
                "measures one at a time: give it as errors on one qubit"
            )
        if error is not None:
            before = _confusion_by(error)
            is_classical &= before is not None
            read = read if before is None else before @ read
        if not np.array_equal(read, np.eye(2)):
            found[qubits] = read
        elif qubits:
            found[qubits] = np.eye(2)
    default = found.pop((), None)
    return Readout(default, {qubits[0]: one for qubits, one in found.items()}, is_classical)


def _confusion_by(error: QuantumError) -> Confusion | None:
    """Return what an error before a measurement does to outcomes; ``None`` if coherence counts."""
    # Column-stacking convention: entry [(k, k), (i, j)] is the weight of rho[j, i] in outcome k.
    channel = SuperOp(error).data.reshape(2, 2, 2, 2)
    confusion = np.empty((2, 2))
    for read in (0, 1):
        effect = channel[read, read].T
        if abs(effect[0, 1]) > _TOLERANCE or abs(effect[1, 0]) > _TOLERANCE:
            return None
        confusion[:, read] = np.diag(effect).real
    return confusion
