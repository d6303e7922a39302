"""Post-selection: keep the shots that pass a check; the others stay in the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import RequestError
from ..masks import pack_bits
from ..observables import FloatArray
from ..outcomes import PackedBits, RegisterName
from ..workload import IntArray


@dataclass(frozen=True, slots=True)
class Check:
    """What the bits of a register must show in a shot that is kept."""

    register: RegisterName
    bits: tuple[int, ...]
    kind: Literal["value", "parity"]
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


def kept_fraction(kept: IntArray, shots: IntArray) -> FloatArray:
    """Return the share of the shots that passed.

    Raises:
        RequestError: Nowhere, or somewhere, no shot passed: there is nothing to estimate from.
    """
    if empty := np.flatnonzero(kept == 0).tolist():
        raise RequestError(
            f"post-selection kept no shot of parameter sets {empty[:10]}"
            f"{' and more' if len(empty) > 10 else ''}; the check never holds there"
        )
    return kept / shots
