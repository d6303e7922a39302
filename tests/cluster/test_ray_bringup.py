"""The environment and the command line of a Ray of our own."""

from pathlib import Path

from shoal.cluster.ray_bringup import attached_environment, head_command, local_environment
from shoal.cluster.ray_settings import local_settings


def test_a_local_ray_ignores_any_other_ray() -> None:
    inherited = {"RAY_ADDRESS": "other:6379", "RAY_AUTH_TOKEN": "theirs", "HOME": "/home/me"}
    environment = local_environment(inherited, "/run/token")
    assert "RAY_ADDRESS" not in environment
    assert "RAY_AUTH_TOKEN" not in environment
    assert environment["HOME"] == "/home/me"


def test_a_local_ray_asks_for_its_token() -> None:
    environment = local_environment({"RAY_AUTH_MODE": "disabled"}, "/run/token")
    assert environment["RAY_AUTH_MODE"] == "token"
    assert environment["RAY_AUTH_TOKEN_PATH"] == "/run/token"


def test_an_attached_driver_asks_for_a_token_unless_told_otherwise() -> None:
    assert attached_environment({})["RAY_AUTH_MODE"] == "token"
    assert attached_environment({"RAY_AUTH_MODE": "disabled"})["RAY_AUTH_MODE"] == "disabled"


def test_the_head_has_room_for_all_workers_and_no_dashboard() -> None:
    settings = local_settings(Path("/x"), workers=3, threads=2, gpus=0)
    command = head_command(settings, "/x/ray", 1234, 1235)
    assert {"--head", "--block", "--num-cpus=6", "--num-gpus=0", "--port=1234"} <= set(command)
    assert {"--node-ip-address=127.0.0.1", "--include-dashboard=false"} <= set(command)
    assert "--temp-dir=/x/ray" in command


def test_gpus_come_one_a_worker() -> None:
    settings = local_settings(Path("/x"), workers=None, threads=1, gpus=4)
    (kind,) = settings.kinds
    assert (kind.workers, kind.gpus) == (4, 1.0)
    assert "--num-gpus=4" in head_command(settings, "/x/ray", 1, 2)
