"""Error bars of learnt noise, and of what is estimated with it, against their real scatter."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from shoal.primitives import Estimator, NoiseLearner
from shoal.primitives.learning.cycles import cycles_of, generators_of
from shoal.primitives.learning.learnt_layers import learnt_layers
from shoal.primitives.mitigation.uncertain_rates import UncertainRates
from tests.primitives.mitigation.test_mitigated_estimator import ghz
from tests.primitives.mitigation.test_twirled_estimator import cx_noise
from tests.primitives.test_noise_learner import TRUTH, misread_noise

pytestmark = pytest.mark.statistics

REPLICAS = 200
FEW_SHOTS = {
    "layer_pair_depths": [0, 1, 2, 4],
    "num_randomizations": 16,
    "shots_per_randomization": 32,
}
OBSERVABLES = ["ZZ", "XX", "IZ", "ZI", "YY"]


def learnt(circuit, seed, **options):
    asked = {"seed": seed, "simulator": {"noise_model": misread_noise()}, **options}
    return NoiseLearner(options=asked).run([circuit]).result()


def turning(angle=0.6, layers=4):
    """No Clifford circuit, so that estimates are no simple products of fidelities."""
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    for _ in range(layers):
        circuit.cx(0, 1)
        circuit.ry(angle, 0)
        circuit.rz(0.3 * angle, 1)
        circuit.rx(angle, 1)
    return circuit


def flipping(layers=4):
    circuit = QuantumCircuit(2)
    circuit.ry(np.pi / 2, 0)
    for _ in range(layers):
        circuit.cx(0, 1)
    return circuit


def ideal(circuit):
    state = Statevector(circuit)
    return np.array([state.expectation_value(SparsePauliOp(one)).real for one in OBSERVABLES])


def estimated(circuit, options, seed, twirling):
    (count, each), model = twirling, learnt(circuit, seed, **FEW_SHOTS).layer_noise_model
    asked = {
        "seed": 10_000 + seed,
        "simulator": {"noise_model": cx_noise()},
        "resilience": {**options, "layer_noise_model": model},
        "twirling": {"num_randomizations": count, "shots_per_randomization": each},
    }
    pub = circuit, OBSERVABLES
    return Estimator(options=asked).run([pub], precision=0.1).result()[0].data


@pytest.mark.parametrize(
    "options",
    [
        {"layer_pair_depths": [0, 1, 6], "num_randomizations": 16},
        {"layer_pair_depths": [0, 1, 6], "num_randomizations": 32, "shots_per_randomization": 512},
        FEW_SHOTS,
    ],
)
def test_learnt_errors_are_those_of_replicas(options):
    (layer,) = learnt_layers([ghz(2)], "active-accum", 4)
    truth = np.array([TRUTH.get(generator, 0.0) for generator in generators_of(layer)])
    # Decays of Paulis by one layer and by two: what circuits suffer.
    decays = np.unique(np.concatenate([one.exponents for one in cycles_of(layer, [1, 2])]), axis=0)
    errors, variances, stds, squares = [], [], [], []
    for seed in range(REPLICAS):
        (one,) = learnt(ghz(2), seed, **options).data
        uncertain = UncertainRates.of([one.noise])
        pulls = decays[:, uncertain.positions]
        errors.append(np.array(one.noise.rates) - truth)
        variances.append(np.einsum("dl,lm,dm->d", pulls, uncertain.covariance, pulls))
        stds.append(one.stds)
        squares.append(one.chi_square)
    rates = np.sqrt(np.mean(np.square(stds), axis=0) / np.mean(np.square(errors), axis=0))
    # Rates that are 0 are at their bound or near it: an error there has one side only.
    assert ((rates[truth > 0] > 0.8) & (rates[truth > 0] < 1.25)).all(), rates
    off = np.array(errors) @ decays.T
    ratios = np.sqrt(np.mean(variances, axis=0) / np.mean(off**2, axis=0))
    assert 0.8 < np.median(ratios) < 1.25
    assert ((ratios > 0.75) & (ratios < 1.5)).all(), ratios
    covered = (np.abs(off) < 1.96 * np.sqrt(variances)).mean(axis=0)
    assert 0.9 < covered.mean() < 0.99, covered
    assert 0.7 < np.mean(squares) < 1.3


@pytest.mark.parametrize("circuit", [flipping(), turning()], ids=["clifford", "turning"])
@pytest.mark.parametrize("twirling", [(2000, 1), (8000, 16)], ids=["few", "many"])
def test_intervals_of_pec_with_learnt_noise_cover(circuit, twirling):
    truth = ideal(circuit)
    found = [
        estimated(circuit, {"pec_mitigation": True}, seed, twirling) for seed in range(REPLICAS)
    ]
    off = np.array([one.evs for one in found]) - truth
    stds = np.array([one.stds for one in found])
    by_noise = np.array([one.stds_layer_noise for one in found])
    covered = (np.abs(off) < 1.96 * stds).mean(axis=0)
    ratios = np.sqrt((stds**2).mean(axis=0) / (off**2).mean(axis=0))
    assert (covered >= 0.9).all(), covered
    assert (covered <= 0.99).all(), covered
    assert ((ratios > 0.8) & (ratios < 1.25)).all(), ratios
    if twirling[0] > 2000:
        # The case that counts: most of the error is the learning's, and without it nothing covers.
        without = (np.abs(off) < 1.96 * np.sqrt(stds**2 - by_noise**2)).mean(axis=0)
        assert without.min() < 0.8, without


def test_intervals_of_pea_with_learnt_noise_cover():
    circuit = turning()
    zne = {"amplifier": "pea", "noise_factors": [1, 1.5, 2.5], "extrapolator": "exponential"}
    options = {"zne_mitigation": True, "zne": zne}
    found = [estimated(circuit, options, seed, (4000, 16)) for seed in range(REPLICAS)]
    large = np.abs(ideal(circuit)) > 0.2
    off = (np.array([one.evs for one in found]) - ideal(circuit))[:, large]
    stds = np.array([one.stds for one in found])[:, large]
    covered = (np.abs(off) < 1.96 * stds).mean(axis=0)
    assert ((covered >= 0.9) & (covered <= 0.99)).all(), covered
    ratios = np.sqrt((stds**2).mean(axis=0) / (off**2).mean(axis=0))
    assert ((ratios > 0.8) & (ratios < 1.25)).all(), ratios
