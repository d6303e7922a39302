"""``shoal doctor``: what works on this machine, each finding tried, not guessed."""

from __future__ import annotations

from pathlib import Path

from ..cache_folder import cache_folder
from .checkup import checkup
from .terminal import print_lines

_MARKS = {"ok": "ok", "note": "--", "bad": "!!"}


def show_health(store: Path) -> None:
    """Print what was found.

    Args:
        store: The folder that jobs would be kept in.
    """
    findings = list(checkup(store))
    width = max(len(finding.what) for finding in findings)
    print_lines(
        f"{_MARKS[finding.verdict]} {finding.what.ljust(width)}  {finding.words}"
        for finding in findings
    )


def warm_up() -> None:
    """Compile the kernels of all engines and measure this machine, so that no sweep has to."""
    # numba takes a quarter of a second to import.
    from ..calibration import measured
    from ..engines.warming import warm

    seconds = warm()
    print_lines([f"kernels ready after {seconds:.1f} s, kept in numba's cache folder"])
    found = measured(cache_folder())
    print_lines(
        [
            f"measured on {found.machine}; seconds for each nominal one, kept in {cache_folder()}:",
            *(f"  {kind:<32}{pace:8.3g}" for kind, pace in sorted(found.seconds.items())),
        ]
    )
