"""MPI worlds and job arrays on several hosts: the scripts that ship with the package."""

import re
from pathlib import Path

import numpy as np
import pytest

from shoal.orchestrator.events_file import read_events
from shoal.orchestrator.job_folders import read_segments, stored_jobs
from tests.cluster.cli.conftest import SWEEP
from tests.cluster.cli.test_array import MANY
from tests.cluster.cli.test_run import LONG_CIRCUIT, SLOW_SWEEP, digest_of_result, job_folder
from tests.cluster.engines.test_aer_mpi import RING, SITE, columns
from tests.cluster.engines.test_aer_mpi import SWEEP as SPREAD
from tests.mpi_world import SHOAL, run
from tests.slurm.provision import ROOT

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

SCRIPTS = ROOT / "src" / "shoal" / "slurm"


@pytest.fixture
def sweep(slurm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep in a folder that all hosts see, which is empty but for it."""
    folder = slurm.shared / tmp_path_factory.mktemp("sweep").name
    folder.mkdir()
    path = folder / "small.toml"
    path.write_text(SWEEP, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The result of one process on one machine."""
    folder = tmp_path_factory.mktemp("inline")
    (folder / "small.toml").write_text(SWEEP, encoding="utf-8")
    store = folder / "store"
    ended = run(
        *(*SHOAL, "run", folder / "small.toml", *MANY),
        *("--store", store, "--executor", "inline"),
    )
    assert ended.code == 0, ended
    return digest_of_result(job_folder(store))


def submit(slurm, script: str, sweep: Path, *options: str, arguments: tuple[str, ...] = ()) -> int:
    command = ("sbatch", "--parsable", *options, str(SCRIPTS / script), str(sweep), *MANY)
    return int(slurm.run(*command, *arguments).stdout.split(";")[0])


def nodes_of(store: Path) -> set[str]:
    return {one.node for one in read_segments(job_folder(store)).commitments()}


def joined_nodes(store: Path) -> set[str]:
    events = read_events(job_folder(store))
    return {event["node"] for event in events if event["event"] == "worker_joined"}


@pytest.mark.mpi
def test_four_ranks_on_four_hosts_give_the_bits_of_one_process(slurm, sweep, expected) -> None:
    store = sweep.parent / "store"
    hosts = ("-N4", "--ntasks-per-node=1", "--mem-per-cpu=100")
    job = submit(slurm, "mpi.sbatch", sweep, *hosts, arguments=("--store", str(store)))
    slurm.wait(job, "COMPLETED")
    assert slurm.output(job).count("Every line") == 1
    assert digest_of_result(job_folder(store)) == expected
    # Which of them run so short a sweep is theirs; all of them have come.
    workers = set(slurm.nodes) - {"n1"}
    assert joined_nodes(store) == workers
    assert nodes_of(store) <= workers


MPI_PROFILE = """
executor = "mpi"
[mpi]
ranks_per_node = 2
[slurm]
nodes = 2
time = "10"
options = ["--mem-per-cpu=100"]
"""


@pytest.mark.mpi
def test_a_submitted_world_gives_the_bits_of_one_process(slurm, sweep, expected) -> None:
    store, profile = sweep.parent / "store", sweep.parent / "mpi.toml"
    profile.write_text(MPI_PROFILE)
    words = ("submit", str(sweep), "--profile", str(profile), "--store", str(store), *MANY)
    said = slurm.run("shoal", *words).stdout
    job = int(re.search(r"Slurm job (\d+) will run", said)[1])
    slurm.wait(job, "COMPLETED")
    assert digest_of_result(job_folder(store)) == expected
    events = read_events(job_folder(store))
    assert sum(event["event"] == "worker_joined" for event in events) == 3
    assert (
        f"job {job}: COMPLETED" in slurm.run("shoal", "status", "small", f"--store={store}").stdout
    )


SPREAD_PROFILE = """
[mpi]
aer = "{site}"
[slurm]
nodes = 2
time = "10"
options = ["--mem-per-cpu=100"]
"""


@pytest.mark.mpi
def test_a_state_is_spread_over_two_hosts_wherever_a_sweep_says_so(slurm, sweep) -> None:
    if not SITE.is_dir():
        pytest.skip("no Aer with MPI in build/aer-mpi: make aer-mpi")
    folder = sweep.parent
    (folder / "ring.py").write_text(RING)
    sweep = folder / "spread.toml"
    sweep.write_text(SPREAD)
    profile = folder / "profile.toml"
    profile.write_text(SPREAD_PROFILE.format(site=SITE))
    words = ("submit", str(sweep), "--profile", str(profile), "--store", str(folder / "two"))
    job = int(re.search(r"Slurm job (\d+) will run", slurm.run("shoal", *words).stdout)[1])
    slurm.wait(job, "COMPLETED", timeout=600.0)
    assert "going on as a world of MPI on the nodes of Slurm job" in slurm.output(job)
    ended = run(
        *(*SHOAL, "run", sweep, "--executor", "inline", "--store", folder / "one"),
        *("--set", "engine=aer"),
    )
    assert ended.code == 0, ended
    two, one = columns(sweep, "two"), columns(sweep, "one")
    is_exact = one["precision"] == 0.0
    assert np.abs(two["ev"] - one["ev"])[is_exact].max() < 1e-10


@pytest.mark.mpi
def test_a_launcher_of_another_library_is_told_once(slurm, sweep) -> None:
    options = ("-N2", "--ntasks-per-node=1", "--mem-per-cpu=100", "--export=ALL,SHOAL_MPI=none")
    job = submit(slurm, "mpi.sbatch", sweep, *options)
    slurm.wait(job, "FAILED")
    said = slurm.output(job)
    assert said.count("srun started 2 processes, but MPI made 2 worlds of one process") == 1


def test_an_array_of_eight_gives_the_bits_of_one_process(slurm, sweep, expected) -> None:
    store = sweep.parent / "store"
    arguments = ("--store", str(store), "--executor", "inline", "--workers", "1")
    options = ("--cpus-per-task=1", "--mem-per-cpu=100")
    job = submit(slurm, "array.sbatch", sweep, *options, arguments=arguments)
    slurm.until(lambda: not slurm.run("squeue", "-h", "-j", str(job)).stdout)
    outputs = [(slurm.shared / f"slurm-{job}_{task}.out").read_text() for task in range(8)]
    assert sum("was the last" in output for output in outputs) == 1, outputs
    assert digest_of_result(job_folder(store)) == expected
    assert len(nodes_of(store)) > 1
    tasks = re.findall(r"task (\d) of 8: its", "".join(outputs))
    assert sorted(tasks) == list("01234567")


@pytest.mark.chaos
@pytest.mark.parametrize(
    ("script", "options", "arguments", "warn"),
    [
        ("mpi.sbatch", ("-N2", "--ntasks-per-node=1"), (), ()),
        (
            "array.sbatch",
            ("--array=0-1", "--cpus-per-task=1"),
            ("--executor", "inline", "--workers", "1"),
            ("--batch",),
        ),
        pytest.param(
            "sweep.sbatch",
            ("-N2", "--cpus-per-task=1"),
            ("--set", "engine=aer_mpi", "--profile", "profile.toml"),
            ("--batch",),
            marks=pytest.mark.skipif(not SITE.is_dir(), reason="no Aer with MPI: make aer-mpi"),
        ),
    ],
    ids=["mpi", "array", "spread"],
)
def test_a_warning_drains_requeues_and_goes_on(slurm, script, options, arguments, warn) -> None:
    folder = slurm.shared / f"warned-{script}"
    folder.mkdir()
    (folder / "long_circuit.py").write_text(LONG_CIRCUIT)
    (folder / "slow.toml").write_text(SLOW_SWEEP)
    (slurm.shared / "profile.toml").write_text(f'[mpi]\naer = "{SITE}"\n')
    store = folder / "store"

    def blocks_done() -> int:
        return stored_jobs(store)[0].blocks_done if store.is_dir() and stored_jobs(store) else 0

    def squeue(form: str) -> str:
        return slurm.run("squeue", "-h", "-o", form, "-j", str(job), check=False).stdout

    command = ("sbatch", "--parsable", "--time=30", *options, "--mem-per-cpu=100")
    sweep = (str(SCRIPTS / script), str(folder / "slow.toml"), "--store", str(store), *arguments)
    job = int(slurm.run(*command, *sweep).stdout.split(";")[0])
    slurm.until(lambda: blocks_done() > 1)
    slurm.run("scancel", *warn, "--signal=USR1", str(job))
    slurm.until(lambda: "PENDING" in squeue("%T"))
    slurm.until(lambda: not squeue("%i"))
    assert stored_jobs(store)[0].results
    # Nobody ran a block again: what was running at the warning was committed.
    events = list(read_events(job_folder(store)))
    assert not [event for event in events if event["event"] == "repeated"]
