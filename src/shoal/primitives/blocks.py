"""How a workload is cut into blocks: by the request alone, never by the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qiskit import QuantumCircuit

from .bases import measured_qubits
from .workload import Block, Program, Variant

MIN_ROWS, MAX_ROWS, BLOCKS_WANTED = 64, 4096, 16
"""Bounds of a block's rows, and how many blocks a program of middling size is cut into."""

MAX_TABLE_ROWS = 1 << 22
"""Entries of a block's shot table at the most."""

LANES = 8
"""Rows that compiled kernels evolve for the price of one: fewer in a block would be wasted."""

MAX_BLOCK_SECONDS = 2.0
"""Nominal cost of a block at the most, so that little is lost when a worker dies."""


def cut_blocks(programs: Sequence[Program], variants: Sequence[Variant]) -> Iterator[Block]:
    """Cut every program's rows, and long rows' shots, into blocks.

    Args:
        programs: All programs of a workload.
        variants: All of their variants.

    Yields:
        Blocks numbered from 0, in the order of programs, rows and slices.
    """
    index = 0
    by_program: dict[int, list[Variant]] = {}
    for variant in variants:
        by_program.setdefault(variant.program, []).append(variant)
    for program in programs:
        members = by_program.get(program.index, [])
        if not members:
            continue
        rows, slices = block_size(program, members)
        for start in range(0, program.num_rows, rows):
            stop = min(start + rows, program.num_rows)
            for slice_index in range(slices):
                yield Block(index, program.index, start, stop, slice_index, slices)
                index += 1


def block_size(program: Program, variants: Sequence[Variant]) -> tuple[int, int]:
    """Choose how many rows a block has, and into how many slices its shots are cut.

    Args:
        program: The program.
        variants: Its variants.

    Returns:
        Rows of a block, and slices of every row's shots.
    """
    entries = max(1, sum(_table_rows(program.circuit, variant) for variant in variants))
    shots = max((variant.shots or 0 for variant in variants), default=0)
    slices = max(1, min(-(-entries // MAX_TABLE_ROWS), shots))
    wanted = min(max(-(-program.num_rows // BLOCKS_WANTED), MIN_ROWS), MAX_ROWS)
    bound_by_table = MAX_TABLE_ROWS // -(-entries // slices)
    bound_by_cost = int(MAX_BLOCK_SECONDS / nominal_row_seconds(program.circuit, variants))
    if bound_by_cost > 1:
        bound_by_cost = max(bound_by_cost, LANES)
    return max(1, min(wanted, bound_by_table, bound_by_cost)), slices


def nominal_row_seconds(circuit: QuantumCircuit, variants: Sequence[Variant]) -> float:
    """Estimate one row's cost with fixed constants, the same on every machine.

    Args:
        circuit: The template.
        variants: What is executed of it.

    Returns:
        Seconds on a nominal core; right within an order of magnitude, used for sizes only.
    """
    gates = max(len(circuit.data), 1)
    # Idle qubits cost nothing: a template may have come from a device of hundreds.
    active = {qubit for one in circuit.data if one.name != "barrier" for qubit in one.qubits}
    amplitudes = 2.0 ** min(len(active), 26)
    shots = sum(variant.shots or 0 for variant in variants)
    return float(1e-6 + gates * amplitudes * 2.5e-9 + shots * len(active) * 1e-9)


def _table_rows(circuit: QuantumCircuit, variant: Variant) -> int:
    """Count the entries of one row's shots: repeated strings are kept once, with a count."""
    if variant.shots is None:
        return 0
    bits = len(measured_qubits(variant.basis)) if variant.basis else circuit.num_clbits
    return min(variant.shots, 1 << min(bits, 62))
