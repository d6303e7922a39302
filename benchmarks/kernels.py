"""The kernels of the batched engine and of the reduce, against what they stand in for.

    python -m benchmarks.kernels [--threads N] [--seconds S] [--json FILE]

Every piece of work is timed in turn with its rival, in one run on the same cores, and its values
are checked against the rival's. scaluq takes part where it is installed; nothing needs it.
"""

import argparse
import importlib.util
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from qiskit.circuit.library import efficient_su2
from qiskit.primitives import BitArray
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.primitives import EstimatorV2

from shoal.cluster.engines.batched import (
    DrawKey,
    compile_circuit,
    expectations,
    probabilities,
    sample_counts,
    sample_shots,
    warm,
)
from shoal.primitives.masks import term_masks
from shoal.primitives.parities import product_sums, term_sums

ROWS = {4: 10_000, 8: 5_000, 12: 500, 16: 32, 20: 8}
"""How many rows ours evaluates at each number of qubits ..."""
RIVAL_ROWS = {4: 400, 8: 400, 12: 100, 16: 8, 20: 2}
"""... and how many a rival does."""


@dataclass(frozen=True)
class Line:
    """One measurement."""

    work: str
    unit: str
    ours: float
    """Microseconds a unit, median of the repeats."""
    rival: str = ""
    theirs: float | None = None
    ratio: float | None = None
    """Median of the ratios of each repeat."""
    deviation: float | None = None
    """The largest difference between the values of both."""


@dataclass(frozen=True)
class Contender:
    name: str
    run: Callable[[], np.ndarray]
    units: int


def contest(work: str, unit: str, ours: Contender, rival: Contender | None, seconds: float) -> Line:
    """Time both in turn until time is up, thrice at least, after one run to warm up."""
    contenders = [ours] if rival is None else [ours, rival]
    values = [contender.run() for contender in contenders]
    times: list[list[float]] = [[] for _ in contenders]
    stop = time.perf_counter() + seconds
    while len(times[0]) < 3 or time.perf_counter() < stop:
        for contender, mine in zip(contenders, times, strict=True):
            start = time.perf_counter()
            contender.run()
            mine.append(1e6 * (time.perf_counter() - start) / contender.units)
    if rival is None:
        return Line(work, unit, statistics.median(times[0]))
    length = len(values[1])
    return Line(
        work,
        unit,
        statistics.median(times[0]),
        rival.name,
        statistics.median(times[1]),
        statistics.median(b / a for a, b in zip(*times, strict=True)),
        float(np.abs(values[0][:length] - values[1]).max()),
    )


def ising(num_qubits: int) -> SparsePauliOp:
    pairs = [("ZZ", [k, k + 1], 1.0) for k in range(num_qubits - 1)]
    fields = [("X", [k], 0.5) for k in range(num_qubits)]
    return SparsePauliOp.from_sparse_list(pairs + fields, num_qubits)


def exact_values(threads: int, seconds: float) -> Iterator[Line]:
    for num_qubits, count in ROWS.items():
        circuit, observable = efficient_su2(num_qubits, reps=3), ising(num_qubits)
        rng = np.random.default_rng(num_qubits)
        rows = rng.uniform(-np.pi, np.pi, (count, circuit.num_parameters))
        compiled, labels = compile_circuit(circuit), observable.paulis.to_labels()
        weights = observable.coeffs.real
        few = rows[: RIVAL_ROWS[num_qubits]]
        aer = EstimatorV2()

        ours = Contender(
            "shoal",
            lambda c=compiled, r=rows, t=labels, w=weights: (
                expectations(c, r, t, threads=threads) @ w
            ),
            count,
        )
        theirs = Contender(
            "Aer EstimatorV2, one pub",
            lambda c=circuit, o=observable, r=few, e=aer: (
                e.run([(c, o, r)], precision=0).result()[0].data.evs
            ),
            len(few),
        )
        yield contest(f"efficient_su2, {num_qubits} qubits", "row", ours, theirs, seconds)
        if importlib.util.find_spec("scaluq"):
            other = Contender(
                "scaluq batched",
                lambda n=num_qubits, o=observable, r=few: scaluq_values(n, o, r),
                len(few),
            )
            yield contest(f"efficient_su2, {num_qubits} qubits", "row", ours, other, seconds)


