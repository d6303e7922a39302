"""Rates of layers' noise that are not exactly known, and what estimates owe to each of them.

Paulis are drawn by the rates as they were learnt. Had these been others, the same draws would have
come with other weights; the derivative of the logarithm of a draw's weight is its score, and the
mean of readings times scores is the derivative of the estimate (the likelihood-ratio method).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..layer_noise import LayerNoise
from ..observables import FloatArray
from ..workload import IntArray
from .pauli_lindblad import PauliLindblad

LEAST_SHARE = 0.25
"""Of the variance that derivatives seem to give, noisy as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class UncertainRates:
    """Those L of all known rates that have an error, and their errors."""

    positions: IntArray
    """Where they are among all rates, layer behind layer [L], rising."""
    deviations: FloatArray
    """What each independent source of error moves them by [L, J]."""

    @classmethod
    def of(cls, known: Sequence[LayerNoise]) -> UncertainRates | None:
        """Gather the errors of known rates; ``None`` where no rate has one.

        Args:
            known: Noise of layers; that without errors is taken as exact.
        """
        columns: dict[tuple[int | str, int], int] = {}
        entries: list[tuple[int, int, float]] = []
        first = 0
        for layer, one in enumerate(known):
            if one.deviations is not None:
                kinds = (
                    (layer, one.deviations.own),
                    (one.deviations.calibration, one.deviations.common),
                )
                for kind, rows in kinds:
                    for rate, row in enumerate(rows, first):
                        for source, value in enumerate(row):
                            column = columns.setdefault((kind, source), len(columns))
                            entries.append((rate, column, value))
            first += len(one.rates)
        every = np.zeros((first, len(columns)))
        for rate, column, value in entries:
            every[rate, column] = value
        positions = np.flatnonzero(every.any(axis=1))
        return cls(positions, every[positions]) if positions.size else None

    @property
    def covariance(self) -> FloatArray:
        """Of these rates [L, L]."""
        return np.asarray(np.einsum("lj,mj->lm", self.deviations, self.deviations))

    def no_scores(self, samples: int) -> FloatArray:
        """Return the scores of what nothing was inserted into [samples, L]."""
        return np.zeros((samples, self.positions.size))

    def add_scores(
        self, scores: FloatArray, noise: PauliLindblad, scale: float, inserted: NDArray[np.bool_]
    ) -> None:
        """Add what one layer's draws say to the scores of the randomizations.

        With ``x = scale * rate`` a Pauli is inserted with weight ``(1 - exp(-2 x)) / 2``, else with
        ``(1 + exp(-2 x)) / 2``, whatever the sign of x.

        Args:
            scores: To be added to [samples, L].
            noise: Of the layer, at full strength; it knows where its rates come from.
            scale: How much of it is injected, not 0.
            inserted: Which of its Paulis were inserted [samples, K].
        """
        for number, sources in enumerate(noise.sources):
            columns = np.searchsorted(self.positions, sources)
            x = scale * float(noise.rates[number])
            for column, source in zip(columns.tolist(), sources, strict=True):
                if column == self.positions.size or self.positions[column] != source or not x:
                    continue
                absent = -2.0 * scale / (np.exp(2.0 * x) + 1.0)
                present = 2.0 * scale / np.expm1(2.0 * x)
                scores[:, column] += np.where(inserted[:, number], present, absent)


