"""The nodes that Slurm has given to a job, and how a Ray of our own is spread over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .node_labels import COMPONENT, PARTITION, NodeLabels


@dataclass(frozen=True, slots=True, kw_only=True)
class BringUp:
    """What a site, or the user, wants of a Ray in an allocation."""

    interface: str | None = None
    """The network interface, such as ``hsn0`` or ``ib0``; ``None``: the one that leads to the other
    nodes by their names."""
    port: int = 0
    """Of Ray's head; 0: a free one."""
    min_nodes: int = 1
    """How many nodes must be there before work begins; the others may come later."""
    start_seconds: float = 300.0
    """How long these may take: Python alone takes a minute from a busy filesystem."""

    silence_seconds: float = 60.0
    """When the other nodes have heard nothing of Ray's driver for so long, they look whether its
    node is lost; if so, they have Slurm start the job again."""

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: One that makes no sense.
        """
        if self.min_nodes < 1:
            raise ValueError(f"min_nodes={self.min_nodes}: expected at least 1")
        if not 0 <= self.port < 1 << 16:
            raise ValueError(f"port={self.port}: expected 0 (a free one) to 65535")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """A Slurm job's nodes, seen from a process on one of them."""

    job: str
    """Slurm's number of the job."""
    nodes: tuple[str, ...]
    groups: tuple[int, ...] = ()
    """Of a heterogeneous job, the component that each node belongs to; empty: there is but one."""
    partitions: tuple[str, ...] = ()
    """Of each component; empty: Slurm does not say."""
    here: str
    """The node that this process is on; Ray's head will be there, too."""
    memory_bytes_per_node: int | None = None
    memory_bytes_per_cpu: int | None = None
    """``None``: Slurm does not say."""
    bring_up: BringUp = BringUp()
    witness: str | None = None
    """A file in the store that every node must see; ``None``: there is no store."""
    labels: NodeLabels = field(default_factory=NodeLabels)
    """What is said of nodes by name."""

    def group_of(self, node: str) -> int | None:
        """Return a node's component of a heterogeneous job; ``None``: the job is not one.

        Args:
            node: Slurm's name of it.
        """
        return self.groups[self.nodes.index(node)] if self.groups else None

    def labels_of(self, node: str) -> Mapping[str, str]:
        """Return the labels that Ray gives a node: its name, and where in the job it is.

        Args:
            node: Slurm's name of it.
        """
        group = self.group_of(node)
        known = {} if group is None else {COMPONENT: str(group)}
        if self.partitions:
            known[PARTITION] = self.partitions[group or 0]
        return self.labels.of(node, known)
