"""Qiskit's standard gates of one qubit, with any number of controls."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from .affine import ZERO, Affine
from .assembly import Assembly, Controls, QubitIndex
from .operations import Factor, Turn

_HALF = math.sqrt(0.5)
_QUARTER_TURN = Affine(math.pi / 4)
_RIGHT_ANGLE = Affine(math.pi / 2)

_DIAGONALS: Mapping[str, float] = {
    "z": math.pi,
    "s": math.pi / 2,
    "sdg": -math.pi / 2,
    "t": math.pi / 4,
    "tdg": -math.pi / 4,
}
"""The angle of the phase of the state 1."""

Angles = Sequence[Affine]
Rotations = tuple[tuple[Factor, ...], Affine]
"""Factors, first applied first, and the angle of a phase."""


def _u(theta: Affine, phi: Affine, lam: Affine) -> Rotations:
    turns = (Turn(3, lam.scaled(0.5)), Turn(2, theta.scaled(0.5)), Turn(3, phi.scaled(0.5)))
    return turns, (phi + lam).scaled(0.5)


def _r(theta: Affine, phi: Affine) -> Rotations:
    there, back = phi.scaled(0.5), phi.scaled(-0.5)
    return (Turn(3, back), Turn(1, theta.scaled(0.5)), Turn(3, there)), ZERO


_ROTATIONS: Mapping[str, Callable[..., Rotations]] = {
    "h": lambda: (((0.0, _HALF, 0.0, _HALF),), _RIGHT_ANGLE),
    "x": lambda: (((0.0, 1.0, 0.0, 0.0),), _RIGHT_ANGLE),
    "y": lambda: (((0.0, 0.0, 1.0, 0.0),), _RIGHT_ANGLE),
    "sx": lambda: ((Turn(1, _QUARTER_TURN),), _QUARTER_TURN),
    "sxdg": lambda: ((Turn(1, _QUARTER_TURN.scaled(-1)),), _QUARTER_TURN.scaled(-1)),
    "rx": lambda theta: ((Turn(1, theta.scaled(0.5)),), ZERO),
    "ry": lambda theta: ((Turn(2, theta.scaled(0.5)),), ZERO),
    "r": _r,
    "u": _u,
    "u3": _u,
    "u2": lambda phi, lam: _u(_RIGHT_ANGLE, phi, lam),
}

ONE_QUBIT_GATES = frozenset({"id", "rz", "p", "u1", *_DIAGONALS, *_ROTATIONS})

CONTROLLED_GATES: Mapping[str, tuple[str, int]] = {
    "cx": ("x", 1),
    "cy": ("y", 1),
    "cz": ("z", 1),
    "ch": ("h", 1),
    "cs": ("s", 1),
    "csdg": ("sdg", 1),
    "csx": ("sx", 1),
    "cp": ("p", 1),
    "cu1": ("u1", 1),
    "cu3": ("u3", 1),
    "crx": ("rx", 1),
    "cry": ("ry", 1),
    "crz": ("rz", 1),
    "ccx": ("x", 2),
    "ccz": ("z", 2),
    "mcx": ("x", 3),
    "c3sx": ("sx", 3),
}
"""The standard gate under the controls, and how many controls there are."""


def apply_gate(
    assembly: Assembly, name: str, angles: Angles, qubit: QubitIndex, controls: Controls = ()
) -> None:
    """Apply a standard gate of one qubit where all controls hold.

    Args:
        assembly: What the gate is appended to.
        name: One of ``ONE_QUBIT_GATES``.
        angles: The gate's own parameters.
        qubit: The target.
        controls: Control qubits and the values at which they let the gate act.
    """
    if name == "id":
        return
    if name == "x" and len(controls) < 2:
        _flip(assembly, qubit, controls)
    elif name == "rz":
        if not controls:
            assembly.turn_parity((qubit,), angles[0].scaled(0.5))
            return
        assembly.phase(controls, angles[0].scaled(-0.5))
        assembly.phase((*controls, (qubit, 1)), angles[0])
    elif name in _DIAGONALS:
        assembly.phase((*controls, (qubit, 1)), Affine(_DIAGONALS[name]))
    elif name in ("p", "u1"):
        assembly.phase((*controls, (qubit, 1)), angles[0])
    else:
        factors, phase = _ROTATIONS[name](*angles)
        assembly.rotate(qubit, factors, controls)
        assembly.phase(controls, phase)


def _flip(assembly: Assembly, qubit: QubitIndex, controls: Controls) -> None:
    if not controls:
        assembly.x(qubit)
        return
    ((control, value),) = controls
    assembly.cx(control, qubit)
    if not value:
        assembly.x(qubit)
