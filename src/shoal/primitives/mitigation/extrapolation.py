"""Extrapolation to zero noise: models of a value as a function of its noise factor.

Every fit returns, beside its values, the derivative of each value by each measured one: so the
whole covariance of the measured values is carried through, and nothing is guessed from residuals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import RequestError
from ..observables import FloatArray

ExtrapolatorName = str
"""linear, polynomial_degree_k, richardson, exponential, double_exponential, fallback."""

MAX_STEPS = 60
"""Steps of a least-squares fit; from its start an exponential takes about five."""

MIN_SIGNIFICANCE = 3.0
"""A series with no value so many standard errors from 0 shows no decay."""

MAX_STD = 1.0
"""A Pauli term lies in [-1, 1]: a fit with a larger standard error says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """N fits of one model, evaluated at X noise factors."""

    values: FloatArray
    """[N, X]; NaN where the fit failed."""
    gradients: FloatArray
    """Derivative of each value by each measured value [N, X, F]."""

    def variances(self, variances: FloatArray) -> FloatArray:
        """Return variances [N, X] from those of independent measured values [N, F]."""
        return np.asarray(np.einsum("nxf,nf->nx", self.gradients**2, variances))


def points_needed(name: ExtrapolatorName) -> int:
    """Return how many different noise factors a model needs at least."""
    if name.startswith("polynomial_degree_"):
        return int(name.rsplit("_", 1)[1]) + 1
    return {"fallback": 1, "double_exponential": 4}.get(name, 2)


def check_factors(factors: Sequence[float], names: Sequence[ExtrapolatorName]) -> None:
    """Refuse noise factors from which a model cannot be fitted.

    Raises:
        RequestError: A factor is below 1, or there are too few different ones.
    """
    if low := [factor for factor in factors if not factor >= 1]:
        raise RequestError(
            f"noise factors {low} are below 1: noise can be amplified, not taken away; "
            "1 is the circuit as it is"
        )
    different = len(set(np.round(factors, 12)))
    for name in names:
        if different < points_needed(name):
            raise RequestError(
                f"extrapolator {name!r} needs {points_needed(name)} different noise factors; the "
                f"effective ones are {[round(float(factor), 6) for factor in factors]}"
            )


def extrapolate(
    name: ExtrapolatorName,
    factors: FloatArray,
    values: FloatArray,
    variances: FloatArray,
    at: FloatArray,
) -> Fits:
    """Fit a model to N series of measured values.

    Args:
        name: The model.
        factors: Effective noise factors [F], or one row of them a series [N, F].
        values: Measured values [N, F].
        variances: Their absolute variances [N, F]; 0 means exact.
        at: Noise factors to evaluate at [X]; 0 is no noise.

    Returns:
        The fits.
    """
    factors = np.broadcast_to(np.asarray(factors, dtype=np.float64), values.shape)
    if name == "fallback":
        nearest = (factors == factors.min(axis=1, keepdims=True)).astype(np.float64)
        nearest /= nearest.sum(axis=1, keepdims=True)
        return _linear_fits(np.repeat(nearest[:, None], at.size, axis=1), values)
    if name == "exponential":
        return _exponential(factors, values, variances, at)
    if name == "double_exponential":
        return _one_by_one(_fit_double_exponential, factors, values, variances, at)
    degree = {"linear": 1, "richardson": factors.shape[1] - 1}.get(name)
    if degree is None:
        degree = points_needed(name) - 1
    return _linear_fits(polynomial_weights(factors, degree, at), values)


def polynomial_weights(factors: FloatArray, degree: int, at: FloatArray) -> FloatArray:
    """Return the weights with which a least-squares polynomial takes the measured values.

    Args:
        factors: Noise factors [N, F].
        degree: Of the polynomial; F - 1 is Richardson's extrapolation.
        at: Where it is evaluated [X].

    Returns:
        Weights [N, X, F]; they add to 1 over F.
    """
    powers = np.arange(degree + 1)
    design = factors[:, :, None] ** powers
    return np.asarray((at[:, None] ** powers)[None] @ np.linalg.pinv(design))


def _linear_fits(weights: FloatArray, values: FloatArray) -> Fits:
    return Fits(np.einsum("nxf,nf->nx", weights, values), weights)


def _absolute_weights(variances: FloatArray) -> FloatArray:
    """Return least-squares weights [N, F]: 1/variance, or equal ones where a value is exact."""
    known = (variances > 0).all(axis=1, keepdims=True)
    return np.asarray(np.where(known, 1.0 / np.where(variances > 0, variances, 1.0), 1.0))


