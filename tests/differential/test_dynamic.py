"""Circuits whose measurements influence what follows, with outcomes that are known."""

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.circuit.classical import expr
from qiskit_aer.noise import NoiseModel, ReadoutError, pauli_error

from shoal.cluster.engines.choice import check
from shoal.primitives.errors import UnsupportedError
from shoal.primitives.expansion import expand
from tests.differential.running import Claim, chi_square_is_plausible, counts_by, run
from tests.primitives.requests import estimator_request, sampler_request

A, B = Parameter("a"), Parameter("b")
ANGLES = np.array([0.4, 1.9, -2.5])

CLAIMS = (
    Claim("auto", "automatic"),
    Claim("aer", "statevector"),
    Claim("aer", "density_matrix"),
    Claim("aer", "matrix_product_state"),
)
every_claim = pytest.mark.parametrize("claim", CLAIMS, ids=str)


def measured(width: int, bits: int) -> QuantumCircuit:
    return QuantumCircuit(QuantumRegister(width), ClassicalRegister(bits, "meas"))


def teleportation() -> QuantumCircuit:
    """RY(a) on qubit 0 arrives at qubit 2; bits 0 and 1 are fair coins."""
    circuit = measured(3, 3)
    circuit.ry(A, 0)
    circuit.h(1)
    circuit.cx(1, 2)
    circuit.cx(0, 1)
    circuit.h(0)
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((1, 1)):
        circuit.x(2)
    with circuit.if_test((0, 1)):
        circuit.z(2)
    circuit.measure(2, 2)
    return circuit


@every_claim
def test_feed_forward(claim):
    found = counts_by(claim, teleportation(), ANGLES[:, None], 1500)

    for counts, angle in zip(found, ANGLES, strict=True):
        one = np.sin(angle / 2) ** 2
        wanted = np.kron([1 - one, one], np.full(4, 0.25))
        assert chi_square_is_plausible(counts, wanted)


@every_claim
def test_bound_gates_in_branches(claim):
    circuit = measured(2, 2)
    circuit.ry(A, 0)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)) as otherwise:
        circuit.x(1)
        circuit.cry(2 * A + B, 0, 1)
    with otherwise:
        circuit.rx(A * B, 1)
    circuit.measure(1, 1)
    rows = np.stack([ANGLES, ANGLES[::-1] + 0.3], axis=1)

    found = counts_by(claim, circuit, rows, 1500)

    for counts, (a, b) in zip(found, rows, strict=True):
        one = np.sin(a / 2) ** 2
        zero = np.sin((2 * a + b) / 2) ** 2  # X, then a rotation: what is left in 0
        other = np.sin(a * b / 2) ** 2
        wanted = [(1 - one) * (1 - other), one * zero, (1 - one) * other, one * (1 - zero)]
        assert chi_square_is_plausible(counts, np.array(wanted))


@every_claim
def test_loops(claim):
    circuit = measured(2, 2)
    counter = Parameter("k")
    with circuit.for_loop(range(3), counter):
        circuit.ry(A * counter, 0)
    with circuit.for_loop(range(2)):
        circuit.crx(B, 0, 1)
    circuit.measure([0, 1], [0, 1])
    rows = np.stack([ANGLES / 3, ANGLES[::-1] + 0.3], axis=1)

    found = counts_by(claim, circuit, rows, 1500)

    for counts, (a, b) in zip(found, rows, strict=True):
        one, flipped = np.sin(1.5 * a) ** 2, np.sin(b) ** 2
        wanted = [1 - one, one * (1 - flipped), 0.0, one * flipped]
        assert chi_square_is_plausible(counts, np.array(wanted))


