"""The loop, over a simulated cluster: what is sent where, and what comes of losses."""

import numpy as np
import pytest

from shoal.orchestrator.inline import InlineExecutor
from shoal.orchestrator.needs import BlockNeeds, Need
from shoal.orchestrator.policies import Policy
from shoal.orchestrator.ports import Slot
from shoal.orchestrator.scheduler import RunReport, run_job
from shoal.orchestrator.shards import ShardSizes
from shoal.orchestrator.walltime import Walltime
from shoal.primitives.errors import EngineError, ExecutionError, JobCancelledError
from shoal.primitives.job import JobControl
from tests.orchestrator.simulated_cluster import SimulatedCluster
from tests.workloads import AnswerEngine, ShelfStore, workload_of

ONE_BLOCK_EACH = Policy(sizes=ShardSizes(blocks=1))


def run(
    cluster: SimulatedCluster,
    store: ShelfStore,
    num_blocks: int = 20,
    *,
    policy: Policy = ONE_BLOCK_EACH,
    control: JobControl | None = None,
    deadline: float | Walltime | None = None,
    journal=None,
    needs: BlockNeeds | None = None,
) -> RunReport:
    return run_job(
        workload_of(num_blocks),
        store,
        cluster,
        control=control or JobControl(),
        policy=policy,
        clock=cluster.clock,
        deadline=deadline,
        journal=journal,
        needs=needs,
    )


def blocks_recorded(store: ShelfStore) -> list[int]:
    return sorted(block for receipt in store.recorded for block in receipt.blocks)


def test_every_block_is_committed_once() -> None:
    store = ShelfStore()
    report = run(SimulatedCluster(3), store)
    assert blocks_recorded(store) == list(range(20))
    assert report.is_complete
    assert (report.blocks, report.shards, report.second_runs) == (20, 20, 0)


def test_only_uncommitted_blocks_run() -> None:
    store = ShelfStore(committed=range(0, 20, 2))
    run(SimulatedCluster(3), store)
    assert blocks_recorded(store) == list(range(1, 20, 2))


def test_nothing_is_sent_when_all_is_committed() -> None:
    cluster = SimulatedCluster(1)
    run(cluster, ShelfStore(committed=range(20)))
    assert not cluster.submitted


def test_workers_have_a_bounded_number_of_shards() -> None:
    cluster = SimulatedCluster(3)
    run(cluster, ShelfStore())
    assert cluster.most_in_flight == 2


def test_the_first_shards_go_to_different_workers() -> None:
    cluster = SimulatedCluster(3)
    run(cluster, ShelfStore(), num_blocks=3)
    assert {worker for _, worker, _ in cluster.submitted} == {"w0", "w1", "w2"}


def test_a_lost_workers_shards_run_elsewhere() -> None:
    cluster, store = SimulatedCluster(2), ShelfStore()
    cluster.lose_at(4.5, "w0")
    report = run(cluster, store)
    assert store.committed() == frozenset(range(20))
    assert report.workers_lost == 1


def test_a_late_worker_gets_work() -> None:
    cluster, store = SimulatedCluster(1), ShelfStore()
    cluster.join_at(5.0, "late")
    run(cluster, store)
    assert "late" in {receipt.worker for receipt in store.recorded}


def test_the_run_waits_while_there_are_no_workers() -> None:
    cluster, store = SimulatedCluster(1), ShelfStore()
    cluster.lose_at(2.5, "w0")
    cluster.join_at(500.0, "w1")
    run(cluster, store)
    assert store.committed() == frozenset(range(20))


def test_a_shard_that_never_answers_does_not_hang_the_job() -> None:
    def seconds(worker, shard):
        return None if worker == "w0" else 1.0

    cluster, store = SimulatedCluster(2, seconds=seconds), ShelfStore()
    report = run(cluster, store)
    assert store.committed() == frozenset(range(20))
    assert report.second_runs > 0


def test_a_reply_that_is_lost_does_not_hang_a_single_worker() -> None:
    is_first = iter([None])

    def seconds(worker, shard):
        return next(is_first, 1.0)

    cluster, store = SimulatedCluster(1, seconds=seconds), ShelfStore()
    cluster.join_at(400.0, "w1")
    run(cluster, store)
    assert store.committed() == frozenset(range(20))


def test_a_long_shard_whose_worker_is_alive_is_left_alone() -> None:
    cluster = SimulatedCluster(1, seconds=lambda worker, shard: 5000.0)
    cluster.busy_every(10.0, "w0", until=10_000.0)
    report = run(cluster, ShelfStore(), num_blocks=2)
    assert report.shards == 2


