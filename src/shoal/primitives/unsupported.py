"""What options can ask for and cannot have yet: refused here, never skipped."""

from __future__ import annotations

from .errors import UnsupportedError
from .options import EstimatorOptions, SamplerOptions


def unsupported(options: EstimatorOptions | SamplerOptions) -> tuple[str, ...]:
    """Return the options that are switched on and not built yet, as ``name=value``."""
    asked: dict[str, object] = {
        "dynamical_decoupling.enable": options.dynamical_decoupling.enable,
    }
    if isinstance(options, SamplerOptions):
        asked["twirling.enable_gates"] = options.twirling.enable_gates
        asked["twirling.enable_measure"] = options.twirling.enable_measure
    return tuple(f"{name}={value!r}" for name, value in asked.items() if value)


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
