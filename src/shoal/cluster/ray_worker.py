"""A worker as a Ray actor: it answers while it is busy."""

from __future__ import annotations

from typing import Any

import ray as typed_ray

from .worker import JobNumber, Worker

ray: Any = typed_ray  # its annotations know neither all functions nor all options

CONTROL = {"control": 1}
"""The actor's groups of threads beside the one that runs shards."""

# Said of the methods and not where they are called, because Ray Client knows no other way; and in a
# module that the actor's process imports, too.
_while_busy = ray.method(concurrency_group="control")


class RayWorker(Worker):
    """Runs shards in one thread, and answers in another."""

    @_while_busy  # type: ignore[untyped-decorator]
    def busy_with(self) -> tuple[JobNumber, int] | None:
        """Return the job and shard that is running, if one is."""
        return super().busy_with()

    @_while_busy  # type: ignore[untyped-decorator]
    def clock(self) -> float:
        """Return this node's time, in seconds since 1970."""
        return super().clock()

    @_while_busy  # type: ignore[untyped-decorator]
    def close(self, job: JobNumber) -> None:
        """Forget a job; a shard of it that is running ends after the block that it is at."""
        super().close(job)
