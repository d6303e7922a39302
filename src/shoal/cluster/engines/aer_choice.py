"""What Aer can run, by which of its methods, and in how much memory."""

from __future__ import annotations

from collections.abc import Callable

from ...primitives.errors import EngineError, UnsupportedError
from ...primitives.recent import Recent
from ...primitives.request import Request
from ...primitives.workload import Program
from .aer_templates import template_of
from .facts import ProgramFacts
from .measurements import MeasuredCircuit
from .methods import MethodChoice, choose_method
from .noise import Noise
from .templates import Template

_STABILIZER: Recent[Template] = Recent(64)

GPU_METHODS = ("statevector", "density_matrix", "tensor_network")


def choose_for_aer(
    request: Request, program: Program, facts: ProgramFacts, noise: Noise | None
) -> MethodChoice:
    """Choose a method of Aer, or hold the one that was asked for to what it can do.

    Args:
        request: What was asked.
        program: One of its programs.
        facts: What must be known of it.
        noise: What gates may suffer.

    Raises:
        UnsupportedError: None can run the program; the message says why, and what could.
    """
    if facts.wants_values and not facts.has_final_state:
        raise UnsupportedError(
            "exact values of a circuit in which measurements influence what follows cannot be "
            "computed: use precision > 0, or move the measurements to the end"
        )

    if facts.measured.has_variables:
        raise UnsupportedError(
            "the circuit has classical variables, at which Aer ends the whole process, or stores "
            "values: use measured bits, registers and conditions on them"
        )

    def fits_stabilizer() -> bool:
        return is_clifford(program, facts.measured, noise)

    asked = request.options.simulator
    if asked.method == "automatic":
        # What a GPU does not run is left out of the choice, and refused if nothing else is left.
        on_gpu = asked.device == "GPU"
        return choose_method(facts, (lambda: False) if on_gpu else fits_stabilizer, on_gpu=on_gpu)
    if asked.device == "GPU" and asked.method not in GPU_METHODS:
        raise UnsupportedError(
            f"method {asked.method!r} does not run on a GPU: use device 'CPU', or one of "
            + ", ".join(map(repr, GPU_METHODS))
        )
    _check_asked(asked.method, facts, fits_stabilizer)
    return MethodChoice(asked.method, "asked for")


def _check_asked(method: str, facts: ProgramFacts, fits_stabilizer: Callable[[], bool]) -> None:
    if method == "stabilizer" and not fits_stabilizer():
        raise UnsupportedError(
            "method 'stabilizer' runs Clifford circuits with Pauli noise only, and this one is not "
            "at every parameter set (or has other noise): use method 'automatic', 'statevector' or "
            "'matrix_product_state'"
        )
    if not facts.wants_values:
        return
    if method in ("extended_stabilizer", "tensor_network"):
        raise UnsupportedError(f"method {method!r} computes no exact values: use precision > 0")
    if (facts.is_noisy or facts.measured.has_resets) and method != "density_matrix":
        raise UnsupportedError(
            f"method {method!r} simulates noise and resets shot by shot and has no exact values of "
            "them: use precision > 0, or method 'density_matrix' on few qubits"
        )


def is_clifford(program: Program, measured: MeasuredCircuit, noise: Noise | None) -> bool:
    """Return whether all rows are circuits of Clifford gates that suffer Pauli noise alone."""
    if noise is not None and not noise.is_clifford:
        return False
    try:
        template = _STABILIZER.get(
            (program.digest, None if noise is None else noise.key),
            lambda: template_of(
                measured.circuit, "stabilizer", noise, has_resets=measured.has_resets
            ),
        )
        return template.is_clifford_at(program.parameters)
    except (UnsupportedError, EngineError):
        return False
