"""A sweep of scripted blocks on all nodes of a Slurm job; tests start it inside of one."""

import os
import sys
from pathlib import Path

from shoal.cluster import Cluster
from shoal.cluster.allocation import BringUp
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.shards import ShardSizes
from tests.scripted import Script, request_of


def main(store: Path, num_blocks: int, seconds: float) -> None:
    """Run the sweep, and say how it went."""
    store.mkdir(exist_ok=True)
    script = Script(store, seconds=seconds)
    policy = Policy(sizes=ShardSizes(blocks=1))
    start_seconds = float(os.environ.get("SHOAL_TEST_START_SECONDS", "300"))
    num_nodes = int(os.environ["SLURM_JOB_NUM_NODES"])
    bring_up = BringUp(min_nodes=num_nodes, start_seconds=start_seconds)
    with Cluster.from_slurm(
        store=store, policy=policy, bring_up=bring_up, make_engine=script
    ) as cluster:
        say("began")
        job = cluster.submit(request_of(num_blocks), name="sweep")
        job.result()
        say(f"committed {job.progress().blocks_done}")
    say("ended")


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
