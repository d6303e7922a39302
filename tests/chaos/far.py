"""Jobs for a queue that a worker on a node of its own speaks with.

    python -m tests.chaos.far FOLDER ADDRESS [STEP NTH]

STEP is a call after whose NTH time the driver kills itself.
"""

import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_aer import AerSimulator

from shoal.cluster import Queues
from shoal.cluster.engines.fake import FakeQueue
from shoal.cluster.queues.profile import QueueTable, open_queues
from shoal.cluster.ray_pool import RayPool
from shoal.primitives import Estimator
from tests.cluster.queues.campaign import STEPS, die_at
from tests.cluster.queues.deadly import vendor_queue


def provider(folder, kind="FakeQueue"):
    """Open the queue; note where."""
    words = os.environ.get("SHOAL_TEST_ROLE", "-"), os.environ.get("https_proxy", "-")
    Path(folder, "where").write_text(" ".join(words))
    return vendor_queue(folder, kind)


def table(folder, node, kind="FakeQueue"):
    """Return the queue as a profile has it."""
    return QueueTable(
        provider="tests.chaos.far:provider",
        arguments={"folder": str(folder), "kind": kind},
        node=node,
        poll_seconds=0.01,
        max_poll_seconds=0.05,
        max_in_flight=2,
    )


def run(folder, queues):
    """Return the values, and how many jobs the vendor has taken in."""
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("a"), 0)
    angles = np.linspace(0.0, np.pi, 12).reshape(12, 1)
    options = {"execution": {"engine": "lab"}, "seed": 1}
    with Queues({}, store=Path(folder, "store"), workers=1) as mode:
        mode.queues = queues
        result = Estimator(mode, options).run([(circuit, "Z", angles)], precision=0.05).result()
    vendor = FakeQueue(AerSimulator(), Path(folder, "vendor"))
    return result[0].data.evs.tolist(), vendor.submissions


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    place = Path(sys.argv[1])
    STEPS["called"] = RayPool, "send", "after"
    if len(sys.argv) > 3:
        die_at(sys.argv[3], int(sys.argv[4]))
    opened = open_queues({"lab": table(place, "role=gate")}, place, sys.argv[2])
    sys.stdout.write(json.dumps(run(place, opened)) + "\n")
