"""``shoal reduce``: the same shots, mitigated differently, side by side."""

import json

import numpy as np
import pytest

from shoal.cluster import open_store
from shoal.orchestrator.job_folders import stored_jobs
from shoal.orchestrator.result_files import load_result

SWEEP = """\
name = "folded"
primitive = "estimator"
seed = 5
precision = 0.05

[circuits.bell]
qasm = '''
OPENQASM 3.0;
include "stdgates.inc";
input float theta;
qubit[2] q;
ry(theta) q[0];
cx q[0], q[1];
'''

[observables.h]
each = [{ ZZ = 1, XX = 0.5 }]

[parameters]
kind = "grid"
axes.theta = { linspace = [0, 1, 3] }

[options]
resilience.zne_mitigation = true
resilience.measure_mitigation = true

[report]
kind = "table"
"""


@pytest.fixture
def job(shoal, tmp_path, store):
    path = tmp_path / "folded.toml"
    path.write_text(SWEEP, encoding="utf-8")
    ended = shoal("run", path, "--store", store, "--executor", "inline")
    assert ended.code == 0, ended.err
    (found,) = stored_jobs(store)
    return found


def test_results_stand_side_by_side_with_their_options(shoal, job, store):
    ended = shoal(
        "reduce", job.job_id, "--store", store, "--set", "resilience.zne.extrapolator=linear",
        "--as", "linear",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert "Result 'linear'" in ended.out
    first, linear = (load_result(job.folder, name)[0].data for name in ("result", "linear"))
    np.testing.assert_array_equal(first.evs_noise_factors, linear.evs_noise_factors)
    assert (first.evs != linear.evs).any()
    document = json.loads((job.folder / "results" / "linear.json").read_text())
    assert document["options"]["resilience"]["zne"]["extrapolator"] == ["linear"]
    shown = shoal("result", job.job_id, "--store", store, "--name", "linear", "--format", "csv")
    assert shown.code == 0
    assert len(shown.out.splitlines()) == 4


def test_a_page_shows_every_result_with_what_was_changed(shoal, job, store, tmp_path):
    for name, change in (
        ("line", "resilience.zne.extrapolator=linear"),
        ("raw", "resilience_level=0"),
    ):
        shoal("reduce", job.job_id, "--store", store, "--set", change, "--as", name)
    page = tmp_path / "page.html"
    assert shoal("report", job.job_id, "--store", store, "-o", page).code == 0
    text = page.read_text(encoding="utf-8")
    assert "<h2>Result line</h2>" in text
    assert "resilience.zne.extrapolator = [&quot;linear&quot;]" in text
    for name in ("line", "raw"):
        values = load_result(job.folder, name)[0].data.evs.reshape(-1)
        assert all(f"<td>{value:.6g}</td>" in text for value in values)
    shown = shoal("result", job.job_id, "--store", store)
    assert "Other results (--name): line, raw" in shown.out


def test_intervals_are_columns(shoal, job, store):
    shoal(
        "reduce", job.job_id, "--store", store, "--set", "resilience.confidence=0.9", "--as", "ci"
    )
    shown = shoal("result", job.job_id, "--store", store, "--name", "ci", "--format", "csv").out
    assert shown.splitlines()[0].endswith('"ev","std","lower","upper"')


@pytest.mark.parametrize("name", ["result", "labelled"])
def test_names_of_other_files_are_not_taken(shoal, job, store, name):
    change = "resilience.zne.extrapolator=linear"
    before = {path: path.read_bytes() for path in (job.folder / "results").iterdir()}
    ended = shoal("reduce", job.job_id, "--store", store, "--set", change, "--as", name)
    assert ended.code == 2
    assert "give another name" in ended.err
    assert before == {path: path.read_bytes() for path in (job.folder / "results").iterdir()}


def test_results_without_a_name_are_numbered(shoal, job, store):
    for number in (1, 2):
        change = f"resilience.zne.noise_factors=[1, {2 * number + 1}]"
        ended = shoal("reduce", job.job_id, "--store", store, "--set", change)
        assert f"Result 'reduce-{number}'" in ended.out


def test_what_never_ran_is_named(shoal, job, store):
    change = "resilience.zne.noise_factors=[1, 9]"
    ended = shoal("reduce", job.job_id, "--store", store, "--set", change)
    assert ended.code == 2
    assert "the variants at noise factor 9 never ran" in ended.err


def test_an_unknown_option_is_refused(shoal, job, store):
    ended = shoal("reduce", job.job_id, "--store", store, "--set", "resilience.zne.degree=2")
    assert ended.code == 2
    assert "unknown option 'degree'" in ended.err


def test_a_handle_of_the_store_reduces_too(job, store):
    handle = open_store(store).job(job.job_id)
    found = handle.reduce({"resilience": {"zne_mitigation": False}}, name="plain")[0].data
    np.testing.assert_array_equal(load_result(job.folder, "plain")[0].data.evs, found.evs)
    assert "evs_noise_factors" not in found
