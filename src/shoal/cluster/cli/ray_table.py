"""What a profile says of a Ray that runs already: the table ``[ray]``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..attachment import Attachment

SharedStore = Literal["auto"] | bool


class RayTable(BaseModel):
    """How the Ray at `address` is used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token_path: Path | None = None
    """Relative to the profile."""
    shared_store: SharedStore = "auto"
    """Whether workers see the store; ``auto``: each finds out, and sends segments if not."""
    runtime_env: dict[str, Any] = Field(default_factory=dict)
    """Ray's runtime environment for the workers."""
    autoscale: bool = False
    """Whether nodes are asked for."""
    start_seconds: Annotated[float, Field(ge=0)] = 0.0
    """How long to wait for the first node that fits."""
    max_clock_skew_seconds: Annotated[float, Field(ge=0)] = 60.0
    """By how much a node's clock may differ."""

    @property
    def is_shared(self) -> bool | None:
        """Whether all workers see the store; ``None``: each finds out."""
        return None if self.shared_store == "auto" else bool(self.shared_store)

    def attachment(self, folder: Path) -> Attachment:
        """Return what the cluster is told.

        Args:
            folder: The profile's.
        """
        return Attachment(
            token_path=None if self.token_path is None else str(folder / self.token_path),
            runtime_env=self.runtime_env,
            autoscale=self.autoscale,
            start_seconds=self.start_seconds,
            max_skew_seconds=self.max_clock_skew_seconds,
        )
