"""What estimates have in common beside their shots: the readout's calibration and learnt rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..observables import FloatArray
from ..workload import COVARIANCES_FIELD, DEVIATIONS_FIELD, LEARNT_FIELD
from .estimates import ObservableEstimates, TermEstimates
from .uncertain_rates import variances_by_rates


@dataclass(frozen=True, slots=True, eq=False)
class CommonErrors:
    """Errors of numbers that all estimates of a row group depend on."""

    readout: FloatArray | None = None
    """Covariance of the numbers of the calibrations [G, G]."""
    readout_deviations: FloatArray | None = None
    """What each independent draw of the calibrations adds to them [D, G], if that is asked for."""
    rates: FloatArray | None = None
    """Covariance of the rates of layers' noise that are not exactly known [L, L]."""

    def with_rates(
        self,
        found: ObservableEstimates,
        noisy: Sequence[TermEstimates],
        pulls: Sequence[FloatArray],
    ) -> ObservableEstimates:
        """Add what the errors of rates give to the variances of observables.

        Args:
            found: Observables, with the errors of shots and calibrations.
            noisy: Terms at each noise factor.
            pulls: Derivatives of the observables by each factor's terms [K, P, T].
        """
        if self.rates is None:
            return found
        return ObservableEstimates(
            found.values, found.variances + self._by_rates(noisy, pulls, self.rates)
        )

    def learnt_fields(
        self, noisy: Sequence[TermEstimates], pulls: Sequence[FloatArray]
    ) -> dict[str, FloatArray]:
        """Say which part of standard errors the rates are to blame for, where they have errors.

        Args:
            noisy: Terms at each noise factor.
            pulls: Derivatives of the observables by each factor's terms [K, P, T].
        """
        if self.rates is None:
            return {}
        return {LEARNT_FIELD: np.sqrt(self._by_rates(noisy, pulls, self.rates))}

    @staticmethod
    def _by_rates(
        noisy: Sequence[TermEstimates], pulls: Sequence[FloatArray], rates: FloatArray
    ) -> FloatArray:
        slopes = [one.by_rates for one in noisy]
        return variances_by_rates(list(zip(slopes, pulls, strict=True)), rates)

    def joint_fields(
        self, noisy: Sequence[TermEstimates], pulls: Sequence[FloatArray]
    ) -> dict[str, FloatArray]:
        """Say what errors of observables have in common.

        Args:
            noisy: Terms at each noise factor.
            pulls: Derivatives of the observables by each factor's terms [K, P, T].

        Returns:
            Covariances by the shots with the same group's observables [K, P, K], and what each draw
            of the calibrations moves them by [K, P, D].
        """
        both = list(zip(noisy, pulls, strict=True))
        own = [
            np.einsum("kpu,lpu->kpl", np.einsum("kpt,ptu->kpu", pull, one.covariance), pull)
            for one, pull in both
        ]
        fields = {COVARIANCES_FIELD: np.sum(own, axis=0)}
        if self.readout_deviations is not None:
            by_readout = [
                np.einsum("kpt,ptg->kpg", pull, one.shared)
                for one, pull in both
                if one.shared is not None
            ]
            slopes = np.sum(by_readout, axis=0)
            fields[DEVIATIONS_FIELD] = np.einsum("kpg,dg->kpd", slopes, self.readout_deviations)
        return fields
