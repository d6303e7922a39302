"""An optimiser's small calls in this process: ``python -m benchmarks.optimiser [--json FILE]``.

A single call of 4 qubits and one observable, and a VQE of qiskit-algorithms (COBYLA, 6 qubits, 300
calls), through Shoal, Aer's ``EstimatorV2`` and Qiskit's ``StatevectorEstimator`` in turn.
"""

import argparse
import json
import warnings
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from qiskit.circuit.library import efficient_su2
from qiskit.primitives import StatevectorEstimator
from qiskit_aer.primitives import EstimatorV2
from rich.console import Console

from shoal.primitives import Estimator

from .peers.contest import Contender, Contest, hold
from .peers.exact import ising, tiny_contest
from .peers.table import table_of

CALLS = 300


def vqe_contest() -> Contest:
    """Minimise the energy of an Ising chain; an evaluation is one call of the estimator."""
    from qiskit_algorithms import VQE
    from qiskit_algorithms.optimizers import COBYLA

    operator = ising(6)
    ansatz = efficient_su2(6, reps=2)
    start = np.random.default_rng(6).uniform(-1, 1, ansatz.num_parameters)

    def energy(estimator, calls: int) -> np.ndarray:
        vqe = VQE(estimator, ansatz, COBYLA(maxiter=calls), initial_point=start)
        return np.array([vqe.compute_minimum_eigenvalue(operator).eigenvalue.real])

    truth = energy(StatevectorEstimator(), CALLS)
    return Contest(
        f"VQE of qiskit-algorithms: COBYLA, 6 qubits, {CALLS} calls",
        [
            Contender("shoal", partial(energy, Estimator()), CALLS),
            Contender("Aer EstimatorV2", partial(energy, EstimatorV2()), CALLS),
            Contender(
                "Qiskit StatevectorEstimator", partial(energy, StatevectorEstimator()), CALLS
            ),
        ],
        1,
        # COBYLA amplifies last bits: the same path to a part in a million is the same optimum.
        lambda energies: float(np.abs(energies - truth).max()) / 1e-3,
    )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.optimiser", description=__doc__)
    parser.add_argument("--json", type=Path, help="write every figure here")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    lines = []
    for make in (tiny_contest, vqe_contest):
        found = hold(make(), arguments.repeats)
        lines += found
        Console().print(table_of(found))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(line) for line in lines], indent=1))


if __name__ == "__main__":
    main()
