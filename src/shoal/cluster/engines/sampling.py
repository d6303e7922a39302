"""Shots: drawn from exact distributions, or read from what an engine counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from ...primitives.masks import pack_bits
from ...primitives.observables import FloatArray
from ...primitives.outcomes import MEASURED_REGISTER, PackedBits, RegisterName, ShotRows
from ...primitives.workload import IntArray


@dataclass(frozen=True, slots=True)
class Register:
    """A classical register, and where its bits come from."""

    name: RegisterName
    sources: tuple[int, ...]
    """For each bit the position in an outcome; -1: never written, so 0."""


def measured_register(num_bits: int) -> Register:
    """Return the one register of an estimator's shots."""
    return Register(MEASURED_REGISTER, tuple(range(num_bits)))


def circuit_registers(
    circuit: QuantumCircuit, position_of_clbit: Mapping[int, int]
) -> tuple[Register, ...]:
    """Return a circuit's registers.

    Args:
        circuit: The template.
        position_of_clbit: For each written classical bit its position in an outcome.
    """
    clbits = {clbit: position for position, clbit in enumerate(circuit.clbits)}
    return tuple(
        Register(one.name, tuple(position_of_clbit.get(clbits[bit], -1) for bit in one))
        for one in circuit.cregs
    )


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """Outcomes of several rows, as integers over the measured bits or as bytes."""

    rows: IntArray
    """The program's row of each entry [N], rising."""
    packed: PackedBits
    """Outcomes [N, bytes]."""
    counts: IntArray | None


def draw(
    probabilities: FloatArray, rows: IntArray, shots: int, generator: np.random.Generator
) -> Draw:
    """Draw shots from exact distributions, row after row.

    Args:
        probabilities: Outcome probabilities [R, 2**m], up to rounding.
        rows: The program's rows [R].
        shots: Shots of each row.
        generator: What to draw from; a row takes the same numbers of it whatever rows come along.
    """
    dimension = probabilities.shape[1]
    width = dimension.bit_length() - 1
    clean = np.clip(probabilities, 0.0, None)
    if shots >= dimension:
        counts = generator.multinomial(shots, clean / clean.sum(axis=1, keepdims=True))
        entry_row, outcome = np.nonzero(counts)
        return Draw(rows[entry_row], pack_integers(outcome, width), counts[entry_row, outcome])
    cumulative = np.cumsum(clean, axis=1)
    outcomes = np.empty((rows.size, shots), dtype=np.int64)
    for position in range(rows.size):
        wanted = generator.random(shots) * cumulative[position, -1]
        outcomes[position] = np.searchsorted(cumulative[position], wanted, side="right")
    return Draw(np.repeat(rows, shots), pack_integers(outcomes.reshape(-1), width), None)


def pack_integers(outcomes: NDArray[np.integer], num_bits: int) -> PackedBits:
    """Write integers as the bytes [N, ceil(bits / 8)] of Qiskit's ``BitArray``."""
    num_bytes = -(-num_bits // 8)
    wide = outcomes.astype(">u8").reshape(-1, 1).view(np.uint8)
    return np.ascontiguousarray(wide[:, 8 - num_bytes :])


def pack_hex(keys: Iterable[str], num_bits: int) -> PackedBits:
    """Write Aer's hexadecimal outcomes as bytes [N, ceil(bits / 8)]."""
    if not num_bits:  # then Aer has one outcome, 0x0
        return np.zeros((sum(1 for _ in keys), 0), dtype=np.uint8)
    digits = 2 * -(-num_bits // 8)
    text = "".join(key[2:].zfill(digits) for key in keys)
    return np.frombuffer(bytes.fromhex(text), dtype=np.uint8).reshape(-1, digits // 2)


def shift_packed(packed: PackedBits, shift: int, num_bits: int) -> PackedBits:
    """Keep ``num_bits`` bits of packed outcomes from bit ``shift`` on."""
    planes = np.unpackbits(packed, axis=1)[:, ::-1]
    return pack_bits(planes[:, shift : shift + num_bits].astype(np.bool_))


def merge_draws(draws: Sequence[Draw]) -> Draw:
    """Join draws of consecutive rows."""
    if len(draws) == 1:
        return draws[0]
    counted = all(one.counts is not None for one in draws)
    return Draw(
        np.concatenate([one.rows for one in draws]),
        np.concatenate([one.packed for one in draws]),
        np.concatenate([one.counts for one in draws if one.counts is not None])
        if counted
        else None,
    )


def shot_rows(variant: int, drawn: Draw, registers: Sequence[Register], num_bits: int) -> ShotRows:
    """Hand outcomes out to registers.

    Args:
        variant: The variant that they belong to.
        drawn: Outcomes over ``num_bits`` bits.
        registers: The registers wanted.
        num_bits: Width of an outcome.
    """
    whole = tuple(range(num_bits))
    bits: dict[RegisterName, PackedBits] = {}
    unpacked: NDArray[np.bool_] | None = None
    for register in registers:
        if register.sources == whole:
            bits[register.name] = drawn.packed
            continue
        if unpacked is None:
            planes = np.unpackbits(drawn.packed, axis=1)[:, ::-1]
            # Position -1 of the extended planes is a bit that is always 0.
            unpacked = np.zeros((planes.shape[0], planes.shape[1] + 1), dtype=np.bool_)
            unpacked[:, :-1] = planes
        bits[register.name] = pack_bits(unpacked[:, list(register.sources)])
    return ShotRows(variant, drawn.rows, bits, drawn.counts)
