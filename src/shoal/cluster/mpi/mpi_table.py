"""The table ``[mpi]`` of a profile: how a world of MPI is laid out, and started under Slurm."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, PositiveInt
from pydantic import StringConstraints as Strings

from ..engines.gang_layout import gang_fault

Launcher = Annotated[str, Strings(pattern=r"^[A-Za-z0-9_./-]+$")]


def _checked_gang(ranks: int) -> int:
    if fault := gang_fault(ranks):
        raise ValueError(fault)
    return ranks


class MpiTable(BaseModel):
    """Of ``executor = "mpi"``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ranks_per_node: PositiveInt | None = None
    """``None``: as many as ``cpus_per_node`` of the table ``[slurm]`` has room for, or one."""
    cpus_per_rank: PositiveInt = 1
    """Cores of each."""
    launcher: Launcher = "pmi2"
    """What ``srun --mpi=`` starts the library with: pmi2, pmix, cray_shasta ..."""
    gang: Annotated[int, AfterValidator(_checked_gang)] | None = None
    """Ranks that share one state, for engine ``aer_mpi``; ``None``: as few as its memory takes."""
    aer: Path | None = None
    """The folder with an Aer built for MPI; relative to the profile."""

    def ranks_on(self, cpus_per_node: int | None) -> int:
        """Return how many ranks a node has.

        Args:
            cpus_per_node: Cores that are asked for, where that is said.

        Raises:
            ValueError: They are too few.
        """
        room = None if cpus_per_node is None else cpus_per_node // self.cpus_per_rank
        ranks = self.ranks_per_node or (1 if room is None else room)
        if room is not None and not 0 < ranks <= room:
            raise ValueError(
                f"cpus_per_node = {cpus_per_node} of [slurm] has no room for {max(ranks, 1)} ranks "
                f"of {self.cpus_per_rank} cores: say other ranks_per_node or cpus_per_rank in [mpi]"
            )
        return ranks
