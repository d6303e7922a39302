"""Laws of tallies: they add, in any order, to the same integers, and read terms as defined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.primitives import BitArray
from qiskit.quantum_info import SparsePauliOp

from shoal.primitives.masks import pack_bits, term_masks
from shoal.primitives.outcomes import ShotRows
from shoal.primitives.tallies import Tally, tally_shots

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
            total = total + tally_shots(part, masks)
    assert_same(total, tally_shots(shots, masks))


def readings_of(shots, masks):
    bits = shots.bits["meas"][:, None, :]
    odd = np.bitwise_count(bits & masks.parity).sum(axis=2).astype(int) & 1
    return (1 - 2 * odd) * ((bits & masks.projector) == masks.value).all(axis=2)


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("terms", [TERMS, ("IZZ", "ZZZ", "ZII")])
@pytest.mark.parametrize("entries", [1, 40])
def test_a_tally_adds_readings_and_products_of_readings(rng, counted, terms, entries):
    shots, masks = shots_of(rng, 4, 3, entries, counted), term_masks("ZZZ", terms)
    tally = tally_shots(shots, masks)
    for row in range(4):
        here = part_of(shots, shots.rows == row)
        readings = readings_of(here, masks)
        counts = np.ones(entries, int) if here.counts is None else here.counts
        assert tally.shots[row] == counts.sum()
        np.testing.assert_array_equal(tally.sums[row], counts @ readings)
        np.testing.assert_array_equal(tally.products[row], (readings.T * counts) @ readings)


@pytest.mark.parametrize("num_bits", [3, 8, 11, 20])
def test_parities_agree_with_qiskits_bit_array(rng, num_bits):
    bits = pack_bits(rng.integers(0, 2, (500, num_bits)).astype(bool))
    terms = (*("".join(rng.choice(list("IZ"), num_bits)) for _ in range(6)), "Z" * num_bits)
    array = BitArray(bits, num_bits)
    expected = [array.expectation_values(SparsePauliOp(term)) for term in terms]
    shots = ShotRows(0, np.zeros(500, dtype=np.int64), {"meas": bits})
    tally = tally_shots(shots, term_masks("Z" * num_bits, terms))
    np.testing.assert_allclose(tally.sums[0] / tally.shots[0], expected, atol=1e-12)
