"""The local inverse of shots that are all different: the same estimates from few integers."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel, ReadoutError

from shoal.primitives import Estimator
from shoal.primitives.masks import pack_bits
from shoal.primitives.mitigation import summed_variant
from shoal.primitives.mitigation.calibration import (
    ReadoutCalibration,
    calibration_flips,
    tally_calibration,
)
from shoal.primitives.mitigation.local_sums import LocalSums, LocalWorth
from shoal.primitives.mitigation.readout import local_inverse
from shoal.primitives.mitigation.summed_variant import SummedVariant
from shoal.primitives.outcomes import ShotRows
from shoal.primitives.workload import Variant

BITS = 70
TERMS = ["I" * (BITS - 2) + "ZX", "Z" + "I" * (BITS - 1), "Y" * BITS, "I" * 20 + "Z" * (BITS - 20)]


def calibration(bits: int = BITS) -> ReadoutCalibration:
    rng = np.random.default_rng(2)
    flips = calibration_flips(np.random.SeedSequence(5), 16, bits)
    rates = np.where(rng.random(bits) < 0.5, 0.02, 0.07)
    flipped = rng.random((16, 300, bits)) < np.where(flips, rates / 2, rates)[:, None]
    read = (flips[:, None] ^ flipped).reshape(-1, bits)
    owner, none = np.repeat(np.arange(16), 300), np.zeros((0, -(-bits // 8)), np.uint8)
    return tally_calibration(pack_bits(read), np.ones(4800, np.int64), owner, flips, none)


CALIBRATION = calibration()
WORTH = LocalWorth(TERMS, range(BITS), CALIBRATION, 10_000)


def drawn(seed: int, shots: int, rows: int = 3) -> ShotRows:
    rng = np.random.default_rng(seed)
    bits = rng.random((shots, BITS)) < 0.2
    counts = np.where(rng.random(shots) < 0.1, rng.integers(1, 9, shots), 1)
    return ShotRows(0, np.sort(rng.integers(0, rows, shots)), {"meas": pack_bits(bits)}, counts)


def sums(shots: ShotRows) -> LocalSums:
    return WORTH.sums(shots.rows, shots.bits["meas"], shots.counts)


def assert_same(left: LocalSums, right: LocalSums) -> None:
    for name in ("rows", "shots", "values", "products", "marked"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name))


def test_estimates_are_those_of_the_strings():
    shots = drawn(1, 5000, rows=1)
    found = WORTH.estimate(sums(shots), 0)

    expected = local_inverse(shots.bits["meas"], shots.counts, TERMS, range(BITS), CALIBRATION)
    spread = np.sqrt(np.diag(expected.covariance))
    assert (np.abs(found.means - expected.means) < 1e-3 * spread).all()
    scale = spread[:, None] * spread
    assert (np.abs(found.covariance - expected.covariance) < 1e-3 * scale).all()
    largest = np.abs(expected.slopes).max(axis=1, keepdims=True)
    assert (np.abs(found.slopes - expected.slopes) < 1e-3 * largest).all()
    np.testing.assert_array_equal(found.rate_variances, expected.rate_variances)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_any_order_and_tree_give_the_same(sizes, random):
    parts = [drawn(seed, size) for seed, size in enumerate(sizes)]
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows, kind="stable")
    bits = np.concatenate([part.bits["meas"] for part in parts])[order]
    expected = WORTH.sums(rows[order], bits, np.concatenate([part.counts for part in parts])[order])
    tallies = [sums(part) for part in parts]
    while len(tallies) > 1:
        left = tallies.pop(random.randrange(len(tallies)))
        tallies.append(left + tallies.pop(random.randrange(len(tallies))))
    assert_same(tallies[0], expected)


def test_a_string_that_was_read_very_often_is_summed_exactly():
    often = drawn(3, 500, rows=1)
    counts = often.counts.copy()
    counts[7] = 3_000_000
    worth = LocalWorth(TERMS, range(BITS), CALIBRATION, 4_000_000)
    found = worth.sums(often.rows, often.bits["meas"], counts)
    strings = often.bits["meas"]
    whole = [worth.sums(np.zeros(1, np.int64), one[None], np.ones(1, np.int64)) for one in strings]
    for name in ("values", "products", "marked"):
        each = np.stack([getattr(one, name)[0] for one in whole]).astype(object)
        wanted = np.tensordot(counts.astype(object), each, axes=1)
        assert (getattr(found, name)[0] == wanted).all()


def test_what_is_held_does_not_grow_with_strings_that_are_all_different():
    variant = Variant(0, 0, "main", "Z" * BITS, TERMS, 10**8)
    held = SummedVariant(variant, tuple(range(BITS)))
    held.calibrate(CALIBRATION)
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 256, (100_000, 9), dtype=np.uint8)
    rows, ones = np.zeros(1000, dtype=np.int64), np.ones(1000, dtype=np.int64)
    tracemalloc.start()
    for part in np.split(bits, 100):
        held.add(ShotRows(0, rows, {"meas": part}, ones))
    left, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held.finish_with(CALIBRATION, np.zeros(1, np.int64)).shots == 100_000
    assert peak < 2_000_000  # of 1,000 shots; a string, its row and its count are 2.5 MB of all
    assert left < 100_000


def test_shots_that_come_before_their_calibration_are_not_lost():
    variant = Variant(0, 0, "main", "Z" * BITS, TERMS, 10**8)
    early, late = (SummedVariant(variant, tuple(range(BITS))) for _ in range(2))
    early.calibrate(CALIBRATION)
    for seed in range(3):
        early.add(drawn(seed, 50))
        late.add(drawn(seed, 50))
    points = np.arange(3)
    found, expected = (one.finish_with(CALIBRATION, points) for one in (late, early))
    assert found.moments.means.tobytes() == expected.moments.means.tobytes()
    assert found.moments.covariance.tobytes() == expected.moments.covariance.tobytes()


@pytest.fixture
def few_strings_are_held(monkeypatch):
    monkeypatch.setattr(summed_variant, "MAX_STRING_BYTES", 1 << 8)


def wide_job():
    noise = NoiseModel()
    noise.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.06, 0.94]]))
    circuit = QuantumCircuit(14)
    circuit.h(range(14))
    circuit.ry(0.7, range(14))
    options = {
        "seed": 4, "simulator": {"noise_model": noise},
        "resilience": {"measure_mitigation": True}, "twirling": {"enable_measure": False},
    }  # fmt: skip
    labels = ["I" * 12 + "ZZ", "Z" * 4 + "I" * 10, "X" + "I" * 13]
    return Estimator(options=options).run([(circuit, labels)], precision=0.01)


def test_a_job_says_the_same_from_sums(few_strings_are_held, monkeypatch):
    summed = wide_job().result()[0].data
    monkeypatch.undo()
    plain = wide_job().result()[0].data
    np.testing.assert_allclose(summed.evs, plain.evs, atol=1e-3 * plain.stds.min())
    np.testing.assert_allclose(summed.stds, plain.stds, rtol=1e-3)
    assert summed.evs.tobytes() != plain.evs.tobytes()
