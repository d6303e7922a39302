"""What the reduce of many shots takes: ``python -m benchmarks.reduce [--shots 1e7] [--json FILE]``.

Random strings of 40 bits are put into a job's folder, 50 terms are estimated from them by a process
of its own, and its largest resident size is read from the kernel. 10^8 shots take 500 MB of disk.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives.containers.observables_array import ObservablesArray

from shoal.orchestrator.job_folders import create_or_open, read_segments
from shoal.orchestrator.reduce import reduce_blocks
from shoal.orchestrator.request_files import load_request
from shoal.primitives.circuits import circuit_digest
from shoal.primitives.expansion import expand
from shoal.primitives.observables import observables_of
from shoal.primitives.options import EstimatorOptions
from shoal.primitives.outcomes import BlockOutcome, EngineRecord, ShotRows
from shoal.primitives.request import PubRequest, Request

QUBITS, TERMS = 40, 50
RECORD = EngineRecord("benchmark", "dice")


def request_of(shots: int, rows: int) -> Request:
    """An estimator's request of so many shots in one basis."""
    circuit = QuantumCircuit(QUBITS)
    circuit.h(range(QUBITS))
    labels = np.random.default_rng(1).choice(list("IZ"), (TERMS, QUBITS))
    observables = ObservablesArray.coerce({"".join(label): 1.0 for label in labels})
    pub = PubRequest(
        0,
        np.zeros((rows, 0)),
        tuple(observables_of(observables)),
        observables.shape,
        precision=(rows / shots) ** 0.5,
    )
    options = EstimatorOptions()
    return Request("estimator", (circuit,), (circuit_digest(circuit),), (pub,), options, 1)


def fill(folder: Path, request: Request) -> Path:
    """Commit random strings for every block."""
    workload = expand(request)
    rng = np.random.default_rng(2)
    with create_or_open(folder, request, "reduce") as store:
        committer = store.committer()
        for block in workload.blocks:
            parts = []
            for variant in workload.variants_of(block):
                rows = variant.rows_between(block.start, block.stop)
                shots = block.shots_of(variant)
                bits = rng.integers(0, 256, (rows.size * shots, 5), dtype=np.uint8)
                parts.append(ShotRows(variant.index, np.repeat(rows, shots), {"meas": bits}))
            outcome = BlockOutcome(block.index, RECORD, tuple(parts))
            store.record(committer.commit([outcome], worker="w0", seconds=0.0))
        return store.folder


def most_resident_mb() -> float:
    """The largest resident size of this process so far; `getrusage` would count its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def reduce_here(folder: Path) -> dict[str, float]:
    """Reduce a job in this process; return what it took."""
    request = load_request(folder)
    before = most_resident_mb()
    began = time.perf_counter()
    result = reduce_blocks(request, expand(request), read_segments(folder))
    seconds = time.perf_counter() - began
    most = most_resident_mb()
    evs, stds = result[0].data.evs, result[0].data.stds
    return {
        "seconds": seconds,
        "resident_mb": most,
        "grown_mb": most - before,
        "sigmas": float(np.abs(evs / stds).max()),
    }


def measure(shots: int, rows: int) -> dict[str, float]:
    """Fill a folder, and reduce it in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        job = fill(Path(folder), request_of(shots, rows))
        command = [sys.executable, "-m", "benchmarks.reduce", "--job", str(job)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return {"shots": shots, "rows": rows, **json.loads(done.stdout)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reduce", description=__doc__)
    parser.add_argument("--shots", type=float, nargs="+", default=[1e6, 1e7, 3e7])
    parser.add_argument("--rows", type=int, default=1, help="parameter sets that share the shots")
    parser.add_argument("--json", type=Path, help="write every figure here")
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.job:
        print(json.dumps(reduce_here(said.job)))
        return
    found = [measure(int(shots), said.rows) for shots in said.shots]
    print(f"{QUBITS} bits, {TERMS} terms, {said.rows} parameter sets")
    for one in found:
        print(
            f"{one['shots']:>12,} shots: {one['seconds']:7.2f} s, {one['resident_mb']:6.0f} MB "
            f"resident at the most, {one['grown_mb']:6.0f} MB of them in the reduce"
        )
    if said.json:
        said.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
