"""``shoal plan``: what it says is what ``shoal run`` then does."""

import json

import pytest

from shoal.orchestrator.job_folders import read_segments, stored_jobs

SAMPLER = """\
primitive = "sampler"
shots = 333

[circuits.two]
qasm = '''
OPENQASM 3.0;
include "stdgates.inc";
input float theta;
qubit[3] q;
bit[2] c;
bit[9] d;
ry(theta) q[0];
c[0] = measure q[0];
d[8] = measure q[1];
'''

[parameters]
kind = "zip"
axes.theta = { linspace = [0, "pi", 11] }
"""


@pytest.fixture(params=["estimator", "mitigated", "sampler"])
def any_sweep(request, sweep):
    if request.param == "sampler":
        sweep.write_text(SAMPLER)
    if request.param == "mitigated":
        text = sweep.read_text().replace("precision = [0, 0.05]", "precision = 0.05")
        sweep.write_text(text + "[options]\nresilience_level = 1\n")
    return sweep


def counted(store):
    """Count what a run has left: circuits, shots, blocks, and bytes of shots and of values."""
    (job,) = stored_jobs(store)
    segments = read_segments(job.folder)
    shots = shot_bytes = value_bytes = 0
    circuits = set()
    for outcome in segments.outcomes(range(job.blocks)):
        for entry in outcome.shots:
            circuits |= {(entry.variant, row) for row in entry.rows.tolist()}
            drawn = entry.rows.size if entry.counts is None else int(entry.counts.sum())
            shots += drawn
            shot_bytes += drawn * sum(bits.shape[1] for bits in entry.bits.values())
        for values in outcome.values:
            circuits |= {(values.variant, row) for row in values.rows.tolist()}
            value_bytes += values.values.nbytes
    return {
        "circuits": len(circuits),
        "shots": shots,
        "blocks": job.blocks_done,
        "shot_bytes": shot_bytes,
        "value_bytes": value_bytes,
    }


def test_the_plan_is_what_the_run_does(shoal, any_sweep, store):
    plan = json.loads(shoal("plan", any_sweep, "--json").out)
    assert not store.exists()
    assert shoal("run", any_sweep, "--store", store, "--executor", "inline").code == 0
    done = counted(store)
    assert {name: plan[name] for name in done} == done


def test_the_plan_says_what_runs_where_and_what_is_an_estimate(shoal, sweep):
    out = shoal("plan", sweep).out
    assert "an estimate, right within" in out
    assert "like this machine, which was measured" in out
    assert "turn" in out
    assert "exact" in out
    assert "400" in out


def test_the_plan_of_a_wrong_sweep_ends_with_2(shoal, sweep):
    ended = shoal("plan", sweep, "--set", "precision=-1")
    assert ended.code == 2
    assert "expected 0 (exact) or more" in ended.err


WIDE = """\
primitive = "estimator"
precision = 0
observables.h.terms = { ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ = 1 }
options.simulator.method = "statevector"

[circuits.wide]
qasm = '''
OPENQASM 3.0;
include "stdgates.inc";
qubit[40] q;
h q;
'''
"""


@pytest.mark.parametrize("command", ["plan", "run"])
def test_states_that_do_not_fit_end_with_2(shoal, sweep, store, command):
    sweep.write_text(WIDE)
    ended = shoal(command, sweep, *(() if command == "plan" else ("--store", store)))
    assert ended.code == 2
    assert "40 qubits need 16 TiB as a statevector; the slot has" in ended.err
    assert not store.exists()
