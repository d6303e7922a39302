"""``--executor mpi``: every rank of a world runs the same command, and all but one of them work."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ...primitives.errors import ExecutionError
from .exits import DONE, INPUT_WRONG, RUN_FAILED, CommandFailed
from .settings import Settings

FIRST_SPEAKS_SECONDS = 10.0
"""In which the first process says what is wrong with all."""


@contextmanager
def ranks(settings: Settings) -> Iterator[None]:
    """Be one rank of the world: on rank 0 the command goes on, on the others it never does.

    Args:
        settings: What was said.

    Yields:
        Nothing; the other ranks are let go at the end.

    Raises:
        CommandFailed: There is no MPI library, or the world is not as was asked.
        SystemExit: This is not rank 0, and all is done.
    """
    if settings.executor != "mpi":
        yield
        return
    from ..mpi.open import mpi_pool

    try:
        gpus = 1 if settings.placement.gpus_per_worker else 0
        pool = mpi_pool(gpus=gpus, gang=settings.mpi.gang)
    except ExecutionError as error:
        raise CommandFailed(_from_one(str(error)), INPUT_WRONG) from error
    code = RUN_FAILED
    try:
        if settings.workers not in (None, pool.num_workers):
            raise CommandFailed(
                f"{settings.workers} workers were asked for, but the world has {pool.num_workers} "
                "ranks that work, and one that drives: start one process more than workers",
                INPUT_WRONG,
            )
        yield
        code = DONE
    except CommandFailed as failure:
        code = failure.code
        raise
    finally:
        pool.close(code)


@contextmanager
def said_once() -> Iterator[None]:
    """Leave what is wrong with a profile to one rank, since all of them read it.

    Raises:
        CommandFailed: What was wrong, on all ranks; without words, but for one.
    """
    try:
        yield
    except CommandFailed as failure:
        raise CommandFailed(_from_one(str(failure)), failure.code) from failure


def _from_one(words: str) -> str:
    """Leave the words to the first of the processes that were started, where all have them.

    Where the end of any process ends the others, as ``srun --kill-on-bad-exit`` has it, the first
    must have spoken before: the others give it time.
    """
    from ..mpi.launch import launch_of

    launch = launch_of(os.environ)
    if launch is None or launch.rank == 0:
        return words
    time.sleep(FIRST_SPEAKS_SECONDS)
    return ""
