"""The runner behind ``mode=None`` and behind a backend: this process, no files, no Ray."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache

from qiskit.primitives import PrimitiveResult
from qiskit.providers import BackendV2

from ..orchestrator.ports import Slot
from ..primitives.blocks import joined_blocks
from ..primitives.errors import JobCancelledError
from ..primitives.expansion import expand
from ..primitives.job import Job, JobControl, Progress
from ..primitives.option_groups import DynamicalDecouplingOptions
from ..primitives.outcomes import BlockOutcome
from ..primitives.request import Request
from ..primitives.results import assemble
from ..primitives.runner import Runner
from ..primitives.workload import Block, Workload
from .engines.backend import BackendEngine
from .engines.backend_limits import check_backend, check_shots, takes_primitives_only
from .engines.backend_placement import Placements
from .engines.backend_templates import BackendTemplates
from .engines.choice import check, make_engine
from .kept_outcomes import KeptOutcomes
from .node_cores import usable_cores
from .node_memory import usable_memory_bytes

Outcomes = Iterable[BlockOutcome]

TINY_UPDATES, TINY_SHOTS = 400_000, 100_000
"""Amplitudes that gates change, and shots, of a job that is over before a thread has woken up."""


def in_process_runner(backend: BackendV2 | None = None) -> Runner:
    """Return the runner of this process.

    Args:
        backend: The queue that it sends circuits to; ``None``: it simulates them itself.
    """
    if backend is None:
        return InProcessRunner()
    if takes_primitives_only(backend):
        from .device_modes import Device

        return Device(backend)
    return BackendRunner(backend)


class InProcessRunner:
    """Runs a request's blocks one after the other, each on all the cores that this process has."""

    def submit(self, request: Request) -> Job:
        """Start a request.

        Raises:
            RequestError: No engine here can serve it; nothing was started.
        """
        workload = joined_blocks(expand(request))
        slot = Slot(threads=usable_cores(), memory_bytes=usable_memory_bytes())
        check(request, workload, slot)
        kept = KeptOutcomes(request, workload)

        def work(control: JobControl) -> PrimitiveResult:
            engine = make_engine(request, workload, slot)
            outcomes = (engine.run(block) for block in workload.blocks)
            return assemble(request, workload, kept.keep(_watched(outcomes, workload, control)))

        start = _at_once if is_tiny(workload) else _pool().submit
        return Job(secrets.token_hex(8), work, start=start, reduce=kept.reduce)


class BackendRunner:
    """Sends a request's circuits to one of Qiskit's backends."""

    def __init__(self, backend: BackendV2) -> None:
        self._backend = backend

    def submit(self, request: Request) -> Job:
        """Start a request.

        Raises:
            RequestError: The backend cannot serve it; nothing was sent.
        """
        check_backend(request, self._backend)
        asked = request.options.dynamical_decoupling
        placements, templates = _held_for(self._backend, asked if asked.enable else None)
        request = placements.request(request)
        workload = expand(request)
        check_shots(workload, self._backend)
        kept = KeptOutcomes(request, workload)

        def work(control: JobControl) -> PrimitiveResult:
            engine = BackendEngine(request, workload, templates, control.cancelled)
            outcomes = engine.run_all(workload.blocks)
            return assemble(request, workload, kept.keep(_watched(outcomes, workload, control)))

        return Job(secrets.token_hex(8), work, reduce=kept.reduce)


def is_tiny(workload: Workload) -> bool:
    """Return whether a workload is not worth a thread: an optimiser's one step, say."""
    updates = 0
    for program in workload.programs:
        amplitudes = 1 << min(program.circuit.num_qubits, 26)
        updates += program.num_rows * len(program.circuit.data) * amplitudes
    return updates <= TINY_UPDATES and workload.shots_drawn() <= TINY_SHOTS


def _at_once(run: Callable[[], None]) -> None:
    run()


def _watched(outcomes: Outcomes, workload: Workload, control: JobControl) -> Iterator[BlockOutcome]:
    """Report progress after each block, and stop between two blocks when asked to."""
    began = time.monotonic()
    total = len(workload.blocks)
    evaluations_total = workload.circuits_executed()
    evaluations = shots = done = 0
    control.report(Progress(0, total, 0, evaluations_total, workers=1))
    for outcome in outcomes:
        more_evaluations, more_shots = _size(workload, workload.blocks[outcome.block])
        done, evaluations, shots = done + 1, evaluations + more_evaluations, shots + more_shots
        seconds = time.monotonic() - began
        eta = seconds * (total - done) / done
        control.report(
            Progress(done, total, evaluations, evaluations_total, shots, seconds, eta, workers=1)
        )
        yield outcome
        if control.cancelled() and done < total:
            raise JobCancelledError(f"cancelled after {done} of {total} blocks")


def _size(workload: Workload, block: Block) -> tuple[int, int]:
    """Count a block's circuit executions (in the first slice of their shots only) and its shots."""
    evaluations = shots = 0
    for variant in workload.variants_of(block):
        rows = int(variant.rows_between(block.start, block.stop).size)
        evaluations += rows if block.slice_index == 0 else 0
        shots += rows * (block.shots_of(variant) or 0)
    return evaluations, shots


@lru_cache(maxsize=8)
def _held_for(
    backend: BackendV2, decoupling: DynamicalDecouplingOptions | None
) -> tuple[Placements, BackendTemplates]:
    """Return what is remembered of a backend, since an optimiser asks it a thousand times."""
    return Placements(backend), BackendTemplates(backend, decoupling)


@cache
def _pool() -> ThreadPoolExecutor:
    """Return the threads in which jobs wait for their turn: as many as may compute at once."""
    return ThreadPoolExecutor(usable_cores(), thread_name_prefix="shoal-job")


# A forked process has the pool but not its threads.
os.register_at_fork(after_in_child=_pool.cache_clear)
