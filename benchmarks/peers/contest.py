"""A contest: one piece of work, several who do it, timed in turn."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

SHORT_SECONDS, SHORT_REPEATS = 2.0, 9
"""Contests that are over sooner are repeated, so often at the most: one moment says little."""


@dataclass(frozen=True)
class Contender:
    """Somebody who can do the work."""

    name: str
    run: Callable[[int], np.ndarray]
    """Does the first so many evaluations; returns their values, evaluations first."""
    evaluations: int
    """How many are asked of this one in one repeat: few of the slow, for the sake of everybody."""
    deviation: Callable[[np.ndarray], float] | None = None
    """How far the values are from the truth; ``None``: the contest's own measure."""


@dataclass(frozen=True)
class Contest:
    """Ours first, then the one that the target names, then the others."""

    name: str
    contenders: Sequence[Contender]
    target: float
    """How many times faster than the second contender ours must be."""
    deviation: Callable[[np.ndarray], float]
    """How far values are from the truth, in units of what is tolerable: above 1 is wrong."""


@dataclass(frozen=True)
class Line:
    """One contender's row in the table."""

    contest: str
    contender: str
    evaluations: int
    ms_per_evaluation: float
    """Median over the repeats."""
    ratio: float
    """Median over the repeats of this one's time by ours, taken repeat by repeat."""
    target: float | None
    deviation: float
    seconds: list[float] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """Whether the target is reached, where this row has one."""
        if self.deviation > 1:
            return "WRONG VALUES"
        if self.target is None:
            return ""
        return "reached" if self.ratio >= self.target else "missed"


def hold(contest: Contest, repeats: int) -> list[Line]:
    """Time all contenders in turn, repeat by repeat, after one warm-up each that is checked."""
    deviations, times = [], [[] for _ in contest.contenders]
    for contender in contest.contenders:
        measure = contender.deviation or contest.deviation
        deviations.append(measure(contender.run(contender.evaluations)))
    spent = 0.0
    while len(times[0]) < repeats or (spent < SHORT_SECONDS and len(times[0]) < SHORT_REPEATS):
        for number, contender in enumerate(contest.contenders):
            seconds = _seconds(contender)
            times[number].append(seconds / contender.evaluations)
            spent += seconds
    return [
        Line(
            contest.name,
            contender.name,
            contender.evaluations,
            1e3 * statistics.median(times[number]),
            statistics.median(t / ours for t, ours in zip(times[number], times[0], strict=True)),
            contest.target if number == 1 else None,
            deviations[number],
            times[number],
        )
        for number, contender in enumerate(contest.contenders)
    ]


def _seconds(contender: Contender) -> float:
    gc.collect()
    start = time.perf_counter()
    contender.run(contender.evaluations)
    return time.perf_counter() - start