@dataclass(frozen=True, slots=True, eq=False)
class RateSlopes:
    """How estimates of T terms at P points follow the uncertain rates."""

    slopes: FloatArray
    """Derivatives [P, T, L], as the draws show them."""
    excess: FloatArray
    """By how much their own noise raises the covariance that follows from them [P, T, T]."""

    @classmethod
    def of_points(
        cls,
        shots: IntArray,
        sums: IntArray,
        signs: IntArray,
        gamma: float,
        scores: FloatArray,
        covariance: FloatArray,
    ) -> RateSlopes:
        """Take the mean of readings times scores.

        Args:
            shots: Of each randomization [P, C].
            sums: Of its readings, signs included [P, C, T].
            signs: [P, C].
            gamma: What the signed mean is multiplied by.
            scores: Of each randomization [P, C, L].
            covariance: Of the rates [L, L].
        """
        found = [
            _slopes(*one, gamma, covariance) for one in zip(shots, sums, signs, scores, strict=True)
        ]
        return cls(np.stack([one for one, _ in found]), np.stack([more for _, more in found]))

    def scaled(self, scale: FloatArray) -> RateSlopes:
        """Multiply each term by a number [T], or by one of each point [P, T]."""
        return RateSlopes(
            self.slopes * scale[..., :, None],
            self.excess * scale[..., :, None] * scale[..., None, :],
        )

    @staticmethod
    def pooled(
        parts: Sequence[tuple[RateSlopes | None, IntArray, IntArray]], num_terms: int
    ) -> RateSlopes | None:
        """Pool several bases, as their means are pooled.

        Args:
            parts: Of each basis its slopes, its shots [P], and the positions [t] of its terms.
            num_terms: How many terms T there are in all.
        """
        known = [(one, shots, terms) for one, shots, terms in parts if one is not None]
        if len(known) < len(parts) or not known:
            return None
        points, _, numbers = known[0][0].slopes.shape
        total = np.zeros((points, num_terms))
        for _, shots, terms in known:
            total[:, terms] += shots[:, None]
        slopes = np.zeros((points, num_terms, numbers))
        excess = np.zeros((points, num_terms, num_terms))
        for one, shots, terms in known:
            share = one.scaled(shots[:, None] / total[:, terms])
            slopes[:, terms] += share.slopes
            excess[np.ix_(np.arange(points), terms, terms)] += share.excess
        return RateSlopes(slopes, excess)

    @staticmethod
    def joined(parts: Sequence[tuple[IntArray, RateSlopes | None]]) -> RateSlopes | None:
        """Put points together that were estimated apart.

        Args:
            parts: Positions of some points, and slopes there.
        """
        known = [one for _, one in parts if one is not None]
        if len(known) < len(parts) or not known:
            return None
        order = np.argsort(np.concatenate([at for at, _ in parts]))
        return RateSlopes(
            np.concatenate([one.slopes for one in known])[order],
            np.concatenate([one.excess for one in known])[order],
        )


def variances_by_rates(
    parts: Sequence[tuple[RateSlopes | None, FloatArray]], covariance: FloatArray
) -> FloatArray:
    """Return what the errors of rates add to the variances of observables [K, P].

    The squares of noisy derivatives are too large by the variances of their noise, which is taken
    away; but what is left is noisy, too, and is taken to be a quarter of them at least (of standard
    errors a half): less can hardly be told from nothing.

    Args:
        parts: Slopes of the terms at each noise factor, and derivatives of the observables by these
            terms [K, P, T].
        covariance: Of the rates [L, L].
    """
    slopes, excess = np.zeros((*parts[0][1].shape[:2], len(covariance))), 0.0
    for one, pull in parts:
        if one is not None:
            slopes += np.einsum("kpt,ptl->kpl", pull, one.slopes)
            half = np.einsum("kpt,ptu->kpu", pull, one.excess)
            excess = excess + np.einsum("kpu,kpu->kp", half, pull)
    half = np.einsum("kpl,lm->kpm", slopes, covariance)
    squares = np.maximum(np.einsum("kpm,kpm->kp", half, slopes), 0.0)
    return np.asarray(np.maximum(squares - excess, LEAST_SHARE * squares))


def _slopes(
    shots: IntArray,
    sums: IntArray,
    signs: IntArray,
    scores: FloatArray,
    gamma: float,
    covariance: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    count, total = len(shots), float(shots.sum())
    means = gamma * sums.sum(axis=0) / total
    # Weights add to 1 whatever the rates, so scores have mean 0, and the mean may be taken away.
    apart = (sums - (signs * shots)[:, None] * means) * (gamma * count / total)
    slopes = np.einsum("ct,cl->tl", apart, scores) / count
    lengths = np.einsum("cl,cl->c", np.einsum("cl,lm->cm", scores, covariance), scores)
    squares = np.einsum("ct,cu->tu", apart * lengths[:, None], apart) / count
    found = np.einsum("tm,um->tu", np.einsum("tl,lm->tm", slopes, covariance), slopes)
    return slopes, (squares - found) / max(count - 1, 1)
