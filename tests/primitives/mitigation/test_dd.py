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


def without_delays(circuit):
    bare = circuit.copy_empty_like()
    for item in circuit.data:
        if item.name != "delay":
            bare._append(item)
    return bare


@pytest.mark.parametrize(("sequence", "pulse"), [("XX", "x"), ("XpXm", "rx"), ("XY4", "y")])
def test_pulses_fill_idle_times_and_the_circuit_stays_the_same(sequence, pulse):
    found = decouple(example(), DURATIONS, sequence=sequence, **CHOICES)
    assert found.count_ops()[pulse] >= 2
    assert Operator(without_delays(found)).equiv(Operator(example()))


@pytest.mark.parametrize("sequence", ["XX", "XpXm", "XY4"])
def test_pulses_that_a_device_lacks_are_an_x_in_a_turned_frame(sequence):
    names = {"cx": 700, "measure": 1000, "rz": 0, "h": 50, "x": 50, "sx": 50}
    durations = InstructionDurations([(name, None, ns) for name, ns in names.items()], dt=1e-9)
    known = decouple(example(), DURATIONS, sequence=sequence, **CHOICES)
    found = decouple(example(), durations, sequence=sequence, **CHOICES)
    assert set(found.count_ops()) <= {"cx", "h", "x", "rz", "delay"}
    assert found.count_ops()["x"] == sum(known.count_ops().get(n, 0) for n in ("x", "y", "rx"))
    assert [item.params for item in found.data if item.name == "delay"] == [
        item.params for item in known.data if item.name == "delay"
    ]
    assert Operator(without_delays(found)).equiv(Operator(example()))


def test_idle_qubits_get_no_pulse():
    found = decouple(example(), DURATIONS, sequence="XX", **CHOICES)
    assert not any(found.qubits[3] in item.qubits for item in found.data if item.name == "x")


def test_a_gate_without_a_duration_is_refused():
    circuit = example()
    circuit.rzz(0.1, 0, 2)
    with pytest.raises(RequestError, match="dynamical decoupling cannot schedule circuit"):
        decouple(circuit, DURATIONS, sequence="XX", **CHOICES)
