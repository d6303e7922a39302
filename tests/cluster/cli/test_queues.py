import json
import socket
import sys

import pytest

SWEEP = """
name = "duo"
primitive = "estimator"
seed = 3
precision = 0.1
engine = ["aer", "lab"]
[circuits.pair]
qasm = '''
OPENQASM 3.0;
include "stdgates.inc";
input float[64] a;
qubit[2] q;
ry(a) q[0];
cx q[0], q[1];
'''
[observables.zz]
terms = { ZZ = 1.0 }
[parameters]
kind = "grid"
axes = { a = [0.0, 0.5, 1.0] }
"""

PROFILE = """
executor = "inline"
workers = 1
[queues.lab]
provider = "lab_site:device"
rehearse = "lab_site:twin"
max_circuits = 1
[queues.lab.script]
seed = 1
latency_seconds = [0.0, 0.05]
unanswered = [0]
"""

SITE = """
import os
from qiskit.providers.fake_provider import GenericBackendV2
def device():
    raise ValueError("no token: set LAB_TOKEN")
def twin():
    return GenericBackendV2(3, seed=1)
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A sweep, a profile and providers, which no other test finds on its path."""
    files = {"duo.toml": SWEEP, "p.toml": PROFILE, "lab_site.py": SITE, "lab_limits.py": LIMITED}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("lab_site", "lab_limits"):
        sys.modules.pop(name, None)
    return tmp_path


def test_a_rehearsal_asks_no_vendor_and_stores_apart(shoal, site):
    arguments = ("run", site / "duo.toml", "--profile", site / "p.toml", "--store", site / "jobs")
    ended = shoal(*arguments, "--rehearse")
    assert ended.code == 0, ended.err
    assert "pair @ aer" in ended.out
    assert "pair @ lab" in ended.out
    assert "rehearsed: queue lab took 4 jobs in 5 calls" in ended.out
    assert not (site / "jobs").exists()
    (job,) = (site / "jobs-rehearsal").glob("duo-*")
    lines = [json.loads(line) for line in (job / "vendor_jobs.jsonl").read_text().splitlines()]
    assert sum("submitted" in line for line in lines) == 4
    assert (job / "devices").is_dir()
    told = shoal("status", job.name, "--store", site / "jobs-rehearsal").out
    assert "queue    lab: nothing waits there" in told


def test_a_vendor_without_credentials_ends_with_2(shoal, site):
    ended = shoal("run", site / "duo.toml", "--profile", site / "p.toml", "--store", site / "jobs")
    assert ended.code == 2
    assert (
        "queues.lab.provider = 'lab_site:device': ValueError: no token: set LAB_TOKEN" in ended.err
    )
    assert not (site / "jobs").exists()


def on_node(site, node):
    """Run on a queue whose vendor a node is to speak with; the device is the twin."""
    profile = PROFILE.replace("lab_site:device", "lab_site:twin").replace(
        "rehearse", f'node = "{node}"\nrehearse'
    )
    (site / "p.toml").write_text(profile + '[labels]\n"*" = { role = "gate" }\n')
    return "run", site / "duo.toml", "--profile", site / "p.toml", "--store", site / "jobs"


@pytest.mark.parametrize("node", ["gate", "role=gate", socket.gethostname()])
def test_a_queue_of_this_node_is_served_here(shoal, site, node):
    ended = shoal(*on_node(site, node))
    assert ended.code == 0, ended.err
    assert "pair @ lab" in ended.out


def test_a_queue_of_another_node_ends_with_2(shoal, site):
    ended = shoal(*on_node(site, "login-proxy"))
    assert ended.code == 2
    assert "queues.lab.node = 'login-proxy': the only node is" in ended.err
    assert "role=gate" in ended.err
    assert not (site / "jobs").exists()


def test_a_queue_that_is_not_used_is_not_opened(shoal, site):
    arguments = ("run", site / "duo.toml", "--profile", site / "p.toml", "--store", site / "jobs")
    ended = shoal(*arguments, "--set", "engine=aer")
    assert ended.code == 0, ended.err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("run", "--array", "0/2"), "without --array"),
        (("submit",), "submit a script of your own with shoal run in it"),
    ],
)
def test_what_serves_no_queues_says_so_before_anything_starts(shoal, site, command, words):
    (site / "p.toml").write_text(PROFILE + '[slurm]\nnodes = 1\ntime = "10"\n')
    name, *more = command
    profile = "--profile", site / "p.toml"
    ended = shoal(name, site / "duo.toml", *more, *profile, "--store", site / "jobs")
    assert ended.code == 2
    assert "1 of 2 pubs are for queues ('lab'), and it serves none" in ended.err
    assert words in ended.err
    assert not (site / "jobs").exists()


LIMITED = """
from pathlib import Path
from qiskit.providers.fake_provider import GenericBackendV2
from shoal.cluster.engines.fake import FakeQueue, FakeScript
def device():
    backend = GenericBackendV2(3, coupling_map=[[0, 1], [1, 2]], seed=1)
    return FakeQueue(backend, Path(__file__).parent / "books", FakeScript(max_shots=1000))
def offline():
    raise ConnectionError("no route to lab.example")
"""

SAMPLED = """
name = "one"
primitive = "sampler"
shots = 10
engine = "lab"
[circuits.one]
qasm = '''
OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
c[0] = measure q[0];
if (c[0]) { x q[1]; }
c[1] = measure q[1];
'''
"""

WIDE = SAMPLED.replace("qubit[2]", "qubit[4]").replace("if (c[0]) { x q[1]; }", "cx q[0], q[3];")


@pytest.mark.parametrize(
    ("text", "provider", "words"),
    [
        (WIDE, "device", "the circuit has 4 qubits, but the backend generic_backend_3q has 3"),
        (SAMPLED, "device", "the circuit has 'if_else', which the backend"),
        (
            WIDE.replace("qubit[4]", "qubit[2]").replace("q[3]", "q[1]").replace("10", "1001"),
            "device",
            "1001 shots",
        ),
        (SAMPLED, "offline", "the vendor is out of reach: no route to lab.example"),
    ],
)
def test_what_a_queue_cannot_run_ends_with_2(shoal, site, text, provider, words):
    (site / "one.toml").write_text(text)
    (site / "p.toml").write_text(PROFILE.replace("lab_site:device", f"lab_limits:{provider}"))
    ended = shoal("run", site / "one.toml", "--profile", site / "p.toml", "--store", site / "jobs")
    assert ended.code == 2, ended.err
    assert words in ended.err
    assert not list(site.glob("books/jobs/*"))
    assert (site / "books").exists() == (provider == "device")
    assert not (site / "jobs").exists()


def test_a_plan_asks_no_vendor(shoal, site):
    ended = shoal("plan", site / "duo.toml", "--profile", site / "p.toml")
    assert ended.code == 0, ended.err
    assert "backend, lab: a queue" in ended.out


def test_a_queue_that_no_profile_names_ends_with_2(shoal, site):
    ended = shoal("run", site / "duo.toml", "--executor", "inline", "--store", site / "jobs")
    assert ended.code == 2
    assert "found 'lab', expected one of 'auto'" in ended.err


def test_a_queue_that_a_profile_spells_otherwise_ends_with_2(shoal, site):
    arguments = ("run", site / "duo.toml", "--profile", site / "p.toml", "--store", site / "jobs")
    ended = shoal(*arguments, "--set", 'engine=["aer", "laboratory"]')
    assert ended.code == 2
    assert "found 'laboratory', expected one of 'auto'" in ended.err
    assert "'lab'; queues are named in a profile" in ended.err
