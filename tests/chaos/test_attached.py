"""A Ray that somebody else runs: who is let in, which nodes are used, what they see and when."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from shoal.cluster import Cluster
from shoal.cluster.attachment import Attachment
from shoal.cluster.worker_kind import WorkerKind
from shoal.orchestrator.job_folders import find_job
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.ports import Slot
from shoal.orchestrator.shards import ShardSizes
from shoal.primitives.errors import ExecutionError, StoreError, UnsupportedError
from shoal.primitives.expansion import expand
from shoal.primitives.request import Request
from shoal.primitives.results import assemble
from shoal.primitives.workload import Workload
from tests.chaos.attached import Nodes, several_nodes
from tests.chaos.sweeps import wait_until
from tests.local_ray import ROOT
from tests.scripted import Script, ScriptedEngine, answer, request_of

pytestmark = pytest.mark.slow

NEEDS_ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root may give a node a view of the filesystem of its own"
)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with several_nodes() as opened:
        yield opened


@dataclass(frozen=True)
class Placed(Script):
    """Notes where workers are, too."""

    def __call__(self, request: Request, workload: Workload, slot: Slot) -> ScriptedEngine:
        role = os.environ.get("SHOAL_TEST_ROLE") or "-"
        with (self.folder / "where").open("a") as where:
            where.write(f"{role} {slot.gpu}\n")
        (self.folder / f"role-{os.getpid()}").write_text(role)
        return super().__call__(request, workload, slot)

    def roles(self) -> list[tuple[int, str]]:
        """Each block that ran, and the role of its node."""
        return [
            (int(block), (self.folder / f"role-{pid}").read_text())
            for block, pid in map(str.split, self._lines())
        ]

    def where(self) -> set[str]:
        """The roles of the nodes that ran something, and GPUs."""
        return set((self.folder / "where").read_text().splitlines())


def expected_of(request: Request) -> np.ndarray:
    workload = expand(request)
    whole = assemble(request, workload, [answer(workload, block) for block in workload.blocks])
    return whole[0].data.evs


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"RAY_AUTH_TOKEN_PATH": "/nowhere"}, r"no authentication token: /nowhere: No such file"),
        ({"RAY_AUTH_TOKEN": "0" * 64}, "it refused the token from RAY_AUTH_TOKEN: take the token"),
        ({"RAY_AUTH_MODE": "disabled"}, "it asks for a token, and RAY_AUTH_MODE is 'disabled'"),
    ],
)
def test_nobody_comes_in_without_the_token(nodes, monkeypatch, environment, words) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ExecutionError, match=f"the Ray at 127.*cannot be used: {words}"):
        Cluster.connect(nodes.address)


def test_the_token_is_taken_from_the_file_that_is_said(nodes, monkeypatch, tmp_path) -> None:
    token = os.environ["RAY_AUTH_TOKEN_PATH"]
    monkeypatch.setenv("RAY_AUTH_TOKEN", "1" * 64)
    with Cluster.connect(nodes.address, attachment=Attachment(token_path=token)):
        pass


def test_a_ray_of_another_version_is_named(nodes) -> None:
    nodes.say("version", ray="2.1.0")
    try:
        with pytest.raises(ExecutionError, match=r"that cluster has Ray 2\.1\.0 on Python"):
            Cluster.connect(nodes.address)
    finally:
        nodes.say("version")


@pytest.mark.parametrize("more", ["while c.recv(99): pass", "c.close()"])
def test_something_that_is_no_ray_is_not_waited_for(more: str) -> None:
    program = (
        "import sys, socket as s; l = s.socket(fileno=int(sys.argv[1])); print(flush=True);"
        "c = l.accept()[0]; c.sendall(b'HTTP/1.1 400 Bad')\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [sys.executable, "-c", program + more, str(other.fileno())]
        answering = subprocess.Popen(command, pass_fds=[other.fileno()], stdout=subprocess.PIPE)
        with answering.stdout as begun:
            assert begun.readline()
        with pytest.raises(ExecutionError, match="what listens there is no Ray: is it the address"):
            Cluster.connect(f"127.0.0.1:{port}")
        answering.wait(100)


def test_nothing_that_listens_is_one_clear_line() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        with pytest.raises(ExecutionError, match=f"nothing listens at port {port} of 127"):
            Cluster.connect(f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        ({"gpus": 1}, "no node has room for a worker of 1 core, a GPU; found .*1 core"),
        ({"threads": 64}, "a worker of 64 cores; found"),
        ({"labels": {"role": "nobody"}}, "the label role=nobody; found"),
        ({"resources": {"queue": 1}}, "1 of 'queue'; found"),
    ],
)
def test_workers_that_no_node_could_have_are_refused_at_once(nodes, needs, words) -> None:
    with pytest.raises(ExecutionError, match=words):
        Cluster.connect(nodes.address, **needs)


def test_jobs_go_to_the_kind_of_worker_that_they_need(nodes, tmp_path) -> None:
    nodes.say("add", role="gate", resources={"queue": 1})
    kinds = [
        WorkerKind(workers=1, labels={"role": "gate"}, resources={"queue": 1}, serves=("queue",)),
        WorkerKind(workers=1),
    ]
    gate, plain = Placed(tmp_path / "gate"), Placed(tmp_path / "plain")
    for script in (gate, plain):
        script.folder.mkdir()
    with Cluster.connect(nodes.address, kinds=kinds, make_engine=gate) as cluster:
        cluster.submit(request_of(3), needs="queue").result(timeout=200)
        cluster._make_engine = plain
        cluster.submit(request_of(3)).result(timeout=200)
        with pytest.raises(UnsupportedError, match=r"offer 'gpu'; those of this .* 'cpu', 'queue'"):
            cluster.submit(request_of(3), needs="gpu")
    assert gate.where() == {"gate None"}
    assert plain.where() == {"- None"}


def test_parts_of_a_gpu_are_shared_by_workers(nodes, tmp_path) -> None:
    nodes.say("add", role="gpu", num_cpus=2, num_gpus=1)
    script = Placed(tmp_path, gated=0)
    policy = Policy(sizes=ShardSizes(blocks=1))
    with Cluster.connect(nodes.address, gpus=0.5, policy=policy, make_engine=script) as cluster:
        job = cluster.submit(request_of(8), needs="gpu")
        wait_until(lambda: len(script.pids()) == 2)
        script.open_gate()
        job.result(timeout=200)
    assert script.where() == {"gpu 0"}


def test_blocks_of_one_job_go_to_the_kinds_of_workers_that_they_need(nodes, tmp_path) -> None:
    nodes.say("add", role="mixed", num_cpus=1, num_gpus=1)
    plain = request_of(8)
    request = replace(
        plain,
        pubs=plain.pubs * 2,
        options=plain.options.updated(
            {"simulator": {"device": "GPU"}, "execution": {"engines": ("aer", "batched")}}
        ),
    )
    kinds = [WorkerKind(workers=1, gpus=1, labels={"role": "mixed"}), WorkerKind(workers=1)]
    script = Placed(tmp_path, seconds=0.1)
    sizes = Policy(sizes=ShardSizes(blocks=1))
    with Cluster.connect(nodes.address, kinds=kinds, make_engine=script, policy=sizes) as cluster:
        cluster.submit(request).result(timeout=200)
    workload = expand(request)
    engines = [workload.programs[block.program].engine for block in workload.blocks]
    assert {role for block, role in script.roles() if engines[block] == "aer"} == {"mixed"}
    assert sorted({block for block, _ in script.roles()}) == list(range(len(workload.blocks)))


@NEEDS_ROOT
def test_a_node_that_does_not_see_the_store_sends_its_segments(nodes, tmp_path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    nodes.say("add", role="blind", hidden=str(store))
    script, request = Script(tmp_path), request_of(6)
    labels = {"role": "blind"}
    with Cluster.connect(nodes.address, store=store, labels=labels, make_engine=script) as cluster:
        found = cluster.submit(request, name="sent").result(timeout=200)
    assert np.array_equal(found[0].data.evs, expected_of(request))
    assert list((find_job(store, "sent") / "segments").glob("b*.parquet"))
    with (
        Cluster.connect(
            nodes.address, store=store, labels=labels, is_shared=True, make_engine=script
        ) as cluster,
        pytest.raises(StoreError, match=r"does not see .* put the store on a filesystem that all"),
    ):
        cluster.submit(request_of(6, seed=8), name="refused").result(timeout=200)


def test_a_clock_that_differs_is_refused_beyond_a_limit(nodes, tmp_path, caplog) -> None:
    nodes.say("add", role="late", clock=300.0)
    script, labels = Script(tmp_path), {"role": "late"}
    # What the way there and back takes is unknown by half.
    words = r"the clock of node .* is [23]\d\d s ahead of ours, and 60 s are allowed"
    with (
        Cluster.connect(nodes.address, labels=labels, make_engine=script) as cluster,
        pytest.raises(ExecutionError, match=words),
    ):
        cluster.submit(request_of(2)).result(timeout=200)
    lenient = Attachment(max_skew_seconds=1000.0)
    with Cluster.connect(
        nodes.address, labels=labels, attachment=lenient, make_engine=script
    ) as cluster:
        cluster.submit(request_of(2)).result(timeout=200)
    assert " s ahead of ours; times in the store are of either" in caplog.text


def test_the_command_line_uses_a_ray_that_is_there(nodes, tmp_path) -> None:
    command = [
        *(sys.executable, "-m", "shoal.cluster.cli", "run"),
        *(str(ROOT / "configs" / "ghz_sampler.toml"), "--address", nodes.address),
        *("--workers", "1", "--store", str(tmp_path)),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert ran.returncode == 0, ran.stderr
    assert f"joining the Ray at {nodes.address}" in ran.stderr
