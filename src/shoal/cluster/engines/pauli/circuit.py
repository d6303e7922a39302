"""Circuits with their noise, as operations on Pauli components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from qiskit.circuit import Delay, Operation, ParameterExpression
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping
from qiskit_aer.noise import QuantumError

from ....primitives.errors import UnsupportedError
from ....primitives.light_cone import in_light_cone
from ....primitives.noise import IDEAL_LABEL
from ....primitives.observables import FloatArray
from ..angles import AffineAngle
from ..noise import Noise
from ..templates import Template
from .transfer import TransferMatrix, factors, of_channel, of_unitary, swapped

AXES = {"rx": 0, "ry": 1, "rz": 2, "p": 2, "u1": 2}
"""Rotations of one qubit by the axis that they turn about."""

PAIR_AXES = {"rxx": (1, 1), "ryy": (2, 2), "rzz": (3, 3), "rzx": (3, 1)}
"""Rotations about a product of two Paulis, those of the gate's own first and second qubit."""

NATIVE = frozenset(
    {*AXES, *PAIR_AXES, "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "id", "u"}
    | {"u3", "cx", "cy", "cz", "swap", "ecr", "csx", "unitary", "reset", "kraus", "delay"}
    | {"quantum_channel"}
)
"""Instructions that are taken as they are; all others by their definition."""

WIDEST = 2
"""Qubits of a fixed channel or an error at most."""

_STANDARD = get_standard_gate_name_mapping()


class NotOnPaulis(UnsupportedError):  # noqa: N818 - says what is the matter
    """A circuit or its noise holds something that is not simulated here."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A rotation of one qubit about X (0), Y (1) or Z (2)."""

    axis: int
    slot: int
    is_frame: bool = False
    """Whether it is there to be a Pauli or nothing, as one parameter says."""


@dataclass(slots=True, eq=False)
class Local:
    """A channel on one qubit: factors, first applied first."""

    qubit: int
    factors: list[Turn | TransferMatrix]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A fixed channel on two qubits, the lower one the lower digit."""

    low: int
    high: int
    matrix: TransferMatrix


@dataclass(frozen=True, slots=True, eq=False)
class PairTurn:
    """A rotation about a product of two Paulis (1 to 3), that of the lower qubit first."""

    low: int
    high: int
    paulis: tuple[int, int]
    slot: int


PauliOperation = Local | Pair | PairTurn


@dataclass(frozen=True, slots=True, eq=False)
class PauliCircuit:
    """A circuit with its noise, parameters unbound."""

    num_qubits: int
    operations: tuple[PauliOperation, ...]
    template: Template
    """Whose slots the angles are, those that are bound to numbers behind them."""
    constants: tuple[float, ...]

    def angles(self, rows: FloatArray) -> FloatArray:
        """Return the angles [R, K] of all turns at rows [R, P]."""
        bound = self.template.angles.at(rows)
        fixed = np.repeat(np.array(self.constants)[:, None], rows.shape[0], axis=1)
        return np.ascontiguousarray(np.concatenate([bound, fixed]).T)

    @property
    def has_frames(self) -> bool:
        """Whether any turn is there to be a Pauli or nothing."""
        return any(
            isinstance(factor, Turn) and factor.is_frame
            for operation in self.operations
            if isinstance(operation, Local)
            for factor in operation.factors
        )


def pauli_circuit(
    template: Template,
    kept: Sequence[int],
    noise: Noise | None,
    read: Sequence[int],
    *,
    keeps_frames: bool = True,
) -> PauliCircuit:
    """Translate a circuit, as far as it can influence what is read.

    Args:
        template: Instructions of `NATIVE` only, no measurements.
        kept: The qubits that matter, rising.
        noise: What they suffer.
        read: The qubits among them that are read.
        keeps_frames: Whether turns that are there to be a Pauli or nothing are kept.

    Raises:
        NotOnPaulis: Noise acts on more than two qubits, or depends on the duration of delays.
    """
    writer = _Writer(template, kept, noise, keeps_frames)
    for one in in_light_cone(template.circuit, read)[0]:
        qubits = [template.circuit.find_bit(qubit).index for qubit in one.qubits]
        writer.append(one.operation, qubits)
    writer.flush()
    return PauliCircuit(len(kept), tuple(writer.operations), template, tuple(writer.constants))


@dataclass(slots=True)
class _Writer:
    """Collects operations; neighbours on one qubit become one."""

    template: Template
    kept: Sequence[int]
    noise: Noise | None
    keeps_frames: bool
    operations: list[PauliOperation] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
    _open: dict[int, Local] = field(default_factory=dict)
    _latest: dict[int, int] = field(default_factory=dict)
    """The place of the latest operation on each qubit, as far as it is on two."""
    _slots: dict[Any, int] = field(default_factory=dict)
    _place: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._slots = {slot: number for number, slot in enumerate(self.template.slots)}
        self._place = {old: new for new, old in enumerate(self.kept)}

    def append(self, operation: Operation, qubits: Sequence[int]) -> None:
        if operation.name == "barrier":
            return
        places = [self._place[qubit] for qubit in qubits]
        if not isinstance(operation, Delay) and operation.name != "id":
            self._append_gate(operation, places)
        elif self.noise is not None and self.noise.has_passes and operation.name == "delay":
            raise NotOnPaulis("noise depends on the duration of delays")
        error = None if self.noise is None else self.noise.error_of(operation, tuple(qubits))
        if error is not None:
            self._append_error(error, places)

    def flush(self) -> None:
        for qubit in sorted(self._open):
            self.operations.append(self._open[qubit])
        self._open.clear()

    def _is_frame(self, operation: Operation) -> bool:
        """Tell whether a rotation is by one parameter, as it is, and suffers nothing by its label.

        Twirled circuits have such rotations, by 0 or pi.
        """
        if operation.name not in AXES or getattr(operation, "label", None) != IDEAL_LABEL:
            return False
        slot = self._slots.get(operation.params[0])
        if slot is None:
            return False
        angle = self.template.angles.expressions[slot]
        if not isinstance(angle, AffineAngle):
            return False
        return angle.weights == (1.0,) and angle.constant == 0.0

    def _append_gate(self, operation: Operation, places: list[int]) -> None:
        name = operation.name
        if name in AXES:
            is_frame = self._is_frame(operation)
            if self.keeps_frames or not is_frame:
                turn = Turn(AXES[name], self._slot(operation.params[0]), is_frame)
                self._local(places[0], turn)
        elif name in ("u", "u3"):
            theta, phi, lam = operation.params
            for axis, angle in ((2, lam), (1, theta), (2, phi)):
                self._local(places[0], Turn(axis, self._slot(angle)))
        elif name in PAIR_AXES:
            first, second = PAIR_AXES[name]
            paulis = (first, second) if places[0] < places[1] else (second, first)
            slot = self._slot(operation.params[0])
            self._pair(PairTurn(min(places), max(places), paulis, slot))
        else:
            self._append_matrix(_transfer(operation), places)

    def _append_error(self, error: QuantumError, places: list[int]) -> None:
        if error.num_qubits > WIDEST:
            raise NotOnPaulis(f"an error acts on {error.num_qubits} qubits at once")
        self._append_matrix(of_channel(error), places)

    def _append_matrix(self, matrix: TransferMatrix, places: list[int]) -> None:
        if len(places) == 1:
            self._local(places[0], matrix)
            return
        if len(places) != WIDEST:
            raise NotOnPaulis(f"an instruction acts on {len(places)} qubits at once")
        if places[0] > places[1]:
            matrix = swapped(matrix)
        low, high = sorted(places)
        product = factors(matrix)
        if product is not None:
            for place, factor in zip((low, high), product, strict=True):
                if not np.array_equal(factor, np.eye(4)):
                    self._local(place, factor)
            return
        place = self._latest.get(low, -1)
        last = self.operations[place] if place >= 0 else None
        is_next = self._latest.get(high) == place and low not in self._open
        if is_next and high not in self._open and isinstance(last, Pair):
            self.operations[place] = Pair(low, high, matrix @ last.matrix)
        else:
            self._pair(Pair(low, high, matrix))

    def _pair(self, operation: Pair | PairTurn) -> None:
        for qubit in (operation.low, operation.high):
            if qubit in self._open:
                self.operations.append(self._open.pop(qubit))
        self._latest[operation.low] = self._latest[operation.high] = len(self.operations)
        self.operations.append(operation)

    def _local(self, qubit: int, factor: Turn | TransferMatrix) -> None:
        local = self._open.setdefault(qubit, Local(qubit, []))
        last = local.factors[-1] if local.factors else None
        if isinstance(factor, np.ndarray) and isinstance(last, np.ndarray):
            local.factors[-1] = factor @ last
        else:
            local.factors.append(factor)

    def _slot(self, angle: Any) -> int:
        if isinstance(angle, ParameterExpression) and angle.parameters:
            return self._slots[angle]
        self.constants.append(float(angle))
        return len(self.template.slots) + len(self.constants) - 1


def _transfer(operation: Operation) -> TransferMatrix:
    if operation.name == "reset":
        matrix = np.zeros((4, 4))
        matrix[0, 0] = matrix[3, 0] = 1.0
        return matrix
    if operation.name in ("kraus", "quantum_channel"):
        return of_channel(operation)
    if operation.name == "unitary":
        return of_unitary(np.asarray(operation.params[0], dtype=complex))
    return _transfer_of_standard(operation.name)


@cache
def _transfer_of_standard(name: str) -> TransferMatrix:
    return of_unitary(np.asarray(_STANDARD[name].to_matrix(), dtype=complex))
