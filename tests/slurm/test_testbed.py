"""The testbed is what the other tests take it for: hosts of their own, with our package."""

import pytest

pytestmark = pytest.mark.slurm


def test_each_node_is_a_host_with_an_address_of_its_own(slurm) -> None:
    said = slurm.run("srun", "-N4", "sh", "-c", "echo $(hostname) $(hostname -i)").stdout.split()
    assert sorted(said[::2]) == slurm.nodes
    assert len(set(said[1::2])) == 4


def test_nodes_see_the_checkout_and_the_virtual_environment(slurm) -> None:
    said = slurm.run("srun", "-N2", "python", "-c", "import shoal.primitives; print('hello')")
    assert said.stdout.split() == ["hello", "hello"]


def test_what_a_cancelled_job_started_is_ended(slurm) -> None:
    job = slurm.sbatch("#!/bin/bash\nsetsid sleep 4711 &\nsrun sleep 4711\n")
    slurm.until(lambda: slurm.node("n1", "pgrep", "-f", "sleep 4711", check=False))
    slurm.run("scancel", str(job))
    slurm.wait(job, "CANCELLED")
    slurm.until(lambda: not slurm.node("n1", "pgrep", "-f", "sleep 4711", check=False))