def _exponential(
    factors: FloatArray, values: FloatArray, variances: FloatArray, at: FloatArray
) -> Fits:
    """Fit ``a exp(-b x)`` to all series at once by Levenberg's damped least squares."""
    weights = _absolute_weights(variances)
    start = _log_linear_start(factors, values, weights)
    a, b = _damped_least_squares(factors, values, weights, *start)
    decay = np.exp(-b[:, None] * factors)
    jacobian = np.stack([decay, -a[:, None] * factors * decay], axis=-1)
    normal = np.einsum("nfi,nf,nfj->nij", jacobian, weights, jacobian)
    decay_at = np.exp(-b[:, None] * at)
    jacobian_at = np.stack([decay_at, -a[:, None] * at * decay_at], axis=-1)
    sensitivity = np.linalg.pinv(normal) @ (jacobian * weights[:, :, None]).transpose(0, 2, 1)
    gradients = jacobian_at @ sensitivity
    found = a[:, None] * decay_at
    # A rate against the edge of the fit's range means that the data show no exponential at all.
    failed = ~np.isfinite(found).all(axis=1) | (np.abs(b) >= _largest_rate(factors))
    found[failed] = np.nan
    return Fits(found, gradients)


def _largest_rate(factors: FloatArray) -> FloatArray:
    return np.asarray(20.0 / np.ptp(factors, axis=1))


