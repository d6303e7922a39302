"""Which of Aer's methods runs a program: fixed rules and constants, no measurement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...primitives.errors import UnsupportedError
from ...primitives.method_costs import density_seconds, trajectory_seconds
from ...primitives.nominal_costs import (
    MAX_BOND_BITS,
    MAX_MIXED_QUBITS,
    MAX_STATE_QUBITS,
    MIN_STABILIZER_QUBITS,
)
from .facts import ProgramFacts, bond_bits


@dataclass(frozen=True, slots=True)
class MethodChoice:
    """A method and why it was chosen."""

    method: str
    reason: str


def choose_method(
    facts: ProgramFacts, is_clifford: Callable[[], bool], *, on_gpu: bool = False
) -> MethodChoice:
    """Choose a method where the user asked for none.

    Args:
        facts: The program.
        is_clifford: Whether every row is a Clifford circuit; asked only where it matters.
        on_gpu: Whether only what runs on a GPU may be chosen.

    Raises:
        UnsupportedError: None fits; the message says why, and what could be done.
    """
    if facts.is_noisy or facts.measured.has_resets:
        return _choose_mixed(facts, is_clifford, on_gpu=on_gpu)
    wide = facts.width >= MIN_STABILIZER_QUBITS
    if wide and is_clifford():
        return MethodChoice("stabilizer", f"Clifford circuit on {facts.width} qubits")
    if facts.width <= MAX_STATE_QUBITS:
        kind = "ideal" if facts.has_final_state else "shot by shot"
        return MethodChoice("statevector", f"{kind}, {facts.width} qubits")
    bits = bond_bits(facts.measured.circuit)
    if bits <= MAX_BOND_BITS and not on_gpu:
        reason = f"{facts.width} qubits with a bond dimension of at most {1 << bits}"
        return MethodChoice("matrix_product_state", reason)
    raise UnsupportedError(
        f"{facts.width} qubits need {size_text(16 << facts.width)} as a statevector, the circuit "
        "is not Clifford, and as a matrix product state it may need a bond dimension of "
        f"2**{bits}: ask for method 'matrix_product_state' to try that all the same, or for an "
        "engine on more memory"
    )


def _choose_mixed(
    facts: ProgramFacts, is_clifford: Callable[[], bool], *, on_gpu: bool
) -> MethodChoice:
    what = "noise" if facts.is_noisy else "resets"
    fits = facts.has_final_state and facts.width <= MAX_MIXED_QUBITS
    gates, width = facts.measured.num_gates, facts.width
    single_shots = trajectory_seconds(facts.shots, gates, width)
    if fits and (facts.wants_values or density_seconds(gates, width) <= single_shots):
        return MethodChoice("density_matrix", f"{what} on {facts.width} qubits, all bases at once")
    if facts.wants_values:
        raise UnsupportedError(
            f"exact values with {what} need a density matrix: {facts.width} qubits need "
            f"{size_text(16 << (2 * facts.width))}, at most {MAX_MIXED_QUBITS} qubits are run "
            "and no outcome may influence what follows; use precision > 0"
        )
    if facts.width >= MIN_STABILIZER_QUBITS and is_clifford():
        return MethodChoice("stabilizer", f"Clifford circuit with {what} on {facts.width} qubits")
    if facts.width <= MAX_STATE_QUBITS:
        return MethodChoice("statevector", f"{what} on {facts.width} qubits, shot by shot")
    if bond_bits(facts.measured.circuit) <= MAX_BOND_BITS and not on_gpu:
        return MethodChoice("matrix_product_state", f"{what} on {facts.width} qubits, shot by shot")
    raise UnsupportedError(
        f"{what} on {facts.width} qubits: a statevector needs {size_text(16 << facts.width)}, and "
        "the circuit is not Clifford: ask for method 'matrix_product_state' to try all the same"
    )


def size_text(size: float) -> str:
    """Write a number of bytes."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < 1024 or unit == "PiB":
            return f"{size:.4g} {unit}"
        size /= 1024
    raise AssertionError


def state_bytes(method: str, width: int, precision: str) -> int:
    """Return the memory of one state; 0 for methods whose states grow as they need."""
    bits = {"statevector": width, "density_matrix": 2 * width}.get(method)
    return 0 if bits is None else (8 if precision == "single" else 16) << bits
