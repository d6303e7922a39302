"""What is computed once for a batch of rows: angles, matrices of rotations, tables of phases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .. import opcodes
from .affine import Affine
from .frame import Mask
from .operations import Diagonal, Factor, Rotation, Turn
from .passes import Step
from .quaternions import Quaternion, of_rotation, product
from .slots import Slots

Words = list[int]


class Numbers:
    """The numbers that a tape points to."""

    def __init__(self) -> None:
        """Start with none."""
        self.values: list[float] = []

    def place(self, numbers: Iterable[float]) -> int:
        """Append numbers; return where the first one is."""
        place = len(self.values)
        self.values.extend(numbers)
        return place


@dataclass(frozen=True, slots=True)
class Matrix:
    """The matrix of a rotation."""

    number: int
    opcode: int
    """What applies it: the fewer of its parts can differ from 0, the cheaper."""


@dataclass(frozen=True, slots=True)
class Table:
    """The phases of a diagonal, by the parities of a few roles."""

    first_entry: int
    roles: tuple[Mask, ...]
    """The role of each bit of an entry's number."""
    is_constant: bool
    words: Words
    """Bits and phases, as ``opcodes`` says."""


class Preparations:
    """Collects what the steps of a tape need before they run, and writes it down."""

    def __init__(self, steps: Iterable[Step], numbers: Numbers) -> None:
        """Collect from the operations of a tape."""
        self._numbers = numbers
        self._slots = Slots()
        self._matrix_words: list[Words] = []
        self._matrices: dict[int, Matrix] = {}
        self._tables: dict[int, Table] = {}
        self.num_table_entries = 0
        for step in steps:
            if isinstance(step, Rotation):
                factors = _merged(step.factors)
                matrix = Matrix(len(self._matrix_words), _opcode(factors))
                self._matrices[id(step)] = matrix
                self._matrix_words.append(self._write_matrix(factors))
            elif isinstance(step, Diagonal):
                self._tables[id(step)] = table = self._tabulate(step)
                self.num_table_entries += 1 << len(table.roles)

    @property
    def num_slots(self) -> int:
        """How many distinct angles there are."""
        return len(self._slots.angles)

    @property
    def num_matrices(self) -> int:
        """How many rotations there are."""
        return len(self._matrix_words)

    def matrix_of(self, rotation: Rotation) -> Matrix:
        """Return the matrix of a rotation."""
        return self._matrices[id(rotation)]

    def table_of(self, diagonal: Diagonal) -> Table:
        """Return the table of a diagonal."""
        return self._tables[id(diagonal)]

    def write_slots(self) -> Words:
        """Write the section of the angles."""
        words = [self.num_slots]
        for angle in self._slots.angles:
            words += [self._numbers.place([angle.constant]), len(angle.terms)]
            for column, coefficient in angle.terms:
                words += [column, self._numbers.place([coefficient])]
        return words

    def write_matrices(self) -> Words:
        """Write the section of the matrices."""
        return [self.num_matrices, *(word for words in self._matrix_words for word in words)]

    def write_tables(self, first_place: int) -> Words:
        """Write the section of the tables, which start at a place of the workspace."""
        words = [len(self._tables)]
        for table in self._tables.values():
            place = first_place + 2 * table.first_entry
            body = [int(table.is_constant), place, *table.words]
            words += [len(body) + 1, *body]
        return words

    def _write_matrix(self, factors: Sequence[Factor]) -> Words:
        body: Words = []
        for factor in factors:
            if isinstance(factor, Turn):
                body += [factor.axis, *self._slots.place(factor.half_angle)]
            else:
                body += [0, self._numbers.place(factor), 1]
        is_constant = not any(isinstance(factor, Turn) for factor in factors)
        return [len(body) + 3, int(is_constant), len(factors), *body]

    def _tabulate(self, diagonal: Diagonal) -> Table:
        basis = _Basis()
        phases: Words = []
        for phase in diagonal.phases:
            conditions: Words = []
            for condition in phase.conditions:
                conditions += [basis.place(condition.role), condition.value]
            slot, sign = self._slots.place(phase.angle)
            phases += [slot, sign, int(phase.is_parity), len(phase.conditions), *conditions]
        is_constant = all(phase.angle.is_constant for phase in diagonal.phases)
        words = [len(basis.roles), len(diagonal.phases), *phases]
        return Table(self.num_table_entries, tuple(basis.roles), is_constant, words)


class _Basis:
    """Independent roles, and every other role as a sum of them."""

    def __init__(self) -> None:
        self.roles: list[Mask] = []
        self._reduced: list[tuple[Mask, Mask]] = []

    def place(self, role: Mask) -> Mask:
        """Return which of the roles add up to one; remember it as a new one where none do."""
        rest, sum_of = role, 0
        for vector, members in self._reduced:
            if rest ^ vector < rest:
                rest, sum_of = rest ^ vector, sum_of ^ members
        if rest:
            new = 1 << len(self.roles)
            self.roles.append(role)
            self._reduced.append((rest, sum_of ^ new))
            self._reduced.sort(reverse=True)
            return new
        return sum_of


def _merged(factors: Sequence[Factor]) -> list[Factor]:
    """Multiply neighbouring constants, and add neighbouring turns about one axis."""
    merged: list[Factor] = []
    for factor in factors:
        last = merged[-1] if merged else None
        if isinstance(factor, Turn) and isinstance(last, Turn) and factor.axis == last.axis:
            factor = Turn(factor.axis, last.half_angle + factor.half_angle)
            merged.pop()
        elif (constant := _constant(factor)) and last and (before := _constant(last)):
            factor = product(constant, before)
            merged.pop()
        merged.append(factor)
    return [_constant(factor) or factor for factor in merged]


def _opcode(factors: Sequence[Factor]) -> int:
    """Find out which of w, x, y and z can differ from 0, and so what applies their product.

    The product of parts i and j of two quaternions adds to part ``i ^ j``.
    """
    parts = {0}
    for factor in factors:
        if isinstance(factor, Turn):
            own = {0, factor.axis}
        else:
            own = {part for part, value in enumerate(factor) if value != 0.0}
        parts = {one ^ other for one in parts for other in own}
    if parts <= {0, 1}:
        return opcodes.ROTATE_X
    return opcodes.ROTATE_Y if parts <= {0, 2} else opcodes.ROTATE


def _constant(factor: Factor) -> Quaternion | None:
    if not isinstance(factor, Turn):
        return factor
    angle: Affine = factor.half_angle
    return of_rotation(factor.axis, angle.constant) if angle.is_constant else None
