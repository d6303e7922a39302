"""Where and how a command runs: the command line over a profile over the sweep."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from ...orchestrator.ports import Slot
from ..attachment import Attachment
from ..cache_folder import use_cache_folder
from ..mpi.mpi_table import MpiTable
from ..node_cores import usable_cores
from ..node_memory import usable_memory_bytes
from ..queues.profile import QueueTable
from ..queues.rehearsal import REHEARSAL
from ..ray_address import RayAddress
from ..slurm.environment import is_in_allocation
from ..slurm.slurm_table import SlurmTable
from ..worker_kind import WorkerKind
from .exits import INPUT_WRONG, CommandFailed, wrong_input
from .labels_table import LabelsTable
from .placement_table import KindTable, PlacementTable, check_placement
from .ray_table import RayTable

if TYPE_CHECKING:
    from ..cluster import Cluster

ExecutorName = Literal["ray", "inline", "mpi"]

DEFAULT_STORE = Path("shoal-store")


class ProfileTable(BaseModel):
    """A profile: what a machine or a site wants, whatever the sweep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    store: Path | None = None
    """Relative to the profile."""
    workers: PositiveInt | None = None
    executor: ExecutorName | None = None
    address: str | None = None
    """Of a Ray cluster that runs already; otherwise one is started on this machine and ended."""
    cache: Path | None = None
    """Where compiled kernels and measured paces are kept; relative to the profile."""
    queues: dict[str, QueueTable] = Field(default_factory=dict)
    """Of vendors, by the names that sweeps use as engines."""
    ray: RayTable = RayTable()
    placement: PlacementTable = PlacementTable()
    kinds: dict[str, KindTable] = Field(default_factory=dict)
    """Workers of several kinds, in place of `placement`."""
    labels: LabelsTable = Field(default_factory=dict)
    """Of the nodes of a Ray that is started, by host names."""
    mpi: MpiTable = MpiTable()
    slurm: SlurmTable | None = None
    """For ``shoal submit``, and for a Ray that is started inside of a Slurm job."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was said; ``None`` where nothing was."""

    store: Path | None = None
    workers: int | None = None
    executor: ExecutorName = "ray"
    address: str | None = None
    repair: bool = False
    """Whether damaged segments are given up, so that their blocks run again."""
    queue_tables: Mapping[str, QueueTable] = field(default_factory=dict)
    folder: Path = Path()
    """Of the profile."""
    is_rehearsal: bool = False
    """Whether fake queues stand for the vendors' ones, and nothing real is stored."""
    is_shared: bool | None = None
    """Whether all workers see the store; ``None``: each finds out."""
    attachment: Attachment = field(default_factory=Attachment)
    placement: PlacementTable = field(default_factory=PlacementTable)
    mpi: MpiTable = field(default_factory=MpiTable)
    slurm: SlurmTable | None = None
    labels: LabelsTable = field(default_factory=dict)
    """Of the nodes of a Ray that is started, by host names."""
    kind_tables: Mapping[str, KindTable] = field(default_factory=dict)
    """Workers of several kinds, in place of those of `placement`."""
    opened: Cluster | None = None
    """A cluster that is open already, since a node of it speaks with a queue."""

    @property
    def kinds(self) -> Sequence[WorkerKind]:
        """The workers that are wanted on the nodes of a Ray."""
        tables = [table.kind(table.workers) for table in self.kind_tables.values()]
        return tables or [self.placement.kind(self.workers)]

    @property
    def aer_site(self) -> Path | None:
        """The folder of an Aer built for MPI, where the profile names one."""
        return None if self.mpi.aer is None else (self.folder / self.mpi.aer).absolute()

    def store_over(self, sweep_says: Path | None) -> Path:
        """Return the store: as said here, else by the sweep, else the default."""
        store = self.store or sweep_says or DEFAULT_STORE
        return store.with_name(store.name + REHEARSAL) if self.is_rehearsal else store

    def workers_over(self, sweep_says: int | None) -> int:
        """Return the number of workers: as said here, else by the sweep, else one a core."""
        return self.workers or sweep_says or usable_cores()


def slot_here(settings: Settings, workers: int) -> Slot | None:
    """Return what each worker may use of this machine; ``None`` where they may be on others.

    Args:
        settings: What was said.
        workers: How many there are.
    """
    if settings.address is not None:
        return None
    if settings.executor == "mpi":
        from ..mpi.open import open_slot

        return open_slot()
    if settings.executor == "ray" and is_in_allocation(os.environ):
        return None
    threads = max(1, usable_cores() // workers)
    return Slot(threads, usable_memory_bytes() // workers)


def settings_of(
    profile: Path | None,
    store: Path | None,
    workers: int | None,
    executor: ExecutorName | None,
    *,
    repair: bool = False,
    address: str | None = None,
    token_path: Path | None = None,
) -> Settings:
    """Put the command line over a profile, and use the profile's cache folder from here on.

    Args:
        profile: A profile's file.
        store: Of the command line.
        workers: Of the command line.
        executor: Of the command line.
        repair: Of the command line.
        address: Of the command line.
        token_path: Of the command line.

    Returns:
        What was said.

    Raises:
        CommandFailed: The profile cannot be read, or what was said makes no sense.
    """
    said = ProfileTable() if profile is None else _read_profile(profile)
    if said.cache is not None and profile is not None:
        use_cache_folder(profile.parent / said.cache)
    profile_store = None if said.store is None or profile is None else profile.parent / said.store
    attachment = said.ray.attachment(Path() if profile is None else profile.parent)
    if token_path is not None:
        attachment = replace(attachment, token_path=str(token_path))
    settings = Settings(
        store or profile_store,
        workers or said.workers,
        executor or said.executor or "ray",
        address or said.address,
        repair,
        said.queues,
        Path() if profile is None else profile.parent,
        is_shared=said.ray.is_shared,
        attachment=attachment,
        placement=said.placement,
        mpi=said.mpi,
        slurm=said.slurm,
        labels=said.labels,
        kind_tables=said.kinds,
    )
    with wrong_input():
        _check_address(settings, is_said=address is not None or token_path is not None)
    return settings


def _check_address(settings: Settings, *, is_said: bool) -> None:
    """Refuse what only a Ray that runs already can heed.

    Raises:
        ValueError: It makes no sense.
    """
    if settings.address is not None:
        RayAddress.parse(settings.address)
    if is_said and settings.executor != "ray":
        raise ValueError(
            f"an address of a Ray, with executor {settings.executor!r}: expected executor 'ray'"
        )
    check_placement(
        settings.placement,
        settings.kind_tables,
        has_address=settings.address is not None,
        has_nodes=settings.slurm is not None or is_in_allocation(os.environ),
    )
    if settings.kind_tables and settings.workers:
        raise ValueError("kinds: each says how many workers it has; leave workers out")


def _read_profile(path: Path) -> ProfileTable:
    try:
        return ProfileTable.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise CommandFailed(
            f"cannot read the profile {path}: {error.strerror}", INPUT_WRONG
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{path}: not valid TOML: {error}", INPUT_WRONG) from error
    except ValidationError as error:
        known = ", ".join(sorted(ProfileTable.model_fields))
        faults = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: found {one['input']!r}: {one['msg']}"
            for one in error.errors(include_url=False)
        )
        raise CommandFailed(f"{path}: {faults}; known keys: {known}", INPUT_WRONG) from error
