"""The table ``[slurm]`` of a profile: what a site wants of a job, and of the Ray inside of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveFloat, PositiveInt
from pydantic import StringConstraints as Strings

from ..allocation import BringUp

Word = Annotated[str, Strings(pattern=r"^[^\s\"'\\]+$")]
"""What stands in a line ``#SBATCH --key=word`` as it is."""

Option = Annotated[str, Strings(pattern=r"^--?[A-Za-z][^\n\r]*$")]
Line = Annotated[str, Strings(pattern=r"^[^\n\r]+$")]


class SlurmTable(BaseModel):
    """What is asked of Slurm; ``shoal submit`` writes it into a batch script."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nodes: PositiveInt = 1
    cpus_per_node: PositiveInt | None = None
    """``None``: as the site does; with ``exclusive``, all of them."""
    gpus_per_node: NonNegativeInt = 0
    memory: Word | None = None
    """Of each node, such as ``200G``; ``0``: all of it."""
    time: Word | None = None
    """Of one allocation; a job takes as many as it needs, one after the other."""
    partition: Word | None = None
    account: Word | None = None
    qos: Word | None = None
    constraint: Word | None = None
    reservation: Word | None = None
    exclusive: bool = False
    requeue: bool = True
    """Whether the job goes on by itself when its time is over, or a node is lost."""
    warning_seconds: PositiveInt = 300
    """How long before the end nothing new is begun; longer than a shard takes (a minute)."""
    output: Word = "slurm-%j.out"
    options: tuple[Option, ...] = ()
    """Further options of ``sbatch``, such as ``--switches=1``."""
    setup: tuple[Line, ...] = ()
    """Lines of shell before the command, such as ``module load python``."""
    command: Word | None = None
    """What ``shoal`` is called there; ``None``: the one that submits, by its path."""

    interface: Word | None = None
    """The network between the nodes, such as ``hsn0``; ``None``: the one behind their names."""
    port: NonNegativeInt = 0
    """Of Ray's head; 0: a free one."""
    min_nodes: PositiveInt = 1
    """Work begins when so many are there; the others may come later."""
    start_seconds: PositiveFloat = 300.0
    """How long they may take."""
    shared_store: Literal["auto"] | bool = True
    """Whether all nodes see the store: one that does not is refused. ``auto``: each finds out, and
    the segments of those that do not see it come through Ray; false: those of all do."""

    @property
    def is_shared(self) -> bool | None:
        """Whether all nodes see the store; ``None``: each finds out."""
        return None if self.shared_store == "auto" else bool(self.shared_store)

    @property
    def bring_up(self) -> BringUp:
        """What is wanted of Ray.

        Raises:
            ValueError: A number that makes no sense.
        """
        return BringUp(
            interface=self.interface,
            port=self.port,
            min_nodes=self.min_nodes,
            start_seconds=self.start_seconds,
        )
