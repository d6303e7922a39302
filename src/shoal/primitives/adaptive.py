"""Precision that is met: a pilot, then shots where they help, until every standard error is small.

Each stage is a request of its own, so it runs, rests in a store and resumes like any other; what
follows from a stage is a function of its results alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from qiskit.primitives import PrimitiveResult

from .allocation import IntArray, next_shots, rounded_up
from .errors import JobCancelledError, RequestError
from .expansion import broadcast_elements
from .job import Job, JobControl
from .mitigation.resilience import AUTO_RANDOMIZATIONS, resilience_of
from .observables import Observable
from .option_groups import ResilienceOptions
from .options import EstimatorOptions
from .pilots import pilot_shots
from .precision import precision_of_shots
from .request import PubRequest, Request
from .runner import Runner
from .stage_totals import LEAST_OWN_SHARE, BasisShots, PubTotals, StageShare
from .workload import LEARNT_FIELD

MAX_STAGES = 8

Part = tuple[int, IntArray, BasisShots]
"""A pub's number, its elements that a stage ran, in the stage's order, and their shots."""


def check_adaptive(request: Request) -> None:
    """Refuse requests in which no precision can be met.

    Raises:
        RequestError: A pub asks for exact values, or joint errors are asked for.
    """
    resilience = request.options.resilience
    if isinstance(resilience, ResilienceOptions) and resilience.joint_errors:
        raise RequestError(
            "resilience.joint_errors tells of one set of shots, and execution.adaptive draws "
            "several: switch one of the two off"
        )
    for number, pub in enumerate(request.pubs):
        if not pub.precision:
            raise RequestError(
                f"pub {number}: execution.adaptive meets a precision, and precision {pub.precision}"
                " asks for exact values; give one above 0"
            )


class AdaptiveStages:
    """The stages of one request: what runs next follows from the results so far alone."""

    def __init__(self, request: Request) -> None:
        """Begin with the pilot.

        Args:
            request: What was asked; each pub's precision is the standard error to be met.

        Raises:
            RequestError: No precision can be met.
        """
        check_adaptive(request)
        assert isinstance(request.options, EstimatorOptions)
        self._request, self._cap = request, request.options.execution.max_shots
        self._totals = [PubTotals.empty(pub) for pub in request.pubs]
        pilot, parts = pilot_stage(request, self._cap)
        self.following: Request | None = pilot
        """What runs next; ``None``: every element has enough, or the cap."""
        self.parts: list[list[Part]] = [parts]
        """What each stage, the next one included, runs of which pub."""

    def take(self, result: PrimitiveResult) -> None:
        """Take the result of the request that was to run next."""
        stage = len(self.parts)
        _pool(self._totals, self.parts[-1], result)
        following = None
        if stage < MAX_STAGES:
            following = next_stage(self._request, self._totals, stage, self._cap)
        if following is None:
            self.following = None
        else:
            self.following, parts = following
            self.parts.append(parts)

    def result(self) -> PrimitiveResult:
        """Return what all stages say together."""
        return _result_of(self._totals, self.parts)

    def combined(self, results: Sequence[PrimitiveResult]) -> PrimitiveResult:
        """Return what other results of the same stages say together.

        Args:
            results: One a stage, reduced in another way.
        """
        return combined_stages(self._request, self.parts, results)


def combined_stages(
    request: Request, parts: Sequence[Sequence[Part]], results: Sequence[PrimitiveResult]
) -> PrimitiveResult:
    """Pool the results of all stages.

    Args:
        request: Whose pubs have the shape of the whole, and the precision that was to be met.
        parts: What each stage ran.
        results: One a stage.
    """
    totals = [PubTotals.empty(pub) for pub in request.pubs]
    for places, result in zip(parts, results, strict=True):
        _pool(totals, places, result)
    return _result_of(totals, parts[: len(results)])


def _pool(totals: Sequence[PubTotals], parts: Sequence[Part], result: PrimitiveResult) -> None:
    for (pub, elements, shots), found in zip(parts, result, strict=True):
        totals[pub].add(elements, found, shots)


def _result_of(totals: Sequence[PubTotals], parts: Sequence[Sequence[Part]]) -> PrimitiveResult:
    found = []
    for number, total in enumerate(totals):
        shots = [shots for stage in parts for pub, _, shots in stage if pub == number]
        taken = zip(total.taken, shots, strict=True)
        drawn = sum(_drawn(total.pub, one) for one, _ in taken)
        found.append(total.result(len(parts), drawn))
    return PrimitiveResult(found, {"version": 2})


def adaptive_job(runner: Runner, request: Request, job_id: str) -> Job:
    """Run a request in stages.

    Args:
        runner: Runs each stage.
        request: What was asked; each pub's precision is the standard error to be met.
        job_id: Names the job as a whole.

    Returns:
        The job; reduced again, all of its stages are.
    """
    stages = AdaptiveStages(request)
    assert stages.following is not None
    jobs = [runner.submit(stages.following)]

    def work(control: JobControl) -> PrimitiveResult:
        while stages.following is not None:
            if control.cancelled():
                jobs[-1].cancel()
                raise JobCancelledError(f"job {job_id} was cancelled in stage {len(jobs)}")
            stages.take(jobs[-1].result())
            if stages.following is not None:
                jobs.append(runner.submit(stages.following))
        return stages.result()

    def reduce(changes: Mapping[str, Any], name: str | None) -> PrimitiveResult:
        return stages.combined([job.reduce(changes, name=name) for job in jobs])

    return Job(job_id, work, reduce=reduce)


def pilot_stage(request: Request, cap: int) -> tuple[Request, list[Part]]:
    """Return the first stage: all elements, few shots."""
    pubs: list[PubRequest] = []
    parts: list[Part] = []
    for number, pub in enumerate(request.pubs):
        shots = min(pilot_shots(pub), cap)
        pubs.append(replace(pub, precision=precision_of_shots(shots), basis_shots=((shots,),)))
        size = int(np.prod(pub.shape, dtype=np.int64))
        parts.append((number, np.arange(size, dtype=np.int64), ((shots,),)))
    return _staged(request, pubs, 1, range(len(pubs))), parts


def next_stage(
    request: Request, totals: Sequence[PubTotals], stage: int, cap: int
) -> tuple[Request, list[Part]] | None:
    """Return what to run after a stage; ``None`` where every element has enough or the cap."""
    pubs: list[PubRequest] = []
    parts: list[Part] = []
    for number, total in enumerate(totals):
        for elements, observables, rows, shots in _allocated(total, cap):
            pubs.append(_part_of(total.pub, rows, observables, shots))
            parts.append((number, elements, shots))
    if not pubs:
        return None
    return _staged(request, pubs, stage + 1, [number for number, _, _ in parts]), parts


def _allocated(
    total: PubTotals, cap: int
) -> Iterator[tuple[IntArray, tuple[Observable, ...], IntArray, BasisShots]]:
    """Share out the shots of a pub: elements, their observables, rows, and shots of each basis."""
    assert total.pub.precision is not None
    found = total.gathered()
    variances, target = found.fields["stds"] ** 2, np.full(len(found.spread), 1.0)
    target *= total.pub.precision**2
    if (learnt := found.fields.get(LEARNT_FIELD)) is not None:
        # Shots do nothing about the learnt noise: they are to make the rest small enough.
        variances = np.maximum(variances - learnt**2, 0.0)
        target = np.maximum(target - learnt**2, LEAST_OWN_SHARE * target)
    wanted = next_shots(variances, target, found.spread, found.shots, cap)
    for places, rows, elements in _rows_alike(total.pub):
        # Shots of a row serve all of its observables: the most demanding one decides.
        shots = wanted[elements].max(axis=0)
        left = (cap - found.shots[elements]).min(axis=0)
        chosen = np.flatnonzero(shots.any(axis=(1, 2)))
        if not chosen.size:
            continue
        rounded = rounded_up(shots[chosen], left[chosen])
        kinds, kind = np.unique(rounded.reshape(chosen.size, -1), axis=0, return_inverse=True)
        for number, alike in enumerate(kinds):
            members = chosen[kind.reshape(-1) == number]
            has = (found.shots[elements[0, members[0]]] > 0).any(axis=0)
            table = alike.reshape(rounded.shape[1:])[:, has]
            yield (
                elements[:, members].reshape(-1),
                tuple(total.pub.observables[place] for place in places),
                rows[members],
                tuple(tuple(map(int, line)) for line in table),
            )


def _rows_alike(pub: PubRequest) -> Iterator[tuple[tuple[int, ...], IntArray, IntArray]]:
    """Group the parameter sets of a pub by the K observables that each of them is paired with.

    Yields:
        The positions of the observables [K], the rows [R], and the elements [K, R].
    """
    rows, observables = broadcast_elements(pub)
    order = np.argsort(rows, kind="stable")
    starts = np.flatnonzero(np.diff(rows[order], prepend=-1))
    found: dict[tuple[int, ...], list[IntArray]] = {}
    for elements in np.split(order, starts[1:]) if order.size else ():
        found.setdefault(tuple(observables[elements].tolist()), []).append(elements)
    for places, members in found.items():
        elements = np.stack(members, axis=1)
        yield places, rows[elements[0]], elements


def _part_of(
    pub: PubRequest, rows: IntArray, observables: tuple[Observable, ...], shots: BasisShots
) -> PubRequest:
    sets = int(np.prod(pub.parameters_shape, dtype=np.int64))
    flat = pub.parameters.reshape(sets, pub.parameters.shape[-1])
    return replace(
        pub,
        parameters=flat[rows],
        observables=observables,
        observables_shape=(len(observables), 1),
        precision=precision_of_shots(max(map(max, shots))),
        basis_shots=shots,
    )


def _drawn(pub: PubRequest, taken: StageShare) -> int:
    """Count the shots of one stage: those of a row serve all of its elements."""
    rows = broadcast_elements(pub)[0][taken.elements]
    _, first = np.unique(rows, return_index=True)
    return int(taken.shots[first].sum())


def _with_clusters(options: EstimatorOptions) -> EstimatorOptions:
    """Have enough randomizations in every stage: a spread seen in two of them says nothing.

    What PEC and PEA need is counted by what their noise costs.
    """
    asked, plan = options.twirling, resilience_of(options)
    is_said = asked.num_randomizations != "auto" or asked.shots_per_randomization != "auto"
    if is_said or plan.injects or not plan.is_randomized:
        return options
    return options.replaced("twirling.num_randomizations", AUTO_RANDOMIZATIONS)


def _staged(request: Request, pubs: Sequence[PubRequest], stage: int, of: Iterable[int]) -> Request:
    """Return a stage's request; each of its pubs runs where the one did that it is of."""
    options = request.options.replaced("execution.adaptive", False)
    assert isinstance(options, EstimatorOptions)
    options = _with_clusters(options)
    if options.execution.engines is not None:
        engines = tuple(request.engine_of(number) for number in of)
        options = options.replaced("execution.engines", engines)
    words = f"{request.seed} adaptive stage {stage}".encode()
    seed = int.from_bytes(hashlib.sha256(words).digest()[:16], "little")
    return replace(request, pubs=tuple(pubs), options=options, seed=seed)
