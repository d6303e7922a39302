"""Sweeps that run in stages: adaptive ones, and those that learn noise before they cancel it."""

import json

import numpy as np
import pytest

from shoal.cluster import open_store
from shoal.orchestrator.job_folders import stored_jobs
from shoal.orchestrator.result_files import load_result

SWEEP = """\
name = "turns"
primitive = "estimator"
seed = 5
precision = 0.04

[circuits.turn]
qasm = '''
OPENQASM 3.0;
include "stdgates.inc";
input float theta;
qubit[2] q;
ry(theta) q[0];
cx q[0], q[1];
'''

[observables.h]
each = [{ ZZ = 1, XX = 2 }, { IZ = 1 }]

[parameters]
kind = "grid"
axes.theta = { linspace = [0, 1, 3] }

[options]
"""

ADAPTIVE = (
    SWEEP
    + """\
execution.adaptive = true
resilience.measure_mitigation = true
"""
)

LEARNING = (
    SWEEP.replace("precision = 0.04", "precision = 0.2")
    + """\
resilience.pec_mitigation = true
resilience.layer_noise_learning = { layer_pair_depths = [0, 1], num_randomizations = 4 }
"""
)


@pytest.fixture
def run(shoal, tmp_path, store):
    def call(text, *arguments, command="run"):
        path = tmp_path / "turns.toml"
        path.write_text(text, encoding="utf-8")
        more = ("--store", store, "--executor", "inline") if command == "run" else ()
        ended = shoal(command, path, *more, *arguments)
        assert ended.code == 0, ended.err
        return ended

    return call


def stages(store):
    found = [json.loads((job.folder / "stages.json").read_text()) for job in stored_jobs(store)
             if (job.folder / "stages.json").exists()]  # fmt: skip
    (document,) = found
    return [stage["job"] for stage in document["stages"]]


def test_an_adaptive_sweep_meets_its_precision_and_runs_once(run, shoal, store):
    run(ADAPTIVE)
    pilot, *others = stages(store)
    assert others
    job = open_store(store).job(pilot)
    result = job.result()[0]
    assert (result.data.stds <= 0.04).all()
    assert result.metadata["adaptive"]["ended_by"] == "precision"
    segments = sorted(path.name for path in store.glob("*/segments/*"))

    again = run(ADAPTIVE)
    assert sorted(path.name for path in store.glob("*/segments/*")) == segments
    assert "stages:" in again.out
    shown = shoal("result", pilot, "--store", store, "--format", "json")
    assert [line["std"] <= 0.04 for line in json.loads(shown.out)] == [True] * 6


def test_all_stages_are_reduced_again(run, shoal, store):
    run(ADAPTIVE)
    pilot, *_ = stages(store)
    setting = "resilience.confidence=0.9"
    ended = shoal("reduce", pilot, "--store", store, "--set", setting, "--as", "ninety")
    assert ended.code == 0, ended.err
    job = open_store(store).job(pilot)
    found, whole = load_result(job.folder, "ninety")[0], job.result()[0]
    np.testing.assert_array_equal(found.data.evs, whole.data.evs)
    half = (found.data.evs_upper - found.data.evs_lower) / 2
    has_spread = whole.data.stds > 0
    np.testing.assert_allclose(half[has_spread], 1.645 * whole.data.stds[has_spread], rtol=1e-3)
    # Shots that were all alike have Wilson's width.
    assert (half > 0).all()
    document = json.loads((job.folder / "results" / "ninety.json").read_text())
    assert document["metadata"]["stages"] == stages(store)
    refused = shoal("reduce", pilot, "--store", store, "--set", "resilience.zne_mitigation=true")
    assert refused.code == 2
    assert "noise factor 3" in refused.err


def test_a_reduce_that_ends_between_two_stages_leaves_no_result_of_the_whole(run, shoal, store):
    run(ADAPTIVE)
    pilot, *others = stages(store)
    (segment, *_) = (store / others[-1] / "segments").iterdir()
    content = segment.read_bytes()
    segment.write_bytes(content[:-1])
    again = "reduce", pilot, "--store", store, "--as", "again"
    assert shoal(*again).code != 0
    assert not (store / pilot / "results" / "again.json").exists()
    segment.write_bytes(content)
    assert shoal(*again).code == 0
    found, whole = (load_result(store / pilot, name)[0].data for name in ("again", "whole"))
    np.testing.assert_array_equal(found.evs, whole.evs)


def test_noise_is_learnt_before_it_is_cancelled(run, store):
    ended = run(LEARNING)
    assert "Learnt noise of 1 layers" in ended.out
    names = sorted(job.folder.name.rpartition("-")[0] for job in stored_jobs(store))
    assert names == ["turns", "turns-noise"]


def test_learnt_noise_is_a_file_that_other_sweeps_name(run, shoal, store, tmp_path):
    run(LEARNING)
    (learnt,) = store.glob("turns-noise-*/layer_noise.json")
    known = LEARNING + f'resilience.layer_noise_model = "{learnt.relative_to(tmp_path)}"\n'
    again = run(known).out
    assert "Learnt" not in again
    # With the same noise it is the same request, whoever learnt it.
    assert "was complete already" in again
    learnt.write_text("{}")
    path = tmp_path / "turns.toml"
    refused = shoal("plan", path)
    assert refused.code == 2
    assert "is not what a noise learner writes" in refused.err


@pytest.mark.parametrize(
    ("text", "words"),
    [(ADAPTIVE, "plan of the pilot"), (LEARNING, "noise of the circuits' layers")],
)
def test_plans_say_what_follows(run, text, words):
    assert words in run(text, command="plan").out
    assert words in json.loads(run(text, "--json", command="plan").out)["followed_by"]


@pytest.mark.slow
def test_all_stages_run_on_one_cluster(shoal, tmp_path, store):
    path = tmp_path / "turns.toml"
    both = "resilience.pec_mitigation = true\nresilience.layer_noise_learning"
    text = LEARNING.replace("precision = 0.2", "precision = 0.15") + "execution.adaptive = true\n"
    assert both in text
    path.write_text(text, encoding="utf-8")
    ended = shoal("run", path, "--store", store, "--workers", 1)
    assert ended.code == 0, ended.err
    assert ended.err.count("starting Ray on this machine") == 1
    assert len(list(store.glob("turns*"))) >= 3
    again = shoal("run", path, "--store", store, "--workers", 1)
    assert "starting Ray" not in again.err
    assert again.code == 0, again.err


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (ADAPTIVE, "turns", ", the pilot, and its stages"),
        (LEARNING, "turns-noise", " and what follows from it"),
    ],
)
def test_a_submitted_sweep_of_stages_begins_with_the_first(
    shoal, run, tmp_path, store, slurm_says, text, name, words
):
    slurm_says("sbatch", "cat >/dev/null; echo 17")
    path, profile = tmp_path / "turns.toml", tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    profile.write_text('[slurm]\nnodes = 1\ntime = "0:10:00"\n', encoding="utf-8")
    ended = shoal("submit", path, "--profile", profile, "--store", store)
    assert ended.code == 0, ended.err
    (folder,) = store.iterdir()
    assert folder.name.rpartition("-")[0] == name
    assert f"will run {folder.name}{words}" in ended.out
    # The batch script says no more than this, and goes on in the folder that is there.
    run(text)
    assert (folder / "results").is_dir()
