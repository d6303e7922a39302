"""Fields of row groups, put together pub by pub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..observables import FloatArray
from ..workload import COVARIANCES_FIELD, Workload
from .reduction import GroupFields


def fields_of_pub(
    workload: Workload, found: Sequence[GroupFields], pub: int
) -> dict[str, FloatArray]:
    """Return a pub's data, each field in the pub's shape and the field's own.

    Args:
        workload: The mitigated workload.
        found: The fields of every row group.
        pub: The pub's position.
    """
    index = workload.pubs[pub]
    assert index.observables is not None
    nothing = np.full(index.rows.size, np.nan)
    result: dict[str, FloatArray] = {"evs": nothing, "stds": nothing.copy()}
    for one in found:
        group = workload.groups[one.group]
        if group.program != index.program:
            continue
        place = np.searchsorted(group.rows, index.rows)
        inside = place < group.rows.size
        inside[inside] = group.rows[place[inside]] == index.rows[inside]
        members = np.array(group.observables)
        which = np.searchsorted(members, index.observables[inside])
        for name, values in one.fields.items():
            if name == COVARIANCES_FIELD:
                found_here = values[which, place[inside]][:, which]
                same = index.rows[inside, None] == index.rows[None, inside]
                wide = result.setdefault(name, np.zeros((index.rows.size, index.rows.size)))
                wide[np.ix_(inside, inside)] = np.where(same, found_here, 0.0)
                continue
            wide = result.setdefault(name, np.full((index.rows.size, *values.shape[2:]), np.nan))
            wide[inside] = values[which, place[inside]]
    return {name: wide.reshape((*index.shape, *wide.shape[1:])) for name, wide in result.items()}


def unbounded_for_pub(workload: Workload, found: Sequence[GroupFields], pub: int) -> str | None:
    """Say which terms of a pub's row groups the readout tells nothing of, if there are any."""
    program = workload.pubs[pub].program
    lost = {
        term
        for one in found
        if workload.groups[one.group].program == program
        for term in one.unbounded
    }
    if not lost:
        return None
    return (
        f"the measured contrast of {', '.join(sorted(lost))} is not significantly other than 0: "
        "nothing bounds their values, and the standard errors are infinite; calibrate with more "
        "shots (resilience.measure_noise_learning), or read these terms on better qubits"
    )


def chosen_for_pub(workload: Workload, found: Sequence[GroupFields], pub: int) -> dict[str, int]:
    """Count for how many terms of a pub's row groups each extrapolator was chosen."""
    program = workload.pubs[pub].program
    counts: Counter[str] = Counter()
    for one in found:
        if workload.groups[one.group].program == program:
            counts.update(one.chosen)
    return dict(counts)
