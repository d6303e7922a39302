"""Which shots a check keeps."""

import numpy as np
import pytest

from shoal.primitives.errors import RequestError
from shoal.primitives.masks import pack_bits
from shoal.primitives.mitigation.post_selection import Check, kept_fraction


def shots(rng):
    bits = rng.integers(0, 2, (200, 11)).astype(bool)
    return bits, pack_bits(bits)


def test_a_value_check_wants_every_bit(rng):
    bits, packed = shots(rng)
    kept = Check("anc", (1, 9), "value", 1).keeps(packed, 11)
    np.testing.assert_array_equal(kept, bits[:, 1] & bits[:, 9])
    kept = Check("anc", (1, 9), "value", 0).keeps(packed, 11)
    np.testing.assert_array_equal(kept, ~bits[:, 1] & ~bits[:, 9])


def test_a_parity_check_wants_the_sum(rng):
    bits, packed = shots(rng)
    kept = Check("anc", (0, 3, 10), "parity", 1).keeps(packed, 11)
    np.testing.assert_array_equal(kept, bits[:, [0, 3, 10]].sum(axis=1) % 2 == 1)


def test_a_bit_that_is_not_there_is_refused():
    with pytest.raises(RequestError, match="bit 11 of register 'anc', which has 11 bits"):
        Check("anc", (11,), "value", 0).keeps(np.zeros((1, 2), np.uint8), 11)


def test_an_expectation_that_is_no_bit_is_refused():
    with pytest.raises(RequestError, match="expects 2; it must be 0 or 1"):
        Check("anc", (0,), "parity", 2)
    with pytest.raises(RequestError, match="name at least one bit, and each bit once"):
        Check("anc", (1, 1), "parity", 1)


def test_nothing_kept_is_an_error():
    with pytest.raises(RequestError, match=r"kept no shot of parameter sets \[1\]"):
        kept_fraction(np.array([5, 0]), np.array([10, 10]))
