"""Zero-noise extrapolation by simulated noise that is scaled: closed forms, in this process."""

import numpy as np
import pytest
from qiskit.circuit import QuantumCircuit
from qiskit_aer.noise import NoiseModel, thermal_relaxation_error

from shoal.primitives import Estimator
from shoal.primitives.errors import OptionError, UnsupportedError

from .test_mitigated_estimator import estimate, gate_noise, ghz

FACTORS = [1, 1.5, 2.5, 4]


def scaled(**zne):
    asked = {"amplifier": "noise_scaling", "noise_factors": FACTORS, **zne}
    return {"resilience": {"zne_mitigation": True, "zne": asked}}


def test_depolarizing_noise_decays_exactly_exponentially():
    found = estimate((ghz(4), ["XXXX", "ZZII"]), 0.0, gate_noise(0.03), **scaled()).data
    gates = np.array([3, 3])
    expected = 0.97 ** (gates[:, None] * np.array(FACTORS))
    np.testing.assert_allclose(found.evs_noise_factors[0], expected[0], atol=1e-12)
    assert found.evs == pytest.approx([1, 1], abs=1e-6)


def test_gates_on_one_qubit_are_amplified_too():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(thermal_relaxation_error(100.0, 60.0, 2.0), ["x"])
    circuit = QuantumCircuit(1)
    circuit.h(0)
    for _ in range(6):
        circuit.x(0)
    found = estimate((circuit, "X"), 0.0, model, **scaled()).data
    np.testing.assert_allclose(
        found.evs_noise_factors, np.exp(-12 / 60 * np.array(FACTORS)), atol=1e-10
    )


def test_shots_are_extrapolated_after_trex_and_twirling():
    options = scaled(extrapolator="exponential")
    found = estimate(
        (ghz(3), ["XXX", "ZZI"]), 0.02, gate_noise(0.05), resilience_level=2, **options
    )
    assert (np.abs(found.data.evs - 1) < 5 * found.data.stds).all()
    assert found.metadata["resilience"]["zne"]["effective_noise_factors"] == FACTORS


def test_without_a_noise_model_there_is_nothing_to_scale():
    with pytest.raises(OptionError, match=r"'noise_scaling' scales simulator.noise_model"):
        Estimator(options=scaled()).run([(ghz(2), "ZZ")])


def test_noise_that_has_no_such_power_is_refused_at_run():
    model = gate_noise(1.03)
    with pytest.raises(UnsupportedError, match=r"error on 'cx' has no power 1.5"):
        estimate((ghz(2), "ZZ"), 0.0, model, **scaled())
    found = estimate((ghz(2), "ZZ"), 0.0, model, **scaled(noise_factors=[1, 2, 3]))
    np.testing.assert_allclose(found.data.evs_noise_factors, (-0.03) ** np.array([1, 2, 3]))
