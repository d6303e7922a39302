"""From values that decay to rates of a Pauli-Lindblad model: weighted, and never negative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import RequestError
from ..observables import FloatArray

SIGNIFICANT = 3.0
"""Standard errors from 0 that a value needs: the logarithm of a smaller one says nothing."""

SMALLEST_STD = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class RateFit:
    """Rates of K generators."""

    rates: FloatArray
    """[K], none negative."""
    stds: FloatArray
    """Standard errors [K], as if no rate were bounded; infinite where nothing depends on one."""
    chi_square: float
    """Mean squared residual in standard errors: about 1 where the model holds."""


def fit_rates(values: FloatArray, stds: FloatArray, exponents: FloatArray) -> RateFit:
    """Fit ``-log(value) = exponents @ rates``.

    Args:
        values: Estimates [N], 1 without noise.
        stds: Their standard errors [N].
        exponents: [N, K].

    Raises:
        RequestError: No value is significantly different from 0.
    """
    # Imported where noise is learnt only: it takes longer than a small job.
    from scipy.optimize import nnls

    kept = values > SIGNIFICANT * stds
    if not kept.any():
        raise RequestError(
            "no noise can be learnt: no value of the learning circuits is three standard errors "
            "above 0; give more shots, or smaller resilience.layer_noise_learning.layer_pair_depths"
        )
    values, exponents = values[kept], exponents[kept]
    relative = np.maximum(stds[kept], SMALLEST_STD) / values
    # E[log x] is log E[x] - var / 2 at this order: undone, else deep circuits pull the rates up.
    wanted = -(np.log(values) + relative**2 / 2)
    weighted = exponents / relative[:, None]
    rates, residual = nnls(weighted, wanted / relative)
    curvature = np.einsum("nk,nl->kl", weighted, weighted)
    freedom = max(len(values) - int((rates > 0).sum()), 1)
    return RateFit(rates, _spread(curvature), float(residual**2 / freedom))


def _spread(curvature: FloatArray) -> FloatArray:
    """Return the square roots of the inverse's diagonal, infinite in directions that are free."""
    eigenvalues, vectors = np.linalg.eigh(curvature)
    free = eigenvalues < 1e-9 * max(float(eigenvalues.max()), 1e-300)
    inverse = np.where(free, 0.0, 1.0 / np.where(free, 1.0, eigenvalues))
    variances = (vectors**2 * inverse).sum(axis=1)
    is_free = (vectors[:, free] ** 2).sum(axis=1) > 1e-9
    return np.where(is_free, np.inf, np.sqrt(variances))
