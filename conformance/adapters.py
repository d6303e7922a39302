"""Shoal's `Estimator` and `Sampler` behind the constructors of the peers' classes.

Each has the name of the class that it stands in for, and only translates its options.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit.providers import BackendV2
from qiskit_aer import AerSimulator

from shoal.primitives import Estimator, Sampler

Seed = int | np.random.Generator | None


class StatevectorEstimator(Estimator):
    """``qiskit.primitives.StatevectorEstimator``."""

    def __init__(self, *, default_precision: float = 0.0, seed: Seed = None) -> None:
        super().__init__(options={"default_precision": default_precision, "seed": root_seed(seed)})
        self.seed = seed

    def run(self, pubs: Iterable[Any], *, precision: float | None = None) -> Any:
        """Run; a subclass that has its own ``_run`` gets coerced pubs, as it expects."""
        if type(self)._run is StatevectorEstimator._run:
            return super().run(pubs, precision=precision)
        default = self.default_precision if precision is None else precision
        return self._run([EstimatorPub.coerce(pub, default) for pub in pubs])

    def _run(self, pubs: list[EstimatorPub]) -> Any:
        return super().run(pubs)


class StatevectorSampler(Sampler):
    """``qiskit.primitives.StatevectorSampler``."""

    def __init__(self, *, default_shots: int = 1024, seed: Seed = None) -> None:
        super().__init__(options={"default_shots": default_shots, "seed": root_seed(seed)})
        self.seed = seed

    def run(self, pubs: Iterable[Any], *, shots: int | None = None) -> Any:
        """Run; a subclass that has its own ``_run`` gets coerced pubs, as it expects."""
        if type(self)._run is StatevectorSampler._run:
            return super().run(pubs, shots=shots)
        default = self.default_shots if shots is None else shots
        return self._run([SamplerPub.coerce(pub, default) for pub in pubs])

    def _run(self, pubs: list[SamplerPub]) -> Any:
        return super().run(pubs)


@dataclass
class BackendEstimatorOptions:
    """The options of ``BackendEstimatorV2``, which its users may assign to."""

    default_precision: float = 0.015625
    abelian_grouping: bool = True
    seed_simulator: int | None = None


class BackendEstimatorV2(BaseEstimatorV2):
    """``qiskit.primitives.BackendEstimatorV2``."""

    def __init__(self, *, backend: BackendV2, options: dict[str, Any] | None = None) -> None:
        self.backend = backend
        self.options = BackendEstimatorOptions(**options or {})

    def run(self, pubs: Iterable[Any], *, precision: float | None = None) -> Any:
        """Run on the backend, with the options as they are now."""
        options = asdict(self.options)
        options["seed"] = options.pop("seed_simulator")
        return Estimator(mode=self.backend, options=options).run(pubs, precision=precision)


@dataclass
class BackendSamplerOptions:
    """The options of ``BackendSamplerV2``, which its users may assign to."""

    default_shots: int = 1024
    seed_simulator: int | None = None
    run_options: dict[str, Any] | None = None


class BackendSamplerV2(BaseSamplerV2):
    """``qiskit.primitives.BackendSamplerV2``."""

    def __init__(self, *, backend: BackendV2, options: dict[str, Any] | None = None) -> None:
        self.backend = backend
        self.options = BackendSamplerOptions(**options or {})

    def run(self, pubs: Iterable[Any], *, shots: int | None = None) -> Any:
        """Run on the backend, with the options as they are now."""
        if self.options.run_options:
            raise NotImplementedError(f"run_options: {sorted(self.options.run_options)}")
        options = {"default_shots": self.options.default_shots, "seed": self.options.seed_simulator}
        return Sampler(mode=self.backend, options=options).run(pubs, shots=shots)


@dataclass
class AerOptions:
    """The options of Aer's ``EstimatorV2`` and ``SamplerV2``."""

    default_precision: float = 0.0
    backend_options: dict[str, Any] = field(default_factory=dict)
    run_options: dict[str, Any] = field(default_factory=dict)

    @property
    def simulator(self) -> dict[str, Any]:
        """The same in Shoal's words."""
        return self.backend_options | self.run_options


class EstimatorV2(BaseEstimatorV2):
    """``qiskit_aer.primitives.EstimatorV2``."""

    def __init__(self, *, options: dict[str, Any] | None = None) -> None:
        self.mode: BackendV2 | None = None
        self.options = AerOptions(**options or {})

    @classmethod
    def from_backend(cls, backend: BackendV2, **options: Any) -> Self:
        """An estimator of an Aer backend, or of one with this backend's noise."""
        estimator = cls(**options)
        estimator.mode = aer_backend(backend)
        return estimator

    def run(self, pubs: Iterable[Any], *, precision: float | None = None) -> Any:
        """Run, with the options as they are now."""
        options = {
            "default_precision": self.options.default_precision,
            "simulator": self.options.simulator,
        }
        return Estimator(mode=self.mode, options=options).run(pubs, precision=precision)


class SamplerV2(BaseSamplerV2):
    """``qiskit_aer.primitives.SamplerV2``."""

    def __init__(
        self,
        *,
        default_shots: int = 1024,
        seed: int | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.mode: BackendV2 | None = None
        self.default_shots = default_shots
        self.seed = seed
        self.options = AerOptions(**options or {})

    @classmethod
    def from_backend(cls, backend: BackendV2, **options: Any) -> Self:
        """A sampler of an Aer backend, or of one with this backend's noise."""
        sampler = cls(**options)
        sampler.mode = aer_backend(backend)
        return sampler

    def run(self, pubs: Iterable[Any], *, shots: int | None = None) -> Any:
        """Run, with the options as they are now."""
        options = {
            "default_shots": self.default_shots,
            "seed": self.seed,
            "simulator": self.options.simulator,
        }
        return Sampler(mode=self.mode, options=options).run(pubs, shots=shots)


def root_seed(seed: Seed) -> int | None:
    """A generator stands for the number that it draws next."""
    return int(seed.integers(1 << 63)) if isinstance(seed, np.random.Generator) else seed


def aer_backend(backend: BackendV2) -> AerSimulator:
    """As Aer's own ``from_backend`` does it."""
    return backend if isinstance(backend, AerSimulator) else AerSimulator.from_backend(backend)
