"""What options can ask for and cannot have yet: refused here, never skipped."""

from __future__ import annotations

from .errors import UnsupportedError
from .options import EstimatorOptions, SamplerOptions


def unsupported(
    options: EstimatorOptions | SamplerOptions, *, has_device: bool = False
) -> tuple[str, ...]:
    """Return the options that are switched on and that nothing can honour, as ``name=value``.

    Args:
        options: What was said.
        has_device: Whether circuits go to a backend, which has times to fill with pulses.
    """
    asked: dict[str, object] = {}
    if not has_device:
        asked["dynamical_decoupling.enable"] = options.dynamical_decoupling.enable
    return tuple(f"{name}={value!r}" for name, value in asked.items() if value)


def refuse_unsupported(
    options: EstimatorOptions | SamplerOptions, *, has_device: bool = False
) -> None:
    """Refuse options that nothing could honour.

    Args:
        options: What was said.
        has_device: Whether circuits go to a backend.

    Raises:
        UnsupportedError: Names each of them.
    """
    if found := unsupported(options, has_device=has_device):
        raise UnsupportedError(
            f"nothing here can do {', '.join(found)}: dynamical decoupling needs a backend (mode="
            "backend) with the durations of its gates; switch them off to run without"
        )
