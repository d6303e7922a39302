"""Mitigated estimates of terms: values, their own covariance, and what they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..observables import FloatArray
from ..workload import IntArray
from .extrapolation import Fits, extrapolate, select
from .moments import Moments
from .resilience import ZnePlan
from .trex import WEAK_CONTRAST, Contrasts, fieller_std, ratio_variance
from .uncertain_rates import RateSlopes

BasisPart = tuple[IntArray, FloatArray]
"""Positions of t terms, and a covariance of them [P, t, t]."""


@dataclass(frozen=True, slots=True, eq=False)
class TermEstimates:
    """T terms at P points, at one noise factor."""

    means: FloatArray
    """[P, T]."""
    covariance: FloatArray
    """From the shots [P, T, T]."""
    shared: FloatArray | None = None
    """Derivative of each mean by each number of the calibration [P, T, G]."""
    unbounded: NDArray[np.bool_] | None = None
    """Terms [T] whose contrast is not significant: nothing bounds their value."""
    lost: NDArray[np.bool_] | None = None
    """Those [T] whose contrast is 0: they have no value, and stand here as 0."""
    bases: Sequence[BasisPart] = ()
    """What each basis adds to the covariance, where that is asked for."""
    by_rates: RateSlopes | None = None
    """How the means follow the rates of the layers' noise that have errors."""


@dataclass(frozen=True, slots=True, eq=False)
class ObservableEstimates:
    """Values and variances of K observables at P points."""

    values: FloatArray
    """[K, P]."""
    variances: FloatArray
    """[K, P]."""


def variances_by_basis(terms: TermEstimates, pull: FloatArray, count: int) -> FloatArray:
    """Return what each basis adds to the variances of observables.

    Args:
        terms: With what each basis adds to their covariance.
        pull: Derivatives of the observables by the terms [K, P, T].
        count: How many bases to write down, B.

    Returns:
        [K, P, B]; NaN of bases that are not there.
    """
    found = np.full((*pull.shape[:2], count), np.nan)
    for number, (places, covariance) in enumerate(terms.bases):
        chosen = pull[:, :, places]
        half = np.einsum("kpt,ptu->kpu", chosen, covariance)
        found[:, :, number] = np.maximum(np.einsum("kpu,kpu->kp", half, chosen), 0.0)
    return found


def plain_terms(moments: Moments) -> TermEstimates:
    """Take moments as they are."""
    return TermEstimates(moments.means, moments.covariance)


def trex_terms(moments: Moments, contrasts: Contrasts) -> TermEstimates:
    """Divide terms by the contrasts [T] of their supports.

    Args:
        moments: Raw estimates [P, T].
        contrasts: One a term, in the same order.

    Returns:
        The mitigated terms. Where a contrast is weak, both parts of the error are widened so that
        the standard error is that of Fieller's interval; where it is 0 there is no value at all.
    """
    is_lost = contrasts.values == 0
    f = np.where(is_lost, 1.0, contrasts.values)
    means = np.where(is_lost, 0.0, moments.means / f)
    covariance = moments.covariance / (f[:, None] * f[None, :])
    shared = -means[:, :, None] / f[None, :, None] * np.eye(f.size)
    weak = np.flatnonzero((contrasts.significance < WEAK_CONTRAST) & ~is_lost)
    unbounded = is_lost.copy()
    widening = np.ones(means.shape)
    for term in weak:
        for point in range(means.shape[0]):
            known = (
                float(moments.means[point, term]),
                float(moments.covariance[point, term, term]),
                float(f[term]),
                float(contrasts.covariance[term, term]),
            )
            wide, narrow = fieller_std(*known), ratio_variance(*known) ** 0.5
            unbounded[term] |= not np.isfinite(wide)
            if np.isfinite(wide) and narrow > 0:
                widening[point, term] = max(wide / narrow, 1.0)
    return TermEstimates(
        means,
        covariance * widening[:, :, None] * widening[:, None, :],
        shared * widening[:, :, None],
        unbounded,
        is_lost,
    )


def observables_at(
    terms: TermEstimates, weights: FloatArray, constants: FloatArray, calibration: FloatArray | None
) -> ObservableEstimates:
    """Sum terms to observables.

    Args:
        terms: T terms.
        weights: [K, T].
        constants: Weights of the identity [K].
        calibration: Covariance of what the terms share [G, G].

    Returns:
        The observables, their variances with all covariances.
    """
    values, variances = Moments(terms.means, terms.covariance).of_observables(weights)
    if terms.shared is not None and calibration is not None:
        slopes = np.einsum("kt,ptg->kpg", weights, terms.shared)
        variances = variances + _quadratic(slopes, calibration)
    return _with_unbounded(values + constants[:, None], variances, [terms], weights)


