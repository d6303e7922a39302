"""What the cost of a circuit depends on, read from its template without translating it."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, ControlFlowOp

from .leaves import CHANNELS, STANDARD, Leaf, leaves_of

_MOVES = frozenset({"cx", "swap", "ccx", "cswap", "mcx"})
_DIAGONALS = frozenset({"cp", "cu1", "cz", "ccz", "crz", "cs", "csdg", "rzz", "mcphase"})

_MAX_WEIGHT_BITS = 20


@dataclass(frozen=True, slots=True)
class CircuitShape:
    """A circuit's size, and whether one pure state says everything of it."""

    singles: float
    """Gates on one qubit."""
    moves: float
    """Gates on several qubits that exchange amplitudes as they are."""
    diagonals: float
    """Gates on several qubits that change phases."""
    others: float
    """Other gates on several qubits; a matrix or vector over many counts as many."""
    measurements: float
    active: frozenset[int]
    """Qubits that anything acts on."""
    is_random: bool
    """Whether a row may end in different states: noise, resets, measurements on the way."""
    is_noisy: bool
    """Whether noise follows any of its instructions, or is one."""
    measures_last: bool
    """Whether nothing follows a measurement of its qubit or depends on one."""

    @property
    def gates(self) -> float:
        """Instructions but for barriers, delays and measurements."""
        return self.singles + self.moves + self.diagonals + self.others


def circuit_shape(
    circuit: QuantumCircuit,
    noisy: AbstractSet[str],
    instructions: Sequence[CircuitInstruction] | None = None,
) -> CircuitShape:
    """Read a circuit's shape.

    Args:
        circuit: The template.
        noisy: Names and labels of instructions that noise follows.
        instructions: Those of the circuit that count; ``None``: all.

    Returns:
        The shape. Composite instructions are counted by their parts.
    """
    reader = _Reader(circuit, noisy)
    for one in circuit.data if instructions is None else instructions:
        if one.name != "barrier":
            reader.read(one)
    return reader.shape()


class _Reader:
    """Walks a circuit once."""

    def __init__(self, circuit: QuantumCircuit, noisy: AbstractSet[str]) -> None:
        self._noisy = noisy
        self._place = {qubit: place for place, qubit in enumerate(circuit.qubits)}
        self._active, self._measured = set[int](), set[int]()
        self._counts = dict.fromkeys(("singles", "moves", "diagonals", "others"), 0.0)
        self._measurements = 0.0
        self._is_random = self._is_noisy = False
        self._measures_last = True

    def read(self, one: CircuitInstruction) -> None:
        places = [self._place[qubit] for qubit in one.qubits]
        was_active = not self._active.isdisjoint(places)
        self._active.update(places)
        name = one.name
        if name == "measure":
            self._measured.update(places)
            self._measurements += 1
            return
        self._is_random |= was_active and name in ("reset", "initialize")
        self._is_noisy |= self._follows(one)
        if not self._measured.isdisjoint(places):
            self._measures_last = False
        if name in STANDARD:
            if name != "delay":
                self._counts[_kind(name, len(places))] += 1
            return
        if isinstance(one.operation, ControlFlowOp):
            self._measures_last = False
        for leaf in leaves_of(one, places):
            self._count(leaf, is_part=leaf.instruction is not one)

    def _follows(self, one: CircuitInstruction) -> bool:
        if not self._noisy:
            return False
        name = one.name if one.label is None else one.label
        return name in self._noisy

    def _count(self, leaf: Leaf, *, is_part: bool) -> None:
        name = leaf.name
        if name == "measure":
            self._measurements += leaf.times
            self._measured.update(leaf.qubits)
            return
        self._is_noisy |= name in CHANNELS or (is_part and self._follows(leaf.instruction))
        if name in STANDARD:
            self._counts[_kind(name, len(leaf.qubits))] += leaf.times
        else:
            weight = 2.0 ** min(max(len(leaf.qubits) - 2, 0), _MAX_WEIGHT_BITS)
            self._counts["others"] += leaf.times * weight

    def shape(self) -> CircuitShape:
        is_random = self._is_random or self._is_noisy or not self._measures_last
        return CircuitShape(
            **self._counts,
            measurements=self._measurements,
            active=frozenset(self._active),
            is_random=is_random,
            is_noisy=self._is_noisy,
            measures_last=self._measures_last,
        )


def _kind(name: str, num_qubits: int) -> str:
    if num_qubits == 1:
        return "singles"
    if name in _MOVES:
        return "moves"
    return "diagonals" if name in _DIAGONALS else "others"
