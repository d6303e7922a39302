"""What mitigation is worth on a device of today: a sweep of the Ising chain on FakeTorino.

    python benchmarks/tfim_torino.py [--fields 8] [--steps 2 4] [--seeds 5] [--shots 4096]

A chain of 10 qubits evolves under J ZZ + h X in Trotter steps, from all spins up, at several fields
h. The mean magnetization and the mean correlation of neighbours, as exact values, raw, with readout
mitigation, with twirled gates beside it, and with zero-noise extrapolation over these; each for
several seeds: values by field, errors, and how often mitigated ones are nearer. FakeTorino is Aer
with the noise that a 133-qubit device once had; it has no coherent errors, so dynamical decoupling
has nothing to undo.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_ibm_runtime.fake_provider import FakeTorino

from shoal.primitives import Estimator

QUBITS, COUPLING, TIME_STEP = 10, 1.0, 0.25
OBSERVABLES = "magnetization", "correlation"
READOUT = {"enable_measure": True, "num_randomizations": 4}
WAYS: Mapping[str, Mapping[str, Any]] = {
    "raw": {},
    "readout": {"resilience": {"measure_mitigation": True}, "twirling": READOUT},
    "readout, twirled": {
        "resilience": {"measure_mitigation": True},
        "twirling": {**READOUT, "enable_gates": True},
    },
    "readout, twirled, ZNE": {
        "resilience": {
            "measure_mitigation": True,
            "zne_mitigation": True,
            "zne": {"noise_factors": [1, 3], "extrapolator": ["exponential", "linear"]},
        },
        "twirling": {**READOUT, "enable_gates": True},
    },
}


@dataclass(frozen=True)
class Sweep:
    """The values of one number of Trotter steps."""

    steps: int
    exact: NDArray[np.float64]
    """[observables, fields]"""
    evs: Mapping[str, NDArray[np.float64]]
    """Of each way [seeds, observables, fields]."""
    seconds: Mapping[str, float]

    def errors(self, way: str) -> NDArray[np.float64]:
        return np.abs(self.evs[way] - self.exact)


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


def swept(steps: int, strengths: NDArray[np.float64], seeds: int, shots: int) -> Sweep:
    """Run one number of Trotter steps at all fields, in every way, with every seed."""
    angles = (2 * strengths * TIME_STEP)[:, None]
    pub = (chain(steps), [[one] for one in observables()], angles)
    exact = Estimator().run([pub], precision=0).result()[0].data.evs
    # A density matrix of 10 qubits takes as long as some hundred single shots.
    device = AerSimulator.from_backend(FakeTorino(), method="density_matrix")
    evs: dict[str, list[NDArray[np.float64]]] = {way: [] for way in WAYS}
    seconds = dict.fromkeys(WAYS, 0.0)
    for seed in range(1, seeds + 1):
        for way, options in WAYS.items():
            began = time.perf_counter()
            estimator = Estimator(device, {"seed": seed, **options})
            found = estimator.run([pub], precision=shots**-0.5).result()[0].data.evs
            evs[way].append(found)
            seconds[way] += time.perf_counter() - began
    return Sweep(steps, exact, {way: np.array(found) for way, found in evs.items()}, seconds)


def by_field(sweep: Sweep, strengths: NDArray[np.float64]) -> Iterator[str]:
    """Yield the values of each field: the mean over the seeds, and how far they spread."""
    yield f"{sweep.steps} steps; mean of the seeds ± their spread:"
    yield ""
    yield f"| | field h | exact | {' | '.join(WAYS)} |"
    yield "|---|---|---|" + "---|" * len(WAYS)
    for number, what in enumerate(OBSERVABLES):
        for place, strength in enumerate(strengths):
            each = (found[:, number, place] for found in sweep.evs.values())
            cells = " | ".join(f"{one.mean():.3f} ± {one.std(ddof=1):.3f}" for one in each)
            yield f"| {what} | {strength:.2f} | {sweep.exact[number, place]:.3f} | {cells} |"
    yield ""


def summary(sweeps: list[Sweep]) -> Iterator[str]:
    """Yield how far each way is from the truth, and how often it is nearer than raw values."""
    yield "| steps | | " + " | ".join(WAYS) + " |"
    yield "|---|---|" + "---|" * len(WAYS)
    for sweep in sweeps:
        raw = sweep.errors("raw")
        for number, what in enumerate(OBSERVABLES):
            cells = []
            for way in WAYS:
                # Each seed gives a root of a mean square: their spread is the error of the mean.
                rms = np.sqrt((sweep.errors(way)[:, number] ** 2).mean(axis=1))
                cells.append(f"{rms.mean():.4f} ± {rms.std(ddof=1) / len(rms) ** 0.5:.4f}")
            yield f"| {sweep.steps} | rms error, {what} | {' | '.join(cells)} |"
        nearer = [(sweep.errors(way) < raw) for way in WAYS]
        cells = ["", *(f"{one.sum()} of {one.size}" for one in nearer[1:])]
        yield f"| {sweep.steps} | nearer than raw | {' | '.join(cells)} |"
        seconds = " | ".join(f"{one:.0f}" for one in sweep.seconds.values())
        yield f"| {sweep.steps} | seconds | {seconds} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fields", type=int, default=8)
    parser.add_argument("--steps", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--shots", type=int, default=4096)
    asked = parser.parse_args()
    strengths = np.linspace(0.2, 1.6, asked.fields)
    sweeps = []
    for steps in asked.steps:
        sweeps.append(swept(steps, strengths, asked.seeds, asked.shots))
        print(*by_field(sweeps[-1], strengths), sep="\n", flush=True)
    print(*summary(sweeps), sep="\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
