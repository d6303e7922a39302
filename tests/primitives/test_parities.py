"""Sums of readings, against readings taken shot by shot."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.primitives import BitArray

from shoal.primitives import parities
from shoal.primitives.masks import TermMasks, pack_bits, term_masks
from shoal.primitives.parities import product_sums, term_sums


def read(bits, masks):
    """One reading a shot and term [N, T], by the definition."""
    shots = bits[:, None, :]
    odd = np.bitwise_count(shots & masks.parity).sum(axis=2) & 1
    is_read = ((shots & masks.projector) == masks.value).all(axis=2)
    return np.where(is_read, 1 - 2 * odd.astype(np.int64), 0)


def random_masks(rng, num_terms, num_bits):
    roles = rng.choice(
        ["none", "parity", "zero", "one"], (num_terms, num_bits), p=[0.4, 0.4, 0.1, 0.1]
    )
    return TermMasks(
        pack_bits(roles == "parity"),
        pack_bits((roles == "zero") | (roles == "one")),
        pack_bits(roles == "one"),
    )


@given(
    num_bits=st.integers(1, 30),
    num_terms=st.integers(0, 5),
    lengths=st.lists(st.sampled_from([0, 1, 5, 63, 64, 65, 128, 500]), min_size=1, max_size=8),
    is_counted=st.booleans(),
    chunk=st.sampled_from([64, 192, 1 << 18]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=150)
def test_sums(num_bits, num_terms, lengths, is_counted, chunk, seed):
    rng = np.random.default_rng(seed)
    size = sum(lengths)
    bits = pack_bits(rng.integers(0, 2, (size, num_bits)).astype(bool))
    counts = rng.integers(0, 3000, size) if is_counted else None
    offsets = np.cumsum([0, *lengths])
    masks = random_masks(rng, num_terms, num_bits)
    readings = read(bits, masks)
    weights = np.ones(size, dtype=np.int64) if counts is None else counts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parities, "CHUNK_ENTRIES", chunk)
        sums = term_sums(bits, counts, offsets, masks)
        products = product_sums(bits, counts, offsets, masks)

    for row, (start, stop) in enumerate(pairwise(offsets)):
        mine, weight = readings[start:stop], weights[start:stop]
        np.testing.assert_array_equal(sums[row], weight @ mine)
        np.testing.assert_array_equal(products[row], (mine * weight[:, None]).T @ mine)


def test_expectation_values_of_bit_array(rng):
    bits = rng.integers(0, 256, (3000, 3), dtype=np.uint8)
    bits[:, 0] &= 15
    labels = [
        "".join(rng.choice(list("IZZ01"), 20, p=[0.4, 0.25, 0.25, 0.05, 0.05])) for _ in range(9)
    ]

    sums = term_sums(bits, None, np.array([0, 3000]), term_masks("Z" * 20, labels))

    expected = BitArray(bits, 20).expectation_values(labels)
    np.testing.assert_allclose(sums[0] / 3000, expected, atol=1e-14)


def test_large_counts_are_exact():
    bits = np.array([[0], [1]], dtype=np.uint8)
    counts = np.array([2**40 + 1, 2**40], dtype=np.int64)
    masks = term_masks("Z" * 8, ["IIIIIIIZ", "IIIIIII1"])

    sums = term_sums(bits, counts, np.array([0, 2]), masks)

    assert sums.tolist() == [[1, 2**40]]


def test_no_shots():
    masks = term_masks("ZZ", ["ZZ"])

    sums = term_sums(np.zeros((0, 1), dtype=np.uint8), None, np.zeros(4, dtype=np.int64), masks)

    assert sums.tolist() == [[0], [0], [0]]
