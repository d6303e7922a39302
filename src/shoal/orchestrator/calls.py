"""Tasks that any worker can do and that leave nothing behind: who does which, and which again."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import count

from ..primitives.errors import ExecutionError
from .ports import WorkerId

MAX_CALLS_OF_A_WORKER = 2

MAX_TRIES_OF_A_TASK = 5


class Calls:
    """Which tasks are waiting, and which call of which task is with whom."""

    def __init__(self, num_tasks: int) -> None:
        """Start with all tasks waiting.

        Args:
            num_tasks: How many.
        """
        self._waiting = deque(range(num_tasks))
        self._out: dict[int, tuple[int, WorkerId]] = {}
        self._tries: Counter[int] = Counter()
        self._numbers = count()

    @property
    def is_done(self) -> bool:
        """Whether every task was answered."""
        return not self._waiting and not self._out

    def assignments(self, workers: Iterable[WorkerId]) -> Iterator[tuple[int, int, WorkerId]]:
        """Choose what goes to whom.

        Args:
            workers: Those that there are.

        Yields:
            The call's number, its task, its worker.
        """
        load = Counter(worker for _, worker in self._out.values())
        places = [
            (taken, worker)
            for worker in workers
            for taken in range(load[worker], MAX_CALLS_OF_A_WORKER)
        ]
        for _, worker in sorted(places):
            if not self._waiting:
                return
            number, task = next(self._numbers), self._waiting.popleft()
            self._out[number] = task, worker
            yield number, task, worker

    def answer(self, number: int) -> bool:
        """Take in an answer; return whether it is the first of its task.

        Args:
            number: The call's.
        """
        return self._out.pop(number, None) is not None

    def fail(self, number: int, words: str) -> None:
        """Take in that a call came to nothing: its task waits again.

        Args:
            number: The call's.
            words: Why.

        Raises:
            ExecutionError: It was tried often enough.
        """
        if number not in self._out:
            return
        task, _ = self._out.pop(number)
        self._tries[task] += 1
        if self._tries[task] >= MAX_TRIES_OF_A_TASK:
            raise ExecutionError(
                f"a part of the reduce failed {self._tries[task]} times; the last time: {words}"
            )
        self._waiting.append(task)

    def lose(self, worker: WorkerId | None, words: str) -> None:
        """Take in that a worker is gone, with all of its calls.

        Args:
            worker: Which; ``None``: nobody has answered for too long.
            words: Why.

        Raises:
            ExecutionError: One of its tasks was tried often enough.
        """
        for number, (_, other) in list(self._out.items()):
            if worker in (None, other):
                self.fail(number, words)
