"""A sweep file, read: its pubs, its options and its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .checks import check_columns, check_report
from .labels import PubLabels
from .layer_noise import with_layer_noise
from .model import ReportTable
from .noise import with_noise_model
from .pairing import PubReader
from .source import SweepSource, read_source
from .sweep_pub import SweepPub


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """A whole sweep file, read."""

    name: str
    source: SweepSource
    pubs: tuple[SweepPub, ...]
    options: Mapping[str, Any]
    """The primitive's options, with the sweep's seed and engine in them."""

    @property
    def report(self) -> ReportTable:
        """What ``shoal run`` ends with."""
        return self.source.table.report

    @property
    def labels(self) -> tuple[PubLabels, ...]:
        """One a pub."""
        return tuple(pub.labels for pub in self.pubs)


def read_sweep(path: Path, overrides: Sequence[str] = ()) -> Sweep:
    """Read a sweep file and everything that it refers to.

    Args:
        path: The TOML file; relative paths in it start from its folder.
        overrides: ``a.b=c`` each, as after ``--set``.

    Returns:
        The sweep's pubs.

    Raises:
        RequestError: Something in it cannot be meant; the message says where and what.
    """
    source = read_source(path, overrides)
    pubs = tuple(PubReader(source).pubs())
    check_report(source, pubs)
    check_columns(source, pubs)
    return Sweep(source.table.name or path.stem, source, pubs, _options(source, pubs))


def _options(source: SweepSource, pubs: Sequence[SweepPub]) -> dict[str, Any]:
    try:
        said = with_noise_model(source.table.options, source.path.parent)
    except ValueError as error:
        raise source.fault(("options", "simulator", "noise_model"), str(error)) from error
    try:
        said = with_layer_noise(said, source.path.parent)
    except ValueError as error:
        raise source.fault(("options", "resilience", "layer_noise_model"), str(error)) from error
    options: dict[str, Any] = {**said, "seed": source.table.seed}
    execution = options.get("execution", {})
    engines = source.table.engine
    if engines is not None and isinstance(execution, dict):
        several = {"engines": [pub.engine for pub in pubs]}
        said_here = several if len(engines) > 1 else {"engine": engines[0]}
        options["execution"] = {**execution, **said_here}
    return options
