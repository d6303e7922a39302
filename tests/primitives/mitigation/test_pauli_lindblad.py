"""Pauli-Lindblad layers against Qiskit's container and against their own samples."""

import numpy as np
import pytest
from qiskit.quantum_info import PauliLindbladMap, QubitSparsePauli

from shoal.primitives.errors import RequestError
from shoal.primitives.mitigation.pauli_lindblad import (
    PauliLindblad,
    check_overhead,
    overhead_of_layers,
)

LAYER = [("XXI", 0.05), ("IZY", 0.02), ("ZII", 0.1)]
TERMS = ("ZZZ", "XII", "IYX", "XYZ")


def layer():
    return PauliLindblad.from_qiskit(PauliLindbladMap.from_list(LAYER))


def test_fidelities_and_gamma_are_qiskits():
    theirs = PauliLindbladMap.from_list(LAYER)
    expected = [theirs.pauli_fidelity(QubitSparsePauli(term)) for term in TERMS]
    np.testing.assert_allclose(layer().fidelities(TERMS), expected)
    assert layer().gamma == pytest.approx(theirs.inverse().gamma())


def commutation_signs(paulis, terms):
    codes = np.array([["IXYZ".index(letter) for letter in term] for term in terms])
    clash = (paulis[:, None] != 0) & (codes != 0) & (paulis[:, None] != codes)
    return 1 - 2 * (clash.sum(axis=2) % 2)


@pytest.mark.parametrize("factor", [1.0, -1.0, 0.7])
def test_samples_average_to_the_channel_or_its_inverse(rng, factor):
    scaled = layer().scaled(factor)
    paulis, signs = scaled.inserted(scaled.insertions(rng, 200_000))
    gamma = layer().gamma if factor < 0 else 1.0
    found = gamma * (signs[:, None] * commutation_signs(paulis, TERMS)).mean(axis=0)
    np.testing.assert_allclose(found, scaled.fidelities(TERMS), atol=5 * gamma / np.sqrt(200_000))


def test_amplification_is_a_power_of_the_fidelities():
    np.testing.assert_allclose(
        layer().scaled(2.5).fidelities(TERMS), layer().fidelities(TERMS) ** 2.5
    )


def test_the_same_key_gives_the_same_insertions():
    draws = [layer().insertions(np.random.Generator(np.random.Philox(key=4)), 50) for _ in range(2)]
    np.testing.assert_array_equal(draws[0], draws[1])


def test_layers_multiply():
    assert overhead_of_layers([layer(), layer()]) == pytest.approx(layer().gamma ** 2)


def test_an_overhead_beyond_the_maximum_is_refused():
    with pytest.raises(RequestError, match=r"gamma\*\*2 = 144, and resilience.pec.max_overhead is"):
        check_overhead(12.0, 100.0)
    check_overhead(12.0, None)


def test_rates_that_do_not_fit_are_refused():
    with pytest.raises(RequestError, match="2 generators, but rates of shape"):
        PauliLindblad(("XX", "ZZ"), np.array([0.1]))
    with pytest.raises(RequestError, match="generators of several widths"):
        PauliLindblad(("XX", "Z"), np.array([0.1, 0.1]))
