"""A Ray of several nodes that somebody else runs, seen from a test."""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.local_ray import ROOT


class Nodes:
    """The process that keeps the nodes."""

    def __init__(self, folder: Path) -> None:
        token = folder / "token"
        token.write_text(secrets.token_hex(32))
        token.chmod(0o600)
        self.environment = {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(token),
            "RAY_TMPDIR": str(folder),
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
            "RAY_health_check_period_ms": "1000",
            # A dead raylet refuses at once; one on a busy machine may take its time.
            "RAY_health_check_timeout_ms": "10000",
            "RAY_health_check_failure_threshold": "3",
            "DASHBOARD_METRIC_PORT": "0",
            "AUTOSCALER_METRIC_PORT": "0",
            "PYTHONPATH": os.pathsep.join(
                [
                    str(ROOT),
                    str(ROOT / "tests" / "chaos" / "clock"),
                    os.environ.get("PYTHONPATH", ""),
                ]
            ),
        }
        (folder / "ray").mkdir()
        self.log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.ray_nodes", str(folder / "r")],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            start_new_session=True,
        )
        self.address = self._line()

    def say(self, word: str, **settings: object) -> None:
        self.process.stdin.write(json.dumps([word, settings]) + "\n")
        self.process.stdin.flush()
        self._line()

    def close(self) -> None:
        self.process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def _line(self) -> str:
        while line := self.process.stdout.readline().strip():
            if line[0].isdigit():
                return line
        raise AssertionError(Path(self.log.name).read_text()[-2000:])


@contextmanager
def several_nodes() -> Iterator[Nodes]:
    """Nodes, and this process's environment so that it finds their token."""
    with (
        tempfile.TemporaryDirectory(dir="/tmp", prefix="n", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        opened = Nodes(Path(folder))
        for name, value in opened.environment.items():
            patch.setenv(name, value)
        yield opened
        opened.close()
