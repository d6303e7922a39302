"""M3 on observed strings against the matrix written out in full."""

import numpy as np
import pytest

from shoal.primitives.errors import RequestError
from shoal.primitives.masks import pack_bits
from shoal.primitives.mitigation import m3
from shoal.primitives.mitigation.assignment import AssignmentErrors, transform_register
from shoal.primitives.mitigation.quasi import (
    distinct_strings,
    nearest_probabilities,
    quasi_probabilities,
)


def errors_of(rng, num_bits, largest=0.06):
    return AssignmentErrors(
        rng.uniform(0.005, largest, num_bits), rng.uniform(0.005, largest, num_bits)
    )


def random_strings(rng, num_bits, shots, flip=0.1):
    drawn = rng.integers(0, 2, shots)[:, None] ^ (rng.random((shots, num_bits)) < flip)
    return distinct_strings(pack_bits(drawn.astype(bool)), np.ones(shots, dtype=np.int64))


def dense_solution(strings, counts, errors, distance):
    n = errors.num_bits
    numbers = [int.from_bytes(row.tobytes(), "big") for row in strings]
    bits = np.array([[number >> bit & 1 for bit in range(n)] for number in numbers])
    apart = (bits[:, None] != bits[None]).sum(axis=2)
    matrix = np.prod(errors.matrices[np.arange(n), bits[:, None], bits[None]], axis=2)
    matrix[apart > distance] = 0
    matrix /= matrix.sum(axis=0)
    inverse = np.linalg.inv(matrix)
    observed = counts / counts.sum()
    second = inverse**2 @ observed
    values = inverse @ observed
    stds = np.sqrt((second - values**2) / counts.sum())
    return values, stds, np.abs(inverse).sum(axis=0).max() ** 2


@pytest.mark.parametrize(
    ("method", "num_bits", "distance"),
    [
        ("direct", 9, 9), ("direct", 9, 2), ("direct", 70, 3), ("register", 9, 9),
        ("sparse", 9, 9), ("sparse", 9, 2), ("sparse", 70, 3),
    ],
)  # fmt: skip
def test_every_method_solves_the_matrix_written_out(rng, monkeypatch, method, num_bits, distance):
    if method != "direct":
        monkeypatch.setattr(m3, "MAX_DIRECT_STRINGS", 0)
    if method == "sparse":
        monkeypatch.setattr(m3, "MAX_REGISTER_BITS", 0)
    errors = errors_of(rng, num_bits)
    strings, counts = random_strings(rng, num_bits, 250 if method == "direct" else 400)
    found = quasi_probabilities(strings, counts, errors, distance)
    values, stds, overhead = dense_solution(strings, counts, errors, distance)
    assert (found.method, found.distance) == (method, distance)
    np.testing.assert_allclose(found.values, values, atol=1e-6)
    np.testing.assert_allclose(found.stds, stds, rtol=0.05, atol=1e-6)
    np.testing.assert_allclose(found.overhead, overhead, rtol=0.03)


def test_ghz_with_known_confusion_gives_two_halves():
    n, errors = 5, AssignmentErrors(np.full(5, 0.03), np.full(5, 0.07))
    ideal = np.zeros(1 << n)
    ideal[[0, -1]] = 0.5
    read = transform_register(errors.matrices, ideal)
    strings = np.arange(1 << n, dtype=np.uint8)[:, None]
    counts = np.rint(read * 1e9).astype(np.int64)
    found = quasi_probabilities(strings, counts, errors)
    np.testing.assert_allclose(found.values, ideal, atol=1e-7)


def test_transform_of_a_register_is_the_kronecker_product(rng):
    matrices = errors_of(rng, 7).matrices
    full = np.ones((1, 1))
    for matrix in matrices:
        full = np.kron(matrix, full)
    vector = rng.random(1 << 7)
    np.testing.assert_allclose(transform_register(matrices, vector), full @ vector)


def test_strings_are_merged_whatever_their_width(rng):
    for num_bits in (3, 64, 90):
        bits = pack_bits(rng.integers(0, 2, (5, num_bits)).astype(bool))
        strings, counts = distinct_strings(np.repeat(bits, 3, axis=0), np.arange(15))
        assert counts.sum() == sum(range(15))
        assert sorted(map(bytes, strings)) == sorted({bytes(row) for row in bits})


def test_probabilities_nearest_to_quasi_probabilities(rng):
    values = rng.normal(0.05, 0.2, 20)
    values /= values.sum()
    found = nearest_probabilities(values)
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    # At the nearest point of a simplex all kept entries are shifted alike.
    np.testing.assert_allclose(np.ptp((found - values)[found > 0]), 0, atol=1e-12)


def test_qiskits_distribution_has_the_numbers_as_keys():
    errors = AssignmentErrors(np.full(9, 0.01), np.full(9, 0.01))
    strings = np.array([[1, 0], [0, 3]], dtype=np.uint8)
    found = quasi_probabilities(strings, np.array([30, 10]), errors).to_qiskit()
    assert set(found) == {256, 3}
    assert sum(found.values()) == pytest.approx(1)
    assert found.stddev_upper_bound == pytest.approx(0.158, abs=0.01)


def test_a_qubit_that_reads_noise_is_refused():
    with pytest.raises(RequestError, match=r"bits \[1\] read 0 and 1 alike"):
        AssignmentErrors(np.array([0.1, 0.5]), np.array([0.1, 0.5]))


def test_a_register_of_another_width_is_refused():
    errors = AssignmentErrors(np.full(9, 0.01), np.full(9, 0.01))
    with pytest.raises(RequestError, match="1 bytes cannot be mitigated with readout errors of 9"):
        quasi_probabilities(np.zeros((1, 1), np.uint8), np.ones(1, np.int64), errors)


def test_a_distance_beyond_the_register_is_refused():
    errors = AssignmentErrors(np.full(4, 0.01), np.full(4, 0.01))
    with pytest.raises(RequestError, match="distance is 5; it must lie between 1 and 4"):
        quasi_probabilities(np.zeros((1, 1), np.uint8), np.ones(1, np.int64), errors, 5)