@every_claim
def test_repeat_until_success(claim):
    circuit = measured(2, 2)
    circuit.h(0)
    circuit.measure(0, 0)
    with circuit.while_loop((0, 0)):
        circuit.reset(0)
        circuit.ry(A, 0)
        circuit.ry(B, 1)
        circuit.measure(0, 0)
    circuit.measure(1, 1)
    rows = np.array([[2.5, np.pi], [2.0, 0.0]])

    found = counts_by(claim, circuit, rows, 1000)

    np.testing.assert_array_equal(found[:, [0, 2]], 0)  # ends only when bit 0 is 1
    assert found[0, 1] > 0
    assert found[0, 3] > 0
    assert found[1, 3] == 0


@every_claim
def test_switch(claim):
    circuit = measured(3, 3)
    circuit.h([0, 1])
    circuit.measure([0, 1], [0, 1])
    pair = ClassicalRegister(bits=circuit.clbits[:2], name="pair")
    circuit.add_register(pair)
    with circuit.switch(pair) as case:
        with case(0):
            circuit.ry(A, 2)
        with case(1, 2):
            circuit.x(2)
        with case(case.DEFAULT):
            circuit.rx(2 * A, 2)
    circuit.measure(2, 2)

    found = counts_by(claim, circuit, ANGLES[:, None], 1500)

    for counts, angle in zip(found, ANGLES, strict=True):
        ones = np.array([np.sin(angle / 2) ** 2, 1.0, 1.0, np.sin(angle) ** 2])
        assert chi_square_is_plausible(counts, np.concatenate([1 - ones, ones]) / 4)


@every_claim
def test_measured_again_and_reset(claim):
    circuit = measured(1, 3)
    circuit.ry(A, 0)
    circuit.measure(0, 0)
    circuit.x(0)
    circuit.measure(0, 1)
    circuit.reset(0)
    circuit.ry(2 * A, 0)
    circuit.measure(0, 2)

    found = counts_by(claim, circuit, ANGLES[:, None], 1500)

    for counts, angle in zip(found, ANGLES, strict=True):
        first, last = np.sin(angle / 2) ** 2, np.sin(angle) ** 2
        pair = np.array([0, first, 1 - first, 0])
        assert chi_square_is_plausible(counts, np.kron([1 - last, last], pair))


@every_claim
def test_resets_in_branches(claim):
    circuit = measured(1, 2)
    with circuit.if_test((1, 0)):
        circuit.ry(A, 0)
        circuit.measure(0, 0)
        circuit.reset(0)
    circuit.measure(0, 1)

    found = counts_by(claim, circuit, ANGLES[:, None], 500)

    for counts, angle in zip(found, ANGLES, strict=True):
        one = np.sin(angle / 2) ** 2
        assert chi_square_is_plausible(counts, np.array([1 - one, one, 0, 0]))


@every_claim
def test_states_prepared_in_branches(claim):
    circuit = measured(2, 2)
    circuit.x(0)
    with circuit.if_test((0, 0)):
        circuit.initialize("10", [0, 1])
    circuit.ry(A, 0)
    circuit.measure([0, 1], [0, 1])

    found = counts_by(claim, circuit, ANGLES[:, None], 500)

    for counts, angle in zip(found, ANGLES, strict=True):
        one = np.sin(angle / 2) ** 2
        assert chi_square_is_plausible(counts, np.array([0, 0, 1 - one, one]))


@every_claim
def test_loops_on_what_is_not_measured_afterwards(claim):
    circuit = measured(2, 2)
    circuit.ry(A, 1)
    with circuit.while_loop((0, 0)):
        circuit.measure(0, 0)
        circuit.x(0)
    circuit.measure(1, 1)

    found = counts_by(claim, circuit, ANGLES[:, None], 500)

    for counts, angle in zip(found, ANGLES, strict=True):
        one = np.sin(angle / 2) ** 2
        assert chi_square_is_plausible(counts, np.array([0, 1 - one, 0, one]))


@every_claim
def test_bits_that_nothing_measures_are_0(claim):
    circuit = measured(1, 2)
    with circuit.if_test((0, 0)):
        circuit.rx(A, 0)

    found = counts_by(claim, circuit, ANGLES[:, None], 100)

    assert (found[:, 0] == 100).all()


