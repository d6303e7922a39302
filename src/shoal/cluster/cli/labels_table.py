"""What a profile says of the nodes of a Ray that is started: the table ``[labels]``."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from ..node_labels import NodeLabels


def _checked(said: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    NodeLabels(said)
    return said


LabelsTable = Annotated[dict[str, dict[str, str]], AfterValidator(_checked)]
"""Labels by name, of hosts by name, by Slurm's list of names, or by a pattern such as ``gpu*``."""