def test_a_straggler_near_the_end_runs_twice() -> None:
    def seconds(worker, shard):
        return 300.0 if worker == "w1" and shard.index > 3 else 1.0

    cluster, store = SimulatedCluster(3, seconds=seconds), ShelfStore()
    report = run(cluster, store)
    assert cluster.now < 60.0
    assert report.second_runs > 0


def test_a_block_that_kills_every_worker_ends_the_job_by_name() -> None:
    cluster = SimulatedCluster(1, seconds=lambda worker, shard: None)
    for number in range(20):
        cluster.lose_at(10.0 * number + 5.0, f"w{number}")
        cluster.join_at(10.0 * number + 6.0, f"w{number + 1}")
    with pytest.raises(ExecutionError, match=r"block 0 \(pub 0; circuit 'tiny'.*8 workers died"):
        run(cluster, ShelfStore(), num_blocks=1)


def test_an_engine_error_lets_others_finish_and_is_not_tried_again() -> None:
    store, engine = ShelfStore(), AnswerEngine({5: [EngineError("pub 0: Aer says no")]})
    executor = InlineExecutor(lambda slot: engine, store.committer())
    with pytest.raises(EngineError, match="pub 0: Aer says no"):
        run_job(
            workload_of(20),
            store,
            executor,
            control=JobControl(),
            policy=Policy(sizes=ShardSizes(blocks=4)),
        )
    assert engine.ran.count(5) == 1
    assert store.committed() >= {0, 1, 2, 3, 4}
    assert len(store.committed()) < 19


def test_a_crash_is_tried_again() -> None:
    store, engine = ShelfStore(), AnswerEngine({5: [RuntimeError("hiccup")] * 2})
    executor = InlineExecutor(lambda slot: engine, store.committer())
    run_job(workload_of(20), store, executor, control=JobControl())
    assert store.committed() == frozenset(range(20))


def test_a_crash_that_comes_again_ends_the_job_with_its_words() -> None:
    store, engine = ShelfStore(), AnswerEngine({5: [RuntimeError("no luck")] * 9})
    executor = InlineExecutor(lambda slot: engine, store.committer())
    with pytest.raises(ExecutionError, match=r"block 5 .* failed 3 times.*RuntimeError: no luck"):
        run_job(workload_of(20), store, executor, control=JobControl())


def test_a_cancelled_job_keeps_what_is_committed() -> None:
    control, store = JobControl(), ShelfStore()
    cluster = SimulatedCluster(1)
    cluster.lose_at(5.5, "w0")
    journal = lambda name, words: control.cancel() if name == "worker_lost" else None  # noqa: E731
    with pytest.raises(JobCancelledError, match="15 of 20 blocks left"):
        run(cluster, store, control=control, journal=journal)
    assert len(store.committed()) == 5


def test_no_shard_is_started_that_would_not_end_in_time() -> None:
    cluster, store = SimulatedCluster(1), ShelfStore()
    report = run(cluster, store, num_blocks=100, deadline=20.0)
    assert not report.is_complete
    assert 15 <= len(store.committed()) <= 20
    assert cluster.now <= 21.0


def test_a_worker_with_a_shard_gets_no_second_one_that_would_not_end_in_time() -> None:
    cluster, store = SimulatedCluster(1), ShelfStore()
    run(cluster, store, num_blocks=100, deadline=10.0)
    assert cluster.now <= 10.0


def test_after_a_warning_nothing_new_is_sent_and_what_runs_is_committed() -> None:
    cluster, store, walltime = SimulatedCluster(2), ShelfStore(), Walltime()
    cluster.lose_at(5.5, "w0")
    journal = lambda name, words: walltime.drain() if name == "worker_lost" else None  # noqa: E731
    report = run(cluster, store, num_blocks=100, deadline=walltime, journal=journal)
    assert not report.is_complete
    assert 10 <= len(store.committed()) <= 14


def test_what_is_late_is_not_waited_for_when_the_time_is_over() -> None:
    cluster = SimulatedCluster(1, seconds=lambda worker, shard: 1000.0)
    report = run(cluster, ShelfStore(), deadline=Walltime(50.0))
    assert not report.is_complete
    assert cluster.now <= 51.0


def test_progress_counts_earlier_runs() -> None:
    control = JobControl()
    run(SimulatedCluster(2), ShelfStore(committed=range(10)), control=control)
    progress = control.progress
    assert (progress.blocks_done, progress.blocks_total) == (20, 20)
    assert (progress.evaluations_done, progress.evaluations_total) == (20, 20)
    assert progress.workers == 2
    assert progress.eta_seconds == pytest.approx(0.0, abs=1e-9)


