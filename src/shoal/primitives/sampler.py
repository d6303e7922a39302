"""The sampler: shots of circuits that measure."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from qiskit.primitives import BaseSamplerV2
from qiskit.primitives.containers import SamplerPubLike
from qiskit.providers import BackendV2

from .job import Job
from .options import SamplerOptions
from .options_view import OptionsView
from .pubs import sampler_request
from .runner import Runner, check_mode, has_device, runner_of
from .unsupported import refuse_unsupported


class Sampler(BaseSamplerV2):  # type: ignore[misc]
    """Draws shots; one of Qiskit's V2 primitives.

    >>> from qiskit import QuantumCircuit
    >>> bell = QuantumCircuit(2)
    >>> _ = bell.h(0), bell.cx(0, 1), bell.measure_all()
    >>> job = Sampler(options={"seed": 7}).run([bell], shots=100)
    >>> sorted(job.result()[0].data.meas.get_counts())
    ['00', '11']
    """

    def __init__(
        self,
        mode: Runner | BackendV2 | None = None,
        options: SamplerOptions | OptionsView | Mapping[str, Any] | None = None,
    ) -> None:
        """Make a sampler.

        Args:
            mode: What runs it: ``None`` for this process, a cluster, or one of Qiskit's backends.
            options: A mapping of options with IBM's names, or `SamplerOptions`.

        Raises:
            OptionError: An option is not known, or cannot take its value.
            TypeError: The mode can run nothing.
        """
        check_mode(mode)
        self._mode = mode
        self._options = SamplerOptions.coerce(options)

    @property
    def mode(self) -> Runner | BackendV2 | None:
        """What runs it."""
        return self._mode

    @property
    def options(self) -> OptionsView:
        """The options, which may be set one by one or all at once."""
        return OptionsView(self)

    @options.setter
    def options(self, options: SamplerOptions | OptionsView | Mapping[str, Any]) -> None:
        self._options = SamplerOptions.coerce(options)

    @property
    def default_shots(self) -> int:
        """The shots of each parameter set of pubs that say none."""
        return self._options.default_shots

    def run(self, pubs: Iterable[SamplerPubLike], *, shots: int | None = None) -> Job:
        """Draw the shots of some pubs.

        Args:
            pubs: ``(circuit, parameter values, shots)``, the last two optional; or a circuit.
            shots: Of each parameter set of pubs that say none.

        Returns:
            The job.

        Raises:
            RequestError: What was asked cannot be meant, or not be done; the message names the pub.
            TypeError: A pub, or something in one, is of the wrong type.
        """
        options = self._options
        refuse_unsupported(options, has_device=has_device(self._mode, options))
        default = self.default_shots if shots is None else shots
        return runner_of(self._mode).submit(sampler_request(pubs, default, options, _warn))


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=4)
