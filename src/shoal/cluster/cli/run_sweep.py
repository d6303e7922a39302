"""``shoal run``: a sweep file to a result, in one request or in stages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from qiskit.primitives import PrimitiveResult

from ...orchestrator.durable import write_whole
from ...orchestrator.result_files import load_result
from ...orchestrator.staged_results import save_stages
from ...primitives.adaptive import AdaptiveStages
from ...primitives.errors import ShoalError
from ...primitives.expansion import expand
from ...primitives.learnt_job import learning_of, must_learn, with_learnt
from ...primitives.noise_learner import (
    NoiseLearnerResult,
    queue_to_learn_on,
    translation_for,
)
from ...primitives.options import EstimatorOptions
from ...primitives.request import Request
from ..engines.choice import check
from ..queues.rehearsal import rehearsal_lines
from ..queues.served import QueueSet
from ..slurm.job_clock import walltime_of_this_job
from ..sweeps.keepsake import Keepsake
from ..sweeps.labels import default_labels
from ..sweeps.model import ReportTable
from ..sweeps.request import request_of
from ..sweeps.sweep import Sweep, read_sweep
from .exits import RUN_FAILED, CommandFailed, Terminated, signals_as_exceptions, wrong_input
from .prepare import prepare_job
from .queue_opening import open_queues_of
from .result import find_complete, show_result
from .run import explained, run_request, wait_for
from .settings import Settings, slot_here
from .start import open_cluster, start_job
from .terminal import print_lines

LAYER_NOISE_NAME = "layer_noise.json"
"""In the folder of a job that learnt noise: what it learnt, for other sweeps to name."""


NOISE_SUFFIX = "-noise"
"""Of the name of the job that learns the noise of a sweep's layers."""


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
    keepsake = Keepsake.of(sweep)
    if not is_staged(request):
        run_request(request, sweep.name, keepsake, store, workers, settings, queues)
        return
    place = _Place(store, workers, settings, queues)
    with place.closed_in_the_end():
        if must_learn(request.options):
            request = _learnt(request, sweep.name, place)
        if request.options.execution.adaptive:
            _run_stages(request, sweep.name, keepsake, place)
        else:
            run_request(request, sweep.name, keepsake, store, workers, place.settings, queues)


def is_staged(request: Request) -> bool:
    """Return whether a request runs in stages, each a job that follows from the one before."""
    return must_learn(request.options) or request.options.execution.adaptive


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
class FirstJob:
    """The job that a sweep begins with."""

    request: Request
    name: str
    keepsake: Keepsake
    and_then: str
    """In words what follows it, if anything does."""


def first_job(request: Request, sweep: Sweep) -> FirstJob:
    """Return the job that a sweep begins with: itself, its pilot, or what learns its noise.

    Args:
        request: What the sweep asks.
        sweep: The sweep.

    Raises:
        RequestError: Its stages cannot be meant.
    """
    first, _ = first_request(request)
    if must_learn(request.options):
        keepsake = Keepsake(default_labels(first), ReportTable())
        return FirstJob(first, sweep.name + NOISE_SUFFIX, keepsake, " and what follows from it")
    follows = ", the pilot, and its stages" if is_staged(request) else ""
    return FirstJob(first, sweep.name, Keepsake.of(sweep), follows)


@dataclass(slots=True)
class _Place:
    """Where a sweep runs: on one cluster, which the first stage that has blocks to run opens."""

    store: Path
    workers: int
    settings: Settings
    queues: QueueSet
    _opened: ExitStack = field(default_factory=ExitStack)

    @contextmanager
    def closed_in_the_end(self) -> Iterator[None]:
        """Close what was opened for the stages."""
        try:
            yield
        finally:
            with suppress(Terminated), signals_as_exceptions():
                self._opened.close()

    def _open(self) -> None:
        if self.settings.executor == "inline" or self.settings.opened is not None:
            return
        cluster = self._opened.enter_context(open_cluster(self.store, self.workers, self.settings))
        if cluster.walltime is None:
            cluster.walltime = self._opened.enter_context(walltime_of_this_job())
        self.settings = replace(self.settings, opened=cluster)

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
        with explained(prepared.folder), signals_as_exceptions():
            if prepared.blocks_left:
                self._open()
            start = request, workload, prepared, store, self.workers, self.settings, queues
            with start_job(*start) as job:
                return prepared.folder, wait_for(job)


def _learnt(request: Request, name: str, place: _Place) -> Request:
    """Learn the noise of a request's layers; return the request that knows it."""
    with wrong_input():
        assert isinstance(request.options, EstimatorOptions)
        queue = queue_to_learn_on(request.options, place.queues.names)
        device = None if queue is None else place.queues.device(queue)
        experiment = learning_of(request, None if device is None else translation_for(device))
    folder, result = place.result_of(experiment.request, name + NOISE_SUFFIX)
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
