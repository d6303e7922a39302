"""Requests of every kind, and an engine that draws its answers from the seeds of the blocks."""

from collections.abc import Sequence

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from shoal.orchestrator.ports import SegmentReceipt
from shoal.primitives.expansion import expand
from shoal.primitives.outcomes import BlockOutcome, EngineRecord, ShotRows, ValueRows
from shoal.primitives.request import Request
from shoal.primitives.shots import registers_of
from shoal.primitives.workload import Block, Variant, Workload
from tests.primitives.requests import ansatz, estimator_request, sampler_request


def both_request(rows: int = 200) -> Request:
    """One pub with shots, one exact."""
    values = np.linspace(0, 1, 2 * rows).reshape(rows, 2)
    return estimator_request(
        [ansatz(2)],
        [(0, {"ZZ": 1.0, "XI": 0.5}, values, 0.25), (0, [{"ZI": 1.0}, {"XX": 2.0}], [0.1, 2], 0.0)],
    )


def registers_request() -> Request:
    """A sampler's pubs whose registers differ in width, and one that some lack."""
    circuits = []
    for wide, narrow in ((9, 2), (3, 0)):
        registers = [ClassicalRegister(wide, "wide")]
        registers += [ClassicalRegister(narrow, "narrow")] if narrow else []
        circuit = QuantumCircuit(QuantumRegister(wide + narrow), *registers)
        circuit.h(circuit.qubits)
        circuit.measure(circuit.qubits, circuit.clbits)
        circuits.append(circuit)
    return sampler_request(circuits, [(0, [], 50), (1, [], 20), (0, [], 7)])


class DrawingEngine:
    """Draws each block's strings and values from the block's own generators."""

    def __init__(self, request: Request, workload: Workload | None = None, *, counted=False):
        """`counted`: strings with counts, as an engine that aggregates brings them."""
        self.request = request
        self.workload = workload or expand(request)
        self.counted = counted

    def run(self, block: Block) -> BlockOutcome:
        shots, values = [], []
        for variant in self.workload.variants_of(block):
            words = np.random.SeedSequence(
                self.request.seed, spawn_key=(block.index, variant.index)
            )
            rng = np.random.Generator(np.random.Philox(words))
            rows = variant.rows_between(block.start, block.stop)
            if variant.is_exact:
                values.append(
                    ValueRows(variant.index, rows, rng.normal(size=(rows.size, len(variant.terms))))
                )
            else:
                shots.append(self._shots(block, variant, rows, rng))
        record = EngineRecord("drawing", "dice", reason="a test")
        return BlockOutcome(block.index, record, tuple(shots), tuple(values))

    def _shots(self, block: Block, variant: Variant, rows, rng) -> ShotRows:
        drawn = block.shots_of(variant)
        counts = None
        if self.counted and drawn > 1:
            counts = np.tile([1, drawn - 1], rows.size)
        each = drawn if counts is None else 2
        widths = registers_of(variant, self.workload.programs[variant.program])
        return ShotRows(
            variant.index,
            np.repeat(rows, each),
            {
                # The lowest bit only: always a string that the register can hold.
                name: rng.integers(0, 2, size=(rows.size * each, width), dtype=np.uint8)
                * (np.arange(width) == width - 1).astype(np.uint8)
                for name, width in widths.items()
            },
            counts,
        )

    def run_all(self) -> list[BlockOutcome]:
        return [self.run(block) for block in self.workload.blocks]


def commit(store, engine: DrawingEngine, blocks: Sequence[int], worker: str = "w0"):
    """Have a worker run blocks; return its receipt, not recorded yet."""
    outcomes = [engine.run(engine.workload.blocks[block]) for block in blocks]
    receipt: SegmentReceipt = store.committer().commit(outcomes, worker=worker, seconds=1.0)
    return receipt


def assert_same(found: BlockOutcome, expected: BlockOutcome) -> None:
    """Two outcomes agree in everything, to the bit."""
    assert (found.block, found.record) == (expected.block, expected.record)
    assert len(found.shots) == len(expected.shots)
    assert len(found.values) == len(expected.values)
    for one, other in zip(found.shots, expected.shots, strict=True):
        assert one.variant == other.variant
        np.testing.assert_array_equal(one.rows, other.rows, strict=True)
        assert one.bits.keys() == other.bits.keys()
        for register in one.bits:
            np.testing.assert_array_equal(one.bits[register], other.bits[register], strict=True)
        assert (one.counts is None) == (other.counts is None)
        if one.counts is not None:
            np.testing.assert_array_equal(one.counts, other.counts, strict=True)
    for one, other in zip(found.values, expected.values, strict=True):
        assert one.variant == other.variant
        np.testing.assert_array_equal(one.rows, other.rows, strict=True)
        assert one.values.tobytes() == other.values.tobytes()
        assert one.values.shape == other.values.shape