def scaluq_values(num_qubits: int, observable: SparsePauliOp, rows: np.ndarray) -> np.ndarray:
    import scaluq
    from scaluq import gate

    circuit, names = scaluq.Circuit(), []
    for layer in range(4):
        for qubit in range(num_qubits - 1, 0, -1) if layer else ():
            circuit.add_gate(gate.CX(qubit - 1, qubit))
        for make in (gate.ParamRY, gate.ParamRZ):
            for qubit in range(num_qubits):
                names.append(f"p{len(names)}")
                circuit.add_param_gate(make(qubit), names[-1])
    terms = [
        scaluq.PauliOperator(
            " ".join(f"{p} {q}" for p, q in zip(*term[:2], strict=True)), term[2].real
        )
        for term in observable.to_sparse_list()
    ]
    state = scaluq.StateVectorBatched(len(rows), num_qubits)
    state.set_zero_state()
    circuit.update_quantum_state(state, **dict(zip(names, rows.T.tolist(), strict=True)))
    return np.real(scaluq.Operator(terms).get_expectation_value(state))


def shots(threads: int, seconds: float) -> Iterator[Line]:
    for num_qubits, count, shots_each in ((4, 1000, 4096), (8, 1000, 1024), (10, 500, 4096)):
        circuit = efficient_su2(num_qubits, reps=3)
        compiled = compile_circuit(circuit)
        rng = np.random.default_rng(num_qubits)
        rows = rng.uniform(-np.pi, np.pi, (count, circuit.num_parameters))
        numbers = np.arange(count, dtype=np.uint64)
        bases = ["Z" * num_qubits, "X" * num_qubits]
        for draw in (sample_counts, sample_shots):

            def run(c=compiled, r=rows, b=bases, s=shots_each, k=numbers, draw=draw) -> np.ndarray:
                found = probabilities(c, r, b, threads=threads)
                for purpose, distributions in enumerate(found):
                    draw(distributions, s, DrawKey(1, purpose), k, threads=threads)
                return found[0]

            work = f"{num_qubits} qubits, 2 bases, {shots_each} shots each, {draw.__name__}"
            yield contest(work, "row", Contender("shoal", run, count), None, seconds)


def parities(seconds: float) -> Iterator[Line]:
    num_shots, num_terms, num_bits = 1_000_000, 100, 20
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 256, (num_shots, 3), dtype=np.uint8)
    bits[:, 0] &= 15
    labels = ["".join(row) for row in rng.choice(list("IZ"), (num_terms, num_bits))]
    masks, ends = term_masks("Z" * num_bits, labels), np.array([0, num_shots])
    few = BitArray(bits[:20_000], num_bits)
    sums = Contender("shoal", lambda: term_sums(bits, None, ends, masks)[0], num_shots)
    qiskit = Contender(
        "BitArray.expectation_values", lambda: few.expectation_values(labels), 20_000
    )
    line = contest(f"{num_terms} terms of {num_bits} qubits", "shot", sums, qiskit, seconds)
    yield Line(line.work, line.unit, line.ours, line.rival, line.theirs, line.ratio)
    products = Contender("shoal", lambda: product_sums(bits, None, ends, masks)[0], num_shots)
    yield contest(f"products of {num_terms} terms", "shot", products, None, seconds)


def report(lines: list[Line]) -> None:
    for line in lines:
        text = f"{line.work:52} {line.ours:12.4f} us/{line.unit}"
        if line.ratio is not None:
            text += f"   {line.ratio:8.1f} x {line.rival} ({line.theirs:.1f})"
        if line.deviation is not None:
            text += f"   values differ by {line.deviation:.0e}"
        print(text, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each piece of work")
    parser.add_argument("--json", type=Path, help="write the measurements here")
    options = parser.parse_args()
    lines = [Line("compile, or load, every kernel", "process", 1e6 * warm())]
    for section in (
        exact_values(options.threads, options.seconds),
        shots(options.threads, options.seconds),
        parities(options.seconds),
    ):
        for line in section:
            report([line])
            lines.append(line)
    if options.json:
        options.json.write_text(json.dumps([asdict(line) for line in lines], indent=1))


if __name__ == "__main__":
    main()
