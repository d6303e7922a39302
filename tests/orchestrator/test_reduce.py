"""The reduce: the same bits whatever the order, the parts and the threads."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from shoal.orchestrator.memory import MemoryStore
from shoal.orchestrator.reduce import partitions, reduce_blocks, reduce_partition
from shoal.primitives.expansion import expand
from shoal.primitives.results import assemble
from tests.orchestrator.sampled import DrawingEngine, both_request, commit, registers_request
from tests.primitives.requests import ansatz, estimator_request


def assert_same_results(found, expected) -> None:
    assert found.metadata == expected.metadata
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.metadata == other.metadata
        assert one.data.shape == other.data.shape
        assert list(one.data) == list(other.data)
        for name in one.data:
            if hasattr(one.data[name], "num_bits"):
                assert one.data[name] == other.data[name]
            else:
                assert one.data[name].tobytes() == other.data[name].tobytes()


def stored(engine: DrawingEngine, shards) -> MemoryStore:
    store = MemoryStore(engine.request, engine.workload)
    for shard in shards:
        store.record(commit(store, engine, shard))
    return store


@pytest.fixture
def sliced(monkeypatch) -> DrawingEngine:
    """A workload of several programs, row ranges, and slices of the shots of a row."""
    monkeypatch.setattr("shoal.primitives.blocks.MAX_TABLE_ROWS", 3)
    values = np.linspace(0, 1, 6).reshape(3, 2)
    request = estimator_request(
        [ansatz(2), ansatz(3)],
        [
            (0, [[{"ZZ": 1.0, "XI": 0.5}], [{"XX": 2.0, "01": 1.0}]], values, 0.25),
            (1, {"ZZZ": 1.0}, [0.1, 0.2, 0.3], 0.25),
            (0, "ZI", values, 0.0),
        ],
    )
    engine = DrawingEngine(request)
    assert max(block.slices for block in engine.workload.blocks) > 1
    return engine


def test_the_store_gives_what_memory_gives(sliced) -> None:
    expected = assemble(sliced.request, sliced.workload, sliced.run_all())
    shards = [[number] for number in reversed(range(len(sliced.workload.blocks)))]
    found = reduce_blocks(sliced.request, sliced.workload, stored(sliced, shards))
    assert_same_results(found, expected)


def test_a_samplers_shots_keep_their_order(rng) -> None:
    engine = DrawingEngine(registers_request())
    expected = assemble(engine.request, engine.workload, engine.run_all())
    blocks = rng.permutation(len(engine.workload.blocks)).tolist()
    found = reduce_blocks(engine.request, engine.workload, stored(engine, [[b] for b in blocks]))
    assert_same_results(found, expected)


def test_counted_strings_are_spread_the_same_way_each_time() -> None:
    engine = DrawingEngine(registers_request(), counted=True)
    store = stored(engine, [[block.index for block in engine.workload.blocks]])
    one, other = (reduce_blocks(engine.request, engine.workload, store) for _ in range(2))
    assert_same_results(one, other)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_parts_reduced_elsewhere_in_any_order_give_the_same_bits(sliced, rng, size) -> None:
    store = stored(sliced, [[block.index for block in sliced.workload.blocks]])
    expected = reduce_blocks(sliced.request, sliced.workload, store)
    reader = store.reader()

    def elsewhere(parts):
        for number in rng.permutation(len(parts)):
            shipped = pickle.loads(pickle.dumps(reader.of(parts[number])))
            partial = reduce_partition(sliced.workload, shipped, parts[number])
            yield pickle.loads(pickle.dumps(partial))

    parts = partitions(sliced.workload, size)
    found = reduce_blocks(sliced.request, sliced.workload, store, lambda _: elsewhere(parts))
    assert_same_results(found, expected)


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_partitions_hold_each_block_once_and_never_part_a_range(sliced, size) -> None:
    parts = partitions(sliced.workload, size)
    blocks = sliced.workload.blocks
    assert [number for part in parts for number in part] == list(range(len(blocks)))
    owners: dict[tuple[int, int], set[int]] = {}
    for number, part in enumerate(parts):
        for block in part:
            owners.setdefault((blocks[block].program, blocks[block].start), set()).add(number)
    assert all(len(held) == 1 for held in owners.values())


def test_a_job_of_constants_needs_no_blocks() -> None:
    request = estimator_request([ansatz(2)], [(0, {"II": 1.5}, [0.1, 0.2], 0.1)])
    engine = DrawingEngine(request)
    assert partitions(engine.workload) == []
    result = reduce_blocks(request, engine.workload, stored(engine, []))
    assert (result[0].data.evs, result[0].data.stds) == (1.5, 0.0)


WIDE = """
import hashlib, itertools
import numpy as np
from shoal.orchestrator.reduce import reduce_blocks
from tests.orchestrator.sampled import DrawingEngine
from tests.orchestrator.test_reduce import stored
from tests.primitives.requests import ansatz, estimator_request

paulis = ["".join(letters) for letters in itertools.product("IXYZ", repeat=5)]
exact = {label: 1 / (1 + i) for i, label in enumerate(paulis)}
signs = ["".join(letters) for letters in itertools.product("IZ", repeat=7)]
sampled = [{label: 1 / (1 + i + k) for i, label in enumerate(signs)} for k in range(54)]
for qubits, observables, sets, precision in ((5, exact, (2000,), 0.0), (7, sampled, (40, 1), 0.5)):
    values = np.linspace(0, 1, np.prod(sets) * qubits).reshape(*sets, qubits)
    engine = DrawingEngine(
        estimator_request([ansatz(qubits)], [(0, observables, values, precision)])
    )
    store = stored(engine, [[block.index] for block in engine.workload.blocks])
    data = reduce_blocks(engine.request, engine.workload, store)[0].data
    print(hashlib.sha256(data.evs.tobytes() + data.stds.tobytes()).hexdigest())
"""


def test_threads_of_the_linear_algebra_cannot_be_seen() -> None:
    found = set()
    for threads in ("1", "4"):
        env = os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        child = subprocess.run(
            [sys.executable, "-c", WIDE], env=env, capture_output=True, text=True, check=True
        )
        found.add(child.stdout)
    assert len(found) == 1


def test_expansion_is_the_same_in_every_process() -> None:
    request = both_request()
    assert expand(pickle.loads(pickle.dumps(request))).blocks == expand(request).blocks


def test_a_mitigated_job_gives_what_memory_gives(rng) -> None:
    request = estimator_request(
        [ansatz(2)],
        [
            (
                0,
                [{"ZZ": 1.0, "XI": 0.5}, {"XX": 2.0}],
                np.linspace(0, 1, 40).reshape(20, 1, 2),
                0.125,
            )
        ],
        # No readout calibration: dice have no contrast to divide by.
        resilience={"zne_mitigation": True, "zne": {"extrapolator": "linear"}},
        twirling={"enable_measure": True, "num_randomizations": 4, "shots_per_randomization": 16},
    )
    engine = DrawingEngine(request)
    expected = assemble(request, engine.workload, engine.run_all())
    blocks = rng.permutation(len(engine.workload.blocks)).tolist()
    found = reduce_blocks(request, engine.workload, stored(engine, [[b] for b in blocks]))
    assert_same_results(found, expected)
