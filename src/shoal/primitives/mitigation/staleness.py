"""Shots whose readout was calibrated too long before or after them: said, where nothing was left.

A queue's device is calibrated again and again, up to a number of times that the request allows.
"""

from __future__ import annotations

import numpy as np

from ..request import Request
from ..workload import Workload
from .calibrations import Calibrations


def stale_for_pub(
    request: Request, workload: Workload, calibrations: Calibrations, pub: int
) -> str | None:
    """Say that calibrations were used up while a pub's shots were still to come, if that was so.

    Args:
        request: What was asked.
        workload: Its expansion.
        calibrations: All of them, tallied.
        pub: The pub's position.
    """
    max_age = request.options.resilience.measure_noise_learning.calibration_max_age
    index = workload.pubs[pub]
    family = next(one for one in workload.families if index.program in one.programs)
    has_more = not all(map(calibrations.is_measured, family.calibrations))
    if max_age is None or has_more or not family.calibrations:
        return None
    points = np.unique(index.rows)
    ages = np.array([calibrations.ages(family, one, points) for one in family.programs])
    is_stale = (ages > max_age).any(axis=0)
    if not is_stale.any():
        return None
    return (
        f"shots of {is_stale.sum()} of {points.size} points were taken up to"
        f" {np.nanmax(ages):,.0f} s from the calibration nearest to them, and calibration_max_age"
        f" is {max_age:,.0f} s: the {len(family.calibrations)} calibrations of max_calibrations"
        " were used up. What the device's readout did since is in no standard error; allow more"
        " calibrations, or cut the sweep into several jobs"
    )
