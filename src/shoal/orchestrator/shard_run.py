"""A worker's share of the work: run a shard's blocks, commit what came out, say what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ..primitives.errors import EngineError, StoreError
from ..primitives.outcomes import BlockOutcome
from ..primitives.workload import Block
from .ports import (
    Committer,
    Engine,
    SegmentReceipt,
    Shard,
    ShardCommitted,
    ShardFailed,
    WorkerId,
)


def run_shard(
    shard: Shard,
    blocks: Sequence[Block],
    engine: Callable[[], Engine],
    committer: Committer,
    worker: WorkerId,
    is_wanted: Callable[[], bool],
) -> ShardCommitted | ShardFailed:
    """Execute a shard and commit its outcomes.

    Args:
        shard: The shard.
        blocks: Its blocks.
        engine: Returns what executes them, one after the other.
        committer: Makes the outcomes durable.
        worker: Who does it.
        is_wanted: Asked before each block; when the answer is no, the rest is left.

    Returns:
        What to report. Where one block breaks, those before it are committed all the same.
    """
    try:
        committer.check()
    except StoreError as error:
        words = str(error)
        return ShardFailed(shard.index, worker, words, is_engine_error=False, is_store_error=True)
    outcomes: list[BlockOutcome] = []
    began = time.monotonic()
    broken: ShardFailed | None = None
    for block in blocks:
        if not is_wanted():
            broken = ShardFailed(shard.index, worker, "no longer wanted", is_engine_error=False)
            break
        try:
            outcomes.append(engine().run(block))
        except Exception as error:  # whatever an engine raises must not end its worker
            is_engine_error = isinstance(error, EngineError)
            words = in_one_line(error)
            broken = ShardFailed(shard.index, worker, words, is_engine_error, block.index)
            break
    receipt: SegmentReceipt | None = None
    if outcomes:
        try:
            receipt = committer.commit(outcomes, worker=worker, seconds=time.monotonic() - began)
        except Exception as error:  # a full disk is the driver's to report
            words = f"the outcomes could not be committed: {in_one_line(error)}"
            return broken or ShardFailed(shard.index, worker, words, is_engine_error=False)
    if broken is not None:
        return ShardFailed(
            shard.index, worker, broken.error, broken.is_engine_error, broken.block, receipt
        )
    assert receipt is not None
    return ShardCommitted(shard.index, worker, receipt)


def in_one_line(error: Exception) -> str:
    """Say what an exception says; its type too, unless it is an engine's refusal.

    Args:
        error: The exception.
    """
    words = " ".join(str(error).split()) or "no words"
    return words if isinstance(error, EngineError) else f"{type(error).__name__}: {words}"
