"""Mitigation that cannot be meant: said at once, by plan and by run, with nothing started."""

import pytest

SWEEP = """\
name = "bell"
primitive = "estimator"
seed = 5
precision = 0.2

[circuits.bell]
qasm = '''
OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
h q[0];
cx q[0], q[1];
'''

[observables.h]
each = [{ ZZ = 1 }]

[options]
"""

PEC = "resilience.pec_mitigation = true\nresilience.layer_noise_model = "
LAYER = '[{ gates = [["cx", [0, 1]]], generators = [["%s", [%s]]], rates = [%s] }]\n'
ZNE = "resilience.zne_mitigation = true\nresilience.zne."

BAD = {
    "a factor below 1": (ZNE + "noise_factors = [0.5, 1]\n", "found 0.5, expected a finite number"),
    "one factor": (ZNE + "noise_factors = [1]\n", "needs 2 different noise factors"),
    "noise elsewhere": (PEC + LAYER % ("XX", "0, 5", 0.1), r"acts on qubits [5]"),
    "noise too wide": (PEC + LAYER % ("XXX", "0, 1, 2", 0.1), r"acts on qubits [2]"),
    "overhead": (PEC + LAYER % ("XX", "0, 1", 1.5), "resilience.pec.max_overhead is 100"),
    "exact values": ("resilience_level = 1\n", "exact values (precision 0)"),
    "both": (ZNE + 'amplifier = "pea"\n' + PEC + LAYER % ("XX", "0, 1", 0.1), "exclude each other"),
}


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_meant_is_refused(shoal, tmp_path, store, name, command):
    options, words = BAD[name]
    text = SWEEP.replace("0.2", "0.0") if name == "exact values" else SWEEP
    path = tmp_path / "bell.toml"
    path.write_text(text + options, encoding="utf-8")
    ended = shoal(command, path, *(("--store", store) if command == "run" else ()))
    assert ended.code == 2
    assert words in ended.err
    assert "Traceback" not in ended.err
    assert not store.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("resilience.measure_mitigation=true", "the 32 circuits of the readout calibration"),
        ("resilience.zne_mitigation=true", "the variants at noise factor 3"),
        ("resilience.pec_mitigation=true", "a reduce cannot change resilience.pec_mitigation"),
        ("twirling.enable_gates=true", "a reduce cannot change twirling"),
    ],
)
def test_a_reduce_of_what_never_ran_is_refused(shoal, tmp_path, store, change, words):
    path = tmp_path / "bell.toml"
    path.write_text(SWEEP + "twirling.enable_measure = true\n", encoding="utf-8")
    assert shoal("run", path, "--store", store, "--executor", "inline").code == 0
    ended = shoal("reduce", "bell", "--store", store, "--set", change)
    assert ended.code == 2
    assert words in ended.err
