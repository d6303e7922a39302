"""The options of an estimator and of a sampler: frozen, checked at birth, with IBM's names."""

# ruff: noqa: RUF009 - `option` and `group` return a fresh dataclasses.field
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from .option_checks import flag, maybe, option, real, whole
from .option_group import OptionGroup, group
from .option_groups import (
    DynamicalDecouplingOptions,
    ExecutionOptions,
    LayerNoiseLearningOptions,
    ResilienceOptions,
    SamplerResilienceOptions,
    SimulatorOptions,
    TwirlingOptions,
)

DEFAULT_SHOTS = 1024
"""Of each parameter set of a sampler, as Qiskit's own samplers and Aer's have it."""

SHOT_PRECISION = 0.015625
"""An estimator's default wherever shots must be drawn: 4,096 of them, as on IBM's queues."""


@dataclass(frozen=True, kw_only=True)
class PrimitiveOptions(OptionGroup):
    """What estimators and samplers have in common."""

    seed: int | None = option(None, maybe(whole(0, 1 << 128)))
    """Root of every random number; ``None``: fresh entropy for each run."""
    twirling: TwirlingOptions = group(TwirlingOptions)
    dynamical_decoupling: DynamicalDecouplingOptions = group(DynamicalDecouplingOptions)
    simulator: SimulatorOptions = group(SimulatorOptions)
    execution: ExecutionOptions = group(ExecutionOptions)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Read what `to_mapping` wrote; options that it leaves out have their defaults."""
        return cls.coerce(mapping)

    @property
    def root_seed(self) -> int | None:
        """The seed that was said, under any of its names."""
        return self.simulator.seed_simulator if self.seed is None else self.seed


@dataclass(frozen=True, kw_only=True)
class EstimatorOptions(PrimitiveOptions):
    """Options of an estimator.

    >>> options = EstimatorOptions.coerce({"resilience": {"zne": {"extrapolator": "linear"}}})
    >>> options.resilience.zne.extrapolator
    ('linear',)
    """

    default_precision: float | None = option(None, maybe(real(0.0)))
    """Of pubs that say none; ``None``: exact where that is possible, else 0.015625."""
    default_shots: int | None = option(None, maybe(whole(1)))
    """Shots a measurement basis; said, it stands before ``default_precision``."""
    resilience_level: int = option(0, whole(0, 3))
    resilience: ResilienceOptions = group(ResilienceOptions)
    abelian_grouping: bool = option(True, flag)
    """Whether terms that commute qubit by qubit share a measurement basis."""
    seed_estimator: int | None = option(None, maybe(whole(0, 1 << 128)))
    """IBM's name of ``seed``, where that is not said."""

    @property
    def root_seed(self) -> int | None:
        """The seed that was said, under any of its names."""
        said = self.seed_estimator if self.seed is None else self.seed
        return self.simulator.seed_simulator if said is None else said


@dataclass(frozen=True, kw_only=True)
class NoiseLearnerOptions(LayerNoiseLearningOptions):
    """Options of a noise learner."""

    PATH: ClassVar[str] = ""

    seed: int | None = option(None, maybe(whole(0, 1 << 128)))
    """Root of every random number; ``None``: fresh entropy for each run."""
    simulator: SimulatorOptions = group(SimulatorOptions)
    execution: ExecutionOptions = group(ExecutionOptions)


@dataclass(frozen=True, kw_only=True)
class SamplerOptions(PrimitiveOptions):
    """Options of a sampler.

    >>> SamplerOptions.coerce({"default_shots": 100}).replaced("seed", 7).seed
    7
    """

    default_shots: int = option(DEFAULT_SHOTS, whole(1))
    """Shots of each parameter set of pubs that say none."""
    resilience: SamplerResilienceOptions = group(SamplerResilienceOptions)
