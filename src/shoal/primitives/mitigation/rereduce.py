"""Which other reduces stored shots can serve, and what is missing for one that they cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..errors import RequestError
from ..options import EstimatorOptions, SamplerOptions
from ..request import Request
from ..workload import Family, Workload
from .extrapolation import check_factors
from .resilience import Resilience, resilience_of

REDUCED_BY = ("resilience", "resilience_level")
"""Options that the reduce goes by; all others decide what is executed."""

EXECUTED_INSIDE = (
    "resilience.measure_noise_learning",
    "resilience.zne.amplifier",
    "resilience.pec_mitigation",
    "resilience.pec",
    "resilience.layer_noise_model",
    "resilience.layer_noise_learning",
)
"""Those inside of them that decide what is executed all the same."""

Options = EstimatorOptions | SamplerOptions


def plan_of_reduce(request: Request, options: Options) -> Resilience:
    """Return the plan by which stored shots are reduced with other options.

    Args:
        request: What was executed.
        options: What is wanted of it now.

    Returns:
        The plan; it needs no data that the request did not lead to.

    Raises:
        RequestError: The options need what was never run; the message names it.
    """
    _refuse_execution(request.options, options)
    stored, wanted = resilience_of(request.options), resilience_of(options)
    missing = list(_missing(stored, wanted))
    if missing:
        raise RequestError(
            f"the stored shots cannot be reduced so: {'; '.join(missing)} never ran. Run the "
            "request again with these options, or reduce without them"
        )
    if wanted.readout != "none":
        wanted = replace(wanted, readout=stored.readout)
    return replace(
        wanted,
        pec=stored.pec,
        twirl_gates=stored.twirl_gates,
        twirl_measure=stored.twirl_measure,
        randomizations=stored.randomizations,
        shots_per_randomization=stored.shots_per_randomization,
    )


def workload_of_reduce(workload: Workload, plan: Resilience) -> Workload:
    """Return a workload that a mitigated reduce can read, also where nothing was laid out for it.

    Args:
        workload: As it was executed.
        plan: Of the reduce.
    """
    if workload.families or not plan.is_active:
        return workload
    families = tuple(
        Family(
            (program.index,),
            (1.0,),
            (1.0,),
            tuple((group,) for group in workload.groups_of(program.index)),
        )
        for program in workload.programs
    )
    return replace(workload, families=families)


def check_effective_factors(plan: Resilience, requested: Any, effective: Any) -> None:
    """Refuse a subset of the noise factors that is too small for a model.

    Args:
        plan: Of the reduce.
        requested: All noise factors that ran, as they were asked for.
        effective: What they really were.
    """
    if plan.zne is not None:
        known = dict(zip(requested, effective, strict=True))
        check_factors([known[asked] for asked in plan.zne.factors], plan.zne.extrapolators)


def _refuse_execution(stored: Options, wanted: Options) -> None:
    outer = [name for name in stored.names() if name not in REDUCED_BY]
    changed = [
        path
        for path in (*outer, *EXECUTED_INSIDE)
        if _written(stored, path) != _written(wanted, path)
    ]
    if changed:
        raise RequestError(
            f"a reduce cannot change {', '.join(changed)}: this decides what is executed, and the "
            "shots are there already; it can change options of resilience"
        )


def _written(options: Options, path: str) -> Any:
    found: Any = options.to_mapping()
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _missing(stored: Resilience, wanted: Resilience) -> Iterator[str]:
    if wanted.readout != "none" and stored.readout == "none":
        yield f"the {wanted.calibration_circuits} circuits of the readout calibration"
    ran = stored.zne.factors if stored.zne else (1.0,)
    needed = wanted.zne.factors if wanted.zne else (1.0,)
    for factor in needed:
        if factor not in ran:
            yield f"the variants at noise factor {factor:g}"
