"""The executor over MPI: the contract under a real mpirun, and a program of its own."""

import hashlib
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path

import pytest

from tests.chaos.sweep_program import inline
from tests.cluster.mpi.mpi_contract import TestMpiContract as MpiContract
from tests.mpi_world import Ended, run_world
from tests.scripted import Script, request_of

pytestmark = pytest.mark.mpi

CONTRACT = Path(__file__).with_name("mpi_contract.py")
NAMES = sorted(name for name in dir(MpiContract) if name.startswith("test_"))
del MpiContract


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What rank 0's pytest said of each test of the contract."""
    report = tmp_path_factory.mktemp("contract") / "report.xml"
    options = ("-p", "no:cacheprovider", "--junitxml", report, CONTRACT)
    workers = (":", "-n", "2", sys.executable, "-m", "tests.cluster.mpi.mpi_contract")
    ended = run_world(1, sys.executable, "-m", "pytest", *options, *workers)
    assert report.exists(), ended
    found = defaultdict(list)
    for case in ET.parse(report).iter("testcase"):
        told = [child.get("message", "") + (child.text or "") for child in case]
        found[case.attrib["name"].partition("[")[0]].append("\n".join(told))
    assert ended.code == 0 or any(map(any, found.values())), ended
    return found


@pytest.mark.parametrize("name", NAMES)
def test_contract(verdicts: dict[str, list[str]], name: str) -> None:
    assert verdicts[name]
    assert not any(verdicts[name]), "\n".join(verdicts[name])


def sweep(folder: Path, *options: str, ranks: int = 3) -> Ended:
    program = (sys.executable, "-m", "tests.cluster.mpi.sweep_program")
    return run_world(ranks, *program, folder, *options)


@pytest.fixture(scope="module")
def digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of the result of one process."""
    folder = tmp_path_factory.mktemp("inline")
    result = inline(request_of(12), folder / "store", Script(folder))
    return hashlib.sha256(result[0].data.evs.tobytes()).hexdigest()


@pytest.mark.parametrize("options", [(), ("--unshared",), ("--memory",)])
def test_a_script_that_every_rank_runs_prints_its_result_once(
    tmp_path: Path, digest: str, options: tuple[str, ...]
) -> None:
    ended = sweep(tmp_path, *options)
    assert (ended.code, ended.out.split()) == (0, [digest]), ended
    assert len(Script(tmp_path).pids()) == 2


def test_a_dead_rank_ends_the_world_and_the_next_one_goes_on(tmp_path: Path, digest: str) -> None:
    died = sweep(tmp_path, "--dies", "7")
    assert died.code != 0
    assert digest not in died.out
    again = sweep(tmp_path, "--dies", "7")
    assert (again.code, again.out.split()) == (0, [digest]), again
    ran = Script(tmp_path).ran()
    assert set(ran) == set(range(12))
    # What was committed is not run again; the two ranks had two shards each at most.
    assert len(ran) <= 12 + 4
