"""Workloads for tests of the orchestrator: many small blocks, and an engine with known answers."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from shoal.orchestrator.ports import SegmentReceipt
from shoal.primitives.circuits import circuit_digest
from shoal.primitives.outcomes import BlockOutcome, EngineRecord, ValueRows
from shoal.primitives.workload import Block, NominalCost, Program, PubIndex, Variant, Workload


def workload_of(num_blocks: int, rows_a_block: int = 1) -> Workload:
    """One exact program, cut into blocks of the same size."""
    circuit = QuantumCircuit(1, name="tiny")
    circuit.rx(Parameter("a"), 0)
    rows = num_blocks * rows_a_block
    program = Program(0, circuit, circuit_digest(circuit), np.linspace(0, 1, rows)[:, None])
    variant = Variant(0, 0, "main", None, ("Z",), None)
    blocks = tuple(
        Block(index, 0, index * rows_a_block, (index + 1) * rows_a_block)
        for index in range(num_blocks)
    )
    pub = PubIndex((rows,), 0, np.arange(rows), np.zeros(rows, dtype=np.int64))
    costs = (NominalCost(1.005e-6, 0.0),)
    return Workload((program,), (variant,), blocks, (), (), (pub,), costs)


def answer_of(block: Block) -> BlockOutcome:
    """What a block of these workloads brings: a value that says which row it is of."""
    rows = np.arange(block.start, block.stop)
    values = ValueRows(0, rows, rows[:, None] + 0.5)
    return BlockOutcome(block.index, EngineRecord("answers", "none"), (), (values,))


class AnswerEngine:
    """An engine with known answers, and with scripted faults."""

    def __init__(self, faults: dict[int, list[Exception]] | None = None) -> None:
        """Faults are raised by the first runs of their block, one a run."""
        self.faults = faults or {}
        self.ran: list[int] = []

    def run(self, block: Block) -> BlockOutcome:
        self.ran.append(block.index)
        if self.faults.get(block.index):
            raise self.faults[block.index].pop(0)
        return answer_of(block)


class CarryingCommitter:
    """Keeps outcomes in the receipts' store-to-be: a list that the test holds."""

    def __init__(self, shelf: dict[str, Sequence[BlockOutcome]]) -> None:
        self.shelf = shelf

    def check(self) -> None:
        """Nothing can be wrong with a list."""

    def commit(
        self, outcomes: Sequence[BlockOutcome], *, worker: str, seconds: float
    ) -> SegmentReceipt:
        name = f"segment-{len(self.shelf)}"
        self.shelf[name] = tuple(outcomes)
        blocks = tuple(outcome.block for outcome in outcomes)
        return SegmentReceipt(name, blocks, 0, 0, "", worker, "here", seconds)


class ShelfStore:
    """The smallest store: it counts what it is told."""

    def __init__(self, committed: Iterable[int] = ()) -> None:
        self.shelf: dict[str, Sequence[BlockOutcome]] = {}
        self.where: dict[int, str] = dict.fromkeys(committed, "earlier")
        self.recorded: list[SegmentReceipt] = []

    def committed(self) -> frozenset[int]:
        return frozenset(self.where)

    def record(self, receipt: SegmentReceipt) -> frozenset[int]:
        self.recorded.append(receipt)
        new = frozenset(receipt.blocks) - self.committed()
        self.where.update(dict.fromkeys(new, receipt.name))
        return new

    def committer(self) -> CarryingCommitter:
        return CarryingCommitter(self.shelf)

    def outcomes(self, blocks: Iterable[int]) -> Iterator[BlockOutcome]:
        for block in blocks:
            yield next(o for o in self.shelf[self.where[block]] if o.block == block)
