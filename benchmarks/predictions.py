"""Times that are predicted beside times that are measured: ``python -m benchmarks.predictions``.

A prediction is what ``shoal plan`` shows: nominal costs times this machine's paces. What is
measured is the user time of the engine on one thread, the fastest of a few runs, everything warm.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

# Before anything that makes threads of its own is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import efficient_su2
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from shoal.cluster.cache_folder import cache_folder
from shoal.cluster.calibration import kinds_of, measured
from shoal.cluster.engines.choice import make_engine
from shoal.orchestrator.ports import Slot
from shoal.primitives.expansion import expand
from shoal.primitives.options import EstimatorOptions
from shoal.primitives.pubs import estimator_request
from shoal.primitives.request import Request

MEASURED_SECONDS = 0.3


def bricks(width: int, layers: int) -> QuantumCircuit:
    """Layers of rotations and of CX between neighbours, even pairs and odd ones in turn."""
    angles = ParameterVector("a", layers * width)
    circuit = QuantumCircuit(width)
    for layer in range(layers):
        for qubit in range(width):
            circuit.ry(angles[layer * width + qubit], qubit)
        for qubit in range(layer % 2, width - 1, 2):
            circuit.cx(qubit, qubit + 1)
    return circuit


def dense(width: int) -> QuantumCircuit:
    """Two layers in which every pair of qubits has a CX."""
    return efficient_su2(width, reps=2, entanglement="full")


def clifford(width: int, layers: int = 20) -> QuantumCircuit:
    """Layers of H and S, and CX between neighbours."""
    circuit = QuantumCircuit(width)
    for layer in range(layers):
        for qubit in range(width):
            circuit.h(qubit) if (qubit + layer) % 3 else circuit.s(qubit)
        for qubit in range(layer % 2, width - 1, 2):
            circuit.cx(qubit, qubit + 1)
    return circuit


def noise() -> NoiseModel:
    """Depolarizing errors of gates and errors of the readout."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.001, 1), ["ry", "rz"])
    model.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.03, 0.97]]))
    return model


def ising(width: int) -> list[list[str]]:
    """Terms of the Ising chain."""
    bonds = ["I" * (width - 2 - q) + "ZZ" + "I" * q for q in range(width - 1)]
    return [
        [term] for term in bonds + ["I" * (width - 1 - q) + "X" + "I" * q for q in range(width)]
    ]


def asked(circuit: QuantumCircuit, rows: int, precision: float, **options: Any) -> Request:
    """Ask for the Ising terms at random parameters."""
    random = np.random.default_rng(1)
    values = random.uniform(0, 2 * np.pi, (rows, circuit.num_parameters))
    changed = EstimatorOptions().updated({"seed": 1, **options})
    return estimator_request([(circuit, ising(circuit.num_qubits), values)], precision, changed)


def su2(width: int) -> QuantumCircuit:
    """Three repetitions of rotations and CX between neighbours."""
    return efficient_su2(width, reps=3)


AER = {"execution": {"engine": "aer"}}

CASES: Mapping[str, Callable[[], Request]] = {
    "8 qubits, exact, 2,000 rows": lambda: asked(su2(8), 2000, 0),
    "16 qubits, exact, 16 rows": lambda: asked(su2(16), 16, 0),
    "20 qubits, full, exact, 8 rows": lambda: asked(dense(20), 8, 0),
    "10 qubits, precision 1/64, 500 rows": lambda: asked(su2(10), 500, 1 / 64),
    "20 qubits, full, exact, one row": lambda: asked(dense(20), 1, 0),
    "8 qubits, exact, 500 rows": lambda: asked(su2(8), 500, 0, **AER),
    "18 qubits, 3 layers, exact, one row": lambda: asked(bricks(18, 3), 1, 0),
    "20 qubits, exact, 1,000 rows": lambda: asked(su2(20), 1000, 0),
    "30 qubits, 4 layers, exact, 100 rows": lambda: asked(bricks(30, 4), 100, 0),
    "127 qubits, 4 layers, exact, 16 rows": lambda: asked(bricks(127, 4), 16, 0),
    "40 qubits, 9 layers, exact, 8 rows": lambda: asked(bricks(40, 9), 8, 0),
    "127 qubits, Clifford, exact": lambda: asked(clifford(127), 1, 0),
    "127 qubits, Clifford, precision 1/32": lambda: asked(clifford(127), 1, 1 / 32),
    "6 qubits, noise, precision 1/64, 300 rows": lambda: asked(
        su2(6), 300, 1 / 64, simulator={"noise_model": noise()}
    ),
    "10 qubits, noise, exact, 8 rows": lambda: asked(
        su2(10), 8, 0, simulator={"noise_model": noise()}
    ),
    "8 qubits, noise, exact, 4 rows": lambda: asked(
        su2(8), 4, 0, simulator={"noise_model": noise()}, **AER
    ),
    "40 qubits, 4 layers, precision 1/32, 4 rows": lambda: asked(bricks(40, 4), 4, 1 / 32),
    "34 qubits, 10 layers, exact, 2 rows": lambda: asked(bricks(34, 10), 2, 0, **AER),
    "16 qubits, noise, 32 shots": lambda: asked(
        su2(16), 1, 1 / 32**0.5, simulator={"noise_model": noise()}
    ),
}


def seconds_of(request: Request) -> float:
    """Return the user time that all blocks of a request take."""
    workload = expand(request)
    engine = make_engine(request, workload, Slot(threads=1))
    engine.run(workload.blocks[0])
    fastest, spent = np.inf, 0.0
    while spent < MEASURED_SECONDS:
        began = time.process_time()
        for block in workload.blocks:
            engine.run(block)
        taken = time.process_time() - began
        fastest, spent = min(fastest, taken), spent + taken
    return float(fastest)


def main() -> None:
    """Print a table, as docs/engines.md has it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a word that the case has")
    only = parser.parse_args().only
    found = measured(cache_folder())
    print("| workload | runs on | predicted | measured | ratio |\n|---|---|---|---|---|")
    for name, make in CASES.items():
        if only not in name:
            continue
        request = make()
        workload = expand(request)
        kinds = kinds_of(request, workload)
        predicted, real = found.seconds_of(workload, kinds), seconds_of(request)
        cells = name, kinds[0], f"{predicted:.2g} s", f"{real:.2g} s", f"{predicted / real:.2f}"
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
