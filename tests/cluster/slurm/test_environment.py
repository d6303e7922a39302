"""What Slurm tells a process by its environment."""

import pytest

from shoal.cluster.allocation import BringUp
from shoal.cluster.slurm.environment import allocation_of, is_in_allocation, node_of_this_process
from shoal.primitives.errors import ExecutionError

INSIDE = {
    "SLURM_JOB_ID": "17",
    "SLURM_JOB_NODELIST": "n[1-4]",
    "SLURMD_NODENAME": "n2",
    "SLURM_MEM_PER_CPU": "1000",
}


def test_an_allocation_is_its_nodes_seen_from_one_of_them() -> None:
    allocation = allocation_of(INSIDE, BringUp())
    assert (allocation.job, allocation.here) == ("17", "n2")
    assert allocation.nodes == ("n1", "n2", "n3", "n4")
    assert allocation.memory_bytes_per_cpu == 1000 << 20
    assert allocation.memory_bytes_per_node is None


def test_a_heterogeneous_job_has_the_nodes_of_all_its_components() -> None:
    inside = {
        **INSIDE,
        "SLURMD_NODENAME": "n1",
        "SLURM_HET_SIZE": "2",
        "SLURM_JOB_NODELIST": "n1",
        "SLURM_JOB_NODELIST_HET_GROUP_0": "n1",
        "SLURM_JOB_NODELIST_HET_GROUP_1": "g[1-2]",
    }
    allocation = allocation_of(inside, BringUp(min_nodes=3))
    assert allocation.nodes == ("n1", "g1", "g2")
    assert [allocation.group_of(node) for node in allocation.nodes] == [0, 1, 1]
    assert allocation.partitions == ()
    partitions = {f"SLURM_JOB_PARTITION_HET_GROUP_{group}": f"p{group}" for group in range(2)}
    assert allocation_of({**inside, **partitions}, BringUp()).partitions == ("p0", "p1")
    assert allocation_of(INSIDE, BringUp()).group_of("n1") is None


def test_a_shell_on_the_login_node_is_on_none_of_the_nodes() -> None:
    outside = {name: INSIDE[name] for name in ("SLURM_JOB_ID", "SLURM_JOB_NODELIST")}
    assert is_in_allocation(outside)
    assert node_of_this_process(outside) is None
    with pytest.raises(ExecutionError, match=r"on none of its nodes \(n\[1-4\]\): start it there"):
        allocation_of(outside, BringUp())


def test_without_a_job_there_is_no_allocation() -> None:
    assert not is_in_allocation({})
    with pytest.raises(ExecutionError, match="belongs to no Slurm job"):
        allocation_of({}, BringUp())


def test_more_nodes_than_there_are_cannot_be_waited_for() -> None:
    with pytest.raises(ValueError, match="min_nodes=5: found 4 nodes in Slurm job 17"):
        allocation_of(INSIDE, BringUp(min_nodes=5))


@pytest.mark.parametrize("wrong", [{"min_nodes": 0}, {"port": 1 << 16}])
def test_limits_of_the_start_must_make_sense(wrong) -> None:
    with pytest.raises(ValueError, match="expected"):
        BringUp(**wrong)
