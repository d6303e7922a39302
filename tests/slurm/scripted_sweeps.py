"""Sweeps of `sweep_program`, seen from the login node."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shoal.orchestrator.events_file import read_events
from shoal.orchestrator.job_folders import read_segments
from shoal.orchestrator.request_files import load_request
from shoal.primitives.expansion import expand
from tests.scripted import answer
from tests.slurm.testbed_cluster import Slurm


def batch_script(store: Path, num_blocks: int, seconds: float) -> str:
    """A job's script that runs one."""
    program = f"python -m tests.slurm.sweep_program {store} {num_blocks} {seconds}"
    return f"#!/bin/bash\nexec {program}\n"


def folder_of(store: Path) -> Path:
    """The one job of a store."""
    (folder,) = store.glob("sweep-*")
    return folder


def events_of(store: Path) -> Sequence[Mapping[str, Any]]:
    """What happened, oldest first."""
    return list(read_events(folder_of(store))) if any(store.glob("sweep-*")) else []


def nodes_of(store: Path) -> set[str]:
    """The nodes that had workers."""
    return {event["node"] for event in events_of(store) if event["event"] == "worker_joined"}


def assert_answers(store: Path) -> None:
    """Every block is committed, counts once, and has the values that it has anywhere."""
    folder = folder_of(store)
    workload = expand(load_request(folder))
    outcomes = read_segments(folder).outcomes(range(len(workload.blocks)))
    for block, outcome in zip(workload.blocks, outcomes, strict=True):
        expected = answer(workload, block)
        assert np.array_equal(outcome.values[0].values, expected.values[0].values)


def leftovers(slurm: Slurm) -> Mapping[str, str]:
    """What of Ray is left running, by node."""
    wanted = ("pgrep", "-af", "raylet|gcs_server|shoal.cluster")
    found = {node: slurm.node(node, *wanted, check=False) for node in slurm.nodes}
    return {node: words for node, words in found.items() if words.strip()}
