"""Post-selection: keep the shots that pass a check; the others stay in the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..bases import BasisLabel, measured_qubits
from ..errors import RequestError
from ..masks import pack_bits
from ..outcomes import PackedBits, RegisterName, ShotRows
from ..workload import IntArray

Kind = Literal["value", "parity"]


@dataclass(frozen=True, slots=True)
class Check:
    """What the bits of a register must show in a shot that is kept."""

    register: RegisterName
    bits: tuple[int, ...]
    kind: Kind
    """``value``: every bit equals ``expected``; ``parity``: their sum modulo 2 does."""
    expected: int
    """0 or 1."""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.expected not in (0, 1):
            raise RequestError(f"post-selection expects {self.expected!r}; it must be 0 or 1")
        if not self.bits or min(self.bits) < 0 or len(set(self.bits)) != len(self.bits):
            raise RequestError(
                f"post-selection on bits {list(self.bits)} of {self.register!r}: name at least one "
                "bit, and each bit once"
            )

    def keeps(self, shots: PackedBits, num_bits: int) -> NDArray[np.bool_]:
        """Tell which shots [N] pass.

        Raises:
            RequestError: The register has no such bit.
        """
        if max(self.bits) >= num_bits:
            raise RequestError(
                f"post-selection on bit {max(self.bits)} of register {self.register!r}, which has "
                f"{num_bits} bits"
            )
        chosen = np.zeros(num_bits, dtype=np.bool_)
        chosen[list(self.bits)] = True
        ones = np.bitwise_count(shots & pack_bits(chosen)).sum(axis=1, dtype=np.int64)
        if self.kind == "parity":
            return np.asarray(ones % 2 == self.expected)
        return np.asarray(ones == self.expected * len(self.bits))


def check_of_basis(check: Check, basis: BasisLabel) -> Check:
    """Return an estimator's check, whose bits are qubits, as one on the bits of a basis.

    Raises:
        RequestError: The basis does not measure one of these qubits in Z.
    """
    width, measured = len(basis), measured_qubits(basis)
    for qubit in check.bits:
        if qubit >= width or basis[width - 1 - qubit] != "Z":
            raise RequestError(
                f"post-selection on qubit {qubit}, which is not measured in Z in the basis "
                f"{basis}: variants that do never ran, or an observable needs it otherwise"
            )
    return replace(check, bits=tuple(measured.index(qubit) for qubit in check.bits))


def basis_with_check(check: Check, basis: BasisLabel) -> BasisLabel:
    """Return a basis that measures the checked qubits, too.

    Raises:
        RequestError: An observable reads one of them in another basis than Z.
    """
    width = len(basis)
    letters = list(basis)
    for qubit in check.bits:
        if qubit < width and letters[width - 1 - qubit] == "I":
            letters[width - 1 - qubit] = "Z"
    found = "".join(letters)
    check_of_basis(check, found)
    return found


def selected(shots: ShotRows, kept: NDArray[np.bool_]) -> ShotRows:
    """Return the entries that are kept."""
    return replace(
        shots,
        rows=shots.rows[kept],
        bits={name: bits[kept] for name, bits in shots.bits.items()},
        counts=None if shots.counts is None else shots.counts[kept],
    )


def refuse_nothing_kept(points: IntArray, kept: IntArray) -> None:
    """Refuse points at which no shot passed: there is nothing to estimate from.

    Raises:
        RequestError: Names the first of them.
    """
    if empty := points[kept == 0].tolist():
        raise RequestError(
            f"post-selection kept no shot of parameter sets {empty[:10]}"
            f"{' and more' if len(empty) > 10 else ''}: the check never holds there"
        )
