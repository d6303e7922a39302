"""Estimates and shots to Qiskit's results, put together pub by pub."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives import BitArray, DataBin, PrimitiveResult, PubResult, SamplerPubResult

from .estimate_table import EstimateTable
from .estimates import RangeReduction
from .mitigation.resilience import Resilience, resilience_of
from .outcomes import BlockOutcome, EngineRecord, ShotRows
from .precision import shots_for_precision
from .request import PubRequest, Request
from .workload import Block, Workload

if TYPE_CHECKING:
    from .mitigation.calibrations import Calibrations
    from .mitigation.reduction import EstimatorReduction


def _calibrations(workload: Workload) -> Calibrations | None:
    if not workload.families:
        return None
    from .mitigation.calibrations import Calibrations

    return Calibrations(workload)


class ShotArrays:
    """The shots of a sampler's workload as one array a pub and register, frames undone."""

    def __init__(self, request: Request, workload: Workload) -> None:
        self._request = request
        self._workload = workload
        self.calibrations = _calibrations(workload)
        self._arrays: list[dict[str, NDArray[np.uint8]]] = []
        for program, variant in zip(workload.programs, workload.variants, strict=True):
            shape = (program.num_rows, variant.shots or 0)
            self._arrays.append(
                {
                    register.name: np.zeros((*shape, -(-register.size // 8)), dtype=np.uint8)
                    for register in program.circuit.cregs
                }
            )

    def add(self, outcome: BlockOutcome) -> None:
        """Enter the shots of one block."""
        if self.calibrations is not None and self.calibrations.add(outcome):
            return
        block = self._workload.blocks[outcome.block]
        for shots in outcome.shots:
            self._enter(block, shots)

    def _enter(self, block: Block, shots: ShotRows) -> None:
        variant = self._workload.variants[shots.variant]
        drawn = block.shots_of(variant) or 0
        first = (variant.shots or 0) * block.slice_index // block.slices
        order = self._shot_order(block, shots, drawn)
        flips = self._workload.programs[block.program].flips
        for register, bits in shots.bits.items():
            entries = bits if order is None else bits[order]
            read = entries.reshape(block.stop - block.start, drawn, -1)
            if flips is not None:
                read = read ^ flips[register][block.start : block.stop, None]
            target = self._arrays[block.program][register]
            target[block.start : block.stop, first : first + drawn] = read

    def _shot_order(self, block: Block, shots: ShotRows, drawn: int) -> NDArray[np.int64] | None:
        """Spread counted entries over single shots, in an order that carries no information."""
        if shots.counts is None:
            return None
        entries = np.repeat(np.arange(shots.rows.size), shots.counts).reshape(-1, drawn)
        seed = np.random.SeedSequence(self._request.seed, spawn_key=(block.index, shots.variant, 1))
        generator = np.random.Generator(np.random.Philox(seed))
        return generator.permuted(entries, axis=1, out=entries).reshape(-1)

    def of_pub(self, pub: int) -> dict[str, BitArray]:
        """Return a pub's registers as bit arrays of the pub's shape."""
        index = self._workload.pubs[pub]
        program = self._workload.programs[index.program]
        found = {}
        for register in program.circuit.cregs:
            array = self._arrays[index.program][register.name]
            rows, drawn, size = array.shape
            count = program.randomizations
            of_points = array.reshape(rows // count, count * drawn, size)
            chosen = of_points[index.rows].reshape(*index.shape, *of_points.shape[1:])
            found[register.name] = BitArray(chosen, register.size)
        return found


def mitigated_result(
    request: Request,
    workload: Workload,
    outcomes: Iterable[BlockOutcome],
    plan: Resilience | None = None,
) -> PrimitiveResult[PubResult]:
    """Reduce the outcomes of a mitigated estimator.

    Args:
        request: What was asked.
        workload: Its expansion, which has families.
        outcomes: Each block's outcome exactly once, in any order.
        plan: What is mitigated; ``None``: what the request asks for.

    Returns:
        One pub result a pub, with IBM's names for the fields of each method.
    """
    from .mitigation.reduction import EstimatorReduction

    plan = resilience_of(request.options) if plan is None else plan
    reduction = EstimatorReduction(workload, plan)
    records: dict[int, EngineRecord] = {}
    for outcome in outcomes:
        records.setdefault(workload.blocks[outcome.block].program, outcome.record)
        reduction.add(outcome)
    return finished_result(request, workload, reduction, records, plan)


def finished_result(
    request: Request,
    workload: Workload,
    reduction: EstimatorReduction,
    records: dict[int, EngineRecord],
    plan: Resilience,
) -> PrimitiveResult[PubResult]:
    """Finish a mitigated estimator's fold.

    Args:
        request: What was asked.
        workload: Its expansion, which has families.
        reduction: All blocks, folded.
        records: What ran each program.
        plan: What is mitigated.

    Returns:
        One pub result a pub, with IBM's names for the fields of each method.
    """
    from .mitigation.fields import chosen_for_pub, fields_of_pub, unbounded_for_pub
    from .mitigation.staleness import stale_for_pub

    found = reduction.finished()
    results = []
    for number, pub in enumerate(request.pubs):
        fields = fields_of_pub(workload, found, number)
        metadata = {
            "target_precision": pub.precision,
            **_metadata(request, workload, number, records),
            **plan.metadata(workload, workload.pubs[number].program),
        }
        if chosen := chosen_for_pub(workload, found, number):
            metadata["resilience"]["zne"]["extrapolators_chosen"] = chosen
        if lost := unbounded_for_pub(workload, found, number):
            metadata["resilience"]["unbounded"] = lost
        calibrations = reduction.calibrations if plan.readout != "none" else None
        if calibrations and (words := stale_for_pub(request, workload, calibrations, number)):
            metadata["resilience"]["stale_calibration"] = words
        results.append(PubResult(DataBin(**fields, shape=pub.shape), metadata))
    return PrimitiveResult(results, metadata={"version": 2})


def assemble(
    request: Request, workload: Workload, outcomes: Iterable[BlockOutcome]
) -> PrimitiveResult[PubResult]:
    """Reduce outcomes to the primitive's result.

    Args:
        request: What was asked.
        workload: Its expansion.
        outcomes: Each block's outcome exactly once, in any order.

    Returns:
        One pub result a pub, in order.
    """
    if workload.families and request.primitive == "estimator":
        return mitigated_result(request, workload, outcomes)
    records: dict[int, EngineRecord] = {}
    if request.primitive == "sampler":
        arrays = ShotArrays(request, workload)
        for outcome in outcomes:
            records.setdefault(workload.blocks[outcome.block].program, outcome.record)
            arrays.add(outcome)
        return sampler_result(request, workload, arrays, records)
    table = EstimateTable(workload)
    begun: dict[tuple[int, int], RangeReduction] = {}
    for outcome in outcomes:
        block = workload.blocks[outcome.block]
        records.setdefault(block.program, outcome.record)
        place = block.program, block.start
        if begun.setdefault(place, RangeReduction(workload)).add(outcome):
            for estimates in begun.pop(place).estimates():
                table.add(estimates)
    return estimator_result(request, workload, table, records)


def estimator_result(
    request: Request,
    workload: Workload,
    table: EstimateTable,
    records: dict[int, EngineRecord],
) -> PrimitiveResult[PubResult]:
    """Write an estimator's table as Qiskit's result."""
    results = []
    for number, pub in enumerate(request.pubs):
        fields = table.of_pub(number)
        metadata = {
            "target_precision": pub.precision,
            **_metadata(request, workload, number, records),
        }
        shots = shots_for_precision(pub.precision or 0.0)
        if shots is not None:
            metadata["shots"] = shots
        results.append(PubResult(DataBin(**fields, shape=pub.shape), metadata))
    return PrimitiveResult(results, metadata={"version": 2})


def sampler_result(
    request: Request,
    workload: Workload,
    arrays: ShotArrays,
    records: dict[int, EngineRecord],
    plan: Resilience | None = None,
) -> PrimitiveResult[PubResult]:
    """Write a sampler's shots as Qiskit's result, with quasi-probabilities where they are wanted.

    Args:
        request: What was asked.
        workload: Its expansion.
        arrays: The shots.
        records: What ran each program.
        plan: What is mitigated; ``None``: what the request asks for.
    """
    plan = resilience_of(request.options) if plan is None else plan
    results: list[PubResult] = []
    for number, pub in enumerate(request.pubs):
        metadata = {"shots": pub.shots, **_metadata(request, workload, number, records)}
        registers = arrays.of_pub(number)
        data = DataBin(**registers, shape=pub.shape)
        if arrays.calibrations is None or not plan.is_active:
            results.append(SamplerPubResult(data, metadata))
            continue
        from .mitigation.pub_quasi import mitigated_pub_result
        from .mitigation.staleness import stale_for_pub

        metadata |= plan.metadata(workload, workload.pubs[number].program)
        calibrations = arrays.calibrations if plan.readout != "none" else None
        if calibrations and (words := stale_for_pub(request, workload, calibrations, number)):
            metadata["resilience"]["stale_calibration"] = words
        mitigated = mitigated_pub_result(
            workload, number, data, metadata, arrays.calibrations, plan
        )
        results.append(mitigated)
    return PrimitiveResult(results, metadata={"version": 2})


def _metadata(
    request: Request, workload: Workload, number: int, records: dict[int, EngineRecord]
) -> dict[str, Any]:
    pub: PubRequest = request.pubs[number]
    found: dict[str, Any] = {"circuit_metadata": pub.circuit_metadata}
    record = records.get(workload.pubs[number].program)
    if record is not None:
        found["shoal"] = {
            "engine": record.engine,
            "method": record.method,
            "device": record.device,
            "reason": record.reason,
        }
    return found


__all__: Sequence[str] = (
    "EstimateTable",
    "ShotArrays",
    "assemble",
    "estimator_result",
    "finished_result",
    "mitigated_result",
    "sampler_result",
)
