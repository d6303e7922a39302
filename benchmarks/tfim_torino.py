"""What mitigation is worth on a device of today: a sweep of the Ising chain on FakeTorino.

    python benchmarks/tfim_torino.py [--fields 4] [--steps 2] [--shots 2048] [--seed 1]

A chain of 10 qubits evolves under J ZZ + h X in Trotter steps, from all spins up, at several fields
h. The mean magnetization and the mean correlation of neighbours, as exact values, raw, with readout
mitigation, and with readout mitigation and zero-noise extrapolation over twirled gates. Prints the
table of docs/mitigation.md. FakeTorino is Aer with the noise that a 133-qubit device once had.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_ibm_runtime.fake_provider import FakeTorino

from shoal.primitives import Estimator

QUBITS, COUPLING, TIME_STEP = 10, 1.0, 0.25
TWIRLED = {"enable_gates": True, "enable_measure": True, "num_randomizations": 8}
WAYS: Mapping[str, Mapping[str, Any]] = {
    "raw": {},
    "readout": {
        "resilience": {"measure_mitigation": True},
        "twirling": {**TWIRLED, "enable_gates": False},
    },
    "readout + ZNE": {
        "resilience": {
            "measure_mitigation": True,
            "zne_mitigation": True,
            "zne": {"noise_factors": [1, 3, 5], "extrapolator": ["exponential", "linear"]},
        },
        "twirling": TWIRLED,
    },
}


def chain(steps: int) -> QuantumCircuit:
    """Return the Trotter circuit; its parameter is the angle of the field."""
    angle, circuit = Parameter("h"), QuantumCircuit(QUBITS, name="tfim")
    for _ in range(steps):
        for first in (0, 1):
            for qubit in range(first, QUBITS - 1, 2):
                circuit.rzz(2 * COUPLING * TIME_STEP, qubit, qubit + 1)
        for qubit in range(QUBITS):
            circuit.rx(angle, qubit)
    return circuit


def observables() -> list[SparsePauliOp]:
    """Return the magnetization and the correlation of neighbours, both means."""
    spins = [("Z", [q], 1 / QUBITS) for q in range(QUBITS)]
    bonds = [("ZZ", [q, q + 1], 1 / (QUBITS - 1)) for q in range(QUBITS - 1)]
    return [SparsePauliOp.from_sparse_list(terms, num_qubits=QUBITS) for terms in (spins, bonds)]


def rows(fields: int, steps: int, shots: int, seed: int) -> Iterator[str]:
    """Run everything; yield the table."""
    strengths = np.linspace(0.2, 1.4, fields)
    angles = (2 * strengths * TIME_STEP)[:, None]
    pub = (chain(steps), [[one] for one in observables()], angles)
    exact = Estimator(options={"seed": seed}).run([pub], precision=0).result()[0].data.evs
    # Shot by shot: the device's own choice, a density matrix, takes far longer where shots are few.
    device = AerSimulator.from_backend(FakeTorino(), method="statevector")
    found, seconds = {}, {}
    for name, options in WAYS.items():
        began = time.perf_counter()
        estimator = Estimator(device, {"seed": seed, **options})
        found[name] = estimator.run([pub], precision=shots**-0.5).result()[0].data
        seconds[name] = time.perf_counter() - began
    yield f"| | field h | exact | {' | '.join(WAYS)} |"
    yield "|---|---|---|" + "---|" * len(WAYS)
    for number, what in enumerate(("magnetization", "correlation")):
        for place, strength in enumerate(strengths):
            cells = (
                f"{one.evs[number, place]:.3f} ± {one.stds[number, place]:.3f}"
                for one in found.values()
            )
            values = f"{exact[number, place]:.3f} | {' | '.join(cells)}"
            yield f"| {what} | {strength:.2f} | {values} |"
    errors = (np.sqrt(np.mean((one.evs - exact) ** 2)) for one in found.values())
    yield f"| root of the mean squared error | | | {' | '.join(f'{e:.4f}' for e in errors)} |"
    yield f"| seconds | | | {' | '.join(f'{s:.0f}' for s in seconds.values())} |"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("fields", 4), ("steps", 2), ("shots", 2048), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for row in rows(**vars(parser.parse_args())):
        print(row, flush=True)
