"""What options mean for mitigation: levels resolved, randomizations counted."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any, Literal, TypedDict

from ..errors import OptionError
from ..layer_noise import LayerNoise
from ..noise import noisy_instructions
from ..options import EstimatorOptions, SamplerOptions
from ..workload import Workload
from .post_selection import Check, Kind

MIN_SHOTS_PER_RANDOMIZATION = 64
AUTO_RANDOMIZATIONS = 32
"""IBM's split of shots over randomizations where both numbers are "auto"."""

Readout = Literal["none", "trex", "local"]


@dataclass(frozen=True, slots=True)
class ZnePlan:
    """Zero-noise extrapolation."""

    amplifier: str
    asked: tuple[float, ...]
    """Noise factors as asked for, and as they are reported."""
    extrapolators: tuple[str, ...]
    reported: tuple[float, ...]
    """Noise factors at which the values of all models are reported."""

    @property
    def factors(self) -> tuple[float, ...]:
        """What is executed: each noise factor once, rising."""
        return tuple(sorted(set(self.asked)))

    @property
    def at(self) -> tuple[float, ...]:
        """Where all models are evaluated: at 0, for the result, and where they are reported."""
        return (0.0, *self.reported)


@dataclass(frozen=True, slots=True)
class PecPlan:
    """Probabilistic error cancellation."""

    max_overhead: float | None
    noise_gain: float
    """The share of the noise that is left; 0 cancels all of it."""


