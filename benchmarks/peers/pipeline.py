"""Shoal against itself: what the pipeline adds to the engine, and how it scales with the rows."""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from qiskit.circuit.library import efficient_su2
from qiskit.primitives import BitArray
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.primitives import EstimatorV2

from shoal.cluster import Cluster
from shoal.primitives import Estimator
from shoal.primitives.masks import term_masks
from shoal.primitives.parities import term_sums

from .contest import Contender, Contest
from .exact import ising


def ray_contest(*, small: bool) -> Contest:
    """A hand-written Ray loop over Aer, and ours, over the same two workers."""
    import ray

    rows = 200 if small else 2_000
    circuit, operator = efficient_su2(4, reps=3), ising(4)
    values = np.random.default_rng(4).normal(size=(rows, circuit.num_parameters))
    truth = EstimatorV2().run([(circuit, operator, values)], precision=0).result()[0].data.evs
    cluster = Cluster.local(workers=2)
    ours = Estimator(mode=cluster)

    @ray.remote
    def evaluate(row: np.ndarray) -> float:
        return float(
            EstimatorV2().run([(circuit, operator, row)], precision=0).result()[0].data.evs
        )

    def run(count: int) -> np.ndarray:
        return ours.run([(circuit, operator, values[:count])], precision=0).result()[0].data.evs

    def loop(count: int) -> np.ndarray:
        if not ray.is_initialized():
            ray.init(
                num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR"
            )
        return np.array(ray.get([evaluate.remote(row) for row in values[:count]]))

    return Contest(
        f"a sweep over two Ray workers, 4 qubits x {rows:,} rows",
        [
            Contender("shoal on Cluster.local(workers=2)", run, rows),
            Contender("ray.remote loop over Aer", loop, rows // 2),
        ],
        1,
        lambda evs: float(np.abs(evs - truth[: len(evs)]).max()) / 1e-9,
    )


def parity_contest(*, small: bool) -> Contest:
    """The reduce kernel: parities of many terms over many shots."""
    shots, terms = (10**5, 20) if small else (10**6, 100)
    rng = np.random.default_rng(20)
    array = BitArray(
        rng.integers(0, 256, (shots, 3), dtype=np.uint8) & np.uint8([15, 255, 255]), 20
    )
    labels = ["".join(rng.choice(list("IZ"), 20)) for _ in range(terms)]
    masks = term_masks("Z" * 20, labels)
    operators = [SparsePauliOp(label) for label in labels]
    truth = np.array([float(array.expectation_values(operator)) for operator in operators[:2]])

    def ours(count: int) -> np.ndarray:
        sums = term_sums(array.array, None, np.array([0, shots]), masks)
        return sums[0, :count] / shots

    def theirs(count: int) -> np.ndarray:
        return np.array(
            [float(array.expectation_values(operator)) for operator in operators[:count]]
        )

    return Contest(
        f"parity kernel, {shots:,} shots x {terms} terms, 20 qubits (one evaluation: one term)",
        [
            Contender("shoal", ours, terms),
            Contender("BitArray.expectation_values", theirs, 2),
        ],
        100,
        lambda values: float(np.abs(values[:2] - truth[: len(values)]).max()) / 1e-9,
    )


def rates(*, small: bool) -> list[tuple[int, float]]:
    """Evaluations a second of one exact pub of two qubits, by its number of rows."""
    circuit, operator = efficient_su2(2, reps=1), SparsePauliOp(["ZZ", "XX"])
    found = []
    for rows in (10**3, 10**4, 10**5) if small else (10**3, 10**4, 10**5, 10**6):
        values = np.random.default_rng(2).normal(size=(rows, circuit.num_parameters))
        run = partial(_evs, Estimator(), circuit, operator, values)
        run()
        # A small job is over in the blink of an eye: one of many is undisturbed.
        repeats = min(max(5, 2_000_000 // rows), 1_000)
        found.append((rows, rows / min(_seconds(run) for _ in range(repeats))))
    return found


def efficiency(*, small: bool) -> tuple[float, float]:
    """Seconds of the engine alone on two cores, and of the whole pipeline on two Ray workers.

    A job of some seconds a core (small: one), since the start and the end of one take some tenths.
    """
    rows = 1_000 if small else 10_000
    circuit, operator = efficient_su2(16, reps=3), ising(16)
    values = np.random.default_rng(16).normal(size=(rows, circuit.num_parameters))
    with (
        multiprocessing.get_context("spawn").Pool(2, _use_one_core, (_cores(),)) as pool,
        tempfile.TemporaryDirectory() as store,
        Cluster.local(workers=2, threads=1, store=store) as cluster,
    ):
        estimator = Estimator(mode=cluster)
        halves = np.array_split(values, 2)
        alone = partial(pool.map, partial(_evs, Estimator(), circuit, operator), halves, 1)
        # A job that ran is not run again: each repeat has angles of its own.
        runs = iter(range(1, 9))
        whole = lambda: _evs(estimator, circuit, operator, values + 1e-3 * next(runs))  # noqa: E731
        for warm in (alone, whole):
            warm()
        times = [(_seconds(alone), _seconds(whole)) for _ in range(3)]
    return min(t for t, _ in times), min(t for _, t in times)


def _cores():
    """One core for each process of the pool."""
    cores = multiprocessing.get_context("spawn").Queue()
    for core in sorted(os.sched_getaffinity(0))[:2]:
        cores.put(core)
    return cores


def _use_one_core(cores) -> None:
    os.sched_setaffinity(0, {cores.get()})


def _evs(estimator, circuit, operator, values) -> np.ndarray:
    return estimator.run([(circuit, operator, values)], precision=0.0).result()[0].data.evs


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