@every_claim
def test_noise_reaches_branches(claim):
    model = NoiseModel()
    model.add_all_qubit_quantum_error(pauli_error([("X", 0.2), ("I", 0.8)]), "x")
    model.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.3, 0.7]]))
    circuit = measured(2, 2)
    circuit.ry(A, 0)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.x(1)
    circuit.measure(1, 1)

    found = counts_by(
        claim,
        circuit,
        ANGLES[:, None],
        1500,
        simulator={"method": claim.method, "noise_model": model},
    )

    for counts, angle in zip(found, ANGLES, strict=True):
        true = np.sin(angle / 2) ** 2
        read = 0.1 * (1 - true) + 0.7 * true
        flipped = 0.8 * 0.7 + 0.2 * 0.1  # the branch was taken, and qubit 1 is read as 1
        wanted = [(1 - read) * 0.9, read * (1 - flipped), (1 - read) * 0.1, read * flipped]
        assert chi_square_is_plausible(counts, np.array(wanted))


def test_estimates_after_resets_are_exact(rng):
    circuit = QuantumCircuit(2)
    circuit.ry(A, 0)
    circuit.cx(0, 1)
    circuit.reset(0)
    circuit.ry(B, 0)
    rows = rng.uniform(-3, 3, (4, 2))
    pub = (0, [{"ZI": 1.0}, {"IZ": 1.0}, {"XX": 1.0}], rows[:, None], 0.0)

    found = run(estimator_request([circuit], [pub]))[0]

    a, b = rows.T
    np.testing.assert_allclose(
        found.data.evs, np.stack([np.cos(a), np.cos(b), 0 * a], 1), atol=1e-12
    )
    assert found.metadata["shoal"]["method"] == "density_matrix"


def test_estimates_after_measurements(rng):
    circuit = QuantumCircuit(2, 1)
    circuit.ry(A, 0)
    circuit.measure(0, 0)
    with circuit.if_test((0, 1)):
        circuit.x(1)
    rows = rng.uniform(-3, 3, (4, 1))
    observables = [{"ZI": 1.0}, {"IZ": 1.0}, {"ZZ": 1.0}, {"XI": 1.0}]

    found = run(estimator_request([circuit], [(0, observables, rows[:, None], 0.03)]))[0].data

    a = rows[:, 0]
    wanted = np.stack([np.cos(a), np.cos(a), np.ones(4), np.zeros(4)], 1)
    assert np.all(np.abs(found.evs - wanted) <= 5 * np.maximum(found.stds, 1e-9))


def test_exact_values_after_measurements_are_refused():
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    circuit.h(0)
    request = estimator_request([circuit], [(0, ["Z"], [], 0.0)])

    with pytest.raises(UnsupportedError, match="measurements influence what follows"):
        check(request, expand(request))


def test_variables_are_refused():
    circuit = measured(1, 1)
    circuit.add_var("seen", expr.lift(False))
    circuit.measure(0, 0)
    request = sampler_request([circuit], [(0, [], 10)])

    with pytest.raises(UnsupportedError, match="classical variables, at which Aer ends"):
        check(request, expand(request))


def test_stored_values_are_refused():
    circuit = measured(1, 2)
    circuit.measure(0, 0)
    circuit.store(circuit.clbits[1], expr.logic_not(circuit.clbits[0]))
    request = sampler_request([circuit], [(0, [], 10)])

    with pytest.raises(UnsupportedError, match="or stores values"):
        check(request, expand(request))


def test_a_loop_that_leaves_by_its_counter_is_refused():
    circuit = measured(1, 1)
    counter = Parameter("k")
    with circuit.for_loop(range(3), counter):
        circuit.ry(A * counter, 0)
        circuit.measure(0, 0)
        with circuit.if_test((0, 1)):
            circuit.break_loop()
    request = sampler_request([circuit], [(0, [[1.0]], 10)])

    with pytest.raises(UnsupportedError, match="uses its own counter has a break"):
        check(request, expand(request))
