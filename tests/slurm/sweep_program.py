"""A sweep of scripted blocks on all nodes of a Slurm job; tests start it inside of one."""

import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shoal.cluster import Cluster
from shoal.cluster.allocation import BringUp
from shoal.cluster.cli.allocation import when_free, when_time_is_over
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.ports import Slot
from shoal.orchestrator.shards import ShardSizes
from shoal.primitives.errors import OutOfTimeError
from shoal.primitives.outcomes import BlockOutcome
from shoal.primitives.request import Request
from shoal.primitives.workload import Block, Workload
from tests.primitives.requests import ansatz, estimator_request
from tests.scripted import ROWS_A_BLOCK, Script, ScriptedEngine

BLOCKS_A_CIRCUIT = 16


def request_of(num_circuits: int) -> Request:
    """Exact values of two terms, cut into 16 blocks a circuit."""
    circuits = [ansatz(2) for _ in range(num_circuits)]
    for number, circuit in enumerate(circuits):
        circuit.rz(0.1 * number, 0)
    rows = np.linspace(0.0, 1.0, 2 * BLOCKS_A_CIRCUIT * ROWS_A_BLOCK).reshape(-1, 2)
    terms = {"ZZ": 1.0, "XI": 0.5}
    return estimator_request(circuits, [(one, terms, rows, 0.0) for one in range(num_circuits)])


@dataclass(frozen=True)
class HeldScript(Script):
    """Makes engines that run no blocks from the number on that a file ``hold`` says."""

    def __call__(self, request: Request, workload: Workload, slot: Slot) -> "HeldEngine":
        return HeldEngine(self, workload)


class HeldEngine(ScriptedEngine):
    """Waits with the blocks that are held until nothing holds them."""

    def run(self, block: Block) -> BlockOutcome:
        with suppress(FileNotFoundError):
            while block.index >= int((self.script.folder / "hold").read_text()):
                time.sleep(0.1)
        return super().run(block)


def main(store: Path, num_circuits: int, seconds: float) -> None:
    """Run the sweep, and say how it went."""
    store.mkdir(exist_ok=True)
    script = HeldScript(store, seconds=seconds)
    policy = Policy(sizes=ShardSizes(blocks=1))
    start_seconds = float(os.environ.get("SHOAL_TEST_START_SECONDS", "300"))
    num_nodes = int(os.environ["SLURM_JOB_NUM_NODES"])
    bring_up = BringUp(min_nodes=num_nodes, start_seconds=start_seconds, silence_seconds=20.0)
    with Cluster.from_slurm(
        store=store, policy=policy, bring_up=bring_up, make_engine=script
    ) as cluster:
        say("began")
        job = when_free(lambda: cluster.submit(request_of(num_circuits), name="sweep"))
        try:
            job.result()
        except OutOfTimeError as error:
            # As `shoal run` does: Slurm starts the job again.
            sys.exit(when_time_is_over(error, "").code)
        say(f"committed {job.progress().blocks_done}")
    say("ended")


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
