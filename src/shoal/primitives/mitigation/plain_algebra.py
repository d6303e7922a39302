"""Linear algebra whose last bits depend on the numbers alone.

A BLAS cuts sums by its number of threads, and a result must not know how many there were. Here
every sum is numpy's own, whose order is fixed by the shape.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..observables import FloatArray

Apply = Callable[[FloatArray], FloatArray]

MAX_RESTARTS = 4
"""Of a solution that stands still: each starts from where the last one ended."""


def inner(one: FloatArray, other: FloatArray) -> float:
    """Return the inner product of two vectors."""
    return float((one * other).sum())


def product(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    """Return a matrix times a vector."""
    return np.asarray((matrix * vector).sum(axis=1))


def inverse(matrix: FloatArray) -> FloatArray:
    """Return the inverse [N, N] by Gauss and Jordan, with pivots of the columns.

    Args:
        matrix: [N, N], a few hundred rows.

    Raises:
        np.linalg.LinAlgError: It is singular.
    """
    size = len(matrix)
    work = np.array(matrix, dtype=np.float64)
    order = np.arange(size)
    for step in range(size):
        pivot = step + int(np.abs(work[step:, step]).argmax())
        if work[pivot, step] == 0:
            raise np.linalg.LinAlgError("Singular matrix")
        if pivot != step:
            work[[step, pivot]] = work[[pivot, step]]
            order[[step, pivot]] = order[[pivot, step]]
        scale = 1.0 / work[step, step]
        row = work[step] * scale
        row[step] = scale
        column = work[:, step].copy()
        column[step] = 0.0
        work[:, step] = 0.0
        work[step] = 0.0
        work -= column[:, None] * row
        work[step] = row
    found = np.empty_like(work)
    found[:, order] = work
    return found


def factor(matrix: FloatArray) -> FloatArray:
    """Return a lower triangular factor of a covariance by Cholesky's method.

    Args:
        matrix: Symmetric, with no negative eigenvalue [N, N]; it may be singular.

    Returns:
        [N, N]; its product with its transpose is the matrix.
    """
    work, found = np.array(matrix, dtype=np.float64), np.zeros_like(matrix)
    least = 1e-12 * np.diagonal(work).copy()
    for step in range(len(work)):
        pivot = float(work[step, step])
        if pivot <= least[step] or pivot <= 0:
            continue
        found[step:, step] = work[step:, step] / np.sqrt(pivot)
        work[step:, step:] -= found[step:, step, None] * found[step:, step]
    return found


def solution(
    apply: Apply, right: FloatArray, scale: FloatArray, tolerance: float, steps: int = 100
) -> FloatArray | None:
    """Solve a linear system by stabilised biconjugate gradients (van der Vorst, 1992).

    Args:
        apply: Multiplies by the matrix.
        right: The right-hand side [N], where the search starts.
        scale: The matrix' diagonal [N], by which it is preconditioned.
        tolerance: Norm of the residual relative to the right-hand side's.
        steps: At the most, after each start.

    Returns:
        The solution; ``None`` where it was not found.
    """
    target = tolerance**2 * inner(right, right)
    found = right.copy()
    for _ in range(MAX_RESTARTS):
        if _improve(apply, right, scale, target, steps, found):
            return found
        if not np.isfinite(found).all():
            return None
    return None


def _improve(
    apply: Apply, right: FloatArray, scale: FloatArray, target: float, steps: int, x: FloatArray
) -> bool:
    """Improve a solution in its place; return whether it is good enough."""
    residual = right - apply(x)
    if inner(residual, residual) <= target:
        return True
    shadow, search = residual.copy(), np.zeros_like(x)
    image = np.zeros_like(x)
    rho = alpha = omega = 1.0
    for _ in range(steps):
        rho, before = inner(shadow, residual), rho
        if rho == 0 or omega == 0:
            return False
        search = residual + rho / before * (alpha / omega) * (search - omega * image)
        image = apply(search / scale)
        projected = inner(shadow, image)
        if projected == 0:
            return False
        alpha = rho / projected
        half = residual - alpha * image
        turned = apply(half / scale)
        length = inner(turned, turned)
        omega = inner(turned, half) / length if length else 0.0
        x += (alpha * search + omega * half) / scale
        residual = half - omega * turned
        if inner(residual, residual) <= target:
            return True
    return False
