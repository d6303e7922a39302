"""What options can ask for and cannot have yet: refused here, never skipped."""

from __future__ import annotations

from .errors import UnsupportedError
from .options import EstimatorOptions, SamplerOptions

_SWITCHES = (
    "resilience_level",
    "resilience.measure_mitigation",
    "resilience.zne_mitigation",
    "resilience.pec_mitigation",
    "twirling.enable_gates",
    "twirling.enable_measure",
    "dynamical_decoupling.enable",
)


def unsupported(options: EstimatorOptions | SamplerOptions) -> tuple[str, ...]:
    """Return the options that are switched on and not built yet, as ``name=value``."""
    found = ((path, options.at(path)) for path in _SWITCHES if options.has(path))
    return tuple(f"{path}={value!r}" for path, value in found if value)


def refuse_unsupported(options: EstimatorOptions | SamplerOptions) -> None:
    """Refuse options that nothing could honour.

    Raises:
        UnsupportedError: Names each of them.
    """
    if found := unsupported(options):
        raise UnsupportedError(
            f"this version of Shoal cannot do {', '.join(found)}: error mitigation and suppression"
            " are not built yet; switch them off to run without"
        )
