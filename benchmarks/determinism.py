"""One request, run every way: the same bits, no block lost, none counted twice.

    python benchmarks/determinism.py [--json] [--quick]

Inline and over Ray with 1, 2 and 4 workers, shards of 1, 8 and 64 blocks, and with a worker killed
at five points. Exits with 1 when anything differs, or when a worker was not killed.
"""

import argparse
import hashlib
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from qiskit.circuit.library import real_amplitudes

from shoal.cluster import Cluster
from shoal.orchestrator.job_folders import read_segments
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.shards import ShardSizes
from shoal.orchestrator.stored_segments import commitment_of
from shoal.primitives import Estimator, Sampler

SEED = 20_260_101
NUM_CIRCUITS, ROWS = 6, 1000
KILL_POINTS = (0.05, 0.25, 0.5, 0.75, 0.9)


def pubs(measured):
    """Some small ansatz circuits, each at many rows: about a hundred blocks."""
    rng = np.random.default_rng(SEED)
    for number in range(NUM_CIRCUITS):
        circuit = real_amplitudes(2 + number % 4, reps=1 + number // 4)
        values = rng.uniform(-np.pi, np.pi, (ROWS, circuit.num_parameters))
        if measured:
            yield circuit.measure_all(inplace=False), values
        else:
            width = circuit.num_qubits
            yield circuit, {"Z" * width: 1.0, "X" * width: 0.5, "Y" * width: 0.25}, values


def start(mode, primitive):
    """Start one of the requests."""
    options = {"seed": SEED}
    if primitive == "sampler":
        return Sampler(mode=mode, options=options).run(list(pubs(True)), shots=50)
    precision = 0.0 if primitive == "exact" else 0.1
    return Estimator(mode=mode, options=options).run(list(pubs(False)), precision=precision)


def digest(result):
    """Hash every number of a result."""
    found = hashlib.sha256()
    for pub in result:
        for name in sorted(pub.data):
            value = pub.data[name]
            found.update(np.ascontiguousarray(getattr(value, "array", value)).tobytes())
    return found.hexdigest()[:16]


def account(store, job):
    """Count blocks of a stored job that are missing, and those that two segments hold."""
    folder = store / job.job_id()
    segments = read_segments(folder)
    files = [commitment_of(segments.open(path.name)) for path in segments.paths()]
    held = Counter(block for one in files for block in one.blocks)
    return {
        "blocks": job.progress().blocks_total,
        "lost": job.progress().blocks_total - len(held),
        "twice": sum(count > 1 for count in held.values()),
        "segments": len(files),
    }


def run_over(cluster, store, primitive, label, kill_at=None):
    """Run a request once; kill one of its workers when a share of its blocks is done."""
    began = time.perf_counter()
    job = start(cluster, primitive)
    killed = 0
    while kill_at is not None and not job.in_final_state() and not killed:
        progress = job.progress()
        if progress.blocks_total and progress.blocks_done >= kill_at * progress.blocks_total:
            killed = kill_a_worker(cluster)
        time.sleep(0.001)
    result = job.result()
    row = {"way": label, "request": primitive, "digest": digest(result), "killed": killed}
    return row | account(store, job) | {"seconds": time.perf_counter() - began}


def kill_a_worker(cluster):
    """Send SIGKILL to one of the cluster's workers; return how many were killed."""
    sessions = (cluster._pool._folder.path / "sessions").read_text().split()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            line = (path / "cmdline").read_bytes()
            session = (path / "stat").read_text().rpartition(")")[2].split()[3]
        except OSError:
            continue
        if line.startswith(b"ray::RayWorker") and session in sessions:
            os.kill(int(path.name), signal.SIGKILL)
            return 1
    return 0


def rows_of(primitives, workers, sizes, folder):
    """Yield one row for each way."""
    for primitive in primitives:
        began = time.perf_counter()
        result = start(None, primitive).result()
        yield {
            "way": "inline", "request": primitive, "digest": digest(result),
            "seconds": time.perf_counter() - began,
        }  # fmt: skip
    number = 0
    for count in workers:
        for size in sizes:
            policy = Policy(sizes=ShardSizes(blocks=size))
            store = folder / f"store{number}"
            number += 1
            with Cluster.local(count, store=store, policy=policy) as cluster:
                for primitive in primitives:
                    label = f"{count} worker{'s'[: count != 1]}, shards of {size}"
                    yield run_over(cluster, store, primitive, label)
    for point in KILL_POINTS:
        policy = Policy(sizes=ShardSizes(blocks=4))
        store = folder / f"store{number}"
        number += 1
        with Cluster.local(2, store=store, policy=policy) as cluster:
            label = f"2 workers, one killed at {point:.0%}"
            yield run_over(cluster, store, primitives[0], label, kill_at=point)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="two requests, fewer ways")
    said = parser.parse_args()
    primitives = ["shots", "exact", "sampler"][: 2 if said.quick else 3]
    workers, sizes = ((2,), (1, 64)) if said.quick else ((1, 2, 4), (1, 8, 64))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for row in rows_of(primitives, workers, sizes, Path(folder)):
            rows.append(row)
            if not said.json:
                print_row(row)
    expected = {row["request"]: row["digest"] for row in rows if row["way"] == "inline"}
    different = [row for row in rows if row["digest"] != expected[row["request"]]]
    lost, twice = (sum(row.get(key, 0) for row in rows) for key in ("lost", "twice"))
    killed = sum(row.get("killed", 0) for row in rows)
    verdict = {
        "ways": len(rows), "different": len(different), "lost": lost, "twice": twice,
        "workers_killed": killed,
    }  # fmt: skip
    if said.json:
        print(json.dumps({"rows": rows, **verdict}))
    else:
        print(", ".join(f"{key}: {value}" for key, value in verdict.items()))
    sys.exit(1 if different or lost or twice or killed < len(KILL_POINTS) else 0)


def print_row(row):
    counts = " ".join(f"{key} {row[key]}" for key in ("blocks", "lost", "twice") if key in row)
    print(
        f"{row['request']:8} {row['way']:32} {row['digest']} {row['seconds']:7.2f} s  {counts}"
        f"{'  killed 1' if row.get('killed') else ''}",
        flush=True,
    )


if __name__ == "__main__":
    main()
