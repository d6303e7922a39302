"""``shoal run``: a sweep file to a result, in one request or in stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qiskit.primitives import PrimitiveResult

from ...orchestrator.durable import write_whole
from ...orchestrator.result_files import load_result
from ...orchestrator.staged_results import save_stages
from ...primitives.adaptive import AdaptiveStages
from ...primitives.errors import ShoalError
from ...primitives.expansion import expand
from ...primitives.learnt_job import learning_of, must_learn, with_learnt
from ...primitives.noise_learner import NoiseLearnerResult
from ...primitives.request import Request
from ..engines.choice import check
from ..queues.rehearsal import rehearsal_lines
from ..queues.served import QueueSet
from ..sweeps.keepsake import Keepsake
from ..sweeps.labels import default_labels
from ..sweeps.model import ReportTable
from ..sweeps.request import request_of
from ..sweeps.sweep import read_sweep
from .exits import RUN_FAILED, CommandFailed, signals_as_exceptions, wrong_input
from .prepare import prepare_job
from .queue_opening import open_queues_of
from .result import find_complete, show_result
from .run import explained, run_request, wait_for
from .settings import Settings, slot_here
from .start import start_job
from .terminal import print_lines

LAYER_NOISE_NAME = "layer_noise.json"
"""In the folder of a job that learnt noise: what it learnt, for other sweeps to name."""


def run_sweep(path: Path, overrides: Sequence[str], settings: Settings) -> None:
    """Run a sweep, or the rest of it, and show its result.

    Args:
        path: The sweep file.
        overrides: As after ``--set``.
        settings: What else was said.

    Raises:
        CommandFailed: The input is wrong, or the run failed.
    """
    with wrong_input():
        sweep = read_sweep(path, overrides)
        request = request_of(sweep, settings.queue_tables)
        said = sweep.source.table
        store = settings.store_over(None if said.store is None else sweep.source.beside(said.store))
        workers = settings.workers_over(said.workers)
        settings, queues = open_queues_of(request, settings, store, workers)
        place = _Place(store, workers, settings, queues)
    keepsake = Keepsake.of(sweep)
    if must_learn(request.options):
        request = _learnt(request, sweep.name, place)
    if request.options.execution.adaptive:
        _run_stages(request, sweep.name, keepsake, place)
    else:
        run_request(request, sweep.name, keepsake, store, place.workers, settings, queues)


def first_request(request: Request) -> tuple[Request, str]:
    """Return what a request begins with, and in words what follows.

    Args:
        request: What is asked.

    Returns:
        The request itself, and no words, where it is run as it is.

    Raises:
        RequestError: Its stages cannot be meant.
    """
    if must_learn(request.options):
        return learning_of(request).request, (
            "learning     the noise of the circuits' layers: the plan of that; what follows "
            "depends on what is learnt"
        )
    if request.options.execution.adaptive:
        pilot = AdaptiveStages(request).following
        assert pilot is not None
        cap = request.options.execution.max_shots
        return pilot, (
            "adaptive     this is the plan of the pilot; stages follow until every standard error "
            f"is met, with at most {cap:,} shots of a basis"
        )
    return request, ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a sweep runs."""

    store: Path
    workers: int
    settings: Settings
    queues: QueueSet

    def result_of(
        self, request: Request, name: str, keepsake: Keepsake | None = None
    ) -> tuple[Path, PrimitiveResult]:
        """Run one stage, or find that it has run; return its folder and its result."""
        kept = keepsake or Keepsake(default_labels(request), ReportTable())
        store, queues = self.store, self.queues
        with wrong_input():
            request = queues.request(store, request, name)
            workload = expand(request)
            slot = slot_here(self.settings, self.workers)
            check(request, workload, slot, queues=queues.names)
            queues.check(workload)
            complete = find_complete(store, request)
            if complete is not None:
                return complete, load_result(complete, request=request)
            repair = self.settings.repair
            prepared = prepare_job(request, workload, name, store, kept, repair=repair)
        start = request, workload, prepared, store, self.workers, self.settings, queues
        with explained(prepared.folder), signals_as_exceptions(), start_job(*start) as job:
            return prepared.folder, wait_for(job)


def _learnt(request: Request, name: str, place: _Place) -> Request:
    """Learn the noise of a request's layers; return the request that knows it."""
    with wrong_input():
        experiment = learning_of(request)
    folder, result = place.result_of(experiment.request, f"{name}-noise")
    try:
        learnt = experiment.learnt(result)
    except ShoalError as error:
        raise CommandFailed(f"{folder.name}: {error}", RUN_FAILED) from error
    path = folder / LAYER_NOISE_NAME
    write_whole(path, NoiseLearnerResult(learnt).to_json().encode() + b"\n")
    chi_squares = ", ".join(f"{one.chi_square:.2f}" for one in learnt)
    print_lines([f"Learnt noise of {len(learnt)} layers (chi square {chi_squares}): {path}"])
    return with_learnt(request, learnt)


def _run_stages(request: Request, name: str, keepsake: Keepsake, place: _Place) -> None:
    """Run stages until the precision is met; their whole result rests with the pilot."""
    with wrong_input():
        stages = AdaptiveStages(request)
    folders: list[Path] = []
    pilot = stages.following
    assert pilot is not None
    while stages.following is not None:
        number = len(folders) + 1
        stage = stages.following
        folder, result = place.result_of(
            stage,
            name if number == 1 else f"{name}-stage{number}",
            keepsake if number == 1 else None,
        )
        folders.append(folder)
        stages.take(result)
    whole = stages.result()
    save_stages(request, pilot, folders, stages.parts, whole)
    show_result(folders[0], pilot, keepsake, whole)
    words = f"{len(folders)} stages: {', '.join(folder.name for folder in folders)}"
    print_lines([words, *rehearsal_lines(place.queues)])
