"""Where an engine broke: the pub and the parameters, in the user's terms."""

from __future__ import annotations

from ...primitives.workload import Block, Program, Workload

NAMED = 4
"""Pubs and parameters that a message names."""


def blamed(workload: Workload, block: Block, program: Program) -> str:
    """Name the pubs that a block is of, and the first of its parameter sets.

    Args:
        workload: The whole workload.
        block: The block that broke.
        program: The block's program.
    """
    pubs = [str(n) for n, pub in enumerate(workload.pubs) if pub.program == program.index]
    named = ", ".join(pubs[:NAMED]) + (", ..." if len(pubs) > NAMED else "")
    values = zip(program.circuit.parameters, program.parameters[block.start], strict=True)
    few = [f"{parameter.name}={value:.6g}" for parameter, value in list(values)[:NAMED]]
    at = f" (the first at {', '.join(few)})" if few else ""
    return f"pub {named}, rows {block.start} to {block.stop - 1}{at}"
