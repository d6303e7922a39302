"""A row's bits do not depend on what else is computed, where, or by how many."""

import os
import subprocess
import sys

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import efficient_su2

from shoal.cluster.engines.batched import compile_circuit, expectations, states


def small() -> QuantumCircuit:
    a, b = Parameter("a"), Parameter("b")
    circuit = efficient_su2(4, reps=2)
    circuit.rzz(a * b, 0, 1)
    circuit.rx(a.sin() + b.exp() / 3, 2)
    circuit.cry((a - b) ** 2, 3, 1)
    return circuit


def large() -> QuantumCircuit:
    theta = ParameterVector("t", 10)
    circuit = QuantumCircuit(10)
    for qubit in range(10):
        circuit.rx(theta[qubit] * 500000.0, qubit)
        circuit.cx(qubit, (qubit + 3) % 10)
        circuit.rzz(theta[qubit], qubit, (qubit + 1) % 10)
    return circuit


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("make", [small, large])
def test_rows_are_independent(make, precision, rng):
    compiled = compile_circuit(make())
    rows = rng.uniform(-3, 3, (53, compiled.num_parameters))
    labels = [
        "Z" * compiled.num_qubits,
        "X" * compiled.num_qubits,
        "Y+0I" + "I" * (compiled.num_qubits - 4),
    ]
    whole = expectations(compiled, rows, labels, precision=precision)

    for start, stop in [(0, 1), (3, 4), (5, 22), (17, 53), (52, 53)]:
        part = expectations(compiled, rows[start:stop].copy(), labels, precision=precision)
        np.testing.assert_array_equal(part, whole[start:stop])
    order = rng.permutation(len(rows))
    shuffled = expectations(compiled, rows[order], labels, precision=precision)
    np.testing.assert_array_equal(shuffled, whole[order])


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_change_nothing(threads, rng):
    compiled = compile_circuit(large())
    rows = rng.uniform(-3, 3, (100, compiled.num_parameters))

    alone = states(compiled, rows)

    np.testing.assert_array_equal(states(compiled, rows, threads=threads), alone)


def test_terms_are_independent(rng):
    compiled = compile_circuit(small())
    rows = rng.uniform(-3, 3, (5, compiled.num_parameters))
    labels = ["ZZII", "XIXI", "0+1-", "IIYY", "rlII"]

    together = expectations(compiled, rows, labels)

    for column, label in enumerate(labels):
        np.testing.assert_array_equal(
            expectations(compiled, rows, [label])[:, 0], together[:, column]
        )


PROGRAM = """
import hashlib
import numpy as np
from qiskit.circuit.library import efficient_su2
from shoal.cluster.engines.batched import (
    DrawKey, compile_circuit, expectations, probabilities, sample_counts, sample_shots
)
digest = hashlib.sha256()
numbers = np.arange(11, dtype=np.uint64)
for num_qubits in (4, 9):
    circuit = efficient_su2(num_qubits, reps=2)
    circuit.h(0), circuit.rzz(0.3, 0, 1), circuit.cry(0.4, 0, 2), circuit.ccz(0, 1, 2)
    compiled = compile_circuit(circuit)
    rows = np.random.default_rng(1).uniform(-3, 3, (11, compiled.num_parameters))
    terms = ["Z" * k + "I" * (num_qubits - k) for k in range(num_qubits)] + ["X" * num_qubits]
    digest.update(expectations(compiled, rows, terms).tobytes())
    (distributions,) = probabilities(compiled, rows, ["Y" * num_qubits])
    digest.update(sample_counts(distributions, 1000, DrawKey(1, 2), numbers).tobytes())
    digest.update(sample_shots(distributions, 10, DrawKey(1, 2), numbers).tobytes())
print(digest.hexdigest())
"""

NOISY_PROGRAM = """
import hashlib
import numpy as np
from qiskit.circuit.library import efficient_su2
from qiskit_aer.noise import NoiseModel, amplitude_damping_error, depolarizing_error
from shoal.primitives import Estimator
circuit = efficient_su2(6, reps=1)
circuit.rzz(0.3, 0, 1), circuit.rxx(0.4, 3, 5), circuit.ecr(1, 4), circuit.reset(2)
noise = NoiseModel()
noise.add_all_qubit_quantum_error(depolarizing_error(0.03, 2), ["cx"])
noise.add_all_qubit_quantum_error(amplitude_damping_error(0.1), ["ry"])
wide = amplitude_damping_error(0.1).tensor(depolarizing_error(0.1, 1))
noise.add_all_qubit_quantum_error(wide, ["ecr"])
rows = np.random.default_rng(1).uniform(-3, 3, (10, circuit.num_parameters))
pub = circuit, [[label] for label in ("ZZZZZZ", "XYXYXY", "IIIIIX", "ZIIIII")], rows
options = {"simulator": {"noise_model": noise}, "execution": {"engine": "batched"}}
found = Estimator(options=options).run([pub], precision=0).result()[0].data.evs
print(hashlib.sha256(found.tobytes()).hexdigest())
"""


@pytest.mark.slow
@pytest.mark.parametrize("program", [PROGRAM, NOISY_PROGRAM], ids=["ideal", "noisy"])
def test_every_processor_gives_the_same_bits(tmp_path, program):
    def digest(**compiled_for: str) -> str:
        environment = {**os.environ, **compiled_for}
        command = [sys.executable, "-c", program]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return run.stdout

    # A generic processor has neither wide vectors nor fused multiply-adds.
    generic = digest(NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="", NUMBA_CACHE_DIR=str(tmp_path))
    assert generic == digest()
