"""A job's share of a node."""

import pytest

from shoal.cluster.slurm.share import Share, share_of, share_of_this_node

GIB = 1 << 30


def share(environment: dict[str, str], **said: int) -> Share:
    limits = {"memory_bytes_per_node": None, "memory_bytes_per_cpu": None, **said}
    return share_of(environment, cores=64, memory_bytes=256 * GIB, **limits)


@pytest.mark.parametrize(("said", "cpus"), [({}, 64), ({"SLURM_CPUS_ON_NODE": "16"}, 16)])
def test_the_smaller_number_of_cores_counts(said: dict[str, str], cpus: int) -> None:
    assert share(said).cpus == cpus


def test_an_affinity_mask_counts_where_slurm_says_more() -> None:
    found = share_of(
        {"SLURM_CPUS_ON_NODE": "128"},
        cores=8,
        memory_bytes=GIB,
        memory_bytes_per_node=None,
        memory_bytes_per_cpu=None,
    )
    assert found.cpus == 8


def test_memory_is_the_least_of_all_limits_with_something_left_over() -> None:
    assert share({}).memory_bytes == int(256 * GIB * 0.9)
    assert share({}, memory_bytes_per_node=100 * GIB).memory_bytes == int(100 * GIB * 0.9)
    assert share({}, memory_bytes_per_cpu=GIB).memory_bytes == int(64 * GIB * 0.9)


@pytest.mark.parametrize(
    ("visible", "gpus"), [("0,1", 2), ("GPU-5a,GPU-5b,GPU-5c", 3), ("", 0), ("-1", 0)]
)
def test_gpus_are_those_that_the_step_sees(visible: str, gpus: int) -> None:
    assert share({"CUDA_VISIBLE_DEVICES": visible}).gpus == gpus
    assert share({"ROCR_VISIBLE_DEVICES": visible}).gpus == gpus


def test_this_node_has_a_core_and_memory() -> None:
    found = share_of_this_node(None, None)
    assert found.cpus >= 1
    assert found.memory_bytes > 0
