"""From values that decay to rates of a Pauli-Lindblad model: weighted, and never negative.

Weights come of the fitted values and of a smooth law of their spread, never of a single value or
its own estimated error: a value that came out high would count for more, and pull the rates down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import RequestError
from ..mitigation.plain_algebra import inverse, product
from ..observables import FloatArray

SIGNIFICANT = 3.0
"""Standard errors from 0 that a value needs to be where the search for the rates starts."""

SMALLEST_STD = 1e-6

MAX_STEPS = 30
"""Of the search; it takes about five."""

RIDGE = 1e-10
"""Of a normal matrix with a unit diagonal: what nothing tells apart does not move, either."""


@dataclass(frozen=True, slots=True, eq=False)
class RateFit:
    """Rates of K generators, fitted to N values."""

    rates: FloatArray
    """[K], none negative."""
    response: FloatArray
    """Derivative of each rate by each value [K, N]; 0 of rates that are at their bound, 0."""
    released: FloatArray
    """The same [K, N], of each rate as if it alone of those at the bound were free to move."""
    is_unknown: FloatArray
    """Whether a rate [K] is one of those that nothing tells apart."""
    chi_square: float
    """Mean squared residual in standard errors: about 1 where the model holds."""

    def stds(self, covariance: FloatArray) -> FloatArray:
        """Return standard errors of the rates [K]: of each on its own, free to move.

        Args:
            covariance: Of the values [N, N].
        """
        half = np.einsum("kn,nm->km", self.released, covariance)
        spread = np.sqrt(np.maximum(np.einsum("km,km->k", half, self.released), 0.0))
        return np.asarray(np.where(self.is_unknown, np.inf, spread))


def fit_rates(values: FloatArray, stds: FloatArray, exponents: FloatArray) -> RateFit:
    """Fit ``value = exp(-exponents @ rates)`` by weighted least squares.

    Args:
        values: Estimates [N], 1 without noise.
        stds: Their standard errors [N]; values whose error is infinite are left out.
        exponents: [N, K].

    Raises:
        RequestError: No value is significantly different from 0.
    """
    # Imported where noise is learnt only: it takes longer than a small job.
    from scipy.optimize import nnls

    is_kept = np.isfinite(values) & np.isfinite(stds)
    seen, spread, powers = values[is_kept], stds[is_kept], exponents[is_kept]
    rates = _start(seen, spread, powers)
    for _ in range(MAX_STEPS):
        fitted = np.exp(-product(powers, rates))
        sigma = _smooth_stds(spread, fitted)
        design = (fitted / sigma)[:, None] * powers
        # Gauss and Newton's step: exp(-x) is fitted - fitted (x - x_0) near the last fit.
        before, wanted = rates, (fitted - seen) / sigma + product(design, rates)
        rates, residual = nnls(design, wanted)
        if np.abs(rates - before).max() <= 1e-9:
            break
    freedom = max(len(seen) - int((rates > 0).sum()), 1)
    response, released = np.zeros((2, len(rates), len(values)))
    free = rates > 0
    response[np.ix_(free, is_kept)] = _response(design[:, free], sigma)
    released[free] = response[free]
    for rate in np.flatnonzero(~free & design.any(axis=0)).tolist():
        chosen = np.append(np.flatnonzero(free), rate)
        released[rate, is_kept] = _response(design[:, chosen], sigma)[-1]
    return RateFit(rates, response, released, _is_unknown(design), float(residual**2 / freedom))


def _start(values: FloatArray, stds: FloatArray, exponents: FloatArray) -> FloatArray:
    """Fit the logarithms of the values that are significant."""
    from scipy.optimize import nnls

    kept = values > SIGNIFICANT * stds
    if not kept.any():
        raise RequestError(
            "no noise can be learnt: no value of the learning circuits is three standard errors "
            "above 0; give more shots, or smaller resilience.layer_noise_learning.layer_pair_depths"
        )
    relative = np.maximum(stds[kept], SMALLEST_STD) / values[kept]
    rates, _ = nnls(exponents[kept] / relative[:, None], -np.log(values[kept]) / relative)
    return np.asarray(rates)


def _smooth_stds(stds: FloatArray, fitted: FloatArray) -> FloatArray:
    """Return standard errors by a law ``a + b (1 - value**2)`` of variances, fitted to them all."""
    from scipy.optimize import nnls

    law = np.stack([np.ones_like(fitted), 1.0 - fitted**2], axis=1)
    shares, _ = nnls(law, stds**2)
    return np.asarray(np.maximum(np.sqrt(product(law, shares)), SMALLEST_STD))


def _response(design: FloatArray, sigma: FloatArray) -> FloatArray:
    """Return the derivatives [K, N] of rates that are free by values."""
    normal = np.einsum("nk,nl->kl", design, design)
    size = np.sqrt(np.diagonal(normal))
    scaled = normal / np.outer(size, size) + RIDGE * np.eye(len(normal))
    solved = np.einsum("kl,nl->kn", inverse(scaled), design / size)
    return np.asarray(-solved / size[:, None] / sigma)


def _is_unknown(design: FloatArray) -> FloatArray:
    """Tell which rates [K] nothing tells apart from others, were they not bounded."""
    eigenvalues, vectors = np.linalg.eigh(np.einsum("nk,nl->kl", design, design))
    free = eigenvalues < 1e-9 * max(float(eigenvalues.max()), 1e-300)
    return np.asarray((vectors[:, free] ** 2).sum(axis=1) > 1e-9)
