"""A sweep on three queues and two simulators, which dies where it is told to.

    python -m tests.cluster.queues.campaign FOLDER [STEP NTH] [--ibm]

The devices are Qiskit's own and the simulators threads; with --ibm they are IBM's fake ones, and
workers of a Ray.

STEP is a call before or after whose NTH time the process kills itself, as `kill -9` would. Prints a
digest of the values, and how many jobs each queue has taken in.
"""

import hashlib
import itertools
import json
import os
import signal
import sys
import warnings
from pathlib import Path

import numpy as np
from qiskit.circuit.library import real_amplitudes
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator

from shoal.cluster import Cluster, Queues
from shoal.cluster.engines.fake import FakeQueue, FakeScript
from shoal.cluster.queues.settings import QueueSettings
from shoal.orchestrator.committers import FolderCommitter
from shoal.orchestrator.vendor_jobs import VendorJobs
from shoal.primitives import Estimator

SETTINGS = QueueSettings(poll_seconds=0.005, max_poll_seconds=0.02, max_in_flight=2)
ANSATZ = real_amplitudes(3, reps=1)
VALUES = np.linspace(0.1, 1.5, 10 * ANSATZ.num_parameters).reshape(10, -1)
NEEDED = {"manila": 5, "torino": 2, "bad": 10}
"""Jobs of at most 4, 10 and 2 circuits, for 10 parameter sets in two bases."""
SCRIPTED_LOSSES = 2
"""Jobs that the bad queue fails and forgets, each of which takes another one."""

STEPS = {
    "plan": (VendorJobs, "plan", "after"),
    "intend": (VendorJobs, "intend", "after"),
    "sent": (FakeQueue, "run", "after"),
    "submitted": (VendorJobs, "submitted", "after"),
    "shots": (FolderCommitter, "commit", "before"),
    "commit": (FolderCommitter, "commit", "after"),
}


def devices(is_ibm):
    """Two devices with noise: IBM's fakes, or some that come with Qiskit."""
    if is_ibm:
        from qiskit_ibm_runtime.fake_provider import FakeManilaV2, FakeTorino

        return FakeManilaV2(), FakeTorino()
    line = [[0, 1], [1, 2], [2, 3], [3, 4]]
    return [GenericBackendV2(5, coupling_map=line, seed=seed) for seed in (1, 2)]


def queues(folder, is_ibm):
    """The three queues; their books are in the folder."""
    manila, torino = devices(is_ibm)
    bad = FakeScript(
        seed=3,
        max_circuits=2,
        latency_seconds=(0.0, 0.05),
        unreachable=(1,),
        unanswered=(2, 7),
        failed_jobs=(1,),
        lost_jobs=(5,),
        unreachable_polls=(2, 3),
    )
    four, ten = FakeScript(max_circuits=4), FakeScript(max_circuits=10)
    return {
        "manila": FakeQueue(manila, folder / "manila", four),
        "torino": FakeQueue(torino, folder / "torino", ten),
        "bad": FakeQueue(AerSimulator(), folder / "bad", bad),
    }


def die_at(step, nth):
    """Arrange for the process to kill itself."""
    owner, name, when = STEPS[step]
    real, numbers = getattr(owner, name), itertools.count(1)

    def call(*arguments, **options):
        number = next(numbers)
        if when == "before" and number == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return real(*arguments, **options)
        finally:
            if when == "after" and number == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, call)


def runner(served, store, is_ibm):
    """Serve queues beside two simulators."""
    if is_ibm:
        return Cluster.local(workers=2, store=store).with_queues(served)
    return Queues(served, store=store, workers=2)


def run(folder, is_ibm):
    """Run the sweep, or the rest of it; return a digest and the counts of submissions."""
    served = queues(folder, is_ibm)
    engines = ["aer", "manila", "torino", "bad", "batched"]
    options = {"execution": {"engines": engines}, "seed": 7}
    pub = (ANSATZ, [["ZZZ"], ["XXX"]], VALUES)
    everything = {name: (queue, SETTINGS) for name, queue in served.items()}
    with runner(everything, folder / "store", is_ibm) as mode:
        result = Estimator(mode, options).run([pub] * len(engines), precision=0.1).result()
    digest = hashlib.sha256(b"".join(one.data.evs.tobytes() for one in result)).hexdigest()
    return digest, {name: queue.submissions for name, queue in served.items()}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    arguments = [one for one in sys.argv[1:] if one != "--ibm"]
    if len(arguments) > 1:
        die_at(arguments[1], int(arguments[2]))
    sys.stdout.write(json.dumps(run(Path(arguments[0]), "--ibm" in sys.argv)) + "\n")
