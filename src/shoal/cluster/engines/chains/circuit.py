"""Circuits as steps on a chain of tensors, one for each qubit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit.circuit import Operation, Parameter

from ....primitives.bonds import LANES, reading_work, tensor_sizes
from ....primitives.errors import UnsupportedError
from ....primitives.nominal_costs import MAX_CHAIN_BITS
from ..templates import Template
from ..unroller import ROTATIONS_AS_RZ
from .factors import FIXED, ONE_QUBIT, TWO_QUBITS, Angle, Factor, Products, fixed, split

MAX_BOND = 1 << MAX_CHAIN_BITS
"""Longer bonds are left to Aer, which drops what is not needed of them."""

NATIVE = frozenset({*FIXED, *ONE_QUBIT, *TWO_QUBITS, "delay"})
"""Instructions that are taken as they are; all others by their definition."""

EXPANSIONS = {name: ROTATIONS_AS_RZ[name] for name in ("r", "u", "u2", "u3")}

WIDEST = 2
"""Qubits of a matrix at most."""


class TooEntangled(UnsupportedError):  # noqa: N818 - says what is the matter
    """A circuit's bonds may grow too long."""


@dataclass(frozen=True, slots=True)
class Step:
    """Factors that act on a qubit."""

    site: int
    factors: tuple[Factor, ...]
    grows_left: bool = False
    """Which bond the number of the factor joins, where there are several."""

    @property
    def is_fixed(self) -> bool:
        """Whether no parameter changes it."""
        return all(factor.even is None and factor.odd is None for factor in self.factors)


@dataclass(frozen=True, slots=True)
class Through:
    """A bond that leads past a qubit, between two others."""

    site: int
    rank: int


@dataclass(frozen=True, slots=True, eq=False)
class ChainCircuit:
    """A circuit, parameters unbound."""

    num_qubits: int
    steps: tuple[Step | Through, ...]
    bonds: tuple[int, ...]
    """The dimension of each bond in the end, those at both ends included [n + 1]."""
    template: Template
    """Whose slots the angles are."""

    @property
    def max_bond(self) -> int:
        """The largest dimension of a bond."""
        return max(self.bonds)

    @property
    def thread_bytes(self) -> int:
        """What the tensors of one vector of rows take, and all that is summed up of them."""
        return 2 * self.vector_bytes + 64 * LANES * sum(bond * bond for bond in self.bonds)

    def reading_work(self, spans: Sequence[tuple[int, int]]) -> int:
        """Count the products that reading terms takes, one row's.

        Args:
            spans: The first and the last qubit of each term.
        """
        return reading_work(self.bonds, spans)

    @property
    def vector_bytes(self) -> int:
        """What the tensors of one vector of rows take."""
        return 16 * LANES * tensor_sizes(self.bonds)


def chain_circuit(template: Template, kept: Sequence[int]) -> ChainCircuit:
    """Translate a circuit.

    Args:
        template: Instructions of `NATIVE` only, no measurements.
        kept: The qubits that matter, rising.

    Raises:
        TooEntangled: A bond may need more than `MAX_BOND` dimensions.
    """
    writer = _Writer(template, kept)
    for one in template.circuit.data:
        if one.name in ("barrier", "delay"):
            continue
        qubits = [template.circuit.find_bit(qubit).index for qubit in one.qubits]
        writer.append(one.operation, qubits)
    return ChainCircuit(len(kept), tuple(writer.steps), tuple(writer.bonds), template)


class _Writer:
    """Collects steps, and counts how bonds grow."""

    def __init__(self, template: Template, kept: Sequence[int]) -> None:
        self._slots = {slot: number for number, slot in enumerate(template.slots)}
        self._site = {qubit: site for site, qubit in enumerate(kept)}
        self.steps: list[Step | Through] = []
        self.bonds = [1] * (len(kept) + 1)
        self._split: dict[bytes, Products] = {}

    def append(self, operation: Operation, qubits: Sequence[int]) -> None:
        sites = [self._site[qubit] for qubit in qubits]
        angles = [self._angle(value) for value in _angles(operation)]
        if len(sites) == 1:
            found = ONE_QUBIT[operation.name](*angles) if angles else fixed(_matrix(operation))
            self.steps.append(Step(sites[0], (found,)))
        elif angles:
            self._append_pair(sites, TWO_QUBITS[operation.name](*angles))
        else:
            matrix = _matrix(operation)
            self._append_pair(sites, self._split.setdefault(matrix.tobytes(), split(matrix)))

    def _append_pair(self, sites: Sequence[int], products: Products) -> None:
        (low, of_low), (high, of_high) = sorted(
            zip(sites, products, strict=True), key=lambda one: one[0]
        )
        rank = len(of_low)
        for bond in range(low + 1, high + 1):
            self.bonds[bond] *= rank
            if self.bonds[bond] > MAX_BOND:
                raise TooEntangled(
                    f"the bond between qubits {bond - 1} and {bond} may need more than {MAX_BOND} "
                    "dimensions"
                )
        self.steps.append(Step(low, of_low))
        self.steps += [Through(site, rank) for site in range(low + 1, high)]
        self.steps.append(Step(high, of_high, grows_left=True))

    def _angle(self, value: Any) -> Angle:
        return self._slots[value] if isinstance(value, Parameter) else float(value)


def _angles(operation: Operation) -> Sequence[Any]:
    return () if operation.name in FIXED else operation.params


def _matrix(operation: Operation) -> np.ndarray[Any, Any]:
    return np.asarray(operation.to_matrix())
