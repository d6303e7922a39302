"""How Ray is started on one node of an allocation."""

from shoal.cluster.slurm.node_ray import (
    allocation_environment,
    head_node_command,
    worker_node_command,
)
from shoal.cluster.slurm.share import Share

SHARE = Share(cpus=8, gpus=2, memory_bytes=1 << 30)


def test_ray_is_told_what_the_job_has_of_a_node() -> None:
    command = worker_node_command("10.0.0.2", "10.0.0.1:77", SHARE, 1 << 28, "/tmp/x/ray")
    assert {"--num-cpus=8", "--num-gpus=2", f"--memory={1 << 30}"} <= set(command)
    assert {"--address=10.0.0.1:77", "--node-ip-address=10.0.0.2"} <= set(command)
    assert "--head" not in command


def test_the_head_has_ports_of_its_own_and_no_dashboard() -> None:
    command = head_node_command("10.0.0.1", 77, 78, SHARE, 1 << 28, "/tmp/x/ray")
    assert {"--head", "--port=77", "--ray-client-server-port=78"} <= set(command)
    assert {"--include-dashboard=false", "--dashboard-agent-listen-port=0"} <= set(command)


def test_every_ray_of_a_job_asks_for_its_token_and_ignores_others() -> None:
    inherited = {"RAY_ADDRESS": "other:6379", "RAY_AUTH_MODE": "disabled"}
    environment = allocation_environment(inherited, "/run/token")
    assert "RAY_ADDRESS" not in environment
    assert environment["RAY_AUTH_MODE"] == "token"
    assert environment["RAY_AUTH_TOKEN_PATH"] == "/run/token"
    # With it, Ray would bind to loopback alone.
    assert "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER" not in environment
