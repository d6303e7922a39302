"""How many shots a pilot has: enough to see a spread, and what is rare and worth much."""

from __future__ import annotations

from math import ceil

from .observables import Observable
from .precision import shots_for_precision
from .request import PubRequest

PILOT_SHARE, MIN_PILOT_SHOTS = 10, 128
"""The pilot has a tenth of the shots that the precision stands for, and enough to see a spread."""

RARE = 3.0
"""What no shot of n has shown happens in at most this over n of them, 95 times out of 100: so many
shots a precision, of the weights of an observable's terms, see what is worth more than that."""


def pilot_shots(pub: PubRequest) -> int:
    """Return the shots of each basis of a pub's pilot."""
    assert pub.precision
    full = shots_for_precision(pub.precision) or 0
    rare = ceil(RARE * max(map(reach, pub.observables), default=0.0) / pub.precision)
    return max(MIN_PILOT_SHOTS, -(-full // PILOT_SHARE), rare)


def reach(observable: Observable) -> float:
    """Return how far an observable's value can be from the one of its identity."""
    pairs = zip(observable.terms, observable.coefficients, strict=True)
    return float(sum(abs(weight) for term, weight in pairs if set(term) != {"I"}))
