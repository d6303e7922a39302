"""What a Ray of our own opens to others, and what is left of it."""

import json
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shoal.cluster import Cluster
from shoal.cluster.node_folder import NodeFolder
from shoal.primitives.errors import ExecutionError
from tests.local_ray import ROOT, processes_of
from tests.scripted import Script, request_of

Opened = tuple[Cluster, NodeFolder]


@pytest.fixture(scope="module")
def opened() -> Iterator[Opened]:
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))
    cluster = Cluster.local(workers=1, node_labels={"*": {"net": "open"}})
    yield cluster, cluster._pool._folder
    cluster.close()


def test_only_its_owner_may_enter_its_folder(opened: Opened) -> None:
    _, folder = opened
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.token.stat().st_mode) == 0o600
    assert len(folder.token.read_text()) == 64


def test_it_listens_on_loopback_alone(opened: Opened) -> None:
    _, folder = opened
    addresses = listening_addresses(processes_of(folder.path))
    assert addresses
    assert set(addresses) <= {"127.0.0.1"}


def test_its_node_has_the_labels_that_were_said_and_its_own_name(opened: Opened) -> None:
    _, folder = opened
    (said,) = re.findall(r"--labels=(\{.*?\})", " ".join(processes_of(folder.path).values()))
    found = json.loads(said)
    assert (found["net"], found["shoal.io/host"]) == ("open", socket.gethostname())


def test_a_process_without_the_token_is_refused(opened: Opened, tmp_path: Path) -> None:
    _, folder = opened
    (port,) = re.findall(r"--gcs_server_port=(\d+)", " ".join(processes_of(folder.path).values()))
    wrong = tmp_path / "token"
    wrong.write_text("0" * 64)
    asked = f"from ray._raylet import GcsClient; GcsClient(address='127.0.0.1:{port}'); print('in')"
    answers = {
        token: subprocess.run(
            [sys.executable, "-c", asked],
            env={**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)},
            capture_output=True,
            text=True,
            check=False,
        )
        for token in (wrong, folder.token)
    }
    assert "AuthenticationError" in answers[wrong].stderr
    assert answers[wrong].stdout == ""
    assert answers[folder.token].stdout == "in\n"


@pytest.mark.slow
def test_two_at_once_do_not_meet(opened: Opened, tmp_path: Path) -> None:
    cluster, folder = opened
    with Cluster.local(workers=1) as other:
        assert other._pool._folder.path != folder.path
        for number, pool in enumerate((cluster._pool, other._pool)):
            one = Cluster(pool, make_engine=Script(tmp_path))
            one.submit(request_of(2, seed=number)).result()
    Cluster(cluster._pool, make_engine=Script(tmp_path)).submit(request_of(2)).result()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_childs_exit_ends_nothing(opened: Opened, tmp_path: Path) -> None:
    cluster, _ = opened
    if (child := os.fork()) == 0:
        cluster.close()
        os._exit(0)
    os.waitpid(child, 0)
    Cluster(cluster._pool, make_engine=Script(tmp_path)).submit(request_of(2)).result()


def test_at_the_end_nothing_runs_and_nothing_lies_around(opened: Opened, tmp_path: Path) -> None:
    cluster, folder = opened
    slow = Cluster(cluster._pool, make_engine=Script(tmp_path, seconds=0.5))
    running = slow.submit(request_of(16))
    sessions = (folder.path / "sessions").read_text().split()
    slow.close()
    cluster.close()
    assert running.in_final_state()
    assert not folder.path.exists()
    assert not [pid for pid in all_pids() if session_of(pid) in map(int, sessions)]
    with pytest.raises(ExecutionError, match="closed"):
        cluster.submit(request_of(1))


def all_pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def session_of(pid: int) -> int:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if state[0] == "Z" else int(state[3])


def listening_addresses(pids: dict[int, str]) -> list[str]:
    """IPv4 addresses, mapped ones too, that processes listen on."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                target = str(descriptor.readlink())
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                last = bytes.fromhex(fields[1].split(":")[0])[-4:]
                found.append(".".join(str(byte) for byte in reversed(last)))
    return found
