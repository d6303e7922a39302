"""Sweeps of 10^3 to 10^6 evaluations over Ray: pace, the driver's memory, what Ray costs.

    python benchmarks/throughput.py [--largest 100000] [--qubits 6] [--workers 2] [--json]

An evaluation is one circuit in one basis at one parameter set, with 100 shots; results rest in a
folder. The driver is the user's process and the process of Ray's driver. `efficiency` is the time
of the engine alone, in this process and on one core, over the time of all workers.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
from qiskit.circuit.library import real_amplitudes

from shoal.cluster import Cluster
from shoal.cluster.engines.choice import make_engine
from shoal.orchestrator.ports import Slot
from shoal.primitives import Estimator
from shoal.primitives.expansion import expand

SEED = 7
PAGE = os.sysconf("SC_PAGE_SIZE")


def pub_of(evaluations, qubits=6):
    """One pub of so many evaluations: two bases a row."""
    circuit = real_amplitudes(qubits, reps=2)
    rng = np.random.default_rng(SEED)
    values = rng.uniform(-np.pi, np.pi, (evaluations // 2, circuit.num_parameters))
    return circuit, {"Z" * qubits: 1.0, "X" * qubits: 0.5}, values


class Memory:
    """The largest resident size of some processes while it is entered, over that at the start."""

    def __init__(self, pids):
        self.pids = pids
        self.at_start = self.most = self.now()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def now(self):
        return (
            sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids) * PAGE
        )

    def _watch(self):
        while not self._end.wait(0.02):
            self.most = max(self.most, self.now())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()

    @property
    def growth(self):
        return self.most - self.at_start


def ray_driver_of(cluster):
    """The process of Ray's driver: the leader of the newest session."""
    return int((cluster._pool._folder.path / "sessions").read_text().split()[-1])


def over_ray(cluster, evaluations, qubits):
    """Run one sweep over Ray; return its row."""
    pids = [os.getpid(), ray_driver_of(cluster)]
    estimator = Estimator(mode=cluster, options={"seed": SEED + time.monotonic_ns() % 10**9})
    with Memory(pids) as memory:
        began = time.perf_counter()
        job = estimator.run([pub_of(evaluations, qubits)], precision=0.1)
        job.result()
        seconds = time.perf_counter() - began
    progress = job.progress()
    return {
        "evaluations": progress.evaluations_done,
        "blocks": progress.blocks_done,
        "seconds": seconds,
        "evaluations_a_second": progress.evaluations_done / seconds,
        "driver_growth_mb": memory.growth / 1e6,
    }


def engine_alone(evaluations, qubits):
    """Time the engine over the same blocks, in this process on one core."""
    kept = []

    class Keep:
        def submit(self, request):
            kept.append(request)
            raise StopIteration

    with suppress(StopIteration):
        keeping = Estimator(mode=Keep(), options={"seed": SEED})
        keeping.run([pub_of(evaluations, qubits)], precision=0.1)
    (request,) = kept
    workload = expand(request)
    engine = make_engine(request, workload, Slot(threads=1))
    engine.run(workload.blocks[0])
    began = time.perf_counter()
    for block in workload.blocks:
        engine.run(block)
    return time.perf_counter() - began


def measure(largest, qubits, workers, repeats):
    """Return a row for each size."""
    sizes = [10**power for power in range(3, 8) if 10**power <= largest]
    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Cluster.local(workers, threads=1, store=Path(folder)) as cluster,
    ):
        over_ray(cluster, 1000, qubits)
        for size in sizes:
            tries = [over_ray(cluster, size, qubits) for _ in range(repeats)]
            row = min(tries, key=lambda row: row["seconds"])
            row["driver_growth_mb"] = max(one["driver_growth_mb"] for one in tries)
            rows.append(row)
    for row in rows:
        alone = engine_alone(row["evaluations"], qubits)
        row["engine_seconds"] = alone
        row["efficiency"] = alone / (workers * row["seconds"])
    return rows


def verdict_of(rows):
    """Say what the issue asks for: flat memory and a flat pace."""
    by_size = {row["evaluations"]: row for row in rows}
    found = {"most_driver_growth_mb": max(row["driver_growth_mb"] for row in rows)}
    if {10**4, 10**5} <= by_size.keys():
        small, large = by_size[10**4], by_size[10**5]
        found["pace_of_1e5_over_1e4"] = (
            large["evaluations_a_second"] / small["evaluations_a_second"]
        )
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=10**5)
    parser.add_argument("--qubits", type=int, default=6)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    rows = measure(said.largest, said.qubits, said.workers, said.repeats)
    verdict = verdict_of(rows)
    if said.json:
        print(json.dumps({"workers": said.workers, "qubits": said.qubits, "rows": rows, **verdict}))
        sys.exit()
    print(f"{said.qubits} qubits, {said.workers} workers of one core each")
    print("evaluations   blocks   seconds  evaluations/s   driver grew   engine alone  efficiency")
    for row in rows:
        print(
            f"{row['evaluations']:11,} {row['blocks']:8,} {row['seconds']:9.2f}"
            f" {row['evaluations_a_second']:15,.0f} {row['driver_growth_mb']:10.1f} MB"
            f" {row['engine_seconds']:12.2f} s {row['efficiency']:11.0%}"
        )
    print(", ".join(f"{key}: {value:.3g}" for key, value in verdict.items()))


if __name__ == "__main__":
    main()
