"""Masks have Qiskit's byte order."""

import numpy as np
from qiskit.primitives import BitArray

from shoal.primitives.masks import pack_bits, term_masks


def test_packing_is_qiskits_bit_array(rng):
    bits = rng.integers(0, 2, (5, 7, 11)).astype(bool)
    theirs = BitArray.from_bool_array(bits[..., ::-1], order="big")
    np.testing.assert_array_equal(pack_bits(bits), theirs.array)


def test_masks_skip_qubits_that_are_not_measured():
    masks = term_masks("ZIX", ("ZIX", "1II", "II+"))
    np.testing.assert_array_equal(masks.parity[:, 0], [0b11, 0, 0])
    np.testing.assert_array_equal(masks.projector[:, 0], [0, 0b10, 0b01])
    np.testing.assert_array_equal(masks.value[:, 0], [0, 0b10, 0])
