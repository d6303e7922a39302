"""A Ray of our own on all hosts of an allocation: `Cluster.from_slurm`."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.slurm.provision import ROOT
from tests.slurm.scripted_sweeps import ScriptedSweep, leftovers

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

LATE_CLOCK = f"export SHOAL_TEST_CLOCK=n2=300 PYTHONPATH={ROOT}/tests/chaos/clock:$PYTHONPATH"

VISIT = """
import sys
from ray._raylet import GcsClient
print("inside", GcsClient(address=sys.argv[1]).internal_kv_keys(b"", None, 10) is not None)
"""


def test_two_jobs_side_by_side_use_all_hosts_and_nobody_else_gets_in(slurm) -> None:
    sweeps = [ScriptedSweep(slurm, name, num_circuits=1) for name in ("one", "two")]
    sweeps[0].script = sweeps[0].script.replace("exec ", f"{LATE_CLOCK}\nexec ")
    jobs = [slurm.sbatch(sweep.script, "-N4", "--cpus-per-task=1") for sweep in sweeps]
    slurm.until(lambda: all("began" in slurm.output(job) for job in jobs), timeout=300.0)

    heads = [
        head_address(line) for line in slurm.node("n1", "pgrep", "-af", "gcs_server").splitlines()
    ]
    assert len(set(heads)) == 2
    # Of those that run: what a test before had die may lie there yet.
    pids = slurm.node("n1", "pgrep", "-f", "gcs_server").split()
    said = "".join(slurm.node("n1", "cat", f"/proc/{pid}/environ") for pid in pids)
    files = set(re.findall("RAY_AUTH_TOKEN_PATH=([^\0]+)", said))
    tokens = {slurm.node("n1", "cat", file) for file in files}
    assert len(tokens) == 2
    visitors = [{"RAY_AUTH_MODE": "disabled"}, *({"RAY_AUTH_TOKEN": token} for token in tokens)]
    with ThreadPoolExecutor() as threads:
        found = threads.map(lambda visitor: gets_in(slurm, heads[0], **visitor), visitors)
    assert list(found).count(True) == 1

    for job, sweep in zip(jobs, sweeps, strict=True):
        slurm.until(lambda: set(sweep.nodes()) == set(slurm.nodes))  # noqa: B023
        sweep.release()
        slurm.wait(job, "COMPLETED", timeout=300.0)
        sweep.assert_answers()
    told = [line for line in slurm.output(jobs[0]).splitlines() if "clock" in line]
    assert len(told) == 1
    assert re.match(r"the clock of node n2 is 300 s ahead of ours; times in the store", told[0])
    assert "clock" not in slurm.output(jobs[1])
    slurm.until(lambda: leftovers(slurm) == {})


def head_address(command: str) -> str:
    """Host and port that a head was started with."""
    host, port = (
        re.search(rf"--{name}=(\S+)", command)[1] for name in ("node-ip-address", "gcs_server_port")
    )
    return f"{host}:{port}"


def gets_in(slurm, address: str, **variables: str) -> bool:
    """Whether a process on a job's node can talk to a head."""
    said = [f"{name}={value}" for name, value in variables.items()]
    visit = ["timeout", "90", "python", "-c", VISIT, address]
    return "inside True" in slurm.node("n1", "env", *said, *visit, check=False)


def test_what_slurm_refuses_is_said_in_its_words(slurm) -> None:
    """A step on a node that is not the job's: as after a node was taken away."""
    script = ScriptedSweep(slurm, "refused", num_circuits=1).script
    more = "export SLURM_JOB_NODELIST=n[1-2] SLURM_JOB_NUM_NODES=2 SHOAL_TEST_START_SECONDS=30"
    job = slurm.sbatch(script.replace("exec ", f"{more}\nexec "), "-N1")
    slurm.wait(job, "FAILED", timeout=300.0)
    assert re.search(r"ExecutionError: .*n2: srun: error: ", slurm.output(job))
