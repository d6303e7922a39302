"""The command line as such: help, exit codes, and a quick start."""

import subprocess
import sys

import pytest

from shoal import __version__


@pytest.mark.parametrize(
    "command",
    ["run", "plan", "jobs", "status", "result", "resume", "cancel", "doctor", "report", "submit"],
)
def test_every_command_has_help(shoal, command):
    ended = shoal(command, "--help")
    assert ended.code == 0
    assert f"shoal {command}" in ended.out


def test_the_version_is_that_of_the_package(shoal):
    assert shoal("--version").out == f"shoal {__version__}\n"


@pytest.mark.parametrize("arguments", [("run",), ("run", "--bogus"), ("swim",)])
def test_a_wrong_command_line_ends_with_2(shoal, arguments):
    assert shoal(*arguments).code == 2


def test_help_loads_neither_qiskit_nor_ray():
    program = (
        "import sys\n"
        "from shoal.cluster.cli.app import app\n"
        "print(sorted({'qiskit', 'ray', 'pyarrow', 'numba', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
