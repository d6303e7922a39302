"""Every line of a result file says the truth: circuit, observable, parameters and value."""

import pyarrow.parquet as pq
import pytest
from qiskit.quantum_info import SparsePauliOp, Statevector

from shoal.cluster.sweeps.sweep import read_sweep
from shoal.orchestrator.job_folders import stored_jobs

SWEEP = """\
name = "grouped"
primitive = "estimator"
precision = 0

[circuits.a]
qasm = '''
OPENQASM 3.0;
include "stdgates.inc";
input float u;
input float v;
qubit[2] q;
rx(u) q[0];
cx q[0], q[1];
ry(v) q[1];
'''

[circuits.b]
qasm = 'OPENQASM 3.0; include "stdgates.inc"; input float v; qubit q; ry(2*v) q;'

[circuits.c]
qasm = 'OPENQASM 3.0; include "stdgates.inc"; input float v; qubit q; h q; rz(v) q;'

[observables.two]
each = ["ZZ", "XI", "YX"]

[observables.one]
each = ["X", "Z"]

[parameters]
kind = "grid"
axes.v = { linspace = [0, 3, 3] }

[[groups]]
circuits = ["a"]
observables = ["two"]
parameters = { kind = "grid", axes = { v = [0.1, 0.7], u = { linspace = [0, 1, 4] } } }

[[groups]]
circuits = ["b", "c"]
observables = ["one"]
pairing = "zip"

[[groups]]
circuits = ["b"]
observables = ["one"]
parameters = { kind = "zip", axes = { v = [0.3, 0.4] } }
pairing = "broadcast"

[[groups]]
circuits = ["c", "b"]
observables = ["one"]
"""
LINES = 3 * 8 + 2 * 3 + 2 + 2 * 2 * 3


@pytest.fixture
def lines(shoal, tmp_path, store):
    path = tmp_path / "grouped.toml"
    path.write_text(SWEEP)
    assert shoal("run", path, "--store", store, "--executor", "inline").code == 0
    (job,) = stored_jobs(store)
    return pq.read_table(job.folder / "results" / "labelled.parquet").to_pylist()


def test_every_line_is_what_qiskit_computes(lines, tmp_path):
    circuits = {
        pub.labels.circuit: pub.circuit for pub in read_sweep(tmp_path / "grouped.toml").pubs
    }
    assert len(lines) == LINES
    for line in lines:
        circuit = circuits[line["circuit"]]
        values = {one.name: line[one.name] for one in circuit.parameters}
        state = Statevector(circuit.assign_parameters(values))
        expected = state.expectation_value(SparsePauliOp(line["observable"])).real
        assert line["ev"] == pytest.approx(expected, abs=1e-12), line
        assert line["std"] == 0
    pairs = {(line["pub"], line["circuit"], line["observable"]) for line in lines}
    assert {(1, "b", "X"), (2, "c", "Z"), (3, "b", "Z"), (4, "c", "X"), (5, "b", "Z")} <= pairs
    assert (1, "b", "Z") not in pairs


def test_parameters_that_a_circuit_has_not_are_empty(lines):
    assert {line["u"] for line in lines if line["circuit"] != "a"} == {None}
