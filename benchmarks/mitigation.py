"""Mitigated estimates: ours against IBM's open client-side estimator, on the same problem.

    python benchmarks/mitigation.py [--cases 6:1 8:2] [--replicas 20] [--json ours.json]
    python benchmarks/mitigation.py --ibm [...] [--json theirs.json]    in its own environment
    python benchmarks/mitigation.py --compare ours.json theirs.json
    python benchmarks/mitigation.py --small [--ibm]                     under a minute, to try it

A case is qubits:level. IBM's takes 44 s an estimate at 6:2, 70 s at 8:1, and more than 20 minutes
at 8:2 and at 10:1: run those two alone, with --replicas 1 (rows are written as they come):

    python benchmarks/mitigation.py --ibm --cases 8:2 10:1 --replicas 1 --json long.json

Same circuits, noise, shots and observables: a line of CZ layers, Pauli noise after each CZ,
readout errors; truth is the noiseless value. IBM's needs qiskit-ibm-runtime, samplomatic and
qiskit-aer, and Shoal need not be installed there. A row has the bias, the rms error, the coverage
of 95 % intervals, the circuits executed and the seconds of one estimate.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_aer.noise import NoiseModel, ReadoutError, pauli_error

SHOTS = 4096
CASES = [(6, 1), (6, 2), (8, 1), (8, 2), (10, 1), (10, 2)]


def problem(width, layers=3):
    """A line of CZ gates and rotations, and the observables that are asked of it."""
    circuit = QuantumCircuit(width)
    for layer in range(layers):
        for qubit in range(width):
            circuit.rz(0.3 + 0.1 * layer + 0.05 * qubit, qubit)
            circuit.sx(qubit)
        for qubit in range(layer % 2, width - 1, 2):
            circuit.cz(qubit, qubit + 1)
    labels = ["I" * (width - k - 1) + "Z" + "I" * k for k in range(3)]
    labels += ["I" * (width - 2) + pair for pair in ("ZZ", "XX", "YX")]
    return circuit, [SparsePauliOp(label) for label in labels]


def noise():
    """Pauli noise of 1 % after each CZ, and readout errors of 2 % and 5 %."""
    model = NoiseModel(basis_gates=["rz", "sx", "x", "cz", "id"])
    channel = pauli_error([("II", 0.99), ("XI", 0.003), ("IZ", 0.004), ("YY", 0.003)])
    model.add_all_qubit_quantum_error(channel, ["cz"])
    model.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.05, 0.95]]))
    return model


def ours(width, level, replicas):
    """Estimate with Shoal."""
    from shoal.primitives import Estimator

    circuit, observables = problem(width)
    model, rows = noise(), []
    for seed in range(replicas):
        options = {
            "seed": seed, "resilience_level": level, "simulator": {"noise_model": model},
            "default_shots": SHOTS,
        }  # fmt: skip
        start = time.perf_counter()
        data = Estimator(options=options).run([(circuit, observables)]).result()[0].data
        rows.append((np.asarray(data.evs), np.asarray(data.stds), time.perf_counter() - start))
    return rows, circuits_of_ours(circuit, observables, options)


def circuits_of_ours(circuit, observables, options):
    """Count the circuits of one estimate."""
    from shoal.primitives.expansion import expand
    from shoal.primitives.options import EstimatorOptions
    from shoal.primitives.pubs import estimator_request

    request = estimator_request(
        [(circuit, observables)], SHOTS**-0.5, EstimatorOptions.coerce(options)
    )
    return expand(request).circuits_executed()


def ibm(width, level, replicas):
    """Estimate with IBM's open estimator, on Aer."""
    from qiskit_aer import AerSimulator
    from qiskit_ibm_runtime.executor_estimator import Estimator

    circuit, observables = problem(width)
    rows = []
    for seed in range(replicas):
        backend = AerSimulator(noise_model=noise(), method="density_matrix", seed_simulator=seed)
        estimator = Estimator(mode=backend)
        estimator.options.resilience_level = level
        estimator.options.default_shots = SHOTS
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = estimator.run([(circuit, observables)]).result()[0].data
        rows.append((np.asarray(data.evs), np.asarray(data.stds), time.perf_counter() - start))
    return rows, None


def row_of(width, level, rows, circuits):
    """Sum replicas up."""
    circuit, observables = problem(width)
    truth = np.array([Statevector(circuit).expectation_value(one).real for one in observables])
    evs, stds = (np.array([row[k] for row in rows]) for k in (0, 1))
    covered = np.abs(evs - truth) <= 1.96 * stds
    return {
        "qubits": width,
        "level": level,
        "replicas": len(rows),
        "bias": float(np.abs(evs.mean(axis=0) - truth).mean()),
        "rms": float(np.sqrt(((evs - truth) ** 2).mean())),
        "std": float(np.sqrt((stds**2).mean())),
        "coverage": float(covered.mean()),
        "circuits": circuits,
        "seconds": float(np.median([row[2] for row in rows])),
    }


def show(rows):
    names = list(rows[0])
    print("  ".join(f"{name:>9}" for name in names))
    for row in rows:
        cells = [f"{v:9.4f}" if isinstance(v, float) else f"{v!s:>9}" for v in row.values()]
        print("  ".join(cells))


def compare(left, right):
    """Put two measured tables side by side, as far as both have a case."""
    theirs = {(row["qubits"], row["level"]): row for row in right}
    for one in left:
        other = theirs.get((one["qubits"], one["level"]))
        if other is None:
            print(
                f"{one['qubits']:>3} qubits, level {one['level']}: not measured on the other side"
            )
            continue
        ratio = other["seconds"] / one["seconds"]
        nearer = "nearer" if one["rms"] <= other["rms"] else "farther"
        print(
            f"{one['qubits']:>3} qubits, level {one['level']}: rms {one['rms']:.4f} against "
            f"{other['rms']:.4f} ({nearer}), coverage {one['coverage']:.2f} against "
            f"{other['coverage']:.2f}, {ratio:.1f} x faster"
        )


def case(text):
    """Read qubits:level."""
    qubits, level = map(int, text.split(":"))
    return qubits, level


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ibm", action="store_true")
    parser.add_argument("--cases", type=case, nargs="+", default=CASES)
    parser.add_argument("--replicas", type=int, default=20)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--compare", nargs=2)
    arguments = parser.parse_args()
    if arguments.compare:
        compare(*(json.loads(Path(one).read_text(encoding="utf-8")) for one in arguments.compare))
        return
    run = ibm if arguments.ibm else ours
    cases = [(4, 1), (4, 2)] if arguments.small else arguments.cases
    replicas = 3 if arguments.small else arguments.replicas
    rows = []
    for width, level in cases:
        if not arguments.ibm:
            run(width, level, 1)  # compiles kernels, which IBM's has none of
        rows.append(row_of(width, level, *run(width, level, replicas)))
        show(rows[-1:])
        if arguments.json:
            Path(arguments.json).write_text(json.dumps(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
