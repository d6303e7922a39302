"""What the stages of a pub say together: each counts by what its shots are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives import DataBin, PubResult

from .allocation import IntArray, predicted, spreads
from .expansion import broadcast_elements
from .mitigation.intervals import half_widths
from .observables import FloatArray
from .pilots import pilot_shots, reach
from .request import PubRequest
from .workload import BASES_FIELD, LEARNT_FIELD

LEAST_OWN_SHARE = 0.25
"""Of the variance that is wanted: what shots are to reach however badly the noise was learnt."""

BasisShots = tuple[tuple[int, ...], ...]
"""Shots of each basis at each noise factor [F][B]; the last ones are repeated."""


@dataclass(frozen=True, slots=True, eq=False)
class StageShare:
    """What one stage said of some elements of a pub."""

    elements: IntArray
    shots: FloatArray
    """Of each element and basis [n, F, B]; 0 where there is no such basis."""
    fields: Mapping[str, FloatArray]


@dataclass(slots=True)
class PubTotals:
    """What all stages so far say of one pub, element by element in C order."""

    pub: PubRequest
    taken: list[StageShare]
    metadata: dict[str, Any]

    @classmethod
    def empty(cls, pub: PubRequest) -> PubTotals:
        """Start with nothing."""
        return cls(pub, [], {})

    def add(self, elements: IntArray, result: PubResult, shots: BasisShots) -> None:
        """Take one stage's result of some elements."""
        fields = {}
        for name, values in result.data.items():
            wide = np.asarray(values, dtype=np.float64)
            fields[name] = wide.reshape((elements.size, *wide.shape[len(result.data.shape) :]))
        # There are no bases where nothing is measured: all observables are constants.
        contributed = fields.pop(BASES_FIELD, np.zeros((elements.size, 1, 0)))
        drawn = np.where(np.isnan(contributed), 0.0, _widened(shots, *contributed.shape[1:]))
        fields[BASES_FIELD] = np.nan_to_num(contributed, nan=0.0)
        if LEARNT_FIELD in fields:
            fields["stds"] = _apart(fields["stds"], fields[LEARNT_FIELD])
        self.taken.append(StageShare(elements, drawn, fields))
        self.metadata = self.metadata or dict(result.metadata)

    def gathered(self) -> Gathered:
        """Put the stages together.

        A stage counts by what its shots are worth: the inverse of the variance that the spreads,
        as all stages saw them, give to them. So values and weights stay all but independent.
        """
        size = int(np.prod(self.pub.shape, dtype=np.int64))
        axes = [max((one.shots.shape[a] for one in self.taken), default=1) for a in (1, 2)]
        shots = np.zeros((len(self.taken), size, *axes))
        contributed = np.zeros_like(shots)
        for stage, one in enumerate(self.taken):
            here = stage, one.elements, slice(one.shots.shape[1]), slice(one.shots.shape[2])
            shots[here], contributed[here] = one.shots, one.fields[BASES_FIELD]
        spread = spreads(shots, contributed)
        fields: dict[str, FloatArray] = {}
        total = np.zeros(size)
        for stage, one in enumerate(self.taken):
            worth = _worth(spread, shots[stage])[one.elements]
            total[one.elements] += worth
            for name, values in one.fields.items():
                if name == BASES_FIELD:
                    continue
                wide = worth.reshape((-1, *(1 for _ in values.shape[1:]))) * values
                held = fields.setdefault(name, np.zeros((size, *values.shape[1:])))
                held[one.elements] += wide**2 if _is_independent(name) else wide
        means = {name: _mean(name, values, total) for name, values in fields.items()}
        if LEARNT_FIELD in means:
            means["stds"] = np.hypot(means["stds"], means[LEARNT_FIELD])
        return Gathered(means, spread, shots.sum(axis=0).astype(np.int64))

    def result(self, stages: int, drawn: int) -> PubResult:
        """Put everything together as the pub's result.

        Args:
            stages: How many there were.
            drawn: Shots of all of them.
        """
        assert self.pub.precision is not None
        shape, found = self.pub.shape, self.gathered()
        most = found.shots.max(axis=(1, 2), initial=0)
        fields = {**found.fields, **self._interval(found.fields, most)}
        data = {name: one.reshape((*shape, *one.shape[1:])) for name, one in fields.items()}
        # Few shots that are all alike have no spread, and say nothing of it.
        is_seen = (fields["stds"] > 0) | (most >= pilot_shots(self.pub)) | (most == 0)
        is_met = (fields["stds"] <= self.pub.precision) & is_seen
        adaptive = {
            "stages": stages,
            "ended_by": self._ended_by(fields, is_met),
            "shots": most.reshape(shape).tolist(),
            "total_shots": drawn,
        }
        shots = int(most.max(initial=0))
        metadata = {**self.metadata, "target_precision": self.pub.precision, "shots": shots}
        return PubResult(DataBin(**data, shape=shape), {**metadata, "adaptive": adaptive})

    def _ended_by(self, fields: Mapping[str, FloatArray], is_met: NDArray[np.bool_]) -> str:
        """Say why no more shots were drawn."""
        assert self.pub.precision is not None
        if is_met.all():
            return "precision"
        learnt = fields.get(LEARNT_FIELD, np.zeros(is_met.shape))[~is_met]
        in_vain = learnt**2 > (1.0 - LEAST_OWN_SHARE) * self.pub.precision**2
        return "learnt noise" if in_vain.all() else "shot cap"

    def _interval(self, fields: Mapping[str, FloatArray], shots: IntArray) -> dict[str, FloatArray]:
        """Return the ends of intervals, which no mean of the stages' ends would be."""
        if "evs_lower" not in fields:
            return {}
        confidence = self.metadata["resilience"]["confidence"]
        reaches = np.array([reach(one) for one in self.pub.observables])
        reached = reaches[broadcast_elements(self.pub)[1]]
        half = half_widths(confidence, fields["stds"], 1, shots, reached)
        return {"evs_lower": fields["evs"] - half, "evs_upper": fields["evs"] + half}


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """All stages of a pub together."""

    fields: Mapping[str, FloatArray]
    """[E, ...]."""
    spread: FloatArray
    """The variance of one shot of each basis at each noise factor [E, F, B]."""
    shots: IntArray
    """[E, F, B]; 0 of bases that an element does not have."""


