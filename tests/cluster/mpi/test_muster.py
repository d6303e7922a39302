"""How the ranks of a node divide it."""

import pytest

from shoal.cluster.mpi.muster import Introduction, memory_of, slots_of
from shoal.orchestrator.ports import Slot
from shoal.primitives.errors import ExecutionError


def rank(host: str, cores: range, said: int | None = None, gpus: str = "") -> Introduction:
    return Introduction(host, frozenset(cores), said, tuple(gpus.split(",")) if gpus else ())


def test_cores_that_several_may_use_are_shared() -> None:
    shared, own = rank("n1", range(8)), rank("n2", range(4))
    assert slots_of([shared, shared, shared, own], gpus=0) == [Slot(2), Slot(2), Slot(2), Slot(4)]


def test_cores_of_ones_own_are_not_shared() -> None:
    ranks = [rank("n1", range(4)), rank("n1", range(4, 8))]
    assert slots_of(ranks, gpus=0) == [Slot(4), Slot(4)]


def test_more_ranks_than_cores_have_one_each() -> None:
    assert slots_of([rank("n1", range(2))] * 5, gpus=0) == [Slot(1)] * 5


def test_what_slurm_says_counts() -> None:
    assert slots_of([rank("n1", range(64), said=16)], gpus=0) == [Slot(16)]


def test_gpus_that_several_see_are_divided() -> None:
    ranks = [rank("n1", range(8), gpus="0,1"), rank("n1", range(8), gpus="0,1")]
    assert slots_of(ranks, gpus=1) == [Slot(4, gpu="0"), Slot(4, gpu="1")]


def test_a_gpu_of_ones_own_is_taken() -> None:
    ranks = [rank("n1", range(2), gpus="0"), rank("n1", range(2, 4), gpus="1")]
    assert slots_of(ranks, gpus=1) == [Slot(2, gpu="0"), Slot(2, gpu="1")]


def test_a_rank_without_a_gpu_is_told() -> None:
    with pytest.raises(ExecutionError, match=r"2 ranks of n1 .* see 1 \(CUDA_VISIBLE_DEVICES='0'"):
        slots_of([rank("n1", range(2), gpus="0")] * 2, gpus=1)


def with_memory(host: str, node: int | None, own: int | None = None) -> Introduction:
    return Introduction(host, frozenset({0}), None, (), node, own)


def test_the_memory_of_a_node_is_shared_out_among_all_of_its_ranks() -> None:
    ranks = [with_memory("n1", 900), with_memory("n1", 900), with_memory("n2", 500)]
    assert memory_of(ranks) == [450, 450, 500]


def test_what_slurm_gives_a_rank_counts_where_it_is_less() -> None:
    ranks = [with_memory("n1", 900, 100), with_memory("n1", 900, 800), with_memory("n2", None, 7)]
    assert memory_of(ranks) == [100, 450, 7]
    assert memory_of([with_memory("n1", None)]) == [None]


def test_a_rank_says_what_slurm_says_of_its_memory() -> None:
    environ = {"SLURM_CPUS_PER_TASK": "4", "SLURM_MEM_PER_CPU": "100", "SLURM_MEM_PER_NODE": "1"}
    here = Introduction.here(environ)
    assert (here.node_bytes, here.own_bytes) == (1 << 20, 400 << 20)
    unlimited = Introduction.here({"SLURM_MEM_PER_NODE": "0"})
    assert unlimited.own_bytes is None
    assert unlimited.node_bytes is not None
    assert unlimited.node_bytes > 1 << 20
