"""Qiskit's standard gates of two and more qubits that are not just a controlled gate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from .affine import Affine
from .assembly import Assembly, Controls, QubitIndex
from .gates import Angles, apply_gate

Rule = Callable[[Assembly, Sequence[QubitIndex], Angles], None]


def _swap(assembly: Assembly, qubits: Sequence[QubitIndex], angles: Angles) -> None:
    assembly.swap(*qubits)


def _dcx(assembly: Assembly, qubits: Sequence[QubitIndex], angles: Angles) -> None:
    one, other = qubits
    assembly.cx(one, other)
    assembly.cx(other, one)


def _iswap(assembly: Assembly, qubits: Sequence[QubitIndex], angles: Angles) -> None:
    assembly.swap(*qubits)
    assembly.turn_parity(qubits, Affine(math.pi / 4))
    assembly.global_phase += Affine(math.pi / 4)


def _rzz(assembly: Assembly, qubits: Sequence[QubitIndex], angles: Angles) -> None:
    assembly.turn_parity(qubits, angles[0].scaled(0.5))


def _rxx(assembly: Assembly, qubits: Sequence[QubitIndex], angles: Angles) -> None:
    _between(assembly, "h", "h", qubits, qubits, angles)


def _ryy(assembly: Assembly, qubits: Sequence[QubitIndex], angles: Angles) -> None:
    _between(assembly, "sx", "sxdg", qubits, qubits, angles)


def _rzx(assembly: Assembly, qubits: Sequence[QubitIndex], angles: Angles) -> None:
    _between(assembly, "h", "h", qubits[1:], qubits, angles)


def _between(
    assembly: Assembly,
    before: str,
    after: str,
    turned: Sequence[QubitIndex],
    qubits: Sequence[QubitIndex],
    angles: Angles,
) -> None:
    """Apply ``rzz`` in another basis of some of its qubits."""
    for qubit in turned:
        apply_gate(assembly, before, (), qubit)
    _rzz(assembly, qubits, angles)
    for qubit in turned:
        apply_gate(assembly, after, (), qubit)


def _cswap(assembly: Assembly, qubits: Sequence[QubitIndex], angles: Angles) -> None:
    apply_swap(assembly, qubits[1:], ((qubits[0], 1),))


def apply_swap(assembly: Assembly, qubits: Sequence[QubitIndex], controls: Controls) -> None:
    """Exchange two qubits where all controls hold."""
    one, other = qubits
    assembly.cx(other, one)
    apply_gate(assembly, "x", (), other, (*controls, (one, 1)))
    assembly.cx(other, one)


def _cu(assembly: Assembly, qubits: Sequence[QubitIndex], angles: Angles) -> None:
    apply_cu(assembly, qubits[1], angles, ((qubits[0], 1),))


def apply_cu(assembly: Assembly, qubit: QubitIndex, angles: Angles, controls: Controls) -> None:
    """Apply Qiskit's ``CUGate``, whose last angle is a phase of the controlled part."""
    apply_gate(assembly, "u", angles[:3], qubit, controls)
    assembly.phase(controls, angles[3])


RULES: Mapping[str, Rule] = {
    "swap": _swap,
    "dcx": _dcx,
    "iswap": _iswap,
    "rzz": _rzz,
    "rxx": _rxx,
    "ryy": _ryy,
    "rzx": _rzx,
    "cswap": _cswap,
    "cu": _cu,
}
"""Standard gates by name; all others are read through their definitions."""
