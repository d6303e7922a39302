"""Hosts that die, lose their processes or their network while a sweep runs: nothing is lost."""

import pytest

from tests.slurm.scripted_sweeps import HELD_BLOCKS, ScriptedSweep, leftovers

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

START_SECONDS = 300.0

OPTIONS = ("--cpus-per-task=1", "--no-kill", "--requeue", "--open-mode=append")


def test_a_host_without_its_processes_and_one_without_its_network_come_back(slurm) -> None:
    sweep = ScriptedSweep(slurm, "hosts", num_circuits=3)
    job = slurm.sbatch(sweep.script, "-N3", *OPTIONS)
    slurm.until(lambda: set(sweep.nodes()) == {"n1", "n2", "n3"}, timeout=START_SECONDS)

    slurm.node("n2", "pkill", "-KILL", "-f", "raylet|shoal.cluster.slurm.agent|ray::")
    slurm.cut("n3")
    slurm.until(lambda: sweep.nodes().count("n2") >= 2, timeout=START_SECONDS)
    slurm.heal("n3")
    sweep.release()

    slurm.wait(job, "COMPLETED", timeout=START_SECONDS)
    sweep.assert_answers()
    slurm.until(lambda: leftovers(slurm) == {})


def test_a_lost_host_costs_nothing_and_the_loss_of_the_heads_host_a_restart(slurm) -> None:
    sweep = ScriptedSweep(slurm, "lost", num_circuits=3)
    sweep.hold_from(8)
    job = slurm.sbatch(sweep.script, "-N2-3", *OPTIONS)
    slurm.until(lambda: set(sweep.nodes()) == {"n1", "n2", "n3"}, timeout=START_SECONDS)

    slurm.kill("n2")
    done = sweep.blocks_done()
    sweep.hold_from(3 * 16 - HELD_BLOCKS)
    slurm.until(lambda: sweep.blocks_done() > done + 2, timeout=START_SECONDS)
    assert slurm.job(job)["Restarts"] == "0"

    slurm.kill("n1")
    slurm.run("scontrol", "update", "nodename=n1", "state=down", "reason=test")
    slurm.until(lambda: slurm.job(job)["Restarts"] == "1", timeout=START_SECONDS)
    kept = sweep.blocks_done()
    # Nobody boots these two yet: what Slurm could not tell them it tells them a minute later, and
    # they would end the new start for the old one.
    sweep.release()
    slurm.wait(job, "COMPLETED", timeout=START_SECONDS)
    assert done < kept < 3 * 16
    assert set(sweep.nodes()) == set(slurm.nodes)
    sweep.assert_answers()


def test_a_cancelled_job_goes_on_in_another_one(slurm) -> None:
    sweep = ScriptedSweep(slurm, "cancelled", num_circuits=1)
    first = slurm.sbatch(sweep.script, "-N2", "--cpus-per-task=1")
    slurm.until(lambda: sweep.blocks_done() >= 2, timeout=START_SECONDS)
    slurm.run("scancel", str(first))
    slurm.wait(first, "CANCELLED")
    slurm.until(lambda: leftovers(slurm) == {})
    kept = sweep.blocks_done()

    sweep.release()
    second = slurm.sbatch(sweep.script, "-N2", "--cpus-per-task=1")
    slurm.wait(second, "COMPLETED", timeout=START_SECONDS)
    assert 2 <= kept < 16
    sweep.assert_answers()