def test_the_journal_tells_of_workers() -> None:
    told = []
    cluster = SimulatedCluster(2)
    cluster.lose_at(3.5, "w1")
    run(cluster, ShelfStore(), journal=lambda name, words: told.append((name, words["worker"])))
    assert told == [("worker_joined", "w0"), ("worker_joined", "w1"), ("worker_lost", "w1")]


def test_a_late_answer_of_a_shard_given_up_is_no_harm() -> None:
    seconds = {0: 1000.0}
    cluster = SimulatedCluster(2, seconds=lambda worker, shard: seconds.get(shard.index, 1.0))
    store = ShelfStore()
    report = run(cluster, store, num_blocks=1500)
    assert report.blocks == 1500
    assert blocks_recorded(store).count(0) == 2
    assert store.committed() == frozenset(range(1500))


MIXED = BlockNeeds((Need(), Need("gpu")), np.arange(20, dtype=np.int64) % 4 // 3)
"""Each fourth block needs a GPU."""


def mixed_cluster(gpus: int, cores: int) -> SimulatedCluster:
    cluster = SimulatedCluster()
    for number in range(cores):
        cluster.join_at(0.0, f"core{number}")
    for number in range(gpus):
        cluster.join_at(0.0, f"gpu{number}", Slot(gpu=str(number)))
    return cluster


def test_blocks_go_to_workers_that_have_what_they_need() -> None:
    cluster, store = mixed_cluster(gpus=1, cores=2), ShelfStore()
    assert run(cluster, store, needs=MIXED, policy=Policy()).is_complete
    assert blocks_recorded(store) == list(range(20))
    needed = {
        worker[:-1]: {
            MIXED.of(block)
            for _, one, shard in cluster.submitted
            if one == worker
            for block in shard.blocks
        }
        for worker in ("gpu0", "core0", "core1")
    }
    assert needed["core"] == {0}
    assert 1 in needed["gpu"]
    assert all(
        len({MIXED.of(block) for block in shard.blocks}) == 1 for *_, shard in cluster.submitted
    )


def test_a_worker_with_a_gpu_does_other_work_when_none_needs_one() -> None:
    cluster, store = mixed_cluster(gpus=2, cores=0), ShelfStore()
    assert run(cluster, store, needs=MIXED).is_complete
    first = [MIXED.of(shard.blocks[0]) for _, _, shard in cluster.submitted]
    assert first == [1] * 5 + [0] * 15


def test_what_a_lost_worker_had_goes_to_one_that_meets_the_same_need() -> None:
    cluster, store = mixed_cluster(gpus=1, cores=2), ShelfStore()
    cluster.lose_at(1.5, "gpu0")
    cluster.join_at(9.0, "gpu1", Slot(gpu="0"))
    assert run(cluster, store, needs=MIXED).is_complete
    on_cores = {
        block for _, worker, shard in cluster.submitted if worker < "g" for block in shard.blocks
    }
    assert not on_cores & set(np.flatnonzero(MIXED.of_block).tolist())


def test_late_shards_are_backed_up_by_workers_that_fit_alone() -> None:
    def seconds(worker: str, shard) -> float | None:
        return None if worker == "gpu0" and 3 in shard.blocks else 1.0

    cluster, store = SimulatedCluster(seconds=seconds), ShelfStore()
    cluster.join_at(0.0, "core0")
    for number in range(2):
        cluster.join_at(0.0, f"gpu{number}", Slot(gpu=str(number)))
    report = run(cluster, store, needs=MIXED)
    assert report.is_complete
    backups = [worker for _, worker, shard in cluster.submitted if 3 in shard.blocks]
    assert set(backups) <= {"gpu0", "gpu1"}


def test_what_ends_in_time_is_run_though_other_blocks_would_not() -> None:
    def seconds(worker: str, shard) -> float | None:
        return 1.0 if worker.startswith("core") else 50.0

    cluster, store = SimulatedCluster(seconds=seconds), ShelfStore()
    cluster.join_at(0.0, "core0")
    cluster.join_at(0.0, "gpu0", Slot(gpu="0"))
    report = run(cluster, store, needs=MIXED, deadline=120.0)
    assert not report.is_complete
    done = set(blocks_recorded(store))
    assert done >= set(np.flatnonzero(MIXED.of_block == 0).tolist())
