import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.primitives import BitArray
from tests.differential.running import chi_square_is_plausible

from shoal.cluster.engines.sampling import (
    Draw,
    Register,
    circuit_registers,
    draw,
    pack_hex,
    pack_integers,
    shift_packed,
    shot_rows,
)


@pytest.mark.parametrize("shots", [200, 5000])
def test_draw_follows_the_distribution(shots, rng):
    probabilities = rng.dirichlet(np.ones(64), 3)

    drawn = draw(probabilities, np.array([4, 5, 9]), shots, rng)

    outcomes = drawn.packed[:, 0]
    weights = np.ones(outcomes.size) if drawn.counts is None else drawn.counts
    for row, wanted in zip((4, 5, 9), probabilities, strict=True):
        here = drawn.rows == row
        counts = np.bincount(outcomes[here], weights[here], minlength=64)
        assert counts.sum() == shots
        assert chi_square_is_plausible(counts, wanted)


@pytest.mark.parametrize("shots", [10, 500])
def test_rows_drawn_apart_are_those_drawn_together(shots):
    probabilities = np.random.default_rng(0).dirichlet(np.ones(32), 4)
    rows = np.arange(4)

    together = draw(probabilities, rows, shots, np.random.default_rng(1))
    generator = np.random.default_rng(1)
    apart = [draw(probabilities[i : i + 1], rows[i : i + 1], shots, generator) for i in range(4)]

    np.testing.assert_array_equal(together.packed, np.concatenate([one.packed for one in apart]))


def test_packed_as_bit_arrays():
    outcomes = np.array([5, 700, 1023, 0])

    packed = pack_integers(outcomes, 10)

    assert [int(b, 2) for b in BitArray(packed, 10).get_bitstrings()] == outcomes.tolist()
    np.testing.assert_array_equal(pack_hex([hex(one) for one in outcomes], 10), packed)
    np.testing.assert_array_equal(shift_packed(packed, 3, 7), pack_integers(outcomes >> 3, 7))


def test_registers_take_their_bits():
    one, other = ClassicalRegister(3, "one"), ClassicalRegister(9, "other")
    circuit = QuantumCircuit(one, other)
    registers = circuit_registers(circuit, {0: 2, 2: 0, 11: 1})
    drawn = Draw(np.array([0, 0]), pack_integers(np.array([0b001, 0b110]), 3), None)

    found = shot_rows(7, drawn, registers, 3)

    assert registers[0] == Register("one", (2, -1, 0))
    np.testing.assert_array_equal(found.bits["one"], [[0b100], [0b001]])
    np.testing.assert_array_equal(found.bits["other"], [[0, 0], [1, 0]])
