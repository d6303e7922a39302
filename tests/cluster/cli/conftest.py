"""The command line, called in this process or as one of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shoal.cluster.cli import main

SWEEP = """\
name = "small"
primitive = "estimator"
seed = 5
precision = [0, 0.05]

[circuits.turn]
qasm = '''
OPENQASM 3.0;
include "stdgates.inc";
input float theta;
input float phi;
qubit[2] q;
ry(theta) q[0];
cx q[0], q[1];
rx(phi) q[1];
'''

[observables.h]
each = [{ ZZ = 1, XX = 0.5 }, { YY = 1 }]

[parameters]
kind = "grid"

[parameters.axes]
theta = { linspace = [0, "pi", 9] }
phi = { linspace = [0, "pi", 7] }

[report]
kind = "minimum"
reference = "exact_diagonalization"
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Shoal = Callable[..., Ended]


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SWEEP, encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def shoal(capsys: pytest.CaptureFixture[str]) -> Shoal:
    """Call the command line in this process."""

    def call(*arguments: object) -> Ended:
        code = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return call


@pytest.fixture
def start_shoal() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command line as a process of its own, in a process group of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object, **environment: str) -> subprocess.Popen[str]:
        program = "from shoal.cluster.cli import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "COLUMNS": "120", **environment},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:  # a test that failed left it: others would suffer from it
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        process.stderr.close()


@pytest.fixture
def slurm_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Let a command of Slurm's be a shell script of the test's."""
    commands = tmp_path / "commands"
    commands.mkdir()
    monkeypatch.setenv("PATH", str(commands), prepend=":")

    def says(command: str, script: str) -> None:
        (commands / command).write_text(f"#!/bin/sh\n{script}\n")
        (commands / command).chmod(0o755)

    return says
