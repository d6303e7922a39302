"""Jobs that a more urgent one drives from their nodes: they start again, and lose nothing."""

import pytest

from tests.slurm.scripted_sweeps import ScriptedSweep, leftovers

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

START_SECONDS = 300.0

OPTIONS = ("--cpus-per-task=1", "--time=60", "--requeue", "--open-mode=append")


def test_preempted_sweeps_drain_or_stop_and_end_with_the_same_bits(slurm) -> None:
    """One is warned, one gets SIGTERM in its steps and five seconds, one gets neither."""
    where = {
        "warned": ("-wn1,n2", "--partition=main", "--signal=B:USR1@300"),
        "unwarned": ("-wn3", "--partition=brief"),
        "sudden": ("-wn4", "--partition=graceless"),
    }
    sweeps = {name: ScriptedSweep(slurm, f"preempted-{name}", num_circuits=1) for name in where}
    jobs = {
        name: slurm.sbatch(sweeps[name].script, *OPTIONS, *words) for name, words in where.items()
    }
    slurm.until(lambda: set(sweeps["warned"].nodes()) == {"n1", "n2"}, timeout=START_SECONDS)
    slurm.until(lambda: all(sweep.blocks_done() for sweep in sweeps.values()))

    slurm.sbatch("#!/bin/bash\n", "-N4", "--exclusive", "--partition=urgent")
    slurm.until(lambda: sweeps["warned"].events("draining"))
    # What runs is finished first. One block that nobody has yet keeps it from its end.
    sweeps["warned"].hold_from(15)
    for name, job in jobs.items():
        slurm.until(lambda: slurm.job(job)["Restarts"] == "1", timeout=START_SECONDS)  # noqa: B023
        assert 0 < sweeps[name].blocks_done() < 16
    for name, job in jobs.items():
        sweeps[name].release()
        slurm.wait(job, "COMPLETED", timeout=START_SECONDS)
        sweeps[name].assert_answers()
        assert not sweeps[name].events("shard_failed")
    # What was under way at the warning was committed: no block ran twice.
    assert not sweeps["warned"].events("shard_lost")
    slurm.until(lambda: leftovers(slurm) == {})
