"""The estimator: expectation values of observables in the states that circuits prepare."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from qiskit.primitives import BaseEstimatorV2
from qiskit.primitives.containers import EstimatorPubLike
from qiskit.providers import BackendV2

from .adaptive import adaptive_job
from .job import Job
from .learnt_job import learnt_job, must_learn
from .mitigation.resilience import resilience_of
from .noise_learner import translation
from .options import SHOT_PRECISION, EstimatorOptions
from .options_view import OptionsView
from .precision import precision_of_shots
from .pubs import estimator_request
from .request import Request
from .runner import Runner, check_mode, has_device, runner_of
from .unsupported import refuse_unsupported


class Estimator(BaseEstimatorV2):  # type: ignore[misc]
    """Estimates expectation values; one of Qiskit's V2 primitives.

    >>> from qiskit import QuantumCircuit
    >>> bell = QuantumCircuit(2)
    >>> _ = bell.h(0), bell.cx(0, 1)
    >>> job = Estimator().run([(bell, ["ZZ", "XX", "ZI"])])
    >>> job.result()[0].data.evs.round(12) + 0
    array([1., 1., 0.])
    """

    def __init__(
        self,
        mode: Runner | BackendV2 | None = None,
        options: EstimatorOptions | OptionsView | Mapping[str, Any] | None = None,
    ) -> None:
        """Make an estimator.

        Args:
            mode: What runs it: ``None`` for this process, a cluster, or one of Qiskit's backends.
            options: A mapping of options with IBM's names, or `EstimatorOptions`.

        Raises:
            OptionError: An option is not known, or cannot take its value.
            TypeError: The mode can run nothing.
        """
        check_mode(mode)
        self._mode = mode
        self._options = EstimatorOptions.coerce(options)

    @property
    def mode(self) -> Runner | BackendV2 | None:
        """What runs it."""
        return self._mode

    @property
    def options(self) -> OptionsView:
        """The options, which may be set one by one or all at once."""
        return OptionsView(self)

    @options.setter
    def options(self, options: EstimatorOptions | OptionsView | Mapping[str, Any]) -> None:
        self._options = EstimatorOptions.coerce(options)

    @property
    def default_precision(self) -> float:
        """The target precision of pubs that say none; 0 asks for exact values."""
        options = self._options
        if options.default_shots is not None:
            return precision_of_shots(options.default_shots)
        if options.default_precision is not None:
            return options.default_precision
        draws_shots = (
            has_device(self._mode, options) or resilience_of(options, needs_model=False).needs_shots
        )
        return SHOT_PRECISION if draws_shots else 0.0

    def run(self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None) -> Job:
        """Estimate the expectation values of some pubs.

        Args:
            pubs: ``(circuit, observables, parameter values, precision)``, the last two optional.
            precision: Target standard error of pubs that say none: ``ceil(1 / precision**2)`` shots
                are drawn in each measurement basis; 0 asks for exact values.

        Returns:
            The job.

        Raises:
            RequestError: What was asked cannot be meant, or not be done; the message names the pub.
            TypeError: A pub, or something in one, is of the wrong type.
        """
        options = self._options
        refuse_unsupported(options, has_device=has_device(self._mode, options))
        default = self.default_precision if precision is None else precision
        request, runner = estimator_request(pubs, default, options), runner_of(self._mode)

        def submit(known: Request) -> Job:
            if known.options.execution.adaptive:
                return adaptive_job(runner, known, secrets.token_hex(8))
            return runner.submit(known)

        if must_learn(options):
            return learnt_job(
                submit, request, secrets.token_hex(8), translation(self._mode, options)
            )
        return submit(request)
