"""Work is dealt out once, on no more threads than asked."""

import threading

import pytest

from shoal.cluster.engines.batched.threads import spread


@pytest.mark.parametrize(("pieces", "threads"), [(0, 1), (1, 4), (7, 3), (100, 1), (100, 4)])
def test_every_piece_once(pieces, threads):
    done: list[int] = []
    seen: set[int] = set()

    def worker():
        seen.add(threading.get_ident())
        return lambda share: done.extend(range(*share))

    spread(worker, pieces, threads)

    assert sorted(done) == list(range(pieces))
    assert len(seen) <= threads


@pytest.mark.parametrize(("piece_seconds", "most"), [(1e-6, 1), (1.0, 3)])
def test_little_work_stays_here(piece_seconds, most):
    started: list[int] = []

    def worker():
        started.append(threading.get_ident())
        return lambda share: None

    spread(worker, 10, 3, piece_seconds)

    assert len(started) == most


def test_errors_come_out():
    def worker():
        def fail(share):
            raise ArithmeticError("no")

        return fail

    with pytest.raises(ArithmeticError, match="no"):
        spread(worker, 10, 2)
