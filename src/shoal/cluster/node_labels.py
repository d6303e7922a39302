"""Labels of the nodes of a Ray that we start, by which workers and queues find theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .hostlist import expand_hostlist

HOST, PARTITION, COMPONENT = "shoal.io/host", "shoal.io/partition", "shoal.io/component"
"""What a node is labelled with where it is known, whatever is said."""

_WORD = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"({_WORD}/)?{_WORD}")
_VALUE = re.compile(_WORD)


@dataclass(frozen=True, slots=True)
class NodeLabels:
    """What is said of nodes by their names.

    >>> said = NodeLabels({"n[1-2]": {"net": "open"}, "*": {"site": "here"}})
    >>> said.of("n2")
    {'shoal.io/host': 'n2', 'net': 'open', 'site': 'here'}
    """

    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Labels of hosts: each a name, Slurm's list of names, or a pattern with ``*`` in it."""

    def __post_init__(self) -> None:
        """Check them.

        Raises:
            ValueError: Ray could not take a label, or a list of names cannot be read.
        """
        for hosts, labels in self.said.items():
            if "*" not in hosts:
                expand_hostlist(hosts)
            for name, value in labels.items():
                _check(hosts, name, value)

    def of(self, host: str, known: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the labels of a node.

        Args:
            host: Its name.
            known: What else is known of it.
        """
        found = {HOST: host, **(known or {})}
        labels = {name: value for name, value in found.items() if _VALUE.fullmatch(value)}
        for hosts, said in self.said.items():
            if _is_of(host, hosts):
                labels.update(said)
        return labels


def labels_option(labels: Mapping[str, str]) -> str:
    """Write labels as ``ray start`` takes them.

    Args:
        labels: By name.
    """
    return "--labels=" + ",".join(f"{name}={value}" for name, value in labels.items())


def _is_of(host: str, hosts: str) -> bool:
    if "*" in hosts:
        return re.fullmatch(".*".join(map(re.escape, hosts.split("*"))), host) is not None
    return host in expand_hostlist(hosts)


def _check(hosts: str, name: str, value: str) -> None:
    if not _NAME.fullmatch(name) or name.startswith("ray.io/"):
        raise ValueError(
            f"labels of {hosts}: found the name {name!r}, expected letters, digits, '-', '_' and"
            " '.', after a prefix and '/' perhaps, which is not ray.io"
        )
    if not _VALUE.fullmatch(value):
        raise ValueError(
            f"labels of {hosts}: found {name} = {value!r}, expected 1 to 63 letters, digits, '-',"
            " '_' and '.'"
        )
