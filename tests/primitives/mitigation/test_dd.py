"""Decoupling pulses fill idle times of active qubits, and of no others."""

import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator
from qiskit.transpiler import InstructionDurations

from shoal.primitives.errors import RequestError
from shoal.primitives.mitigation.dd import decouple

DURATIONS = InstructionDurations(
    [("cx", None, 700), ("measure", None, 1000)]
    + [(name, None, 50) for name in ("h", "x", "y", "rx", "sx")],
    dt=1e-9,
)
CHOICES = {"scheduling": "alap", "slack": "middle", "skip_reset_qubits": False}


def example():
    circuit = QuantumCircuit(4)
    circuit.h(0)
    circuit.h(2)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    circuit.cx(0, 1)
    return circuit


@pytest.mark.parametrize(("sequence", "pulse"), [("XX", "x"), ("XpXm", "rx"), ("XY4", "y")])
def test_pulses_fill_idle_times_and_the_circuit_stays_the_same(sequence, pulse):
    found = decouple(example(), DURATIONS, sequence=sequence, **CHOICES)
    assert found.count_ops()[pulse] >= 2
    bare = found.copy_empty_like()
    for item in found.data:
        if item.name != "delay":
            bare._append(item)
    assert Operator(bare).equiv(Operator(example()))


def test_idle_qubits_get_no_pulse():
    found = decouple(example(), DURATIONS, sequence="XX", **CHOICES)
    assert not any(found.qubits[3] in item.qubits for item in found.data if item.name == "x")


def test_a_gate_without_a_duration_is_refused():
    circuit = example()
    circuit.rzz(0.1, 0, 2)
    with pytest.raises(RequestError, match="dynamical decoupling cannot schedule circuit"):
        decouple(circuit, DURATIONS, sequence="XX", **CHOICES)
