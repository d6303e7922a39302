"""Counted strings: any order and any tree of additions give the same entries."""

import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shoal.primitives.mitigation import readout
from shoal.primitives.mitigation.calibration import calibration_flips, tally_calibration
from shoal.primitives.mitigation.readout import local_inverse
from shoal.primitives.mitigation.string_tallies import CountedStrings, strings_of
from shoal.primitives.outcomes import ShotRows


def drawn(seed: int, shots: int, num_bytes: int = 2, rows: int = 3) -> ShotRows:
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 3, (shots, num_bytes), dtype=np.uint8)
    return ShotRows(0, np.sort(rng.integers(0, rows, shots)), {"meas": bits}, None)


def assert_same(left, right) -> None:
    for name in ("rows", "strings", "counts"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name))


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
    st.sampled_from([1, 8, 9]),
)
def test_any_order_and_tree_give_the_same(sizes, random, num_bytes):
    tallies = [strings_of(drawn(seed, n, num_bytes)) for seed, n in enumerate(sizes)]
    in_order = CountedStrings()
    for tally in tallies:
        in_order.add(tally)
    (expected,) = in_order.parts()
    assert expected.counts.sum() == sum(sizes)
    while len(tallies) > 1:
        left = tallies.pop(random.randrange(len(tallies)))
        right = tallies.pop(random.randrange(len(tallies)))
        tallies.append(left + right)
    assert_same(tallies[0], expected)


def test_a_row_has_its_strings_in_order():
    shots = ShotRows(
        0,
        np.array([4, 4, 4, 7]),
        {"meas": np.array([[2], [1], [2], [0]], np.uint8)},
        np.array([3, 1, 2, 9]),
    )
    strings, counts = strings_of(shots).of_row(4)
    assert strings.tolist() == [[1], [2]]
    assert counts.tolist() == [1, 5]


def test_what_is_held_grows_with_the_strings_and_not_with_the_shots():
    counted = CountedStrings()
    tracemalloc.start()
    for seed in range(50):
        counted.add(strings_of(drawn(seed, 20_000)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (tally,) = counted.parts()
    assert tally.counts.sum() == 1_000_000
    assert tally.counts.size == 27
    assert peak < 5_000_000  # one part of 20,000 shots, sorted; all shots are 10 MB


def test_the_inverse_in_parts_is_that_of_the_whole(monkeypatch):
    rng = np.random.default_rng(2)
    flips = calibration_flips(np.random.SeedSequence(5), 8, 4)
    read = np.repeat(flips, 500, axis=0) ^ (rng.random((4000, 4)) < 0.05)
    owner = np.repeat(np.arange(8), 500)
    packed = np.packbits(read[:, ::-1], axis=1, bitorder="big") >> 4
    none = np.zeros((0, 1), np.uint8)
    calibration = tally_calibration(packed, np.ones(4000, np.int64), owner, flips, none)
    strings = rng.integers(0, 16, (300, 1), dtype=np.uint8)
    asked = strings, rng.integers(1, 9, 300), ["ZZIZ", "I0ZZ", "ZIII"], range(4), calibration
    whole = local_inverse(*asked)
    monkeypatch.setattr(readout, "CHUNK_BYTES", 8 * 3 * 4 * 7)
    parts = local_inverse(*asked)
    for name in ("means", "covariance", "slopes"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-12)
