"""The scripts that ship, and a shell of `salloc`: they use all that they are given."""

import pytest

from shoal.orchestrator.events_file import read_events
from tests.slurm.provision import ROOT
from tests.slurm.scripted_sweeps import leftovers

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

CONFIGS = ROOT / "src" / "shoal" / "configs"
SCRIPTS = ROOT / "src" / "shoal" / "slurm"
JOB_SECONDS = 300.0

RAY_PROGRAM = """
import ray
ray.init(log_to_driver=False)
print("nodes", sorted(node["NodeManagerHostname"] for node in ray.nodes()))
"""


def test_the_scripts_run_side_by_side_as_they_are(slurm) -> None:
    sweep, gpu = slurm.shared / "sweep", slurm.shared / "gpu"
    program = slurm.shared / "program.py"
    program.write_text(RAY_PROGRAM)
    commands = {
        "sweep.sbatch": (("-c1",), [str(CONFIGS / "ghz_sampler.toml"), f"--store={sweep}"]),
        "gpu.sbatch": (
            ("-c2", "-wn3,n4"),
            [str(CONFIGS / "h2_dissociation.toml"), f"--store={gpu}"],
        ),
        "ray-cluster.sbatch": (("-c1", "-wn1,n2"), ["python", str(program)]),
    }
    options = ("--parsable", "--output=slurm-%j.out")
    jobs = {
        name: int(slurm.run("sbatch", *options, *where, str(SCRIPTS / name), *words).stdout)
        for name, (where, words) in commands.items()
    }
    for job in jobs.values():
        slurm.wait(job, "COMPLETED", timeout=JOB_SECONDS)
    assert "nodes ['n1', 'n2']" in slurm.output(jobs["ray-cluster.sbatch"])
    for store in (sweep, gpu):
        assert len(list(store.glob("*/results/result.parquet"))) == 1


HOSTS_SCRIPT = """#!/bin/bash
set -e
export XDG_STATE_HOME=$PWD/rays
hosts={scripts}/ray-hosts.sh
"$hosts" start --with srun --name many --python "$(command -v python)" n1 n2 \\
    -- --num-cpus=1 --object-store-memory=100000000 --memory=1000000000
address=$(sed -n 's/^address=\\([^ ]*\\).*/\\1/p' rays/shoal/rays/many/head.log)
shoal run {sweep} --store {store} --address "$address" --token-path rays/shoal/rays/many/token
"$hosts" stop --name many
"""


def test_a_ray_on_hosts_is_started_by_srun_and_stopped_again(slurm) -> None:
    store = slurm.shared / "hosts"
    sweep = CONFIGS / "ghz_sampler.toml"
    script = HOSTS_SCRIPT.format(
        scripts=SCRIPTS.parent / "cluster/scripts", sweep=sweep, store=store
    )
    job = slurm.sbatch(script, "-N2", "-c1")
    slurm.wait(job, "COMPLETED", timeout=JOB_SECONDS)
    assert "Ray on 2 of 2 hosts" in slurm.output(job)
    assert len(list(store.glob("*/results/result.parquet"))) == 1
    slurm.until(lambda: leftovers(slurm) == {})
    assert not slurm.node("n2", "sh", "-c", "ls -d /tmp/shoal-*-many-*", check=False)


def test_a_shell_on_the_login_node_goes_on_at_the_first_node(slurm) -> None:
    store = slurm.shared / "salloc"
    profile = slurm.shared / "salloc.toml"
    profile.write_text("[slurm]\nmin_nodes = 2\n")
    command = ["shoal", "run", str(CONFIGS / "ghz_sampler.toml"), f"--store={store}"]
    said = slurm.run(
        *("salloc", "-N2", "-c1", *command, f"--profile={profile}"), timeout=JOB_SECONDS
    )
    assert "this is no node of Slurm job" in said.stderr
    (folder,) = store.glob("ghz_sampler-*")
    joined = [event for event in read_events(folder) if event["event"] == "worker_joined"]
    assert joined[0]["node"] in slurm.nodes
    assert (folder / "results" / "result.parquet").exists()
