"""Sweep files put together: what pairs with what, and in which shape."""

import math

import numpy as np
import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.circuit import Parameter

from shoal.cluster.sweeps.request import request_of
from shoal.cluster.sweeps.sweep import read_sweep
from shoal.primitives.errors import RequestError

ONE_QUBIT = """
[circuits.flip]
qasm = "OPENQASM 2.0; include \\"qelib1.inc\\"; qreg q[1]; x q[0];"

[observables.z]
terms = { Z = 1 }
"""
GROUPS = """
[[groups]]
circuits = ["turn"]
observables = ["zz"]

[[groups]]
circuits = ["flip"]
observables = ["z"]
parameters = { kind = "grid", axes = {} }
"""


def test_grid_is_a_product_in_the_order_of_the_file(write_sweep):
    (pub,) = read_sweep(write_sweep()).pubs
    assert pub.parameters.shape == (3, 2, 2)
    # The circuit's own order is by name: phi before theta.
    assert pub.parameters[1, 0].tolist() == [0.1, math.pi / 2]
    assert pub.labels.dimensions == ("theta", "phi")


def test_one_observable_keeps_the_shape_of_the_grid(write_sweep):
    (pub,) = read_sweep(write_sweep()).pubs
    assert pub.observables.shape == ()


def test_product_puts_observables_before_parameters(write_sweep):
    path = write_sweep(("terms = { ZZ = 1, II = 0.5 }", 'each = ["ZZ", "XX", "YY"]'))
    request = request_of(read_sweep(path))
    assert request.pubs[0].shape == (3, 3, 2)


def test_broadcast_pairs_as_qiskit_does(write_sweep):
    path = write_sweep(
        ("precision = 0", 'precision = 0\npairing = "broadcast"'),
        ("terms = { ZZ = 1, II = 0.5 }", 'each = ["ZZ", "XX"]'),
    )
    assert request_of(read_sweep(path)).pubs[0].shape == (3, 2)


def test_broadcast_of_unequal_shapes_is_refused(write_sweep):
    path = write_sweep(
        ("precision = 0", 'precision = 0\npairing = "broadcast"'),
        ("terms = { ZZ = 1, II = 0.5 }", 'each = ["ZZ", "XX", "YY"]'),
    )
    with pytest.raises(RequestError, match=r"sweep.toml:3: pairing: .*do not broadcast"):
        read_sweep(path)


def test_a_list_of_precisions_is_a_pass_each(write_sweep):
    sweep = read_sweep(write_sweep(("precision = 0", "precision = [0, 0.1]")))
    assert [pub.precision for pub in sweep.pubs] == [0, 0.1]


def test_negative_precision_is_refused(write_sweep):
    with pytest.raises(RequestError, match=r"precision: found -1.0, expected 0"):
        read_sweep(write_sweep(("precision = 0", "precision = -1")))


def test_zip_pairs_circuits_with_observables(write_sweep):
    text = write_sweep(
        ("precision = 0", 'precision = 0\npairing = "zip"'),
        ("terms = { ZZ = 1, II = 0.5 }", 'each = ["ZZ", "XX"]'),
    )
    with pytest.raises(RequestError, match="1 circuits and 2 observables"):
        read_sweep(text)


def test_groups_say_which_circuits_go_with_which_observables(write_sweep):
    path = write_sweep()
    path.write_text(path.read_text() + ONE_QUBIT + GROUPS)
    two, one = read_sweep(path).pubs
    assert (two.labels.circuit, two.parameters.shape) == ("turn", (3, 2, 2))
    assert (one.labels.circuit, one.parameters.shape) == ("flip", (0,))


def test_group_of_an_unknown_circuit_lists_the_known_ones(write_sweep):
    path = write_sweep()
    path.write_text(path.read_text() + GROUPS.replace('"flip"', '"flop"') + ONE_QUBIT)
    with pytest.raises(RequestError, match=r"groups\[1\].circuits: found 'flop'.*turn, flip"):
        read_sweep(path)


def test_observables_of_another_width_are_refused_with_both_widths(write_sweep):
    path = write_sweep(("ZZ = 1, II = 0.5", "ZZZ = 1"))
    with pytest.raises(RequestError, match=r"sweep.toml:15: .*3 qubits \('ZZZ'\), expected 2"):
        read_sweep(path)


def test_parameters_that_the_circuit_lacks_are_refused(write_sweep):
    with pytest.raises(RequestError, match=r"missing: phi; not in the circuit: psi"):
        read_sweep(write_sweep(("phi = [", "psi = [")))


def test_values_of_the_wrong_width_are_refused(write_sweep):
    path = write_sweep(
        ('kind = "grid"', 'kind = "values"\nvalues = [[1, 2, 3]]'),
        ('[parameters.axes]\ntheta = { linspace = [0, "pi", 3] }\nphi = [0.1, 0.2]\n', ""),
    )
    with pytest.raises(RequestError, match=r"parameters: .*sets of 3 values, expected 2"):
        read_sweep(path)


def test_nan_parameters_are_refused(write_sweep):
    with pytest.raises(RequestError, match=r"axes.phi.*expected a finite number, found nan"):
        read_sweep(write_sweep(("[0.1, 0.2]", "[0.1, nan]")))


def test_circuit_that_does_not_parse_is_refused(write_sweep):
    with pytest.raises(RequestError, match=r"sweep.toml:4: circuits.turn: .*does not parse.*rxx"):
        read_sweep(write_sweep(("rx(theta) q[0];", "rxx(theta q[0];")))


