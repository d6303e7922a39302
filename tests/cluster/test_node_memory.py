"""Memory that may be used: never more than is installed."""

import os

import pytest
from qiskit import QuantumCircuit

from shoal.cluster.in_process import in_process_runner
from shoal.cluster.node_memory import usable_memory_bytes
from shoal.primitives import Estimator
from shoal.primitives.errors import UnsupportedError


def test_memory_is_at_most_what_is_installed():
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < usable_memory_bytes() <= installed


def test_a_process_refuses_what_it_has_no_room_for():
    estimator = Estimator(options={"simulator": {"method": "statevector"}})
    circuit = QuantumCircuit(48)
    circuit.h(range(48))
    with pytest.raises(UnsupportedError, match="48 qubits need 4 PiB as a statevector; the slot"):
        estimator.run([(circuit, "Z" * 48)], precision=0)
    assert in_process_runner()
