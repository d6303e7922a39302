"""From a target precision to a number of shots, as Qiskit counts them."""

from __future__ import annotations

import math


def shots_for_precision(precision: float) -> int | None:
    """Return the shots of one measurement basis.

    Args:
        precision: Target standard error of a Pauli expectation value; 0 asks for exact values.

    Returns:
        ``ceil(1 / precision**2)``, or ``None`` for exact values.

    >>> shots_for_precision(0.01), shots_for_precision(0.0)
    (10000, None)
    """
    if precision == 0:
        return None
    return math.ceil(1.0 / precision**2)


def precision_of_shots(shots: int) -> float:
    """Return the target precision that takes exactly some number of shots.

    Args:
        shots: Of one measurement basis, at least 1.

    Returns:
        A precision ``p`` with ``shots_for_precision(p) == shots``.

    >>> shots_for_precision(precision_of_shots(7))
    7
    """
    precision: float = shots**-0.5
    while math.ceil(1.0 / precision**2) > shots:
        precision = math.nextafter(precision, 2.0)
    return precision
