"""``shoal plan``: what would run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...orchestrator.paces import Paces
from ...orchestrator.plan import Plan, plan_of
from ...primitives.expansion import expand
from ...primitives.request import Request
from ...primitives.workload import Workload
from ..cache_folder import cache_folder
from ..calibration import kinds_of, paces
from ..engines.choice import check, choose
from ..reports.text_table import TextTable
from ..sweeps.request import request_of
from ..sweeps.sweep import Sweep, read_sweep
from .exits import wrong_input
from .progress import duration
from .run_sweep import first_request
from .settings import Settings, slot_here
from .terminal import print_lines


def show_plan(path: Path, overrides: Sequence[str], settings: Settings, *, as_json: bool) -> None:
    """Print what a sweep would run; start nothing.

    Args:
        path: The sweep file.
        overrides: As after ``--set``.
        settings: What else was said.
        as_json: Whether a program reads it.
    """
    with wrong_input():
        sweep = read_sweep(path, overrides)
        request, follows = first_request(request_of(sweep, settings.queue_tables))
        workload = expand(request)
        workers = settings.workers_over(sweep.source.table.workers)
        slot = slot_here(settings, workers)
        check(request, workload, slot, queues=settings.queue_tables, is_here=False)
    plan = plan_of(workload)
    found = paces(cache_folder())
    seconds = found.seconds_of(workload, kinds_of(request, workload))
    if as_json:
        document = _document(sweep, request, workload, plan, workers)
        document["seconds_predicted"] = seconds / workers
        document |= {"followed_by": follows} if follows else {}
        print_lines([json.dumps(document, indent=2)])
    else:
        print_lines(plan_lines(sweep, request, workload, plan, workers))
        print_lines([_time_line(seconds / workers, workers, found)])
        print_lines([follows] if follows else [])


def plan_lines(
    sweep: Sweep, request: Request, workload: Workload, plan: Plan, workers: int
) -> Iterator[str]:
    """Write a plan for people.

    Args:
        sweep: What the file says.
        request: What it asks for.
        workload: Its expansion.
        plan: The counts.
        workers: Of one node, to divide the time by.

    Yields:
        Lines: one a program, the sums, and what is an estimate.
    """
    yield f"{sweep.name}: {request.primitive}, seed {request.seed}, {request.fingerprint[:12]}"
    yield ""
    yield from _programs(request, workload, plan).lines()
    yield ""
    yield f"circuits      {plan.circuits:>16,}   one a parameter set and measurement basis"
    yield f"shots         {plan.shots:>16,}"
    yield f"blocks        {plan.blocks:>16,}   the units that are committed and resumed"
    yield f"shot bytes    {plan.shot_bytes:>16,}   packed bits of every shot; files are smaller"
    yield f"value bytes   {plan.value_bytes:>16,}   exact expectation values"
    hours = plan.node_hours(workers)
    words = "an estimate, right within an order of magnitude"
    yield (
        f"node-hours    {hours:>16.2g}   "
        f"{duration(3600 * hours)} on a node of {workers} workers: {words}"
    )


def _time_line(seconds: float, workers: int, found: Paces) -> str:
    how = f"by {workers} workers like this machine, which was measured {found.measured_at[:10]}"
    return f"time          {duration(seconds):>16}   {how}"


def _programs(request: Request, workload: Workload, plan: Plan) -> TextTable:
    headings = ["circuit", "qubits", "rows", "bases", "shots each", "circuits", "blocks", "runs on"]
    is_mitigated = bool(workload.families)
    headings += ["purpose", "frames", "overhead"] if is_mitigated else []
    rows = []
    for program, counted in zip(workload.programs, plan.programs, strict=True):
        choice = choose(request, workload, program)
        extra = (counted.purpose, str(counted.randomizations), f"{counted.overhead:.3g}")
        rows.append(
            (
                counted.circuit,
                str(counted.num_qubits),
                f"{counted.rows:,}",
                str(counted.bases) if counted.bases else "-",
                "exact" if counted.shots_per_circuit is None else f"{counted.shots_per_circuit:,}",
                f"{counted.circuits:,}",
                str(counted.blocks),
                f"{choice.engine}, {choice.method}: {choice.reason}",
                *(extra if is_mitigated else ()),
            )
        )
    return TextTable(tuple(headings), tuple(rows))


def _document(
    sweep: Sweep, request: Request, workload: Workload, plan: Plan, workers: int
) -> dict[str, Any]:
    choices = [asdict(choose(request, workload, program)) for program in workload.programs]
    return {
        "name": sweep.name,
        "primitive": request.primitive,
        "fingerprint": request.fingerprint,
        "seed": request.seed,
        "circuits": plan.circuits,
        "shots": plan.shots,
        "blocks": plan.blocks,
        "shot_bytes": plan.shot_bytes,
        "value_bytes": plan.value_bytes,
        "node_hours_estimate": plan.node_hours(workers),
        "programs": [
            {**asdict(counted), "runs_on": choice}
            for counted, choice in zip(plan.programs, choices, strict=True)
        ],
    }
