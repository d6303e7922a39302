"""A scripted sweep in a world: ``mpirun -n 3 python -m tests.cluster.mpi.sweep_program FOLDER``."""

import argparse
import hashlib
import sys
from pathlib import Path

from shoal.cluster import Cluster
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.shards import ShardSizes
from tests.scripted import Script, request_of


def main() -> None:
    """Run it, or its rest, and print the hash of its result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--dies", type=int, help="the block whose first run kills its rank")
    parser.add_argument("--unshared", action="store_true", help="segments come through MPI")
    parser.add_argument("--memory", action="store_true", help="keep nothing")
    said = parser.parse_args()
    faults = {} if said.dies is None else {said.dies: ("die",)}
    with Cluster.mpi(
        store=None if said.memory else said.folder / "store",
        # Nobody runs what another one is late with: every rank has its share.
        policy=Policy(sizes=ShardSizes(blocks=1), backup_seconds=1000.0),
        make_engine=Script(said.folder, faults, said.seconds),
        is_shared=not said.unshared,
    ) as cluster:
        result = cluster.submit(request_of(said.blocks), name="sweep").result()
    sys.stdout.write(hashlib.sha256(result[0].data.evs.tobytes()).hexdigest() + "\n")


if __name__ == "__main__":
    main()
