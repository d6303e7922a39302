"""An engine that does what a script says, in any process, and writes down what it ran."""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from shoal.orchestrator.ports import Slot
from shoal.primitives.errors import EngineError
from shoal.primitives.outcomes import BlockOutcome, EngineRecord, ValueRows
from shoal.primitives.request import Request
from shoal.primitives.workload import Block, Workload
from tests.primitives.requests import ansatz, estimator_request

ROWS_A_BLOCK = 64


def request_of(num_blocks: int, seed: int = 7) -> Request:
    """Exact values of two terms, cut into so many blocks."""
    values = np.linspace(0.0, 1.0, 2 * num_blocks * ROWS_A_BLOCK).reshape(-1, 2)
    return estimator_request([ansatz(2)], [(0, {"ZZ": 1.0, "XI": 0.5}, values, 0.0)], seed)


@dataclass(frozen=True)
class Script:
    """Makes engines, and says what happens to the first runs of a block, one word a run.

    Words: ``die`` (SIGKILL), ``crash`` (an exception), ``refuse`` (an engine error), ``ok``, or how
    many seconds the block takes.
    """

    folder: Path
    faults: Mapping[int, tuple[str | float, ...]] = field(default_factory=dict)
    seconds: float = 0.0
    """What every block takes."""
    gated: int | None = None
    """From this block on, blocks wait until the gate is opened."""

    def open_gate(self) -> None:
        """Let the blocks behind the gate end."""
        (self.folder / "open").touch()

    def wait_at_gate(self, block: int) -> None:
        """Wait, if the block lies behind the gate, until it is open."""
        while self.gated is not None and block >= self.gated:
            if (self.folder / "open").exists():
                break
            time.sleep(0.02)

    def __call__(self, request: Request, workload: Workload, slot: Slot) -> "ScriptedEngine":
        return ScriptedEngine(self, workload)

    def note(self, block: int) -> int:
        """Write down that a block runs; return how often it ran before."""
        before = self.ran().count(block)
        with (self.folder / "ran").open("a") as ran:
            ran.write(f"{block} {os.getpid()}\n")
        return before

    def ran(self) -> list[int]:
        """The blocks that ran, in all processes, in order."""
        return [int(line.split()[0]) for line in self._lines()]

    def pids(self) -> set[int]:
        """The processes that ran blocks."""
        return {int(line.split()[1]) for line in self._lines()}

    def _lines(self) -> list[str]:
        path = self.folder / "ran"
        return path.read_text().splitlines() if path.exists() else []


class ScriptedEngine:
    """Brings values that say which row and term they are of."""

    def __init__(self, script: Script, workload: Workload) -> None:
        self.script = script
        self.workload = workload

    def run(self, block: Block) -> BlockOutcome:
        before = self.script.note(block.index)
        words = self.script.faults.get(block.index, ())
        match words[before] if before < len(words) else "ok":
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "crash":
                raise RuntimeError(f"block {block.index} crashed")
            case "refuse":
                raise EngineError(f"pub 0, parameters [0.1, 0.2]: the engine refused {block.index}")
            case float(seconds):
                time.sleep(seconds)
        time.sleep(self.script.seconds)
        self.script.wait_at_gate(block.index)
        return answer(self.workload, block)


def answer(workload: Workload, block: Block) -> BlockOutcome:
    """What the engine brings for a block."""
    values = []
    for variant in workload.variants_of(block):
        rows = variant.rows_between(block.start, block.stop)
        terms = np.arange(len(variant.terms))
        values.append(ValueRows(variant.index, rows, rows[:, None] + 1000.0 * terms))
    return BlockOutcome(block.index, EngineRecord("scripted", "none"), (), tuple(values))
