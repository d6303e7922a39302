"""What options mean for mitigation: levels resolved, randomizations counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..errors import OptionError
from ..options import EstimatorOptions, SamplerOptions
from ..workload import Workload

MIN_SHOTS_PER_RANDOMIZATION = 64
AUTO_RANDOMIZATIONS = 32
"""IBM's split of shots over randomizations where both numbers are "auto"."""

Readout = Literal["none", "trex", "local"]


@dataclass(frozen=True, slots=True)
class ZnePlan:
    """Zero-noise extrapolation."""

    amplifier: str
    factors: tuple[float, ...]
    """As asked for."""
    extrapolators: tuple[str, ...]
    at: tuple[float, ...]
    """Where all models are evaluated; the first one is 0."""


@dataclass(frozen=True, slots=True)
class Resilience:
    """All of a request's mitigation."""

    readout: Readout = "none"
    """``trex`` divides by contrasts, ``local`` inverts each qubit's (and is M3 for a sampler)."""
    twirl_measure: bool = False
    randomizations: int | None = None
    shots_per_randomization: int | None = None
    zne: ZnePlan | None = None
    calibration_circuits: int = 32
    calibration_shots: int | None = None
    """Of each calibration circuit; ``None``: of the size of the pubs."""

    @property
    def is_active(self) -> bool:
        """Whether anything differs from plain estimates."""
        return self.readout != "none" or self.twirl_measure or self.zne is not None

    @property
    def needs_shots(self) -> bool:
        """Whether exact values cannot be had."""
        return self.readout != "none" or self.twirl_measure

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
                "noise_factors": list(self.zne.factors),
                "effective_noise_factors": [effective[asked] for asked in self.zne.factors],
                "extrapolator": list(self.zne.extrapolators),
                "extrapolated_noise_factors": list(self.zne.at),
            }
        found: dict[str, Any] = {"resilience": done}
        if shots:
            found["shots"] = shots * count
        if self.twirl_measure:
            found |= {"num_randomizations": count, "shots_per_randomization": shots}
        return found

    def split(self, shots: int) -> tuple[int, int]:
        """Return the randomizations of a basis, and the shots of each of them.

        Args:
            shots: Wanted in all; what is returned is at least as many, unless both numbers were
                said.
        """
        if not self.twirl_measure:
            return 1, shots
        count, each = self.randomizations, self.shots_per_randomization
        if each is None:
            least = MIN_SHOTS_PER_RANDOMIZATION if count is None else 1
            each = max(least, -(-shots // (count or AUTO_RANDOMIZATIONS)))
        return count or -(-shots // each), each


def resilience_of(options: EstimatorOptions | SamplerOptions) -> Resilience:
    """Resolve the resilience level and what was said beside it.

    Args:
        options: What was said stands before what the level decides.

    Returns:
        The plan.

    Raises:
        OptionError: Options that contradict each other.
    """
    learning = options.resilience.measure_noise_learning
    calibration = (learning.num_randomizations // 2 * 2, _number(learning.shots_per_randomization))
    if isinstance(options, SamplerOptions):
        readout: Readout = "local" if options.resilience.measure_mitigation else "none"
        return Resilience(readout, False, None, None, None, *calibration)
    level, resilience, twirling = options.resilience_level, options.resilience, options.twirling
    mitigates = _said(resilience.measure_mitigation, level >= 1)
    twirls = _said(twirling.enable_measure, mitigates)
    if twirls and twirling.enable_measure is None and options.default_shots == 1:
        raise OptionError("measurement twirling needs more than one shot: default_shots is 1")
    return Resilience(
        ("trex" if twirls else "local") if mitigates else "none",
        twirls,
        _number(twirling.num_randomizations),
        _number(twirling.shots_per_randomization),
        _zne(options) if _said(resilience.zne_mitigation, level >= 2) else None,
        *calibration,
    )


def _zne(options: EstimatorOptions) -> ZnePlan:
    asked = options.resilience.zne
    factors = tuple(sorted(set(asked.noise_factors)))
    at = asked.extrapolated_noise_factors
    extra = factors if at is None else at
    return ZnePlan(asked.amplifier, factors, asked.extrapolator, (0.0, *(x for x in extra if x)))


def _said(value: bool | None, otherwise: bool) -> bool:
    return otherwise if value is None else value


def _number(value: int | str) -> int | None:
    return None if isinstance(value, str) else value
