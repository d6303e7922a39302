"""What the doctor says of a Slurm job's quantum resources."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec

from ...primitives.errors import RequestError
from ..queues.qrmi_resources import QpuResource, qpu_resources


def qpu_words(environ: Mapping[str, str] = os.environ) -> tuple[bool | None, str]:
    """Look for quantum resources.

    Args:
        environ: The environment.

    Returns:
        Whether they can be used, and what there is to say; ``None``: there are none.
    """
    try:
        found = qpu_resources(environ)
    except RequestError as error:
        return False, str(error)
    if not found:
        return None, "no quantum resources in this job (#SBATCH --qpu)"
    words = ", ".join(map(_words, found))
    if find_spec("qrmi") is None:
        return False, f"{words}; pip install 'shoal[qrmi,ibm]' to use them"
    return True, words


def _words(one: QpuResource) -> str:
    return f"{one.name} ({one.type}{'' if one.is_usable else ': not usable as a queue'})"
