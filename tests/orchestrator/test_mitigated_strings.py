"""What mitigation says of strings stands beside their counts."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_aer.noise import NoiseModel, ReadoutError

from shoal.cluster.in_process import in_process_runner
from shoal.orchestrator import result_tables
from shoal.orchestrator.result_tables import result_table
from tests.primitives.requests import sampler_request


def pairs() -> QuantumCircuit:
    """Two bits that agree, turned by an angle."""
    circuit = QuantumCircuit(2, 2)
    circuit.ry(Parameter("angle"), 0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def sampled(**resilience):
    noise = NoiseModel()
    noise.add_all_qubit_readout_error(ReadoutError([[0.95, 0.05], [0.1, 0.9]]))
    angles = np.linspace(0, np.pi, 6).reshape(2, 3, 1)
    request = sampler_request(
        [pairs(), pairs()],
        [(0, angles, 300), (1, angles[0], 200)],
        simulator={"noise_model": noise},
        resilience=resilience,
    )
    return request, in_process_runner().submit(request).result()


@pytest.mark.parametrize("chunk", [1, 1 << 20])
def test_quasi_probabilities_stand_beside_their_strings(monkeypatch, chunk) -> None:
    monkeypatch.setattr(result_tables, "CHUNK_SHOTS", chunk)
    request, result = sampled(measure_mitigation=True)
    lines = result_table(request, result).to_pylist()
    for line in lines:
        pub, element, key = result[line["pub"]], line["element"], int(line["bitstring"], 2)
        assert line["quasi"] == pub.quasi["c"].flat[element][key]
        assert line["quasi_std"] == pub.quasi_stds["c"].flat[element][key]
    held = sum(len(one) for pub in result for one in pub.quasi["c"].flat)
    assert len(lines) == held > 18


def test_selected_shots_stand_beside_those_seen() -> None:
    request, result = sampled(post_selection={"register": "c", "kind": "parity", "bits": [0, 1]})
    table = result_table(request, result)
    for line in table.to_pylist():
        assert line["selected"] == (line["count"] if line["bitstring"] in ("00", "11") else 0)
    assert len(set(table["bitstring"].to_pylist())) == 4


def test_unmitigated_results_have_counts_alone() -> None:
    assert result_table(*sampled()).column_names[-1] == "count"
