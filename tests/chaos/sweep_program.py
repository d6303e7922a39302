"""A sweep in a process of its own, to be killed: ``python -m tests.chaos.sweep_program ...``."""

import argparse
import hashlib
import sys
from pathlib import Path

from qiskit.primitives import PrimitiveResult

from shoal.cluster import Cluster
from shoal.orchestrator.inline import InlineExecutor
from shoal.orchestrator.job_folders import create_or_open
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.reduce import reduce_blocks
from shoal.orchestrator.scheduler import run_job
from shoal.orchestrator.shards import ShardSizes
from shoal.primitives.job import JobControl
from shoal.primitives.request import Request
from tests.chaos.sweeps import HELD, PATIENCE_SECONDS
from tests.scripted import Script, request_of

NAME = "sweep"


def over_ray(
    request: Request, store: Path, script: Script, workers: int, policy: Policy
) -> PrimitiveResult:
    """Run the sweep, or its rest, over a Ray of its own."""
    with Cluster.local(workers, store=store, policy=policy, make_engine=script) as cluster:
        return cluster.submit(request, name=NAME).result()


def inline(
    request: Request, store: Path, script: Script, policy: Policy | None = None
) -> PrimitiveResult:
    """Run the sweep, or its rest, in this process."""
    with create_or_open(store, request, NAME) as job:
        executor = InlineExecutor(lambda slot: script(request, job.workload, slot), job.committer())
        run_job(job.workload, job, executor, control=JobControl(), policy=policy)
        return reduce_blocks(request, job.workload, job)


def main() -> None:
    """Run a scripted sweep, and print the hash of its result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--blocks", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--workers", type=int, default=2, help="0: no Ray")
    parser.add_argument("--held", type=int, default=0, help="blocks whose first run has no end")
    parser.add_argument("--gated", type=int, help="from here on, blocks wait at the gate")
    parser.add_argument(
        "--backup", type=float, default=PATIENCE_SECONDS, help="late blocks run twice after that"
    )
    said = parser.parse_args()
    request, store = request_of(said.blocks), said.folder / "store"
    faults = dict.fromkeys(HELD[: said.held], (PATIENCE_SECONDS,))
    script = Script(said.folder, faults, said.seconds, said.gated)
    policy = Policy(sizes=ShardSizes(blocks=1), backup_seconds=said.backup)
    if said.workers:
        result = over_ray(request, store, script, said.workers, policy)
    else:
        result = inline(request, store, script, policy)
    sys.stdout.write(hashlib.sha256(result[0].data.evs.tobytes()).hexdigest() + "\n")


if __name__ == "__main__":
    main()
