"""What a request's gates and measurements suffer; nothing is imported where that is nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...primitives.noise import noise_mapping, stored_noise
from ...primitives.recent import Recent
from ...primitives.request import Request
from ...primitives.workload import Program
from .readout import PERFECT_READOUT, Readout

if TYPE_CHECKING:
    from .noise import Noise


@dataclass(frozen=True, slots=True, eq=False)
class Suffered:
    """A request's noise, as engines need it."""

    noise: Noise | None
    readout: Readout


IDEAL = Suffered(None, PERFECT_READOUT)

_RECENT: Recent[Suffered] = Recent(16)


def suffered(request: Request, program: Program) -> Suffered:
    """Read what a program suffers; the latest noise models are kept by their content.

    Args:
        request: What was asked.
        program: One of its programs, whose noise may be scaled.

    Raises:
        UnsupportedError: A part of the model can be neither shipped nor simulated.
    """
    asked = request.options.simulator.noise_model
    if asked is None:
        return IDEAL
    mapping = noise_mapping(asked)
    factor = program.noise_scale
    key = json.dumps(mapping, sort_keys=True), factor
    return _RECENT.get(key, lambda: _read(mapping, factor))


def _read(mapping: dict[str, object], factor: float) -> Suffered:
    from .noise import read_noise
    from .readout_errors import readout_of

    noise = read_noise(stored_noise(mapping), factor)
    return IDEAL if noise is None else Suffered(noise, readout_of(noise.model))
