"""How each qubit is misread: two error rates a qubit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import RequestError
from ..observables import FloatArray

MAX_CHUNK_BITS = 5
"""Qubits whose matrices are multiplied out when a whole register is transformed."""


@dataclass(frozen=True, slots=True, eq=False)
class AssignmentErrors:
    """Independent readout errors of n bits."""

    one_given_zero: FloatArray
    """P(1 read | 0 prepared) [n]."""
    zero_given_one: FloatArray
    """P(0 read | 1 prepared) [n]."""

    def __post_init__(self) -> None:
        """Refuse rates that cannot be inverted."""
        for name in ("one_given_zero", "zero_given_one"):
            rates = getattr(self, name)
            if rates.ndim != 1 or not ((rates >= 0) & (rates <= 1)).all():
                raise RequestError(
                    f"readout errors {name} must be probabilities, one a bit: {rates}"
                )
        lost = np.flatnonzero(self.contrast <= 0)
        if lost.size:
            raise RequestError(
                f"bits {lost.tolist()} read 0 and 1 alike (contrast "
                f"{self.contrast[lost].tolist()}): their readout cannot be mitigated; leave these "
                "qubits out or calibrate again"
            )

    @property
    def num_bits(self) -> int:
        """How many bits are described."""
        return int(self.one_given_zero.size)

    @property
    def contrast(self) -> FloatArray:
        """``1 - P(1|0) - P(0|1)`` [n]: what is left of a bit's <Z>."""
        return 1.0 - self.one_given_zero - self.zero_given_one

    @property
    def matrices(self) -> FloatArray:
        """``A[bit, read, prepared]`` [n, 2, 2]: columns add to one."""
        p, q = self.one_given_zero, self.zero_given_one
        return np.stack([np.stack([1 - p, q], axis=-1), np.stack([p, 1 - q], axis=-1)], axis=1)


def transform_register(matrices: FloatArray, vector: FloatArray) -> FloatArray:
    """Apply one 2 x 2 matrix a bit to a vector over all strings.

    Args:
        matrices: One matrix a bit [n, 2, 2], bit 0 first.
        vector: Values [2**n] in the order of the strings as numbers.

    Returns:
        The transformed vector [2**n], in n * 2**n steps where a full matrix takes 4**n.
    """
    n = len(matrices)
    result = vector
    for start in range(0, n, MAX_CHUNK_BITS):
        stop = min(start + MAX_CHUNK_BITS, n)
        factor = np.ones((1, 1))
        for matrix in matrices[start:stop]:
            factor = np.kron(matrix, factor)
        shaped = result.reshape(1 << (n - stop), 1 << (stop - start), 1 << start)
        result = np.matmul(factor, shaped).reshape(-1)
    return result
