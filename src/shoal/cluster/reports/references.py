"""What optima are held against: exact diagonalisation, or a number that the sweep file says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .diagonalization import extreme_eigenvalue
from .optimum import Optimum


@dataclass(frozen=True, slots=True)
class References:
    """One value an optimum."""

    heading: str
    """What they are; empty: there are none."""
    values: tuple[float | None, ...]
    """``None`` where there is none, or where the observable is too large to diagonalise."""


def find_references(optima: Sequence[Optimum], wanted: str | float | None) -> References:
    """Find what the sweep file wants optima to be held against.

    Args:
        optima: The optima.
        wanted: "exact_diagonalization", a number, or nothing.

    Returns:
        One value an optimum.
    """
    if wanted is None:
        return References("", (None,) * len(optima))
    if not isinstance(wanted, str):
        return References("reference", (wanted,) * len(optima))
    values = tuple(
        extreme_eigenvalue(one.observable, "lowest" if one.sense == "minimum" else "highest")
        for one in optima
    )
    return References("diagonalisation", values)
