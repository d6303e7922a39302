"""A sweep for ``aer_mpi`` in a Slurm job; a shell script stands for srun."""

from pathlib import Path

import pytest
from tests.mpi_world import SHOAL, run

from shoal.cluster.cli.exits import CommandFailed
from shoal.cluster.cli.mpi_step import enter_world, world_environment, world_options
from shoal.cluster.cli.settings import Settings
from shoal.cluster.mpi.mpi_table import MpiTable

IN_A_JOB = {"SLURM_JOB_ID": "17", "SLURM_JOB_NODELIST": "n[1-4]", "SLURM_CPUS_ON_NODE": "8"}


def test_a_world_has_one_rank_a_node_with_all_of_its_cores() -> None:
    options = world_options(MpiTable(), 4, IN_A_JOB)
    assert {"--mpi=pmi2", "--nodes=4", "--ntasks=4", "--cpus-per-task=8"} <= {*options}
    options = world_options(MpiTable(ranks_per_node=2, launcher="pmix"), 4, IN_A_JOB)
    assert {"--mpi=pmix", "--ntasks=8", "--ntasks-per-node=2", "--cpus-per-task=4"} <= {*options}


def test_a_world_finds_its_own_aer_first(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path, mpi=MpiTable(aer=Path("site")))
    found = world_environment(settings, {"PYTHONPATH": "/x", "SLURM_NTASKS": "3"})
    assert found == {"PYTHONPATH": f"{tmp_path}/site:/x", "MPIR_CVAR_CH4_NETMOD": "ofi"}


def test_a_sweep_that_spreads_its_states_becomes_a_world(sweep: Path, tmp_path: Path) -> None:
    srun = tmp_path / "srun"
    srun.write_text('#!/bin/sh\necho "srun $*" >&2\nexit 9\n')
    srun.chmod(0o755)
    ended = run(
        *(*SHOAL, "run", sweep, "--set", "engine=aer_mpi", "--store", tmp_path / "store"),
        env={**IN_A_JOB, "PATH": f"{tmp_path}:/usr/bin:/bin"},
    )
    assert ended.code == 9, ended
    said = ended.err.splitlines()[-1]
    assert said.startswith("srun --mpi=pmi2 ")
    assert f"shoal.cluster.cli run {sweep} --set engine=aer_mpi" in said
    assert said.endswith("--executor=mpi")


@pytest.mark.parametrize(
    ("overrides", "settings", "environ"),
    [
        (["engine=auto"], Settings(), IN_A_JOB),
        (["engine=aer_mpi"], Settings(executor="mpi"), IN_A_JOB),
        (["engine=aer_mpi"], Settings(), {}),
        (["engine=aer_mpi"], Settings(), {**IN_A_JOB, "PMI_SIZE": "4", "PMI_RANK": "0"}),
    ],
)
def test_any_other_goes_on_as_it_is(sweep, monkeypatch, overrides, settings, environ) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", "/nowhere")
    enter_world(sweep, overrides, settings)


def test_without_an_srun_it_is_told(sweep, monkeypatch) -> None:
    for name, value in {**IN_A_JOB, "PATH": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandFailed, match="there is no srun on PATH"):
        enter_world(sweep, ["engine=aer_mpi"], Settings())
