"""Which Paulis before a two-qubit gate are Paulis after it."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Gate, Operation, ParameterExpression
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping
from qiskit.quantum_info import Operator

PauliBits = NDArray[np.uint8]
"""0, 1, 2, 3 for I, X, Z, Y: a product of Paulis is the XOR of their bits, up to phase."""

ANY_ANGLE = 0.7234
"""Stands for angles that are not known: what holds there holds at every angle of these gates."""

_X, _Z = np.array([[0, 1], [1, 0]]), np.array([[1, 0], [0, -1]])
_SINGLE = (np.eye(2), _X, _Z, _Z @ _X)
_PAIRS = np.array([np.kron(_SINGLE[b], _SINGLE[a]) for b in range(4) for a in range(4)])
"""At ``4 b + a``: the Pauli ``a`` on the gate's first qubit and ``b`` on its second."""

_TOLERANCE = 1e-9
_STANDARD = {name: gate.base_class for name, gate in get_standard_gate_name_mapping().items()}


def twirling_group(operation: Operation) -> tuple[PauliBits, PauliBits] | None:
    """Return the pairs of Paulis that a gate turns into pairs of Paulis.

    Args:
        operation: Acts on two qubits; its parameters may be unbound.

    Returns:
        Before the gate, and after it [G, 2], the gate's first qubit first; all 16 of a Clifford
        gate, those that commute with ``rzz`` at any angle. ``None``: it is no gate.
    """
    if not isinstance(operation, Gate) or operation.num_qubits != 2:
        return None
    angles = tuple(ANY_ANGLE if _is_free(one) else one for one in operation.params)
    standard = _STANDARD.get(operation.name)
    if standard is not None and isinstance(operation, standard):
        return _group_of_standard(operation.name, tuple(map(float, angles)))
    if any(map(_is_free, operation.params)):
        operation = operation.copy()
        operation.params = list(angles)
    return _group(operation)


def _is_free(angle: object) -> bool:
    return isinstance(angle, ParameterExpression) and bool(angle.parameters)


@cache
def _group_of_standard(name: str, angles: tuple[float, ...]) -> tuple[PauliBits, PauliBits]:
    """Remember the groups of library gates, of which circuits have many."""
    return _group(_STANDARD[name](*angles))


def _group(gate: Gate) -> tuple[PauliBits, PauliBits]:
    unitary = Operator(gate).data
    turned = np.einsum("ij,pjk,lk->pil", unitary, _PAIRS, unitary.conj())
    overlaps = np.abs(np.einsum("pij,qij->pq", turned, _PAIRS.conj())) / 4
    before, after = np.nonzero(overlaps > 1 - _TOLERANCE)
    return _digits(before), _digits(after)


def _digits(numbers: NDArray[np.int64]) -> PauliBits:
    return np.stack([numbers % 4, numbers // 4], axis=1).astype(np.uint8)