@dataclass(frozen=True, slots=True, eq=False)
class Extrapolation:
    """Terms extrapolated by one model, or by the model that was selected for each."""

    fits: Fits
    """[P * T, X]."""
    chosen: NDArray[np.int64] | None = None
    """The model of each point and term [P, T], where there was a choice."""

    def pulls(
        self, place: int, noisy: Sequence[TermEstimates], weights: FloatArray
    ) -> list[FloatArray]:
        """Return the derivatives of observables by the terms at each noise factor [K, P, T].

        Args:
            place: Which evaluation point.
            noisy: Terms at each noise factor.
            weights: Of the terms in the observables [K, T].
        """
        slopes = self.fits.gradients[:, place].reshape(*noisy[0].means.shape, len(noisy))
        return [weights[:, None, :] * slopes[None, :, :, number] for number in range(len(noisy))]


def extrapolations(
    factors: FloatArray, noisy: list[TermEstimates], plan: ZnePlan
) -> tuple[list[Extrapolation], Extrapolation]:
    """Extrapolate every term by every model, and select a model for each.

    Args:
        factors: Effective noise factors [F].
        noisy: Terms at each of them.
        plan: Models, and where they are evaluated; the first place is no noise.

    Returns:
        One extrapolation a model, and the selected one.
    """
    values = np.stack([one.means.reshape(-1) for one in noisy], axis=1)
    own = [np.diagonal(one.covariance, axis1=1, axis2=2).reshape(-1) for one in noisy]
    variances = np.stack(own, axis=1)
    at = np.array(plan.at)
    fits = [extrapolate(name, factors, values, variances, at) for name in plan.extrapolators]
    best, chosen = select(plan.extrapolators, fits, values, variances, 0)
    shape = noisy[0].means.shape
    return [Extrapolation(fit) for fit in fits], Extrapolation(best, chosen.reshape(shape))


def extrapolated_observables(
    extrapolation: Extrapolation,
    place: int,
    noisy: list[TermEstimates],
    weights: FloatArray,
    constants: FloatArray,
    calibration: FloatArray | None,
) -> ObservableEstimates:
    """Sum extrapolated terms to observables.

    The error of a term at one noise factor goes into its extrapolated value by the fit's
    derivative; terms of one noise factor vary together, noise factors independently, and the
    calibration enters all of them at once.

    Args:
        extrapolation: Of the terms.
        place: Which evaluation point.
        noisy: Terms at each noise factor.
        weights: [K, T].
        constants: [K].
        calibration: Covariance of what the terms share [G, G].
    """
    points, terms = noisy[0].means.shape
    values = extrapolation.fits.values[:, place].reshape(points, terms)
    sums = np.einsum("kt,pt->kp", weights, values) + constants[:, None]
    variances = np.zeros_like(sums)
    shared: FloatArray | None = None
    for one, pull in zip(noisy, extrapolation.pulls(place, noisy, weights), strict=True):
        half = np.einsum("kpt,ptu->kpu", pull, one.covariance)
        variances += np.einsum("kpu,kpu->kp", half, pull)
        if one.shared is not None:
            part = np.einsum("kpt,ptg->kpg", pull, one.shared)
            shared = part if shared is None else shared + part
    if shared is not None and calibration is not None:
        variances = variances + _quadratic(shared, calibration)
    return _with_unbounded(sums, np.maximum(variances, 0.0), noisy, weights)


def _with_unbounded(
    values: FloatArray,
    variances: FloatArray,
    terms: list[TermEstimates],
    weights: FloatArray,
) -> ObservableEstimates:
    """Say of observables with a term that nothing bounds that nothing bounds them."""
    for one in terms:
        if one.unbounded is not None and one.unbounded.any():
            variances[(weights[:, one.unbounded] != 0).any(axis=1)] = np.inf
        if one.lost is not None and one.lost.any():
            values[(weights[:, one.lost] != 0).any(axis=1)] = np.nan
    return ObservableEstimates(values, variances)


def _quadratic(slopes: FloatArray, covariance: FloatArray) -> FloatArray:
    half = np.einsum("kpg,gh->kph", slopes, covariance)
    return np.asarray(np.einsum("kph,kph->kp", half, slopes))
