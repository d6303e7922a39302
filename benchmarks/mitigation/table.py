"""What the replicas of a case say together, and both sides beside each other."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import numpy as np

from .problem import Case, truth

COLUMNS = (
    "qubits:level", "side", "randomizations", "replicas", "bias", "rms error", "coverage",
    "circuits", "seconds", "of processor", "ratio",
)  # fmt: skip

NAMES = ("bias", "rms", "std", "coverage", "circuits", "seconds", "processor_seconds")


def summed_up(case: dict[str, Any]) -> dict[str, Any]:
    """Sum up the replicas of a case.

    Args:
        case: Its name, side, limit, rows and whether it ran over its limit.
    """
    found = {name: case[name] for name in ("case", "side", "limit", "is_over")}
    found |= {"replicas": len(case["rows"]), "randomizations": case["randomizations"]}
    if not case["rows"]:
        return found | dict.fromkeys(NAMES)
    true = truth(Case.of(case["case"]))
    evs, stds = (np.array([row[name] for row in case["rows"]]) for name in ("evs", "stds"))
    seconds = {
        name: float(np.median([row[name] for row in case["rows"]]))
        for name in ("seconds", "processor_seconds")
    }
    return found | {
        "bias": float(np.abs(evs.mean(axis=0) - true).mean()),
        "rms": float(np.sqrt(((evs - true) ** 2).mean())),
        "std": float(np.sqrt((stds**2).mean())),
        "coverage": float((np.abs(evs - true) <= 1.96 * stds).mean()),
        "circuits": case["rows"][0]["circuits"],
        **seconds,
    }


def side_by_side(cases: list[dict[str, Any]]) -> str:
    """Write a table in Markdown: a row a case and side, and how many times faster ours is."""
    rows = {(one["case"], one["side"]): summed_up(one) for one in cases}
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for key in sorted(rows, key=lambda key: (astuple(Case.of(key[0])), key[1] == "ibm")):
        row, ours = rows[key], rows.get((key[0], "ours"))
        cells = [key[0], key[1], str(row["randomizations"] or "auto"), str(row["replicas"])]
        lines.append("| " + " | ".join(cells + _numbers(row) + [_ratio(row, ours)]) + " |")
    return "\n".join(lines)


def _numbers(row: dict[str, Any]) -> list[str]:
    if not row["replicas"]:
        return ["", "", "", "", f"> {row['limit']:.0f}", ""]
    cells = [f"{row['bias']:.4f}", f"{row['rms']:.4f}", f"{row['coverage']:.2f}"]
    times = (row["seconds"], row["processor_seconds"])
    return [*cells, str(row["circuits"]), *(f"{one:.3g}" for one in times)]


def _ratio(row: dict[str, Any], ours: dict[str, Any] | None) -> str:
    """Say how many processor seconds of ours one estimate of the other side took."""
    if row["side"] == "ours" or ours is None or not ours["replicas"]:
        return ""
    if not row["replicas"]:
        return f"> {row['limit'] / ours['seconds']:.0f}"
    return f"{row['processor_seconds'] / ours['processor_seconds']:.0f}"