def test_circuits_come_from_files_and_functions(write_sweep, tmp_path):
    theta = Parameter("theta")
    circuits = [QuantumCircuit(2), QuantumCircuit(2)]
    for circuit in circuits:
        circuit.ry(theta, 0)
        circuit.ry(Parameter("phi"), 1)
    circuits[1].h(0)
    with (tmp_path / "two.qpy").open("wb") as file:
        qpy.dump(circuits, file)
    path = write_sweep()
    text = path.read_text()
    start, stop = text.index("qasm ="), text.index("[observables")
    path.write_text(text[:start] + 'file = "two.qpy"\n' + text[stop:])
    assert [pub.labels.circuit for pub in read_sweep(path).pubs] == ["turn[0]", "turn[1]"]


def test_functions_beside_the_file_are_found(write_sweep, tmp_path):
    (tmp_path / "my_ansatz.py").write_text(
        "from qiskit.circuit import Parameter, QuantumCircuit\n"
        "def turn(width):\n"
        "    circuit = QuantumCircuit(width)\n"
        "    circuit.rx(Parameter('theta'), 0)\n"
        "    circuit.rx(Parameter('phi'), 1)\n"
        "    return circuit\n"
    )
    path = write_sweep()
    text = path.read_text()
    start, stop = text.index("qasm ="), text.index("[observables")
    function = 'function = "my_ansatz:turn"\narguments.width = 2\n'
    path.write_text(text[:start] + function + text[stop:])
    assert read_sweep(path).pubs[0].circuit.num_qubits == 2


@pytest.mark.parametrize(
    ("function", "words"),
    [("nowhere:f", "leads nowhere"), ("math", "module:function"), ("math:sqrt", "raised")],
)
def test_functions_that_fail_are_named(write_sweep, function, words):
    path = write_sweep()
    text = path.read_text()
    start, stop = text.index("qasm ="), text.index("[observables")
    path.write_text(text[:start] + f'function = "{function}"\n' + text[stop:])
    with pytest.raises(RequestError, match=words):
        read_sweep(path)


def test_sampler_without_measurements_is_refused(write_sweep):
    path = write_sweep(
        ('"estimator"\nprecision = 0', '"sampler"\nshots = 10'),
        ("[observables.zz]\nterms = { ZZ = 1, II = 0.5 }\n", ""),
    )
    with pytest.raises(RequestError, match=r"sweep.toml:4: circuits.turn: .*measures nothing"):
        request_of(read_sweep(path))


def test_unknown_options_are_refused_with_the_file(write_sweep):
    path = write_sweep(("[circuits.turn]", "[options]\nresilience_levle = 1\n[circuits.turn]"))
    with pytest.raises(RequestError, match=r"sweep.toml: .*resilience_levle"):
        request_of(read_sweep(path))


def test_heatmap_needs_two_parameters(write_sweep):
    path = write_sweep(("phi = [0.1, 0.2]", "phi = 0.1"))
    path.write_text(path.read_text() + '[report]\nkind = "heatmap"\n')
    with pytest.raises(RequestError, match=r"report.kind: .*circuit 'turn' scans 1: theta"):
        read_sweep(path)


def test_a_parameter_may_not_be_called_as_a_column_of_the_results(write_sweep):
    path = write_sweep(("input float phi", "input float std"), ("ry(phi)", "ry(std)"))
    path.write_text(path.read_text().replace("phi =", "std ="))
    with pytest.raises(RequestError, match="called 'std'"):
        read_sweep(path)


def test_the_same_file_gives_the_same_request(write_sweep):
    first, second = (request_of(read_sweep(write_sweep())) for _ in range(2))
    assert first.fingerprint == second.fingerprint


def test_seed_and_engine_reach_the_options(write_sweep):
    sweep = read_sweep(write_sweep(), ["seed=7", "engine=aer"])
    request = request_of(sweep)
    assert (request.seed, request.options.execution.engine) == (7, "aer")
    assert np.isclose(sweep.pubs[0].parameters[2, 0, 1], math.pi)


NOISE = """\
from qiskit_aer.noise import NoiseModel, depolarizing_error


def depolarizing(rate):
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(rate, 1), ["rx"])
    return model
"""


def test_a_noise_model_comes_from_a_function(write_sweep, tmp_path):
    (tmp_path / "my_noise.py").write_text(NOISE)
    said = '{ function = "my_noise:depolarizing", arguments = { rate = 0.1 } }'
    path = write_sweep(
        ("[circuits.turn]", f"[options.simulator]\nnoise_model = {said}\n[circuits.turn]")
    )
    request = request_of(read_sweep(path))
    assert request.options.simulator.noise_model is not None
    assert request.fingerprint != request_of(read_sweep(write_sweep())).fingerprint


def test_a_noise_model_of_another_form_is_refused(write_sweep):
    path = write_sweep(
        ("[circuits.turn]", "[options.simulator]\nnoise_model = 0.1\n[circuits.turn]")
    )
    with pytest.raises(RequestError, match=r"noise_model: found 0.1, expected .*module:function"):
        read_sweep(path)


def test_more_estimates_than_memory_holds_are_refused_before_any_is_made(write_sweep):
    path = write_sweep(
        ('[0, "pi", 3]', "[0, 1, 10000000]"),
        ("phi = [0.1, 0.2]", "phi = 0"),
        ("terms = { ZZ = 1, II = 0.5 }", f"each = {['ZZ', 'XX', 'YY', 'XY'] * 5}"),
    )
    with pytest.raises(RequestError, match="20 observables at 10,000,000 parameter sets"):
        read_sweep(path)
