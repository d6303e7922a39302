"""A sweep on a device whose readout gets worse from job to job; it dies where it is told to.

python -m tests.cluster.queues.drifting FOLDER [STEP NTH]
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError

from shoal.cluster import Queues
from shoal.cluster.engines.fake import FakeQueue, FakeScript
from shoal.cluster.queues.settings import QueueSettings
from shoal.primitives import Estimator
from tests.cluster.queues.campaign import die_at

ONE_BY_ONE = QueueSettings(poll_seconds=0.002, max_poll_seconds=0.005, max_in_flight=1)
TIMES, NUM_BLOCKS = 6, 4


class Drifting(AerSimulator):
    """Each job reads a 1 as 0 more often than the one before."""

    def __init__(self, folder):
        super().__init__()
        self._folder = folder

    def run(self, circuits, **options):
        error = 0.02 + 0.05 * len(list((self._folder / "jobs").glob("*.result")))
        model = NoiseModel()
        model.add_all_qubit_readout_error(ReadoutError([[1.0, 0.0], [error, 1.0 - error]]))
        return super().run(circuits, noise_model=model, **options)


def excited():
    """A qubit in 1, whatever its parameter is."""
    circuit = QuantumCircuit(1)
    circuit.rx(np.pi, 0)
    circuit.rz(Parameter("a"), 0)
    return circuit


def lab(folder, **script):
    """Return a queue before the device; its jobs take a block each."""
    script = FakeScript(**{"max_circuits": 64, **script})
    return FakeQueue(Drifting(folder), folder, script)


def asked(max_age, times=TIMES, **more):
    """Options with a calibration that may be repeated."""
    calibration = {"num_randomizations": 4, "shots_per_randomization": 4000}
    calibration |= {"calibration_max_age": max_age, "max_calibrations": times}
    resilience = {"measure_mitigation": True, "measure_noise_learning": calibration}
    return {"execution": {"engine": "lab"}, "seed": 1, "resilience": resilience, **more}


def estimate(queue, store, max_age, points=64 * NUM_BLOCKS, **more):
    """Return the job, done."""
    options = asked(max_age, **{"twirling": {"enable_measure": False}, **more})
    with Queues({"lab": (queue, ONE_BY_ONE)}, store=store) as mode:
        pub = excited(), "Z", np.zeros((points, 1))
        job = Estimator(mode, options).run([pub], precision=0.05)
        job.result()
        return job


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    place = Path(sys.argv[1])
    if len(sys.argv) > 2:
        die_at(sys.argv[2], int(sys.argv[3]))
    queue = lab(place / "lab")
    done = estimate(queue, place / "store", 0.0)
    sys.stdout.write(json.dumps([done.job_id(), queue.submissions]) + "\n")
