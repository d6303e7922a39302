"""What running a program costs on a nominal core: fixed constants, the same on every machine.

Right within an order of magnitude over what is simulated here: small states in compiled kernels,
large ones, density matrices, trajectories, stabilizers, matrix product states. Only sizes depend on
it, of blocks and of shards; the choice of an engine has rules of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from qiskit import QuantumCircuit

from .bases import measured_qubits
from .circuit_shape import CircuitShape, circuit_shape
from .noise import noisy_instructions
from .option_groups import SimulatorOptions
from .workload import NominalCost, Program, Variant

LANES = 8
"""Rows that compiled kernels evolve for the price of one: fewer in a block would be wasted."""

MAX_KERNEL_QUBITS, MAX_MIXED_QUBITS, MAX_STATE_QUBITS = 20, 12, 30
"""Widths up to which kernels run statevectors and density matrices, and Aer statevectors.

A thread of the kernels holds eight states: of 16 MiB each, or density matrices of 128 MiB. Wider
than 16 GiB are only Clifford circuits and matrix product states."""

_ROW_SECONDS = 2e-7
"""What a row of parameters costs, whatever is done with it."""


def nominal_costs(
    programs: Sequence[Program], variants: Sequence[Variant], simulator: SimulatorOptions
) -> tuple[NominalCost, ...]:
    """Estimate what the rows of programs cost.

    Args:
        programs: All programs of a workload.
        variants: All of their variants.
        simulator: How they are simulated.

    Returns:
        One cost a program.
    """
    noisy = noisy_instructions(simulator.noise_model)
    by_program: dict[int, list[Variant]] = {program.index: [] for program in programs}
    for variant in variants:
        by_program[variant.program].append(variant)
    shapes: dict[int, CircuitShape] = {}
    found = []
    for program in programs:
        circuit: QuantumCircuit = program.circuit
        shape = shapes.setdefault(id(circuit), circuit_shape(circuit, noisy))
        found.append(_cost(shape, by_program[program.index], program.num_rows, simulator.method))
    return tuple(found)


def mixed_seconds(gates: int, rows: int, width: int) -> float:
    """Estimate the cost of one row as Pauli components in compiled kernels.

    Args:
        gates: Instructions.
        rows: Parameter sets; fewer than there are lanes cost as much as these.
        width: Qubits that matter.
    """
    return gates * max(1.0, LANES / max(rows, 1)) * (1e-6 + 5e-10 * 4.0**width)


def density_seconds(gates: int, width: int) -> float:
    """Estimate the cost of one row as a density matrix of Aer's."""
    return 2e-4 + gates * (1e-5 + 6e-9 * 4.0**width)


def trajectory_seconds(shots: int, gates: int, width: int) -> float:
    """Estimate the cost of one row's shots, each of them a simulation of its own."""
    return shots * gates * (3e-6 + 4e-9 * 2.0**width)


def _cost(shape: CircuitShape, variants: Sequence[Variant], rows: int, method: str) -> NominalCost:
    width, gates = _width(shape, variants), max(shape.gates, 1)
    shots = sum(variant.shots or 0 for variant in variants)
    if method in ("matrix_product_state", "tensor_network"):
        return _wide_cost(shots, gates, width, 2e-5, is_random=shape.is_random)
    if method in ("stabilizer", "extended_stabilizer"):
        return _wide_cost(shots, gates, width, 1e-6, is_random=shape.is_random)
    if shape.is_random or method == "density_matrix":
        return _random_cost(shape, variants, rows, method)
    if width > MAX_STATE_QUBITS:
        return _wide_cost(shots, gates, width, 1e-6, is_random=False)
    return _read(_pure_seconds(gates, rows, width), variants, width)


def _random_cost(
    shape: CircuitShape, variants: Sequence[Variant], rows: int, method: str
) -> NominalCost:
    """Estimate a density matrix or, where that cannot be or costs more, single shots."""
    width, gates = _width(shape, variants), max(shape.gates, 1)
    shots = sum(variant.shots or 0 for variant in variants)
    if width > MAX_STATE_QUBITS:
        return _wide_cost(shots, gates, width, 1e-6, is_random=True)
    single_shots = trajectory_seconds(shots, gates, width)
    of_kernels = width <= MAX_MIXED_QUBITS
    mixed = mixed_seconds(gates, rows, width) if of_kernels else density_seconds(gates, width)
    is_chosen = method == "automatic" and of_kernels and (not shots or mixed <= single_shots)
    if shape.measures_last and (is_chosen or method == "density_matrix"):
        return _read(mixed, variants, width)
    return NominalCost(_ROW_SECONDS, single_shots)


def _width(shape: CircuitShape, variants: Sequence[Variant]) -> int:
    measured = (len(measured_qubits(one.basis)) for one in variants if one.basis is not None)
    # Idle qubits cost nothing: a template may have come from a device of hundreds.
    return max(shape.active_qubits, *measured, 1)


def _pure_seconds(gates: int, rows: int, width: int) -> float:
    """Estimate the evolution of one row of an ideal circuit."""
    amplitudes = 2.0**width
    if width > MAX_KERNEL_QUBITS:
        return gates * (2e-5 + 1e-9 * amplitudes)
    # Beyond 13 qubits the states of all lanes leave the near cache.
    amplitude_seconds = 1e-10 if width <= 13 else 2e-10
    return gates * max(1.0, LANES / max(rows, 1)) * (8e-9 + amplitude_seconds * amplitudes)


def _read(state_seconds: float, variants: Sequence[Variant], width: int) -> NominalCost:
    """Add what reading all variants from one state costs."""
    seconds, amplitudes = _ROW_SECONDS + state_seconds, 2.0**width
    drawing = 0.0
    for variant in variants:
        if variant.shots is None:
            seconds += 1e-10 * len(variant.terms) * amplitudes
        else:
            seconds += 2e-9 * amplitudes + 2e-8 * min(amplitudes, 8.0 * variant.shots)
            drawing += 1e-8 * variant.shots
    return NominalCost(seconds, drawing)


def _wide_cost(
    shots: int, gates: int, width: int, gate_seconds: float, *, is_random: bool
) -> NominalCost:
    """Estimate methods that hold no amplitudes."""
    drawing = shots * width * 2e-7
    if is_random:
        return NominalCost(1e-3, drawing + shots * gates * gate_seconds)
    return NominalCost(1e-3 + gates * gate_seconds, drawing)
