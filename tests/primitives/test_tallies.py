"""Laws of tallies: they add, in any order, to the same integers, and read terms as defined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.primitives import BitArray
from qiskit.quantum_info import SparsePauliOp

from shoal.primitives.masks import pack_bits, term_masks
from shoal.primitives.outcomes import ShotRows
from shoal.primitives.tallies import Tally, tally_shots, term_readings

TERMS = ("IZZ", "Z0I", "11Z", "IIZ", "ZZZ")


def shots_of(rng, rows, num_bits, entries, counted):
    bits = pack_bits(rng.integers(0, 2, (rows * entries, num_bits)).astype(bool))
    counts = rng.integers(1, 9, rows * entries) if counted else None
    return ShotRows(0, np.repeat(np.arange(rows), entries), {"meas": bits}, counts)


def part_of(shots, chosen):
    counts = None if shots.counts is None else shots.counts[chosen]
    return ShotRows(0, shots.rows[chosen], {"meas": shots.bits["meas"][chosen]}, counts)


def assert_same(left: Tally, right: Tally):
    for field in ("rows", "shots", "sums", "products"):
        np.testing.assert_array_equal(getattr(left, field), getattr(right, field))


@given(st.integers(0, 2**32), st.booleans(), st.permutations(range(4)))
def test_any_split_and_order_of_addition_gives_the_same_integers(seed, counted, order):
    rng = np.random.default_rng(seed)
    shots = shots_of(rng, 3, 3, 20, counted)
    masks = term_masks("ZZZ", TERMS)
    owner = rng.integers(0, 4, shots.rows.size)
    parts = [part_of(shots, owner == number) for number in order]
    total = Tally.empty(len(TERMS))
    for part in parts:
        if part.rows.size:
            total = total + tally_shots(part, masks, 3)
    assert_same(total, tally_shots(shots, masks, 3))


@pytest.mark.parametrize("counted", [True, False])
def test_dense_and_row_by_row_counting_agree(rng, counted, monkeypatch):
    shots = shots_of(rng, 4, 9, 50, counted)
    masks = term_masks("Z" * 9, ("ZZIIIIIII", "IIIIIIIIZ", "1IIII0IIZ"))
    dense = tally_shots(shots, masks, 9)
    monkeypatch.setattr("shoal.primitives.tallies.MAX_DENSE_BITS", 0)
    monkeypatch.setattr("shoal.primitives.tallies.CHUNK_ENTRIES", 7)
    assert_same(dense, tally_shots(shots, masks, 9))


def test_products_are_sums_of_products_of_readings(rng):
    shots = shots_of(rng, 1, 3, 40, counted=False)
    masks = term_masks("ZZZ", TERMS)
    readings = term_readings(shots.bits["meas"], masks).astype(int)
    np.testing.assert_array_equal(tally_shots(shots, masks, 3).products[0], readings.T @ readings)


@pytest.mark.parametrize("num_bits", [3, 8, 11, 20])
def test_parities_agree_with_qiskits_bit_array(rng, num_bits):
    bits = pack_bits(rng.integers(0, 2, (500, num_bits)).astype(bool))
    terms = (*("".join(rng.choice(list("IZ"), num_bits)) for _ in range(6)), "Z" * num_bits)
    array = BitArray(bits, num_bits)
    expected = [array.expectation_values(SparsePauliOp(term)) for term in terms]
    shots = ShotRows(0, np.zeros(500, dtype=np.int64), {"meas": bits})
    tally = tally_shots(shots, term_masks("Z" * num_bits, terms), num_bits)
    np.testing.assert_allclose(tally.sums[0] / tally.shots[0], expected, atol=1e-12)
