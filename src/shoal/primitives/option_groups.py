"""The nested groups of options, with IBM's names wherever IBM has one.

``None`` means "not said": the resilience level decides.
"""

# ruff: noqa: RUF009 - `option` and `group` return a fresh dataclasses.field
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from .layer_noise import LayerNoise
from .option_checks import (
    auto_or,
    flag,
    maybe,
    noise_model,
    one_layer_noise,
    one_of,
    option,
    real,
    several,
    share,
    text,
    whole,
)
from .option_group import OptionGroup, group

SIMULATION_METHODS = (
    "automatic",
    "statevector",
    "density_matrix",
    "stabilizer",
    "extended_stabilizer",
    "matrix_product_state",
    "tensor_network",
)

EXTRAPOLATORS = (
    "linear",
    "exponential",
    "double_exponential",
    "richardson",
    "fallback",
    *(f"polynomial_degree_{degree}" for degree in range(1, 8)),
)


@dataclass(frozen=True, kw_only=True)
class DynamicalDecouplingOptions(OptionGroup):
    """Pulses that refocus idle qubits."""

    PATH: ClassVar[str] = "dynamical_decoupling"

    enable: bool = option(False, flag)
    sequence_type: str = option("XX", one_of("XX", "XpXm", "XY4"))
    extra_slack_distribution: str = option("middle", one_of("middle", "edges"))
    scheduling_method: str = option("alap", one_of("alap", "asap"))
    skip_reset_qubits: bool = option(False, flag)


@dataclass(frozen=True, kw_only=True)
class TwirlingOptions(OptionGroup):
    """Random Pauli frames around gates and measurements."""

    PATH: ClassVar[str] = "twirling"

    enable_gates: bool | None = option(None, maybe(flag))
    enable_measure: bool | None = option(None, maybe(flag))
    num_randomizations: int | Literal["auto"] = option("auto", auto_or(whole(1)))
    shots_per_randomization: int | Literal["auto"] = option("auto", auto_or(whole(1)))
    strategy: str = option(
        "active-accum", one_of("active", "active-accum", "active-circuit", "all")
    )


@dataclass(frozen=True, kw_only=True)
class ZneOptions(OptionGroup):
    """Zero-noise extrapolation."""

    PATH: ClassVar[str] = "resilience.zne"

    amplifier: str = option(
        "gate_folding",
        one_of(
            "gate_folding",
            "gate_folding_front",
            "gate_folding_back",
            "global_folding",
            "identity_insertion",
            "pea",
            "noise_scaling",
        ),
    )
    noise_factors: tuple[float, ...] = option((1.0, 3.0, 5.0), several(real(1.0)))
    extrapolator: tuple[str, ...] = option(
        ("exponential", "linear"), several(one_of(*EXTRAPOLATORS))
    )
    """Tried in this order until one fits."""
    extrapolated_noise_factors: tuple[float, ...] | None = option(None, maybe(several(real(0.0))))
    """Where the values of all models are reported; ``None``: at 0 and at the noise factors."""


@dataclass(frozen=True, kw_only=True)
class PostSelectionOptions(OptionGroup):
    """Which shots are kept for the reduce; the others stay where they are stored."""

    PATH: ClassVar[str] = "resilience.post_selection"

    bits: tuple[int, ...] | None = option(None, maybe(several(whole(0))))
    """Of an estimator the qubits that are checked, measured in Z beside all else; of a sampler the
    bits of the register. ``None``: every shot is kept."""
    register: str = option("meas", text)
    """Of a sampler."""
    kind: str = option("value", one_of("value", "parity"))
    """Whether every bit, or the parity of them all, must be the expected one."""
    expected: int = option(0, whole(0, 2))


@dataclass(frozen=True, kw_only=True)
class MeasureNoiseLearningOptions(OptionGroup):
    """How the readout is calibrated."""

    PATH: ClassVar[str] = "resilience.measure_noise_learning"

    num_randomizations: int = option(32, whole(2))
    """Calibration circuits; each prepares a random string, or the complement of one."""
    shots_per_randomization: int | Literal["auto"] = option("auto", auto_or(whole(1)))
    """"auto": as many shots in all as the largest pub has a measurement basis."""
    calibration_max_age: float | None = option(None, maybe(real(0.0)))
    """In seconds: while a queue still has work, its calibration is measured again when it is older,
    and shots are joined to the one nearest in time. ``None``: once a job. Simulators do not drift:
    theirs is measured once."""
    max_calibrations: int = option(8, whole(1))
    """With ``calibration_max_age``: how often it is measured in all, at the most."""


