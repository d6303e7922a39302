"""Whether a template is Clifford as it stands, at whatever parameters."""

from __future__ import annotations

from math import pi

from qiskit import QuantumCircuit

from .leaves import Leaf, leaves

_CLIFFORD = frozenset(
    {"x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "id", "reset", "measure"}
    | {"cx", "cy", "cz", "swap", "iswap", "ecr", "dcx", "pauli"}
)
_ROTATIONS = frozenset({"rx", "ry", "rz", "p", "u1"})
_TOLERANCE = 1e-8


def is_clifford_template(circuit: QuantumCircuit) -> bool:
    """Return whether all gates of a circuit are Clifford gates, none of them by a parameter.

    Args:
        circuit: The template.
    """
    return all(map(_is_clifford, leaves(circuit)))


def _is_clifford(leaf: Leaf) -> bool:
    if leaf.name in _CLIFFORD:
        return True
    return leaf.name in _ROTATIONS and all(map(_is_quarter, leaf.instruction.params))


def _is_quarter(angle: object) -> bool:
    """Return whether an angle is a number of quarter turns."""
    if not isinstance(angle, float | int):
        return False
    turns = angle / (pi / 2)
    return abs(turns - round(turns)) < _TOLERANCE
