"""What a request would run: circuits, shots, bytes and node-hours, before anything starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..primitives.bases import measured_qubits
from ..primitives.workload import NominalCost, Program, Variant, Workload

VALUE_BYTES = 8
"""One exact expectation value."""


@dataclass(frozen=True, slots=True)
class ProgramPlan:
    """What one program would run."""

    program: int
    circuit: str
    num_qubits: int
    rows: int
    """Parameter sets."""
    bases: int
    """Measurement bases; 0 where values are exact or the circuit measures itself."""
    shots_per_circuit: int | None
    """``None``: exact values."""
    circuits: int
    """One a parameter set and basis."""
    shots: int
    blocks: int
    shot_bytes: int
    """Packed bits of every shot, before repeats are counted and files compressed: exact."""
    value_bytes: int
    """Exact expectation values."""
    core_seconds: float
    """An estimate, on a nominal core."""
    purpose: str
    """"main", "calibration", or the factor by which noise is amplified."""
    randomizations: int
    """Random frames of each parameter set, which are rows of their own."""
    overhead: float
    """By how much the variance grows where noise is cancelled (gamma squared)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a whole request would run."""

    programs: tuple[ProgramPlan, ...]

    @property
    def circuits(self) -> int:
        """Circuits executed: one a parameter set and basis."""
        return sum(program.circuits for program in self.programs)

    @property
    def shots(self) -> int:
        """Shots drawn."""
        return sum(program.shots for program in self.programs)

    @property
    def blocks(self) -> int:
        """Blocks committed."""
        return sum(program.blocks for program in self.programs)

    @property
    def shot_bytes(self) -> int:
        """Packed bits of all shots."""
        return sum(program.shot_bytes for program in self.programs)

    @property
    def value_bytes(self) -> int:
        """Exact values of all rows."""
        return sum(program.value_bytes for program in self.programs)

    def node_hours(self, cores_per_node: int) -> float:
        """Estimate the time of whole nodes.

        Args:
            cores_per_node: What each node brings.

        Returns:
            Hours, right within an order of magnitude.
        """
        return sum(program.core_seconds for program in self.programs) / cores_per_node / 3600


def plan_of(workload: Workload) -> Plan:
    """Count what a workload would run.

    Args:
        workload: A request's expansion.

    Returns:
        The numbers of circuits, shots, blocks and bytes, which a run then meets exactly, and an
        estimate of its time.
    """
    variants: list[list[Variant]] = [[] for _ in workload.programs]
    for variant in workload.variants:
        variants[variant.program].append(variant)
    blocks = [0] * len(workload.programs)
    for block in workload.blocks:
        blocks[block.program] += 1
    return Plan(
        tuple(
            _plan_of_program(program, variants[program.index], blocks[program.index], cost)
            for program, cost in zip(workload.programs, workload.costs, strict=True)
        )
    )


def _plan_of_program(
    program: Program, variants: Sequence[Variant], blocks: int, cost: NominalCost
) -> ProgramPlan:
    sizes = [(one, program.num_rows if one.rows is None else one.rows.size) for one in variants]
    return ProgramPlan(
        program=program.index,
        circuit=program.circuit.name,
        num_qubits=program.circuit.num_qubits,
        rows=program.num_rows,
        bases=sum(one.basis is not None for one in variants),
        shots_per_circuit=max((one.shots for one in variants if one.shots), default=None),
        circuits=sum(rows for _, rows in sizes),
        shots=sum(rows * (one.shots or 0) for one, rows in sizes),
        blocks=blocks,
        shot_bytes=sum(rows * (one.shots or 0) * shot_width(program, one) for one, rows in sizes),
        value_bytes=sum(rows * len(one.terms) * VALUE_BYTES for one, rows in sizes if one.is_exact),
        core_seconds=program.num_rows * cost.row_seconds(),
        purpose=_purpose(variants),
        randomizations=program.randomizations,
        overhead=program.gamma**2,
    )


def _purpose(variants: Sequence[Variant]) -> str:
    if not variants:
        return "nothing to measure"
    factor = variants[0].noise_factor
    return f"noise x {factor:g}" if factor != 1 else variants[0].role


def shot_width(program: Program, variant: Variant) -> int:
    """Return the bytes of one shot, as Qiskit's ``BitArray`` packs it.

    Args:
        program: The variant's program.
        variant: A variant with shots.

    Returns:
        Whole bytes, register by register.
    """
    if variant.basis is not None:
        return -(-len(measured_qubits(variant.basis)) // 8)
    return sum(-(-register.size // 8) for register in program.circuit.cregs)