def _log_linear_start(
    factors: FloatArray, values: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Start from the weighted line through the logarithms, on the side where the values lie."""
    sign = np.where((values * np.sqrt(weights)).sum(axis=1) < 0, -1.0, 1.0)
    noise = 0.1 / np.sqrt(weights.max(axis=1, keepdims=True))
    floor = np.maximum(1e-12, np.minimum(noise, 0.1 * np.abs(values).max(axis=1, keepdims=True)))
    above = np.maximum(sign[:, None] * values, floor)
    influence = weights * above**2
    influence /= influence.sum(axis=1, keepdims=True)
    logs = np.log(above)
    mean_x = (influence * factors).sum(axis=1, keepdims=True)
    mean_y = (influence * logs).sum(axis=1, keepdims=True)
    spread = (influence * (factors - mean_x) ** 2).sum(axis=1)
    slope = (influence * (factors - mean_x) * (logs - mean_y)).sum(axis=1)
    rate = np.clip(-slope / np.maximum(spread, 1e-300), -1.0, 5.0)
    return sign * np.exp(mean_y[:, 0] + rate * mean_x[:, 0]), rate


def _damped_least_squares(
    factors: FloatArray, values: FloatArray, weights: FloatArray, a: FloatArray, b: FloatArray
) -> tuple[FloatArray, FloatArray]:
    damping = np.full(a.size, 1e-3)
    limit = _largest_rate(factors)

    def cost(amplitude: FloatArray, rate: FloatArray) -> FloatArray:
        residual = values - amplitude[:, None] * np.exp(-rate[:, None] * factors)
        return np.asarray((weights * residual**2).sum(axis=1))

    best = cost(a, b)
    for _ in range(MAX_STEPS):
        decay = np.exp(-b[:, None] * factors)
        residual = values - a[:, None] * decay
        jacobian = np.stack([decay, -a[:, None] * factors * decay], axis=-1)
        normal = np.einsum("nfi,nf,nfj->nij", jacobian, weights, jacobian)
        towards = np.einsum("nfi,nf->ni", jacobian, weights * residual)
        diagonal = np.einsum("nii->ni", normal)
        normal = normal + np.einsum("ni,ij->nij", damping[:, None] * diagonal + 1e-300, np.eye(2))
        step = np.linalg.pinv(normal) @ towards[:, :, None]
        new_a, new_b = a + step[:, 0, 0], np.clip(b + step[:, 1, 0], -limit, limit)
        found = cost(new_a, new_b)
        better = found <= best
        moved = np.abs(step[:, :, 0]).max(axis=1) > 1e-12 * (np.abs(a) + np.abs(b))
        a, b = np.where(better, new_a, a), np.where(better, new_b, b)
        best = np.where(better, found, best)
        damping = np.where(better, damping * 0.1, damping * 10.0)
        if not (moved & (damping < 1e12)).any():
            break
    return a, b


Fit = Callable[[FloatArray, FloatArray, FloatArray, FloatArray], tuple[FloatArray, FloatArray]]


def _one_by_one(
    fit: Fit, factors: FloatArray, values: FloatArray, variances: FloatArray, at: FloatArray
) -> Fits:
    weights = _absolute_weights(variances)
    found = [fit(*series, at) for series in zip(factors, values, weights, strict=True)]
    shape = (len(values), at.size)
    return Fits(
        np.array([one for one, _ in found]).reshape(shape),
        np.array([gradient for _, gradient in found]).reshape(*shape, values.shape[1]),
    )


def _fit_double_exponential(
    factors: FloatArray, values: FloatArray, weights: FloatArray, at: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Fit ``a exp(-b x) + c exp(-d x)`` with rates that decay."""

    def model(theta: FloatArray, x: FloatArray) -> FloatArray:
        return np.asarray(theta[0] * np.exp(-theta[1] * x) + theta[2] * np.exp(-theta[3] * x))

    def jacobian(theta: FloatArray, x: FloatArray) -> FloatArray:
        slow, fast = np.exp(-theta[1] * x), np.exp(-theta[3] * x)
        return np.stack([slow, -theta[0] * x * slow, fast, -theta[2] * x * fast], axis=-1)

    # Half of this package's import time, for one model that is seldom asked for.
    from scipy.optimize import least_squares

    root = np.sqrt(weights)
    amplitude, rate = (
        float(one[0]) for one in _log_linear_start(factors[None], values[None], weights[None])
    )
    start = [0.7 * amplitude, max(rate, 0.01) * 0.6, 0.3 * amplitude, max(rate, 0.01) * 2.0]
    fitted = least_squares(
        lambda theta: root * (model(theta, factors) - values),
        start,
        jac=lambda theta: root[:, None] * jacobian(theta, factors),
        bounds=([-np.inf, 0.0, -np.inf, 0.0], [np.inf, 20.0, np.inf, 20.0]),
        max_nfev=400,
    )
    if not fitted.success:
        return np.full(at.size, np.nan), np.zeros((at.size, factors.size))
    scaled = root[:, None] * jacobian(fitted.x, factors)
    # Where both rates agree the two terms are one, and only what the data determine is propagated.
    sensitivity = np.linalg.pinv(scaled, rcond=1e-6) * root[None, :]
    return model(fitted.x, at), jacobian(fitted.x, at) @ sensitivity


def shows_decay(values: FloatArray, variances: FloatArray) -> NDArray[np.bool_]:
    """Tell in which series [N] a rate of decay can be seen: where any value is not just noise.

    An exponential through noise may be anything; a line through it is noise around 0, as it is.
    """
    return np.asarray((values**2 > MIN_SIGNIFICANCE**2 * variances).any(axis=1))


def select(
    names: Sequence[ExtrapolatorName],
    fits: Sequence[Fits],
    measured: FloatArray,
    variances: FloatArray,
    zero: int,
) -> tuple[Fits, NDArray[np.int64]]:
    """Take, series by series, the first model that fits; a term of Paulis lies in [-1, 1].

    A fit is good when it is finite, its standard error at zero noise is at most 1, and its value
    there lies within [-1, 1] widened by 1, less that error, as IBM's reducer has it. An exponential
    is not even tried where no measured value is three standard errors from 0. Where no model is
    good, the one with the smallest standard error is taken.

    Args:
        names: The models, in the order of preference.
        fits: One for each model.
        measured: The measured values [N, F].
        variances: Variances of the measured values [N, F].
        zero: Which evaluation point decides.

    Returns:
        The chosen fits, and the model of each series [N].
    """
    values = np.stack([one.values for one in fits])
    gradients = np.stack([one.gradients for one in fits])
    stds = np.stack([np.sqrt(one.variances(variances)) for one in fits])[:, :, zero]
    stds = np.where(np.isfinite(stds) & np.isfinite(values[:, :, zero]), stds, np.inf)
    good = (stds <= MAX_STD) & (np.abs(np.nan_to_num(values[:, :, zero])) + stds <= 2.0)
    is_rate = np.array([name in ("exponential", "double_exponential") for name in names])
    good &= ~is_rate[:, None] | shows_decay(measured, variances)
    chosen = np.where(good.any(axis=0), good.argmax(axis=0), stds.argmin(axis=0))
    series = np.arange(values.shape[1])
    return Fits(values[chosen, series], gradients[chosen, series]), chosen.astype(np.int64)
