"""How a Ray is used that somebody else runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What is said of a Ray that is there, beside its address and the workers that are wanted."""

    token_path: str | None = None
    """The file with its token; ``None``: found as Ray itself finds it."""
    runtime_env: Mapping[str, Any] = field(default_factory=dict)
    """Ray's runtime environment for workers: ``pip``, ``working_dir``, ``env_vars``, ..."""
    autoscale: bool = False
    """Whether nodes are asked for, and waited for, where the workers that are wanted need them."""
    start_seconds: float = 0.0
    """How long to wait for a node that has room for a worker, before that is refused."""
    max_skew_seconds: float = 60.0
    """A worker whose clock differs by more from this machine's is refused."""

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: A number that makes no sense.
        """
        for name in ("start_seconds", "max_skew_seconds"):
            if not getattr(self, name) >= 0.0:
                raise ValueError(f"{name}={getattr(self, name)}: expected at least 0")
