"""Slurm's way of writing many host names, such as ``n[1-3,07],login1``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

_ITEM = re.compile(r"(?:[^,\[\]]|\[[^\]]*\])+")
_PART = re.compile(r"\[([^\]]*)\]|([^\[\]]+)")


def expand_hostlist(text: str) -> tuple[str, ...]:
    """Return the host names that a list stands for, in its order.

    Args:
        text: As ``SLURM_JOB_NODELIST`` has it.

    Raises:
        ValueError: It cannot be read.

    >>> expand_hostlist("n[1-3],gpu[08-10]x,login")
    ('n1', 'n2', 'n3', 'gpu08x', 'gpu09x', 'gpu10x', 'login')
    """
    items = _ITEM.findall(text)
    if ",".join(items) != text.strip(",") or not items:
        raise ValueError(f"cannot read the list of hosts {text!r}: expected, say, n[1-3,7]")
    return tuple(host for item in items for host in _hosts(item))


def _hosts(item: str) -> Iterator[str]:
    choices = [
        tuple(_numbers(inside)) if inside else (plain,) for inside, plain in _PART.findall(item)
    ]
    return ("".join(parts) for parts in product(*choices))


def _numbers(inside: str) -> Iterator[str]:
    for one in inside.split(","):
        first, dash, last = one.partition("-")
        if not (first.isdigit() and (last.isdigit() or not dash)):
            raise ValueError(f"cannot read [{inside}] in a list of hosts: expected, say, [1-3,7]")
        for number in range(int(first), int(last or first) + 1):
            yield str(number).zfill(len(first))
