"""What Aer can run, by which of its methods, and in how much memory."""

from __future__ import annotations

from collections.abc import Sequence

from ...primitives.errors import UnsupportedError
from ...primitives.request import Request
from ...primitives.workload import Block, Program, Variant, Workload
from .aer_templates import template_of
from .facts import ProgramFacts, kept_qubits, program_facts
from .measurements import MeasuredCircuit, measured_circuit
from .methods import MethodChoice, choose_method, size_text
from .noise import Noise, read_noise
from .readout import readout_of
from .recent import Recent

_MEASURED: Recent[MeasuredCircuit] = Recent(64)


def measured_program(program: Program) -> MeasuredCircuit:
    """Return a program's circuit, read; the latest ones are kept by their digest."""
    return _MEASURED.get(program.digest, lambda: measured_circuit(program.circuit))


def program_variants(workload: Workload, program: Program) -> Sequence[Variant]:
    """Return all variants of a program."""
    return workload.variants_of(Block(0, program.index, 0, program.num_rows))


def choose_for_aer(request: Request, workload: Workload, program: Program) -> MethodChoice:
    """Choose a method of Aer, or hold the one that was asked for to what it can do.

    Args:
        request: What was asked.
        workload: Its expansion.
        program: One of its programs.

    Raises:
        UnsupportedError: None can run the program; the message says why, and what could.
    """
    noise = read_noise(request.options.simulator.noise_model)
    if noise is not None:
        readout_of(noise.model)
    measured = measured_program(program)
    variants = program_variants(workload, program)
    facts = program_facts(program, variants, measured, noise)
    if facts.wants_values and not facts.has_final_state:
        raise UnsupportedError(
            "exact values of a circuit in which measurements influence what follows cannot be "
            "computed: use precision > 0, or move the measurements to the end"
        )

    def is_clifford() -> bool:
        return _is_clifford(program, measured, noise)

    asked = request.options.simulator.method
    if asked != "automatic":
        _check_asked(asked, facts, is_clifford())
        return MethodChoice(asked, "asked for")
    return choose_method(facts, is_clifford)


def check_memory(
    request: Request, workload: Workload, program: Program, method: str, memory_bytes: int
) -> None:
    """Refuse a state that does not fit.

    Raises:
        UnsupportedError: What it needs, what there is, and what could run it.
    """
    variants = program_variants(workload, program)
    width = len(kept_qubits(measured_program(program), variants))
    needed = state_bytes(method, width, request.options.simulator.precision)
    if needed > memory_bytes:
        raise UnsupportedError(
            f"{width} qubits need {size_text(needed)} as a {method.replace('_', ' ')}; the slot "
            f"has {size_text(memory_bytes)}; method matrix_product_state or a GPU/MPI engine could"
        )


def state_bytes(method: str, width: int, precision: str) -> int:
    """Return the memory of one state; 0 for methods whose states grow as they need."""
    bits = {"statevector": width, "density_matrix": 2 * width}.get(method)
    return 0 if bits is None else (8 if precision == "single" else 16) << bits


def _check_asked(method: str, facts: ProgramFacts, is_clifford: bool) -> None:
    if method == "stabilizer" and not is_clifford:
        raise UnsupportedError(
            "method 'stabilizer' runs Clifford circuits with Pauli noise only, and this one is not "
            "at every parameter set (or has other noise): use method 'automatic', 'statevector' or "
            "'matrix_product_state'"
        )
    if not facts.wants_values:
        return
    if method in ("extended_stabilizer", "tensor_network"):
        raise UnsupportedError(f"method {method!r} computes no exact values: use precision > 0")
    if (facts.is_noisy or facts.has_resets) and method != "density_matrix":
        raise UnsupportedError(
            f"method {method!r} simulates noise and resets shot by shot and has no exact values of "
            "them: use precision > 0, or method 'density_matrix' on few qubits"
        )


def _is_clifford(program: Program, measured: MeasuredCircuit, noise: Noise | None) -> bool:
    if noise is not None and not noise.is_clifford:
        return False
    try:
        template = template_of(
            measured.circuit, "stabilizer", noise, has_resets=measured.has_resets
        )
    except UnsupportedError:
        return False
    return template.is_clifford_at(program.parameters)