@dataclass(frozen=True, kw_only=True)
class LayerNoiseLearningOptions(OptionGroup):
    """How the noise of layers of two-qubit gates is learnt."""

    PATH: ClassVar[str] = "resilience.layer_noise_learning"

    max_layers_to_learn: int | None = option(4, maybe(whole(1)))
    """Circuits with more distinct layers are refused; ``None``: any number."""
    shots_per_randomization: int = option(128, whole(1))
    num_randomizations: int = option(32, whole(2))
    layer_pair_depths: tuple[int, ...] = option((0, 1, 2, 4, 16, 32), several(whole(0)))
    """How often pairs of a layer are repeated; 0 stands for one single layer."""
    twirling_strategy: str = option(
        "active-accum", one_of("active", "active-accum", "active-circuit", "all")
    )
    """Which idle qubits belong to a layer, so that its noise may act on them."""


@dataclass(frozen=True, kw_only=True)
class PecOptions(OptionGroup):
    """Probabilistic error cancellation."""

    PATH: ClassVar[str] = "resilience.pec"

    max_overhead: float | None = option(100.0, maybe(real(1.0)))
    """The largest gamma**2 that is paid; ``None``: any."""
    noise_gain: float | Literal["auto"] = option("auto", auto_or(real(0.0)))


@dataclass(frozen=True, kw_only=True)
class ResilienceOptions(OptionGroup):
    """Error mitigation of an estimator."""

    PATH: ClassVar[str] = "resilience"

    measure_mitigation: bool | None = option(None, maybe(flag))
    """TREX where measurements are twirled, as they are then by default; else the local inverse."""
    measure_noise_learning: MeasureNoiseLearningOptions = group(MeasureNoiseLearningOptions)
    post_selection: PostSelectionOptions = group(PostSelectionOptions)
    zne_mitigation: bool | None = option(None, maybe(flag))
    zne: ZneOptions = group(ZneOptions)
    layer_noise_learning: LayerNoiseLearningOptions = group(LayerNoiseLearningOptions)
    """Where ``layer_noise_model`` is not said and PEC or PEA need one, it is learnt before."""
    pec_mitigation: bool | None = option(None, maybe(flag))
    pec: PecOptions = group(PecOptions)
    confidence: float | None = option(None, maybe(share))
    """Of the intervals ``evs_lower`` to ``evs_upper``, such as 0.95; ``None``: none."""
    joint_errors: bool = option(False, flag)
    """Adds what the errors of a pub's values have in common: ``covariances``, by the shots, with
    each element of the pub, and ``readout_deviations``, by each circuit of the calibration."""
    layer_noise_model: tuple[LayerNoise, ...] | None = option(None, maybe(several(one_layer_noise)))
    """The noise of the circuit's layers of two-qubit gates, which PEC cancels and PEA amplifies:
    mappings of ``gates``, ``generators`` and ``rates``."""


@dataclass(frozen=True, kw_only=True)
class SamplerResilienceOptions(OptionGroup):
    """Error mitigation of a sampler."""

    PATH: ClassVar[str] = "resilience"

    measure_mitigation: bool | None = option(None, maybe(flag))
    """Whether ``result[i].quasi`` has readout-mitigated quasi-probabilities, beside the shots."""
    measure_noise_learning: MeasureNoiseLearningOptions = group(MeasureNoiseLearningOptions)
    post_selection: PostSelectionOptions = group(PostSelectionOptions)


@dataclass(frozen=True, kw_only=True)
class SimulatorOptions(OptionGroup):
    """How a simulator simulates; a hardware queue has no use for any of it but the seed."""

    PATH: ClassVar[str] = "simulator"

    noise_model: Any = option(None, maybe(noise_model))
    """A qiskit-aer ``NoiseModel``; to change it give another one, not the same one changed."""
    seed_simulator: int | None = option(None, maybe(whole(0, 1 << 128)))
    """The seed of the whole job where ``seed`` is not said."""
    method: str = option("automatic", one_of(*SIMULATION_METHODS))
    device: str = option("CPU", one_of("CPU", "GPU"))
    precision: str = option("double", one_of("double", "single"))


@dataclass(frozen=True, kw_only=True)
class ExecutionOptions(OptionGroup):
    """What executes blocks."""

    PATH: ClassVar[str] = "execution"

    engine: str = option("auto", text)
    """An engine's or a queue's name, or "auto": the fastest one that is right for each circuit."""
    engines: tuple[str, ...] | None = option(None, maybe(several(text)))
    """One a pub, in their order, where they are not to run on the same."""
    adaptive: bool = option(False, flag)
    """Whether an estimator draws shots until every standard error is at most the precision."""
    max_shots: int = option(1 << 20, whole(1))
    """Of each measurement basis, where shots are drawn adaptively."""
