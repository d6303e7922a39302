"""Workers on some nodes of a job alone, and a store that only one node has."""

from pathlib import Path

import pytest

from shoal.orchestrator.job_folders import read_segments
from tests.cluster.cli.test_run import digest_of_result, job_folder
from tests.slurm.provision import ROOT

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

GHZ = ROOT / "src" / "shoal" / "configs" / "ghz_sampler.toml"

PROFILE = """
[slurm]
min_nodes = 2
shared_store = "auto"

[placement]
labels = { "shoal.io/component" = "1", net = "open" }

[labels]
"n[2-9]" = { net = "open" }
"""

SCRIPT = """#!/bin/bash
#SBATCH -wn1 -c1
#SBATCH hetjob
#SBATCH -wn2 -c1
exec shoal run {sweep} --profile {profile} --store /tmp/only-here
"""


def test_segments_of_another_component_come_to_the_drivers_own_disk(slurm, tmp_path) -> None:
    profile = slurm.shared / "unshared.toml"
    profile.write_text(PROFILE)
    job = slurm.sbatch(SCRIPT.format(sweep=GHZ, profile=profile))
    alone = ("--executor", "inline", "--store", str(tmp_path))
    slurm.run("shoal", "run", str(GHZ), *alone, timeout=600.0)

    slurm.wait(job, "COMPLETED", timeout=300.0)
    state = Path(slurm.env["SLURM_TESTBED_STATE"])
    folder = job_folder(state / "nodes" / "n1" / "tmp" / "only-here")
    assert {one.node for one in read_segments(folder).commitments()} == {"n2"}
    assert digest_of_result(folder) == digest_of_result(job_folder(tmp_path))
    assert not slurm.node("n2", "find", "/tmp/only-here", check=False)
