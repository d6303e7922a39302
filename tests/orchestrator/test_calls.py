"""Calls of a reduce: every task is answered once, whoever is lost on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.orchestrator.calls import MAX_TRIES_OF_A_TASK, Calls
from shoal.primitives.errors import ExecutionError


def test_workers_have_few_calls_at_a_time() -> None:
    calls = Calls(10)
    assert [worker for *_, worker in calls.assignments("ab")] == ["a", "b", "a", "b"]
    assert list(calls.assignments("ab")) == []


def test_only_the_first_answer_of_a_call_counts() -> None:
    calls = Calls(1)
    ((number, _, _),) = calls.assignments("a")
    assert calls.answer(number)
    assert not calls.answer(number)
    assert calls.is_done


def test_tasks_of_a_lost_worker_go_to_others() -> None:
    calls = Calls(2)
    list(calls.assignments("a"))
    calls.lose("a", "killed")
    assert sorted(task for _, task, _ in calls.assignments("b")) == [0, 1]


def test_a_task_that_fails_again_and_again_is_an_error_in_its_words() -> None:
    calls = Calls(1)
    for _ in range(MAX_TRIES_OF_A_TASK - 1):
        ((number, _, _),) = calls.assignments("a")
        calls.fail(number, "no such segment")
    ((number, _, _),) = calls.assignments("a")
    with pytest.raises(ExecutionError, match=f"{MAX_TRIES_OF_A_TASK} times.*no such segment"):
        calls.fail(number, "no such segment")


@given(st.integers(0, 20), st.lists(st.sampled_from("abc"), max_size=4))
def test_every_task_is_answered_once(num_tasks: int, lost: list[str]) -> None:
    calls, answered = Calls(num_tasks), []
    losses = iter(lost)
    while not calls.is_done:
        out = list(calls.assignments("abc"))
        if (worker := next(losses, None)) is not None:
            calls.lose(worker, "gone")
        answered += [task for number, task, _ in out if calls.answer(number)]
    assert sorted(answered) == list(range(num_tasks))
