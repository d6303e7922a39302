"""A Ray on a list of hosts, by the scripts: the hosts are this machine, and `ssh` a local shell."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from shoal.cluster import Attachment, Cluster
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.shards import ShardSizes
from shoal.primitives.expansion import expand
from shoal.primitives.results import assemble
from tests.chaos.sweeps import wait_until
from tests.local_ray import ROOT
from tests.scripted import Script, answer, request_of

SCRIPTS = sorted((ROOT / "src/shoal/cluster/scripts").glob("*.sh"))
HOSTS = SCRIPTS[0]
NAME = f"t{os.getpid() % 10**6}"
SMALL = ["--num-cpus=1", "--object-store-memory=100000000", "--memory=1000000000"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_pass_shellcheck(script: Path) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("no shellcheck on PATH")
    subprocess.run(["shellcheck", script], check=True)


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The command that stands for ssh."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    command = tmp_path / "local ssh"
    command.write_text('#!/bin/sh\ncase $1 in gone*) exit 255 ;; esac\nexec sh -c "$2"\n')
    command.chmod(0o755)
    yield command
    say("stop")


def say(*words: str) -> subprocess.CompletedProcess[str]:
    command = [HOSTS, words[0], "--name", NAME, *words[1:]]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


def start(
    hosts: Path, *names: str, python: str | Path = sys.executable
) -> subprocess.CompletedProcess[str]:
    return say("start", "--with", str(hosts), "--python", str(python), *names, "--", *SMALL)


def left() -> list[str]:
    """What there still is of this Ray: folders and processes."""
    words = f"/tmp/shoal-{os.getuid()}-{NAME}".encode()
    found = [str(path) for path in Path("/tmp").glob(f"shoal-{os.getuid()}-{NAME}*")]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if words in line:
            found.append(line.decode())
    return found


@pytest.mark.slow
def test_a_ray_on_several_hosts_runs_a_job_and_leaves_nothing(hosts: Path, tmp_path: Path) -> None:
    started = start(hosts, "host-a", "host-b")
    assert started.returncode == 0, started.stderr
    found = re.search(r"--address (\S+) --token-path (\S+)\n", started.stdout)
    assert found is not None
    address, token = found.groups()
    assert Path(token).stat().st_mode & 0o777 == 0o600
    assert "started from here: stop it, or take --name" in start(hosts, "host-a").stderr
    assert "Ray on 2 of 2 hosts" in started.stdout
    script, request = Script(tmp_path, gated=2), request_of(24)
    # Else the host that comes first may take all blocks at once.
    policy = Policy(sizes=ShardSizes(blocks=1))
    with Cluster.connect(
        address, attachment=Attachment(token_path=token), policy=policy, make_engine=script
    ) as cluster:
        job = cluster.submit(request)
        wait_until(lambda: len(script.pids()) == 2)
        script.open_gate()
        result = job.result(timeout=200)
    workload = expand(request)
    expected = assemble(request, workload, [answer(workload, block) for block in workload.blocks])
    assert np.array_equal(result[0].data.evs, expected[0].data.evs)
    through_client = re.search(r"--address (ray://\S+)", started.stdout)
    assert through_client is not None
    with Cluster.connect(
        through_client.group(1), attachment=Attachment(token_path=token), make_engine=script
    ) as cluster:
        again = cluster.submit(request).result(timeout=200)
    assert np.array_equal(again[0].data.evs, expected[0].data.evs)
    assert say("stop").returncode == 0
    wait_until(lambda: not left())


@pytest.mark.slow
def test_a_ray_that_did_not_come_up_in_time_is_started_once_more(
    hosts: Path, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    late = (
        f"*ray.scripts*) mkdir {tmp_path}/tried && echo The current node timed out during startup"
    )
    python.write_text(
        f'#!/bin/sh\ncase "$*" in\n{late} && exit 1 ;;\nesac\nexec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    started = start(hosts, "host-a", python=python)
    assert started.returncode == 0, started.stderr
    assert "Ray on 1 of 1 hosts" in started.stdout
    (log,) = tmp_path.glob("state/shoal/rays/*/head.log")
    assert log.read_text().count("it is started once more") == 1


@pytest.mark.slow
def test_a_host_that_does_not_answer_ends_the_start_and_leaves_nothing(hosts: Path) -> None:
    started = start(hosts, "gone-host")
    assert started.returncode != 0
    assert "not started" in started.stderr
    assert left() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["start"], "no hosts"),
        (["start", "--bogus", "x"], "unknown option --bogus"),
        (["stop"], "no Ray of the name"),
        (["begin"], "expected start or stop"),
    ],
)
def test_what_makes_no_sense_is_one_line(hosts: Path, words: list[str], said: str) -> None:
    ended = say(*words)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1
