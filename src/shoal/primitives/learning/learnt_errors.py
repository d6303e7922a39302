"""Errors of learnt rates: how those of the values of the learning circuits go into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qiskit.primitives import DataBin

from ..layer_noise import RateDeviations, Rows
from ..mitigation.plain_algebra import factor
from ..observables import FloatArray
from ..workload import COVARIANCES_FIELD, DEVIATIONS_FIELD
from .rate_fit import RateFit


@dataclass(frozen=True, slots=True, eq=False)
class ValueErrors:
    """Errors of all values [N] that one layer's noise is learnt from.

    Values of one circuit share its shots, and all of them the calibration of the readout.
    """

    covariance: FloatArray
    """By the shots [N, N]."""
    readout: FloatArray
    """By each independent draw of the calibration [N, D]."""

    @classmethod
    def of(cls, results: Sequence[DataBin], signs: Sequence[FloatArray]) -> ValueErrors:
        """Read them off the results of circuits.

        Args:
            results: Of each circuit, with joint errors.
            signs: What the values of each are multiplied by.
        """
        ends = np.cumsum([0, *map(len, signs)])
        covariance = np.zeros((ends[-1], ends[-1]))
        for first, last, one, sign in zip(ends[:-1], ends[1:], results, signs, strict=True):
            own = np.asarray(one[COVARIANCES_FIELD]) * np.outer(sign, sign)
            covariance[first:last, first:last] = own
        rows = [
            sign[:, None] * np.asarray(one[DEVIATIONS_FIELD])
            for one, sign in zip(results, signs, strict=True)
        ]
        return cls(covariance, np.concatenate(rows))

    @property
    def total(self) -> FloatArray:
        """The covariance by shots and calibration together [N, N]."""
        return np.asarray(self.covariance + np.einsum("nd,md->nm", self.readout, self.readout))

    def deviations(self, fit: RateFit, calibration: str) -> RateDeviations:
        """Return what the sources of error move the fitted rates by.

        Rates at their bound are taken to stay there: so the errors are those of the fit as it came
        out, which is linear in the values there.

        Args:
            fit: Of these values.
            calibration: What names the calibration.
        """
        half = np.einsum("kn,nm->km", fit.response, self.covariance)
        own = factor(np.einsum("km,lm->kl", half, fit.response))
        common = np.einsum("kn,nd->kd", fit.response, self.readout)
        return RateDeviations(_rows(own), _rows(common), calibration)


def _rows(matrix: FloatArray) -> Rows:
    """Write a matrix down, without the zeros that its columns and its rows end in."""
    narrow = matrix[:, matrix.any(axis=0)]
    ends = [np.flatnonzero(row)[-1:] + 1 for row in narrow]
    return tuple(
        tuple(row[: int(end.sum())].tolist()) for row, end in zip(narrow, ends, strict=True)
    )
