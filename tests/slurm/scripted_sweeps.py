"""Sweeps of `sweep_program`, seen from the login node."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shoal.orchestrator.events_file import read_events
from shoal.orchestrator.job_folders import read_segments, stored_job
from shoal.orchestrator.request_files import load_request
from shoal.primitives.expansion import expand
from tests.scripted import answer
from tests.slurm.sweep_program import BLOCKS_A_CIRCUIT
from tests.slurm.testbed_cluster import Slurm

HELD_BLOCKS = 6


class ScriptedSweep:
    """One in a store of its own; its last blocks, or more of them, are held until `release`."""

    def __init__(self, slurm: Slurm, name: str, num_circuits: int, seconds: float = 0.2) -> None:
        self.store = slurm.shared / f"scripted-{name}"
        self.store.mkdir()
        self.hold_from(BLOCKS_A_CIRCUIT * num_circuits - HELD_BLOCKS)
        program = f"python -m tests.slurm.sweep_program {self.store} {num_circuits} {seconds}"
        self.script = f"#!/bin/bash\nexec {program}\n"

    def hold_from(self, block: int) -> None:
        """Let blocks up to this one run."""
        aside = self.store / "hold.aside"
        aside.write_text(str(block))
        aside.rename(self.store / "hold")

    def release(self) -> None:
        """Let it end."""
        (self.store / "hold").unlink()

    @property
    def folder(self) -> Path | None:
        """Where it is stored, once it is."""
        return next(self.store.glob("sweep-*"), None)

    def blocks_done(self) -> int:
        """How many are committed."""
        return 0 if self.folder is None else stored_job(self.folder).blocks_done

    def events(self, name: str) -> Sequence[Mapping[str, Any]]:
        """What of a kind happened, oldest first."""
        found = () if self.folder is None else read_events(self.folder)
        return [event for event in found if event["event"] == name]

    def nodes(self) -> list[str]:
        """The node of every worker that joined, in order."""
        return [event["node"] for event in self.events("worker_joined")]

    def assert_answers(self) -> None:
        """Every block is committed, counts once, and has the values that it has anywhere."""
        assert self.folder is not None
        workload = expand(load_request(self.folder))
        outcomes = read_segments(self.folder).outcomes(range(len(workload.blocks)))
        for block, outcome in zip(workload.blocks, outcomes, strict=True):
            expected = answer(workload, block)
            assert np.array_equal(outcome.values[0].values, expected.values[0].values)


def leftovers(slurm: Slurm) -> Mapping[str, str]:
    """What of Ray is left running, by node."""
    wanted = ("pgrep", "-af", "raylet|gcs_server|shoal.cluster")
    found = {node: slurm.node(node, *wanted, check=False) for node in slurm.nodes}
    return {node: words for node, words in found.items() if words.strip()}
