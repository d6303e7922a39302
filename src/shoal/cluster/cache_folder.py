"""The folder of what can be made again: measured paces, compiled kernels."""

from __future__ import annotations

import os
from pathlib import Path

CACHE_VARIABLE = "SHOAL_CACHE"
"""Names the folder to this process and to all that it starts."""

_KERNELS_VARIABLE = "NUMBA_CACHE_DIR"


def cache_folder() -> Path:
    """Return the folder that was chosen, or that of this user's caches by the desktop's rules."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen)
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "shoal"


def use_cache_folder(folder: Path) -> None:
    """Choose the folder, for compiled kernels too, before the first of them is compiled.

    Args:
        folder: Made when something is kept in it. It may be shared by machines of different kinds.
    """
    os.environ[CACHE_VARIABLE] = str(folder.absolute())
    # Whoever has said where numba is to keep its files is taken at their word.
    os.environ.setdefault(_KERNELS_VARIABLE, str(folder.absolute() / "kernels"))
