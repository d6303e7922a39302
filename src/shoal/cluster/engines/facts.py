"""What the choice of a method depends on: facts of a program, fixed by the request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp

from ...primitives.workload import Program, Variant
from .measurements import MeasuredCircuit
from .noise import Noise


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """A program as the choice sees it."""

    width: int
    """Qubits that anything acts on, is measured or asked for."""
    num_gates: int
    has_final_state: bool
    """Whether measurements come last, so that one state serves everything that is read."""
    has_resets: bool
    is_noisy: bool
    """Whether gates suffer noise; noise of the readout alone does not count."""
    wants_values: bool
    """Whether exact values are asked for."""
    shots: int
    """Of one row, all variants together."""
    bond_bits: int
    """Bound of the logarithm of a matrix product state's bond dimension."""


def program_facts(
    program: Program, variants: Iterable[Variant], measured: MeasuredCircuit, noise: Noise | None
) -> ProgramFacts:
    """Read the facts of a program.

    Args:
        program: The program.
        variants: Its variants.
        measured: Its circuit.
        noise: What gates may suffer.
    """
    listed = list(variants)
    return ProgramFacts(
        width=len(kept_qubits(measured, listed)),
        num_gates=sum(1 for one in measured.circuit.data if one.name not in ("barrier", "measure")),
        has_final_state=measured.body is not None,
        has_resets=measured.has_resets,
        is_noisy=measured.has_channels or (noise is not None and noise.touches(measured.circuit)),
        wants_values=any(one.is_exact for one in listed),
        shots=sum(one.shots or 0 for one in listed),
        bond_bits=bond_bits(measured.circuit),
    )


def kept_qubits(measured: MeasuredCircuit, variants: Sequence[Variant]) -> tuple[int, ...]:
    """Return the qubits that matter, rising: all others stay in 0 and are never asked for."""
    kept = set(measured.touched)
    for variant in variants:
        if variant.basis is None and not variant.terms:
            kept.update(measured.measured)
        for label in (*variant.terms, variant.basis or ""):
            kept.update(qubit for qubit, letter in enumerate(reversed(label)) if letter != "I")
    # Aer wants at least one.
    return tuple(sorted(kept)) or (0,)


def bond_bits(circuit: QuantumCircuit) -> int:
    """Bound the entanglement over the cuts of a line of qubits, in bits.

    Every gate over a cut adds at most two bits a qubit that it has on the smaller side (one for
    a gate with controls on two qubits, which most are), and a cut never has more than it has qubits
    on its smaller side.
    """
    width: int = circuit.num_qubits
    crossing = [0] * max(width - 1, 1)
    for one in circuit.data:
        if len(one.qubits) < 2 or one.name in ("barrier", "measure"):
            continue
        if isinstance(one.operation, ControlFlowOp):
            return width // 2
        places = sorted(circuit.find_bit(qubit).index for qubit in one.qubits)
        for cut in range(places[0], places[-1]):
            crossing[cut] += _bits_over(one.name, places, cut)
    if width < 2:
        return 0
    return max(min(bits, cut + 1, width - 1 - cut) for cut, bits in enumerate(crossing))


_RANK_TWO = frozenset(
    {
        "cx",
        "cy",
        "cz",
        "ch",
        "cp",
        "crx",
        "cry",
        "crz",
        "cu",
        "cu1",
        "cu3",
        "csx",
        "cs",
        "csdg",
        "rzz",
        "rxx",
        "ryy",
        "rzx",
        "ecr",
    }
)


def _bits_over(name: str, places: Sequence[int], cut: int) -> int:
    below = sum(1 for place in places if place <= cut)
    return 1 if name in _RANK_TWO else 2 * min(below, len(places) - below)
