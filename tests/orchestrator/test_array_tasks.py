"""Which task of an array has which blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.orchestrator.array_tasks import PIECES_A_TASK, ArrayTask

SECONDS = st.lists(st.floats(0.0, 1e3), min_size=1, max_size=200).map(np.array)


def parts(seconds: np.ndarray, count: int) -> np.ndarray:
    return np.array([ArrayTask(index, count).part(seconds) for index in range(count)])


@given(SECONDS, st.integers(1, 20))
def test_every_block_is_in_exactly_one_part(seconds: np.ndarray, count: int) -> None:
    assert np.array_equal(parts(seconds, count).sum(axis=0), np.ones(seconds.size))


@given(SECONDS, st.integers(1, 20))
def test_no_task_has_more_than_its_share_and_one_piece(seconds: np.ndarray, count: int) -> None:
    loads = parts(seconds, count) @ seconds
    # Costs are rounded to whole nanoseconds, and a piece ends with the block that fills it.
    piece = seconds.max() + seconds.sum() / (count * PIECES_A_TASK)
    assert loads.max() <= seconds.sum() / count + piece + 1e-6


def test_blocks_of_a_part_lie_together() -> None:
    mine = ArrayTask(2, 8).part(np.ones(6400))
    runs = np.count_nonzero(np.diff(mine.astype(int)) == 1) + mine[0]
    assert mine.sum() == 800
    assert runs <= PIECES_A_TASK


def test_a_name_is_read_back() -> None:
    task = ArrayTask(12, 10_000)
    assert ArrayTask.named(task.name) == task
    assert ArrayTask.named("12-of-20") is None


@pytest.mark.parametrize(("index", "count"), [(8, 8), (-1, 8), (0, 0)])
def test_a_task_that_there_cannot_be_is_an_error(index: int, count: int) -> None:
    with pytest.raises(ValueError, match=f"array task {index} of {count}"):
        ArrayTask(index, count)
