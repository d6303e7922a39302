"""Precision that is met: a pilot, then shots where they help, until every standard error is small.

Each stage is a request of its own, so it runs, rests in a store and resumes like any other; what
follows from a stage is a function of its results alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives import DataBin, PrimitiveResult, PubResult

from .errors import JobCancelledError, RequestError
from .expansion import broadcast_elements
from .job import Job, JobControl
from .mitigation.intervals import half_width
from .observables import FloatArray
from .options import EstimatorOptions
from .precision import precision_of_shots, shots_for_precision
from .request import PubRequest, Request
from .runner import Runner

PILOT_SHARE, MIN_PILOT_SHOTS = 10, 128
"""The pilot has a tenth of the shots that the precision stands for, and enough to see a spread."""

MARGIN = 1.1
"""More shots than the pilot's spread asks for, since that is known only roughly."""

MAX_STAGES = 8
GROWTH = 16
"""The most by which one stage multiplies an element's shots: early spreads may deceive."""

IntArray = NDArray[np.int64]


@dataclass(slots=True)
class PubTotals:
    """What all stages so far say of one pub, element by element in C order."""

    pub: PubRequest
    shots: IntArray
    """Shots a measurement basis."""
    weighted: dict[str, FloatArray]
    """Of each field of values the sum over stages of shots times value; of each field of standard
    errors that of (shots times error) squared."""
    metadata: dict[str, Any]

    @classmethod
    def empty(cls, pub: PubRequest) -> PubTotals:
        """Start with nothing."""
        size = int(np.prod(pub.shape, dtype=np.int64))
        return cls(pub, np.zeros(size, dtype=np.int64), {}, {})

    def add(self, elements: IntArray, result: PubResult, shots: int) -> None:
        """Take one stage's result of some elements."""
        for name, values in result.data.items():
            wide = np.asarray(values, dtype=np.float64)
            wide = wide.reshape((elements.size, *wide.shape[len(result.data.shape) :]))
            held = self.weighted.setdefault(name, np.zeros((self.shots.size, *wide.shape[1:])))
            held[elements] += (shots * wide) ** 2 if name.startswith("stds") else shots * wide
        self.shots[elements] += shots
        self.metadata = self.metadata or dict(result.metadata)

    def field(self, name: str) -> FloatArray:
        """Return one field over all stages [elements, ...]."""
        values = self.weighted[name]
        shots = self.shots.reshape((-1, *(1 for _ in values.shape[1:])))
        return np.sqrt(values) / shots if name.startswith("stds") else values / shots

    def _interval(self, fields: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Return the ends of intervals, which no mean of the stages' ends would be."""
        if "evs_lower" not in fields:
            return {}
        half = half_width(self.metadata["resilience"]["confidence"], 1) * fields["stds"]
        return {"evs_lower": fields["evs"] - half, "evs_upper": fields["evs"] + half}

    def wanted(self, cap: int) -> IntArray:
        """Return how many more shots each element should have; 0 where it has enough."""
        assert self.pub.precision is not None
        variances = self.field("stds") ** 2
        with np.errstate(invalid="ignore"):
            needed = np.ceil(MARGIN * self.shots * variances / self.pub.precision**2)
        needed = np.where(np.isfinite(needed), needed, np.inf)
        target = np.minimum(np.minimum(needed, GROWTH * self.shots), cap)
        enough = variances <= self.pub.precision**2
        return np.where(enough, 0, np.maximum(target - self.shots, 0)).astype(np.int64)

    def result(self, stages: int) -> PubResult:
        """Put everything together as the pub's result."""
        assert self.pub.precision is not None
        shape = self.pub.shape
        fields = {name: self.field(name) for name in self.weighted}
        fields |= self._interval(fields)
        data = {name: one.reshape((*shape, *one.shape[1:])) for name, one in fields.items()}
        met = bool((fields["stds"] <= self.pub.precision).all())
        adaptive = {
            "stages": stages,
            "ended_by": "precision" if met else "shot cap",
            "shots": self.shots.reshape(shape).tolist(),
        }
        shots = int(self.shots.max(initial=0))
        metadata = {**self.metadata, "target_precision": self.pub.precision, "shots": shots}
        return PubResult(DataBin(**data, shape=shape), {**metadata, "adaptive": adaptive})


def check_adaptive(request: Request) -> None:
    """Refuse requests in which no precision can be met.

    Raises:
        RequestError: A pub asks for exact values.
    """
    for number, pub in enumerate(request.pubs):
        if not pub.precision:
            raise RequestError(
                f"pub {number}: execution.adaptive meets a precision, and precision {pub.precision}"
                " asks for exact values; give one above 0"
            )


Part = tuple[int, IntArray, int]
"""A pub's number, some of its elements, and the shots of a basis that they get."""


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
        return _result_of(self._totals, len(self.parts))

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
    return _result_of(totals, len(results))


def _pool(totals: Sequence[PubTotals], parts: Sequence[Part], result: PrimitiveResult) -> None:
    for (pub, elements, shots), found in zip(parts, result, strict=True):
        totals[pub].add(elements, found, shots)


def _result_of(totals: Sequence[PubTotals], stages: int) -> PrimitiveResult:
    return PrimitiveResult([one.result(stages) for one in totals], {"version": 2})


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
    pubs, parts = [], []
    for number, pub in enumerate(request.pubs):
        full = shots_for_precision(pub.precision or 0.0) or 0
        shots = min(max(MIN_PILOT_SHOTS, -(-full // PILOT_SHARE)), cap)
        pubs.append(replace(pub, precision=precision_of_shots(shots)))
        size = int(np.prod(pub.shape, dtype=np.int64))
        parts.append((number, np.arange(size, dtype=np.int64), shots))
    return _staged(request, pubs, 1), parts


def next_stage(
    request: Request, totals: Sequence[PubTotals], stage: int, cap: int
) -> tuple[Request, list[Part]] | None:
    """Return what to run after a stage; ``None`` where every element has enough or the cap."""
    pubs: list[PubRequest] = []
    parts: list[Part] = []
    for number, total in enumerate(totals):
        more = total.wanted(cap)
        # Elements that want about as much share a circuit's bases: powers of two, rounded up.
        levels = np.ceil(np.log2(np.maximum(more, 1))).astype(np.int64)
        for level in np.unique(levels[more > 0]):
            elements = np.flatnonzero((more > 0) & (levels == level))
            shots = int(more[elements].max())
            pubs.append(_elements_of(total.pub, elements, shots))
            parts.append((number, elements, shots))
    return (_staged(request, pubs, stage + 1), parts) if pubs else None


def _elements_of(pub: PubRequest, elements: IntArray, shots: int) -> PubRequest:
    rows, observables = broadcast_elements(pub)
    sets = int(np.prod(pub.parameters_shape, dtype=np.int64))
    flat = pub.parameters.reshape(sets, pub.parameters.shape[-1])
    return replace(
        pub,
        parameters=flat[rows[elements]],
        observables=tuple(pub.observables[place] for place in observables[elements]),
        observables_shape=(elements.size,),
        precision=precision_of_shots(shots),
    )


def _staged(request: Request, pubs: Sequence[PubRequest], stage: int) -> Request:
    options = request.options.replaced("execution.adaptive", False)
    words = f"{request.seed} adaptive stage {stage}".encode()
    seed = int.from_bytes(hashlib.sha256(words).digest()[:16], "little")
    return replace(request, pubs=tuple(pubs), options=options, seed=seed)
