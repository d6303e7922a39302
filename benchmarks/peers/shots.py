"""Estimates from real shots, noiseless and noisy, and plain sampling."""

from functools import partial

import numpy as np
from qiskit.circuit.library import efficient_su2
from qiskit.primitives import BackendEstimatorV2
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from qiskit_aer.primitives import EstimatorV2, SamplerV2

from shoal.primitives import Estimator, Sampler

from .contest import Contender, Contest
from .exact import ising

FIVE_SIGMA = 5.0


def shots_contest(*, small: bool) -> Contest:
    """Ideal shots: 10 qubits, 19 terms."""
    return _estimator_contest(
        "shots at precision 1/64, 10 qubits, 19 terms", 10, 500, 100, None, small
    )


def noise_contest(*, small: bool) -> Contest:
    """Noisy shots: 6 qubits, depolarizing noise and readout error."""
    noise = NoiseModel(basis_gates=["rz", "ry", "cx", "id"])
    noise.add_all_qubit_quantum_error(depolarizing_error(0.002, 1), ["ry", "rz"])
    noise.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])
    noise.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.03, 0.97]]))
    return _estimator_contest("noisy shots, 6 qubits, 11 terms", 6, 300, 50, noise, small)


def _estimator_contest(name, num_qubits, rows, target, noise, small) -> Contest:
    rows = max(rows // 10, 5) if small else rows
    few = max(rows // 25, 4)
    circuit, operator = efficient_su2(num_qubits, reps=3), ising(num_qubits)
    values = np.random.default_rng(64).normal(size=(rows, circuit.num_parameters))
    ours = Estimator(options={"simulator": {"noise_model": noise}, "seed": 1})
    simulator = AerSimulator(noise_model=noise)
    theirs = BackendEstimatorV2(backend=simulator)
    truth = _truth(circuit, operator, values, noise)
    # All terms have weights of at most 1, so this bounds the standard error of the sum.
    sigma = (1 / 64) * np.sqrt(np.sum(np.abs(operator.coeffs)) ** 2)

    def run(estimator, count: int) -> np.ndarray:
        pub = (circuit, operator, values[:count])
        return estimator.run([pub], precision=1 / 64).result()[0].data.evs

    return Contest(
        f"{name} x {rows} rows",
        [
            Contender("shoal", partial(run, ours), rows),
            Contender("BackendEstimatorV2(Aer)", partial(run, theirs), few),
        ],
        target,
        lambda evs: float(np.abs(evs - truth[: len(evs)]).max()) / (FIVE_SIGMA * sigma),
    )


def _truth(circuit, operator, values, noise) -> np.ndarray:
    options = (
        {"backend_options": {"method": "density_matrix", "noise_model": noise}} if noise else {}
    )
    evs = EstimatorV2(options=options).run([(circuit, operator, values)], precision=0).result()
    if noise is None:
        return evs[0].data.evs
    # Aer's own estimator computes values without readout error: damp each term by it, per weight.
    parts = []
    for label, weight in operator.to_list():
        pub = (circuit, label, values)
        exact = EstimatorV2(options=options).run([pub], precision=0).result()[0].data.evs
        parts.append(weight.real * _read(label, exact))
    return np.sum(parts, axis=0)


def _read(label: str, exact: np.ndarray) -> np.ndarray:
    """A value as a reader with p(1|0) = 0.02 and p(0|1) = 0.03 sees it, to first order."""
    weight = sum(letter != "I" for letter in label)
    return exact * 0.95**weight + (0.01 if weight == 1 else 0.0)


def sampler_contest(*, small: bool) -> Contest:
    """Plain sampling: 8 qubits, 1,024 shots a row."""
    rows = 100 if small else 1000
    circuit = efficient_su2(8, reps=3)
    circuit.measure_all()
    values = np.random.default_rng(8).normal(size=(rows, circuit.num_parameters))
    bare = circuit.remove_final_measurements(inplace=False)
    z = ["I" * (7 - k) + "Z" + "I" * k for k in range(8)]
    truth = EstimatorV2().run([(bare, z, values[:, None])], precision=0).result()[0].data.evs

    def run(sampler, count: int) -> np.ndarray:
        data = sampler.run([(circuit, values[:count])], shots=1024).result()[0].data.meas
        bits = np.unpackbits(data.array, axis=-1, bitorder="big")[..., ::-1]
        return 1 - 2 * bits.mean(axis=1)

    return Contest(
        f"Sampler, 8 qubits x {rows:,} rows x 1,024 shots",
        [
            Contender("shoal", partial(run, Sampler(options={"seed": 1})), rows),
            Contender("Aer SamplerV2", partial(run, SamplerV2(seed=1)), rows),
        ],
        5,
        lambda means: float(np.abs(means - truth[: len(means)]).max()) / (6 / np.sqrt(1024)),
    )
