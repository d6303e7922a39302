"""From labels of terms and bases to readings of a prepared state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .assembly import Assembly, QubitIndex
from .frame import Condition, Frame
from .gates import apply_gate
from .operations import Operation
from .readings import Amplitudes, Marginal, OutputIndex, Reading, Term, grouped

Turned = dict[QubitIndex, str]
"""The Pauli, X, Y or Z, that each of some qubits is measured in."""

_AXES = {"X": "X", "+": "X", "-": "X", "Y": "Y", "r": "Y", "l": "Y", "Z": "Z", "0": "Z", "1": "Z"}
_PROJECTED = {**dict.fromkeys("0+r", 0), **dict.fromkeys("1-l", 1)}


@dataclass(slots=True)
class View:
    """A basis, and all that is read in it."""

    axes: Turned = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)

    def admits(self, axes: Turned) -> bool:
        """Return whether further qubits can be measured in the same basis."""
        return all(self.axes.get(qubit, axis) == axis for qubit, axis in axes.items())

    def steps(self, frame: Frame) -> tuple[Operation | Reading, ...]:
        """Return what turns the basis into the computational one, and all readings."""
        return (*self.turns(frame), *grouped(self.readings))

    def turns(self, frame: Frame) -> tuple[Operation, ...]:
        """Return what turns the basis into the computational one."""
        assembly = Assembly(0)
        assembly.frame = frame
        for qubit, axis in self.axes.items():
            if axis == "Y":
                apply_gate(assembly, "sdg", (), qubit)
            if axis != "Z":
                apply_gate(assembly, "h", (), qubit)
        return tuple(assembly.fused.operations)


def view_terms(labels: Sequence[str], frame: Frame) -> list[View]:
    """Arrange terms in as few bases as they need.

    Args:
        labels: Labels over ``IXYZ01+-rl``, the highest qubit first.
        frame: Where the qubits are.

    Returns:
        The computational basis first; others only for terms that project on ``+-rl``.
    """
    views = [View()]
    for output, label in enumerate(labels):
        letters = dict(enumerate(reversed(label)))
        if not any(letter in "+-rl" for letter in label):
            views[0].readings.append(_term(letters, frame, output))
            continue
        axes = {qubit: _AXES[letter] for qubit, letter in letters.items() if letter != "I"}
        view = next((view for view in views[1:] if view.admits(axes)), None)
        if view is None:
            view = View()
            views.append(view)
        view.axes |= axes
        turned = {q: _turned(letter) for q, letter in letters.items()}
        view.readings.append(_term(turned, frame, output))
    return views


def view_bases(labels: Sequence[str], frame: Frame) -> list[View]:
    """Arrange the distributions of measurement bases, one after the other in the outputs.

    Args:
        labels: Labels over ``IXYZ``, the highest qubit first; qubits with ``I`` are not measured.
        frame: Where the qubits are.

    Returns:
        The computational basis first, then one view for each basis that differs from it.
    """
    views = [View()]
    output = 0
    for label in labels:
        axes = {q: letter for q, letter in enumerate(reversed(label)) if letter != "I"}
        bits = tuple(frame.is_one(qubit) for qubit in axes)
        if any(axis != "Z" for axis in axes.values()):
            views.append(View(axes))
            views[-1].readings.append(Marginal(bits, output))
        else:
            views[0].readings.append(Marginal(bits, output))
        output += 1 << len(bits)
    return views


def view_amplitudes(num_qubits: int, frame: Frame) -> list[View]:
    """Arrange to read the whole state."""
    bits = tuple(frame.is_one(qubit) for qubit in range(num_qubits))
    return [View(readings=[Amplitudes(bits, 0)])]


def _turned(letter: str) -> str:
    """Return what a letter becomes when its axis is turned to Z."""
    if letter == "I":
        return "I"
    return str(_PROJECTED[letter]) if letter in _PROJECTED else "Z"


def _term(letters: Mapping[QubitIndex, str], frame: Frame, output: OutputIndex) -> Term:
    flip = frame.flip_of(qubit for qubit, letter in letters.items() if letter in "XY")
    odd = frame.parity_of(qubit for qubit, letter in letters.items() if letter in "YZ")
    conditions = [frame.is_one(q, int(letter)) for q, letter in letters.items() if letter in "01"]
    num_y = sum(letter == "Y" for letter in letters.values())
    # i**num_y, and what the frame adds to the parity.
    weight = (1.0, -1.0, -1.0, 1.0)[num_y % 4] * (1.0 if odd.value else -1.0)
    if flip:
        # Amplitudes x and x ^ flip contribute the same: one of them is enough.
        conditions.append(Condition(1 << flip.bit_length() - 1, 0))
        weight *= 2.0
    return Term(flip, odd.role, weight, bool(num_y & 1), tuple(conditions), output)
