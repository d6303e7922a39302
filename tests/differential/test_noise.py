"""Noise models by every method that claims to simulate them, against density matrices."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import RXGate, RZGate, XGate
from qiskit_aer.noise import NoiseModel, depolarizing_error, pauli_error
from qiskit_aer.noise.passes import RelaxationNoisePass

from shoal.primitives.noise import IDEAL_LABEL
from tests.differential.cases import A, B
from tests.differential.noisy import noise_models, noisy_probabilities, noisy_values
from tests.differential.running import (
    Claim,
    chi_square_is_plausible,
    counts_by,
    random_terms,
    run,
    values_by,
)
from tests.primitives.requests import estimator_request

MODELS = noise_models()
EXACT = (Claim("aer", "density_matrix"), Claim("batched", "density_matrix"))
EITHER = (Claim("aer", "density_matrix"), Claim("auto", "automatic"))
DRAWN = (*EXACT, Claim("aer", "statevector"), Claim("aer", "matrix_product_state"))


def circuit() -> QuantumCircuit:
    """Gates that some method knows and others do not, on three qubits."""
    found = QuantumCircuit(3)
    found.h([0, 1])
    found.ry(A, 0)
    found.cx(0, 1)
    found.crx(A * B, 1, 2)
    found.cp(B, 0, 2)
    found.rx(B, 1)
    found.cx(1, 2)
    found.cx(2, 0)
    found.u(A, B, 0.3, 2)
    return found


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("claim", EXACT, ids=str)
def test_exact_values(claim, name, rng):
    rows = rng.uniform(-3, 3, (3, 2))
    terms = random_terms(3, 10, rng)

    found = values_by(claim, circuit(), rows, terms, simulator=_simulator(claim, MODELS[name]))

    np.testing.assert_allclose(
        found, noisy_values(circuit(), rows, terms, MODELS[name]), atol=1e-10
    )


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("claim", DRAWN, ids=str)
def test_drawn_outcomes(claim, name, rng):
    rows = rng.uniform(-3, 3, (1, 2))
    expected = [noisy_probabilities(circuit(), row, MODELS[name]) for row in rows]
    measured = circuit()
    measured.measure_all()

    found = counts_by(claim, measured, rows, 2500, simulator=_simulator(claim, MODELS[name]))

    for counts, probabilities in zip(found, expected, strict=True):
        assert chi_square_is_plausible(counts, probabilities)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("claim", EITHER, ids=str)
def test_outcomes_and_values_of_rows_of_frames(claim, name, rng):
    framed, num_frames = _framed()
    rows = np.pi * rng.integers(0, 2, (5, num_frames)).astype(float)
    rows[:2] = 0  # there is a row that no noise can keep in its frames
    rows[1, -2:] = np.pi
    terms = random_terms(3, 10, rng)
    options = {"simulator": _simulator(claim, MODELS[name])}

    values = values_by(claim, framed, rows, terms, **options)
    counts = counts_by(claim, framed.measure_all(inplace=False), rows, 2500, **options)

    expected = noisy_values(framed, rows, terms, MODELS[name])
    np.testing.assert_allclose(values, expected, atol=1e-10)
    for row, found in zip(rows, counts, strict=True):
        assert chi_square_is_plausible(found, noisy_probabilities(framed, row, MODELS[name]))


def _framed() -> tuple[QuantumCircuit, int]:
    """A circuit with Paulis by parameters in it, and how many of these it has."""
    found, names = QuantumCircuit(3), [f"f{number:02d}" for number in range(18)]
    angles = iter(map(Parameter, names))
    for layer in range(3):
        for qubit in range(3):
            found.ry(0.4 + qubit - layer, qubit)
        for qubit in range(3):
            found.append(RZGate(next(angles), label=IDEAL_LABEL), [qubit])
            found.append(RXGate(next(angles), label=IDEAL_LABEL), [qubit])
        if layer < 2:
            found.cx(layer, layer + 1)
            found.cp(0.7, 2, 0)
    return found, len(names)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("claim", DRAWN, ids=str)
def test_estimates(claim, name, rng):
    rows = rng.uniform(-3, 3, (1, 2))
    terms = ["XYZ", "ZZI", "0+1", "IYX", "rIl"]
    expected = noisy_values(circuit(), rows, terms, MODELS[name])
    pub = (0, [{term: 1.0} for term in terms], rows[:, None, :], 0.04)
    options = {**claim.options, "simulator": _simulator(claim, MODELS[name])}

    found = run(estimator_request([circuit()], [pub], **options))[0].data

    assert np.all(np.abs(found.evs - expected) <= 5 * np.maximum(found.stds, 1e-3))


@pytest.mark.parametrize("claim", EITHER, ids=str)
def test_noise_of_gates_that_a_method_does_not_know(claim, rng):
    custom = QuantumCircuit(2, name="mine")
    custom.crz(A, 0, 1)
    custom.cx(0, 1)
    found = QuantumCircuit(3)
    found.h([0, 1, 2])
    found.append(custom.to_gate(), [2, 0])
    found.cswap(0, 1, 2)
    found.cry(B, 2, 1)
    found.append(XGate(label="slow"), [1])
    found.x(2)
    found.pauli("XY", [0, 1])
    model = NoiseModel(basis_gates=["cx", "rz"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.2, 2), ["mine", "cry", "pauli"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.3, 3), ["cswap"])
    model.add_all_qubit_quantum_error(pauli_error([("Z", 0.3), ("I", 0.7)]), ["slow"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), ["cx"])
    rows, terms = rng.uniform(-3, 3, (3, 2)), random_terms(3, 10, rng)

    values = values_by(claim, found, rows, terms, simulator=_simulator(claim, model))

    np.testing.assert_allclose(values, noisy_values(found, rows, terms, model), atol=1e-10)


@pytest.mark.parametrize("claim", EITHER, ids=str)
def test_relaxation_in_delays(claim, rng):
    angle = Parameter("a")
    found = QuantumCircuit(1)
    found.ry(angle, 0)
    found.delay(20, 0, unit="us")
    model = NoiseModel()
    model._custom_noise_passes.append(RelaxationNoisePass([50e-6], [40e-6]))
    rows = rng.uniform(-3, 3, (3, 1))

    values = values_by(claim, found, rows, ["X", "Z"], simulator=_simulator(claim, model))

    decay, dephasing = np.exp(-20 / 50), np.exp(-20 / 40)
    wanted = [np.sin(rows[:, 0]) * dephasing, 1 - decay * (1 - np.cos(rows[:, 0]))]
    np.testing.assert_allclose(values, np.transpose(wanted), atol=1e-10)


def _simulator(claim: Claim, model: NoiseModel) -> dict:
    return {"method": claim.method, "noise_model": model}


FRAME_NOISE = pauli_error([("X", 0.3), ("Z", 0.2), ("I", 0.5)])


@pytest.mark.parametrize("claim", [*DRAWN, Claim("aer", "stabilizer")], ids=str)
@pytest.mark.parametrize("twirling", ["enable_measure", "enable_gates"])
def test_frames_suffer_no_noise_and_gates_keep_theirs(claim, twirling):
    noise = NoiseModel(basis_gates=["rz", "rx", "sx", "h", "cx"])
    noise.add_all_qubit_quantum_error(FRAME_NOISE, ["rz", "rx", "sx"])
    noise.add_all_qubit_quantum_error(pauli_error([("Z", 0.1), ("I", 0.9)]), ["h"])
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    request = estimator_request(
        [bell],
        [(0, ["XX", "ZZ"], np.zeros(0), 0.02)],
        twirling={twirling: True, "num_randomizations": 50, "shots_per_randomization": 50},
        simulator={**claim.options["simulator"], "noise_model": noise},
        execution=claim.options["execution"],
    )
    (found,) = run(request)
    assert np.abs(found.data.evs[0] - 0.8) < 5 * 0.6 / np.sqrt(2500)
    assert found.data.evs[1] == 1
