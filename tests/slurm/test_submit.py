"""`shoal submit` and what becomes of its job: several allocations, warnings, cancellation."""

import json
import os
import pty
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from shoal.cluster.cli.exits import INTERRUPTED
from shoal.orchestrator.events_file import read_events
from shoal.orchestrator.job_folders import stored_job
from tests.held_blocks import Hold, held_environment
from tests.slurm.scripted_sweeps import leftovers
from tests.slurm.testbed_cluster import ENDED

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

NUM_QUBITS = 18

PROFILE = """
[slurm]
nodes = {nodes}
cpus_per_node = 1
time = "10"
warning_seconds = 1
min_nodes = {nodes}
setup = {setup}
"""

SWEEP = """
name = "long"
primitive = "estimator"
seed = 5
precision = 0

[observables.cut]
sparse = [["ZZ", [0, 1], -0.5], ["ZZ", [3, 4], -0.5]]

[parameters]
kind = "grid"

[parameters.axes]
gamma = { linspace = ["-pi/2", "pi/2", 40] }
beta = { linspace = ["-pi/4", "pi/4", 40] }

[report]
kind = "table"
"""

CIRCUIT = """
[circuits.ring{number}]
function = "shoal.configs.circuits:qaoa_maxcut"
arguments.edges = {edges}
"""


def sweep_of(num_circuits: int) -> str:
    """Rings with a chord each, 16 blocks of about half a second a ring."""
    ring = [[node, (node + 1) % NUM_QUBITS] for node in range(NUM_QUBITS)]
    circuits = [
        CIRCUIT.format(number=chord, edges=[*ring, [0, chord + 2]]) for chord in range(num_circuits)
    ]
    return SWEEP + "".join(circuits)


class Submitted:
    """A sweep that was submitted."""

    def __init__(
        self, slurm, name: str, num_circuits: int, nodes: int = 2, minutes: str = "10"
    ) -> None:
        self.slurm = slurm
        self.store = slurm.shared / f"submitted-{name}"
        self.sweep = slurm.shared / f"{name}.toml"
        self.sweep.write_text(sweep_of(num_circuits))
        profile = slurm.shared / f"{name}-profile.toml"
        self.hold = Hold(self.store)
        held = [f"export {name}={value}" for name, value in held_environment(self.store).items()]
        profile.write_text(PROFILE.format(nodes=nodes, setup=json.dumps(held)))
        said = self.shoal("submit", str(self.sweep), "--profile", str(profile)).stdout
        self.job = int(re.search(r"Slurm job (\d+) will run", said)[1])
        (self.folder,) = self.store.glob("long-*")

    def shoal(self, *words: str, check: bool = True):
        return self.slurm.run(
            "shoal", *words, "--store", str(self.store), check=check, timeout=400.0
        )

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition, but not when the job has ended first."""
        self.slurm.until(
            lambda: condition() or self.slurm.job(self.job)["JobState"] in ENDED, timeout=300.0
        )
        assert condition(), self.slurm.output(self.job)

    def blocks_done(self) -> int:
        return stored_job(self.folder).blocks_done

    def status(self) -> str:
        return self.shoal("status", "long").stdout

    def events(self, name: str) -> int:
        return sum(event["event"] == name for event in read_events(self.folder))

    def warn(self) -> None:
        """Let the warning come that the walltime is nearly over."""
        self.slurm.run("scancel", "--batch", "--signal=USR1", str(self.job))

    def assert_same_as_inline(self) -> None:
        """The values are those of one process without Ray, bit for bit."""
        alone = self.store.with_name(f"{self.store.name}-inline")
        words = ("run", str(self.sweep), "--executor", "inline", "--store", str(alone))
        self.slurm.run("shoal", *words, timeout=400.0)
        assert result_of(self.store) == result_of(alone)


def result_of(store: Path) -> bytes:
    (found,) = store.glob("long-*/results/result.parquet")
    return found.read_bytes()


def test_a_sweep_goes_on_in_three_allocations_until_it_is_done(slurm) -> None:
    sweep = Submitted(slurm, "three", num_circuits=3)
    for restarts in (1, 2):
        sweep.hold.allow_more(1)
        begun_before = sweep.events("worker_joined")
        done_before = sweep.blocks_done()
        sweep.until(lambda: sweep.events("worker_joined") > begun_before)  # noqa: B023
        sweep.until(lambda: sweep.blocks_done() > done_before)  # noqa: B023
        sweep.warn()
        sweep.until(lambda: sweep.events("draining") == restarts)  # noqa: B023
        # What runs is finished first: a shard or two of each worker.
        sweep.hold.allow_more(4)
        sweep.until(lambda: slurm.job(sweep.job)["Restarts"] == str(restarts))  # noqa: B023
        assert f"slurm    job {sweep.job}: " in sweep.status()
    sweep.hold.leave()
    slurm.wait(sweep.job, "COMPLETED", timeout=300.0)
    assert "state    complete" in sweep.status()
    assert sweep.events("draining") == 2
    sweep.assert_same_as_inline()


def test_a_cancelled_sweep_is_ended_with_its_job_and_can_be_resumed(slurm) -> None:
    sweep = Submitted(slurm, "cancelled", num_circuits=1)
    sweep.until(lambda: sweep.blocks_done() > 0)
    assert "was cancelled" in sweep.shoal("cancel", "long").stdout
    slurm.wait(sweep.job, "FAILED", "CANCELLED")
    assert 0 < sweep.blocks_done() < 16
    sweep.shoal("resume", "long", "--executor", "inline")
    assert "state    complete" in sweep.status()
    sweep.assert_same_as_inline()


def test_ctrl_c_in_a_shell_of_salloc_ends_what_runs_on_the_nodes(slurm) -> None:
    store, sweep = slurm.shared / "interrupted", slurm.shared / "interrupted.toml"
    sweep.write_text(sweep_of(15))  # Minutes: it is not done when the key is pressed.
    command = ["salloc", "-N1", "-c1", "shoal", "run", str(sweep), f"--store={store}"]
    keyboard, terminal = pty.openpty()
    # With a terminal, salloc leaves Ctrl-C to what it runs; else it would give the nodes back.
    with subprocess.Popen(
        ["setsid", "--ctty", "--wait", *command],
        env=slurm.env,
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        slurm.until(lambda: list(store.glob("long-*/segments/*.parquet")), timeout=300.0)
        os.write(keyboard, b"\x03")
        _, said = process.communicate(timeout=200.0)
    os.close(keyboard)
    os.close(terminal)
    assert "of 240 blocks are kept" in said
    assert process.returncode == INTERRUPTED
    slurm.until(lambda: leftovers(slurm) == {})
