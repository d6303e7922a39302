"""Queues in Slurm jobs: a vendor that only one of the job's nodes can reach."""

import pytest
from qiskit_aer import AerSimulator

from shoal.cluster.engines.fake import FakeQueue
from tests.slurm.scripted_sweeps import leftovers

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

SWEEP = """
name = "duo"
primitive = "estimator"
seed = 3
precision = 0.1
engine = ["aer", "lab"]
[circuits.turn]
qasm = '''
OPENQASM 3.0;
include "stdgates.inc";
input float[64] a;
qubit[1] q;
rx(a) q[0];
'''
[observables.z]
terms = { Z = 1.0 }
[parameters]
kind = "grid"
axes = { a = [0.0, "pi/2", "pi"] }
"""

PROFILE = """
[queues.lab]
provider = "lab_site:device"
node = "{node}"
max_circuits = 1
poll_seconds = 0.05
[labels]
"n[2-3]" = {{ net = "open" }}
[slurm]
nodes = 2
cpus_per_node = 1
time = "10"
min_nodes = 2
"""

SITE = """
import os
import socket
from pathlib import Path
from qiskit_aer import AerSimulator
from shoal.cluster.engines.fake import FakeQueue
HERE = Path(__file__).parent
def device():
    words = socket.gethostname(), os.environ["LAB_TOKEN"], os.environ.get("https_proxy", "-")
    (HERE / "where").write_text(" ".join(words))
    return FakeQueue(AerSimulator(), HERE / "vendor")
"""


@pytest.fixture
def site(slurm, request):
    """A folder that all nodes see, with a sweep, a profile and a provider."""
    folder = slurm.shared / request.node.name.replace("[", "-").rstrip("]")
    folder.mkdir()
    (folder / "duo.toml").write_text(SWEEP)
    (folder / "lab_site.py").write_text(SITE)
    return folder


def run(slurm, site, node):
    """Run the sweep on two nodes; return how the job ended, and what it said."""
    (site / "p.toml").write_text(PROFILE.format(node=node))
    script = (
        "#!/bin/bash\nexport LAB_TOKEN=secret https_proxy=http://out.invalid:3128\n"
        f"exec shoal run {site}/duo.toml --profile {site}/p.toml --store {site}/jobs\n"
    )
    job = slurm.sbatch(script, "-N2", "--nodelist=n[1-2]", "--cpus-per-task=1")
    state = slurm.wait(job, "COMPLETED", "FAILED", timeout=300.0)["JobState"]
    return state, slurm.output(job)


@pytest.mark.parametrize(("node", "host"), [("net=open", "n2"), ("n1", "n1")])
def test_the_node_that_is_named_speaks_with_the_vendor(slurm, site, node, host):
    state, said = run(slurm, site, node)
    assert state == "COMPLETED", said
    assert "turn @ lab" in said
    assert (site / "where").read_text() == f"{host} secret http://out.invalid:3128"
    assert FakeQueue(AerSimulator(), site / "vendor").submissions == 3
    slurm.until(lambda: leftovers(slurm) == {})


def test_a_node_that_the_job_does_not_have_is_refused(slurm, site):
    state, said = run(slurm, site, "n3")
    assert state == "FAILED", said
    assert "no node has room for a worker of a node called 'n3'; found " in said
    assert "shoal.io/host=n2" in said
    assert not (site / "where").exists()
    slurm.until(lambda: leftovers(slurm) == {})