@dataclass(frozen=True, slots=True)
class Resilience:
    """All of a request's mitigation."""

    readout: Readout = "none"
    """``trex`` divides by contrasts, ``local`` inverts each qubit's (and is M3 for a sampler)."""
    twirl_measure: bool = False
    randomizations: int | None = None
    shots_per_randomization: int | None = None
    zne: ZnePlan | None = None
    twirl_gates: bool = False
    strategy: str = "active-accum"
    pec: PecPlan | None = None
    layer_noise: tuple[LayerNoise, ...] = ()
    check: Check | None = None
    """Which shots are kept; of an estimator the bits are qubits."""
    confidence: float | None = None
    joint_errors: bool = False
    """Whether the covariances of a pub's values are told."""
    calibration_circuits: int = 32
    calibration_shots: int | None = None
    """Of each calibration circuit; ``None``: of the size of the pubs."""
    calibrations: int = 1
    """How often a queue's readout may be calibrated, where the device drifts."""

    @property
    def is_active(self) -> bool:
        """Whether anything differs from plain estimates."""
        tells_more = self.confidence is not None or self.joint_errors
        return self.needs_shots or self.zne is not None or tells_more

    @property
    def needs_shots(self) -> bool:
        """Whether exact values cannot be had."""
        return self.readout != "none" or self.is_randomized or self.check is not None

    @property
    def is_randomized(self) -> bool:
        """Whether circuits run in random variations."""
        return self.twirl_measure or self.twirl_gates

    @property
    def injects(self) -> bool:
        """Whether the noise of layers must be known."""
        return self.pec is not None or (self.zne is not None and self.zne.amplifier == "pea")

    def metadata(self, workload: Workload, program: int) -> dict[str, Any]:
        """Say what was done to the pubs of a program, and with how many shots.

        Args:
            workload: The mitigated workload.
            program: The first one of a family.
        """
        family = next(one for one in workload.families if one.programs[0] == program)
        shots = max((v.shots or 0 for v in workload.variants if v.program == program), default=0)
        count = workload.programs[program].randomizations
        done: dict[str, Any] = {"measure_mitigation": self.readout}
        if family.calibration is not None:
            rows = workload.programs[family.calibration].num_rows
            each = [v.shots or 0 for v in workload.variants if v.program == family.calibration]
            done["readout_calibration_shots"] = rows * sum(each)
        if self.zne is not None:
            effective = dict(zip(family.requested, family.factors, strict=True))
            done["zne"] = {
                "amplifier": self.zne.amplifier,
                "noise_factors": list(self.zne.asked),
                "effective_noise_factors": [effective[asked] for asked in self.zne.asked],
                "extrapolator": list(self.zne.extrapolators),
                "extrapolated_noise_factors": list(self.zne.reported),
            }
        if self.pec is not None:
            gamma = workload.programs[program].gamma
            gain, overhead = self.pec.noise_gain, gamma**2
            done["pec"] = {"gamma": gamma, "sampling_overhead": overhead, "noise_gain": gain}
        if self.check is not None:
            bits, check = list(self.check.bits), self.check
            done["post_selection"] = {"bits": bits, "kind": check.kind, "expected": check.expected}
        if self.injects:
            done["layer_noise_errors"] = self._errors_of_rates()
        if self.confidence is not None:
            done["confidence"] = self.confidence
        found: dict[str, Any] = {"resilience": done}
        if shots:
            found["shots"] = shots * count
        if self.is_randomized:
            found |= {"num_randomizations": count, "shots_per_randomization": shots}
        return found

    def _errors_of_rates(self) -> str:
        """Say whether standard errors have the errors of the noise model's rates in them."""
        exact = [sorted(one.gates) for one in self.layer_noise if one.deviations is None]
        if not exact:
            return "in the standard errors"
        return (
            f"not in the standard errors: {len(exact)} of {len(self.layer_noise)} layers of "
            "resilience.layer_noise_model, such as the one of "
            f"{exact[0]}, give no deviations, so their rates are taken as exact"
        )

    def split(self, shots: int, gamma: float = 1.0, injected: float = 1.0) -> tuple[int, int]:
        """Return the randomizations of a basis, and the shots of each of them.

        With PEC the number of randomizations is what counts: a value near +-1 has the variance
        ``(gamma**2 - 1) / randomizations``, and one near 0 ``gamma**2 / shots``. With PEA it must
        show how often a Pauli is injected, else the spread itself is not seen.

        Args:
            shots: Wanted in all; what is returned is at least as many, unless both numbers were
                said.
            gamma: The cost of PEC.
            injected: What it would cost to cancel the noise that PEA injects.
        """
        if not self.is_randomized:
            return 1, shots
        count, each = self.randomizations, self.shots_per_randomization
        if gamma > 1.0:
            shots, wanted = ceil(shots * gamma**2), ceil(shots * (gamma**2 - 1))
            count = max(wanted, 2) if count is None and each is None else count
            each = -(-shots // count) if each is None and count is not None else each
        elif injected > 1.0 and count is None and each is None:
            count = min(max(ceil(shots * (injected**2 - 1)), AUTO_RANDOMIZATIONS), shots)
        if each is None:
            least = MIN_SHOTS_PER_RANDOMIZATION if count is None else 1
            each = max(least, -(-shots // (count or AUTO_RANDOMIZATIONS)))
        return count or -(-shots // each), each


class _Calibration(TypedDict):
    calibration_circuits: int
    calibration_shots: int | None
    calibrations: int


def resilience_of(
    options: EstimatorOptions | SamplerOptions, *, needs_model: bool = True
) -> Resilience:
    """Resolve the resilience level and what was said beside it.

    Args:
        options: What was said stands before what the level decides.
        needs_model: Whether the noise of layers must be known where it is injected.

    Returns:
        The plan.

    Raises:
        OptionError: Options that contradict each other.
    """
    if isinstance(options, SamplerOptions):
        return _of_sampler(options)
    level, resilience, twirling = options.resilience_level, options.resilience, options.twirling
    mitigates = _said(resilience.measure_mitigation, level >= 1)
    twirls = _said(twirling.enable_measure, mitigates)
    pec = _pec(options) if resilience.pec_mitigation else None
    extrapolates = _said(resilience.zne_mitigation, level == 2 and pec is None)
    zne = _zne(options) if extrapolates else None
    if zne is not None:
        _check_amplifier(options, zne.amplifier)
    injects = pec is not None or (zne is not None and zne.amplifier == "pea")
    twirls_gates = injects or _said(twirling.enable_gates, level == 2)
    _check_local(mitigates and not twirls, twirls_gates)
    noise = resilience.layer_noise_model or ()
    has_both = zne is not None and pec is not None
    _check_layers(options, injects=injects, has_both=has_both, needs_model=needs_model)
    return Resilience(
        readout=("trex" if twirls else "local") if mitigates else "none",
        twirl_measure=twirls,
        randomizations=_number(twirling.num_randomizations),
        shots_per_randomization=_number(twirling.shots_per_randomization),
        zne=zne,
        twirl_gates=twirls_gates,
        strategy=twirling.strategy,
        pec=pec,
        layer_noise=noise if injects else (),
        check=_check(options, mitigates_readout=mitigates, cancels=pec is not None),
        confidence=resilience.confidence,
        joint_errors=resilience.joint_errors,
        **_calibration(options),
    )


def _of_sampler(options: SamplerOptions) -> Resilience:
    twirling = options.twirling
    return Resilience(
        "local" if options.resilience.measure_mitigation else "none",
        twirl_measure=bool(twirling.enable_measure),
        randomizations=_number(twirling.num_randomizations),
        shots_per_randomization=_number(twirling.shots_per_randomization),
        twirl_gates=bool(twirling.enable_gates),
        strategy=twirling.strategy,
        check=_check(options, mitigates_readout=bool(options.resilience.measure_mitigation)),
        **_calibration(options),
    )


def _calibration(options: EstimatorOptions | SamplerOptions) -> _Calibration:
    learning = options.resilience.measure_noise_learning
    return {
        "calibration_circuits": learning.num_randomizations // 2 * 2,
        "calibration_shots": _number(learning.shots_per_randomization),
        "calibrations": 1 if learning.calibration_max_age is None else learning.max_calibrations,
    }


def _check(
    options: EstimatorOptions | SamplerOptions,
    *,
    mitigates_readout: bool = False,
    cancels: bool = False,
) -> Check | None:
    asked = options.resilience.post_selection
    if asked.bits is None:
        return None
    if mitigates_readout or cancels:
        raise OptionError(
            "resilience.post_selection and "
            + ("resilience.measure_mitigation" if mitigates_readout else "pec_mitigation")
            + " exclude each other: contrasts and signs hold for the mean over all shots"
        )
    kind: Kind = "parity" if asked.kind == "parity" else "value"
    return Check(asked.register, asked.bits, kind, asked.expected)


def _check_local(is_local: bool, twirls_gates: bool) -> None:
    """Refuse to undo readout errors bit by bit of what is read as sums of randomizations."""
    if is_local and twirls_gates:
        raise OptionError(
            "resilience.measure_mitigation with twirled gates and twirling.enable_measure False: "
            "readout errors of twirled circuits are undone by TREX, which twirls measurements, too:"
            " leave enable_measure out, or switch one of the other two off"
        )


def _check_layers(
    options: EstimatorOptions, *, injects: bool, has_both: bool, needs_model: bool
) -> None:
    if has_both:
        raise OptionError(
            "resilience.zne_mitigation and resilience.pec_mitigation exclude each other"
        )
    if needs_model and injects and not options.resilience.layer_noise_model:
        raise OptionError(
            "PEC and PEA need resilience.layer_noise_model, the noise of the circuit's layers: "
            "give what a NoiseLearner found (Estimator.run learns it by itself)"
        )
    if injects and options.twirling.enable_gates is False:
        raise OptionError(
            "PEC and PEA insert Paulis by twirling, and twirling.enable_gates is False"
        )
    if options.resilience.pec_mitigation and options.twirling.num_randomizations == 1:
        raise OptionError("PEC is a mean over randomizations, and twirling.num_randomizations is 1")


def _check_amplifier(options: EstimatorOptions, amplifier: str) -> None:
    """Refuse amplifiers that would change nothing."""
    model = options.simulator.noise_model
    if amplifier == "identity_insertion" and model is not None:
        noisy = noisy_instructions(model)
        if noisy and "id" not in noisy:
            raise OptionError(
                "resilience.zne.amplifier='identity_insertion' adds gates 'id', and "
                f"simulator.noise_model has no noise on them, but on {', '.join(sorted(noisy))}: "
                "choose an amplifier that amplifies these"
            )
    if amplifier == "noise_scaling" and model is None:
        raise OptionError(
            "resilience.zne.amplifier='noise_scaling' scales simulator.noise_model, and there is "
            "none: give one, or choose an amplifier that changes the circuit"
        )


def _zne(options: EstimatorOptions) -> ZnePlan:
    asked = options.resilience.zne
    said = asked.extrapolated_noise_factors
    reported = (0.0, *asked.noise_factors) if said is None else said
    return ZnePlan(asked.amplifier, asked.noise_factors, asked.extrapolator, reported)


def _pec(options: EstimatorOptions) -> PecPlan:
    asked = options.resilience.pec
    gain = 0.0 if isinstance(asked.noise_gain, str) else asked.noise_gain
    return PecPlan(asked.max_overhead, gain)


def _said(value: bool | None, otherwise: bool) -> bool:
    return otherwise if value is None else value


def _number(value: int | str) -> int | None:
    return None if isinstance(value, str) else value