def _widened(shots: BasisShots, factors: int, bases: int) -> FloatArray:
    """Repeat the last ones as often as needed [F, B]."""
    chosen = [shots[min(f, len(shots) - 1)] for f in range(factors)]
    return np.array(
        [[one[min(b, len(one) - 1)] for b in range(bases)] for one in chosen], dtype=np.float64
    ).reshape(factors, bases)


def _worth(spread: FloatArray, shots: FloatArray) -> FloatArray:
    """Return what a stage's shots are worth [E]: where nothing spreads, their number."""
    alike = np.where(spread.sum(axis=(1, 2), keepdims=True) > 0, spread, shots > 0)
    variance = predicted(alike, shots)
    return np.asarray(1.0 / np.where(variance > 0, variance, 1.0))


def _mean(name: str, values: FloatArray, worth: FloatArray) -> FloatArray:
    wide = worth.reshape((-1, *(1 for _ in values.shape[1:])))
    return np.sqrt(values) / wide if _is_independent(name) else values / wide


def _is_independent(name: str) -> bool:
    """Tell whether stages have each an error of their own: the noise is learnt once for all."""
    return name.startswith("stds") and name != LEARNT_FIELD


def _apart(stds: FloatArray, learnt: FloatArray) -> FloatArray:
    """Return standard errors without the part that learnt rates are to blame for."""
    return np.asarray(np.sqrt(np.maximum(stds**2 - learnt**2, 0.0)))
