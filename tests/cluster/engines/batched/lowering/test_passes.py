"""Passes do every step once, and nothing too early."""

import itertools

import pytest
from qiskit.circuit.random import random_circuit

from shoal.cluster.engines.batched import compile_circuit
from shoal.cluster.engines.batched.lowering.observing import view_terms
from shoal.cluster.engines.batched.lowering.operations import Operation, commute
from shoal.cluster.engines.batched.lowering.passes import Block, schedule

BLOCK_BITS = 4


@pytest.fixture(params=range(5))
def steps(request):
    circuit = compile_circuit(random_circuit(8, 12, seed=request.param))
    (view,) = view_terms(["ZZIIXXII", "YIIIIIIY", "ZIZIZIZI"], circuit.frame)
    return (*circuit.operations, *view.steps(circuit.frame))


def test_every_step_once(steps):
    passes = schedule(steps, 8, BLOCK_BITS)

    done = [step for one in passes for step in one.steps]
    assert sorted(map(id, done)) == sorted(map(id, steps))


def test_steps_change_places_only_where_they_commute(steps):
    passes = schedule(steps, 8, BLOCK_BITS)

    done = [step for one in passes for step in one.steps]
    place = {id(step): number for number, step in enumerate(done)}
    for earlier, later in itertools.combinations(steps, 2):
        if place[id(earlier)] > place[id(later)]:
            both = isinstance(earlier, Operation) and isinstance(later, Operation)
            assert commute(earlier, later) if both else not isinstance(earlier, Operation)


def test_blocks_hold_what_their_steps_move(steps):
    for one in schedule(steps, 8, BLOCK_BITS):
        assert len(one.block.vectors) == BLOCK_BITS
        for flip in itertools.chain.from_iterable(step.flips for step in one.steps):
            place = one.block.place(flip)
            total = 0
            for bit, vector in enumerate(one.block.vectors):
                total ^= vector * (place >> bit & 1)
            assert total == flip


def test_small_states_are_one_block(steps):
    (one,) = schedule(steps, 8, 8)

    assert one.steps == tuple(steps)


def test_places_and_parities_of_a_block():
    block = Block((0b0011, 0b1100))

    assert block.place(0b1111) == 0b11
    assert block.inner(0b0110) == 0b11
    assert block.inner(0b0011) == 0b00
    assert block.pivots == 0b1010
