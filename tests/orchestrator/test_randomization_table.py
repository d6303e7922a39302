"""Frames and signs beside raw shots: enough to read them without Shoal."""

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from shoal.orchestrator.randomization_table import randomization_table
from shoal.primitives.expansion import expand
from tests.primitives.requests import ansatz, estimator_request, sampler_request

TWIRLED = {"enable_measure": True, "num_randomizations": 4, "shots_per_randomization": 16}


def two_registers() -> QuantumCircuit:
    circuit = QuantumCircuit(
        QuantumRegister(10), ClassicalRegister(1, "a"), ClassicalRegister(9, "b")
    )
    circuit.x([0, 9])
    circuit.measure(range(10), range(10))
    return circuit


def test_plain_jobs_have_none():
    request = sampler_request([two_registers()], [(0, np.zeros((1, 0)), 10)])
    assert randomization_table(expand(request)) is None


def test_flips_of_a_sampler_are_the_bytes_of_its_registers():
    request = sampler_request([two_registers()], [(0, np.zeros((2, 0)), 64)], twirling=TWIRLED)
    workload = expand(request)
    table = randomization_table(workload)
    assert table.column("rand_id").to_pylist() == [0, 1, 2, 3] * 2
    assert set(table.column("sign").to_pylist()) == {1}
    flips = workload.programs[0].flips
    for name in ("a", "b"):
        found = table.column(f"flips_{name}").to_pylist()
        assert found == [row.tobytes() for row in flips[name]]
    assert table.column("frame").null_count == 8


def test_frames_of_an_estimator_and_its_calibration_are_labels():
    request = estimator_request(
        [ansatz(2)], [(0, "ZZ", np.zeros((1, 2)), 0.125)], resilience_level=1, twirling=TWIRLED
    )
    workload = expand(request)
    table = randomization_table(workload)
    assert set(table.column("program").to_pylist()) == {p.index for p in workload.programs}
    main = [row["frame"] for row in table.to_pylist() if row["program"] == workload.pubs[0].program]
    frames = workload.programs[workload.pubs[0].program].frames
    assert main == ["".join("IXYZ"[p] for p in row[::-1]) for row in frames]
