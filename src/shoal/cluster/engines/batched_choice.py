"""What the batched kernels can run, and what they are the fastest for."""

from __future__ import annotations

from dataclasses import dataclass

from ...primitives.bonds import LANES
from ...primitives.errors import UnsupportedError
from ...primitives.method_costs import mixed_seconds, trajectory_seconds
from ...primitives.noise import IDEAL_LABEL
from ...primitives.nominal_costs import FEW_PURE_QUBITS, MAX_KERNEL_QUBITS, MAX_MIXED_QUBITS
from ...primitives.request import Request
from ...primitives.workload import Program
from .chain_kernels import ChainKernels, choose_chain
from .chains import ChainCircuit
from .devices import device_of
from .facts import ProgramFacts
from .kernels import Kernels
from .mixed_kernels import MixedKernels, NoisyCircuit, noisy_circuit
from .pure_kernels import CompactCircuit, PureKernels, compact_circuit
from .suffered import Suffered

MAX_BYTES = 1 << 31
"""States of all threads together: fewer threads run where these would be more."""

_SLOW = "takes longer than single shots"


@dataclass(frozen=True, slots=True, eq=False)
class KernelChoice:
    """A program, compiled, and why it is run this way."""

    compiled: CompactCircuit | NoisyCircuit | ChainCircuit
    facts: ProgramFacts
    """Of as much of the program as is run."""
    is_single: bool
    reason: str
    fits_all_rows: bool = True
    """Whether any other parameters would be run this way, too."""

    @property
    def width(self) -> int:
        """Qubits of a state."""
        return self.facts.width

    @property
    def method(self) -> str:
        """The name of the method, as Aer has it."""
        if isinstance(self.compiled, ChainCircuit):
            return "matrix_product_state"
        return "statevector" if isinstance(self.compiled, CompactCircuit) else "density_matrix"

    @property
    def thread_bytes(self) -> int:
        """What the states of one thread take, at the most."""
        if isinstance(self.compiled, ChainCircuit):
            return self.compiled.thread_bytes
        if self.method == "density_matrix":
            return LANES * 8 << 2 * self.width
        return 2 * LANES * 16 << self.width

    def make(self, threads: int, memory_bytes: int | None) -> Kernels:
        """Return the kernels.

        Args:
            threads: How many threads run at most.
            memory_bytes: What they may take; ``None``: nobody says.
        """
        most = MAX_BYTES if memory_bytes is None else min(MAX_BYTES, memory_bytes)
        threads = max(1, min(threads, most // self.thread_bytes))
        if isinstance(self.compiled, ChainCircuit):
            return ChainKernels(self.compiled, threads)
        if isinstance(self.compiled, NoisyCircuit):
            return MixedKernels(self.compiled, threads)
        return PureKernels(self.compiled, threads, "single" if self.is_single else "double")


def choose_kernels(
    request: Request, program: Program, facts: ProgramFacts, suffered: Suffered
) -> KernelChoice | str:
    """Compile a program, or say why it is not run here.

    Args:
        request: What was asked.
        program: The program.
        facts: What must be known of it.
        suffered: What gates and measurements suffer.

    Returns:
        The kernels, or the obstacle as the end of a sentence.
    """
    asked = request.options.simulator
    is_mixed = facts.is_noisy or facts.measured.has_resets or asked.method == "density_matrix"
    chain = None if is_mixed else choose_chain(request, program, facts)
    if chain is not None:
        reason = f"a bond dimension of at most {chain.max_bond} on {facts.width} qubits"
        reason = f"{reason}, many rows at once"
        return KernelChoice(chain, facts, False, reason, fits_all_rows=False)
    if is_mixed:
        facts = facts.narrowed()
    obstacle = _obstacle(request, program, facts, is_mixed=is_mixed)
    if obstacle is not None:
        return obstacle
    try:
        if is_mixed:
            return _mixed(request, program, facts, suffered)
        pure = compact_circuit(program, facts)
    except UnsupportedError as error:
        return f"cannot compile the circuit ({error})"
    reason = f"ideal circuit on {facts.width} qubits, many rows at once"
    return KernelChoice(pure, facts, asked.precision == "single", reason)


def _mixed(
    request: Request, program: Program, facts: ProgramFacts, suffered: Suffered
) -> KernelChoice | str:
    """Translate a circuit with its noise, unless single shots take less time."""
    is_pinned = program.engine == "batched" or request.options.simulator.method != "automatic"
    seconds = trajectory_seconds(facts.shots, facts.measured.num_gates, facts.width)
    is_any = is_pinned or facts.wants_values or _is_worth_mixing(facts, seconds)
    if not is_any and not _has_ideal_gates(facts):
        return _SLOW
    noisy = noisy_circuit(program, facts, suffered)
    if not is_any and noisy.seconds(program.parameters) > seconds * facts.num_rows:
        return _SLOW
    kind = "noise" if facts.is_noisy else "density matrix"
    reason = f"{kind} on {facts.width} qubits, all bases at once"
    return KernelChoice(noisy, facts, False, reason, fits_all_rows=is_any)


def _has_ideal_gates(facts: ProgramFacts) -> bool:
    """Tell whether a circuit may have frames: only such a one is worth being translated."""
    body = facts.measured.body
    return body is not None and any(
        getattr(one.operation, "label", None) == IDEAL_LABEL for one in body.data
    )


def _obstacle(
    request: Request, program: Program, facts: ProgramFacts, *, is_mixed: bool
) -> str | None:
    asked = request.options.simulator
    if asked.method not in ("automatic", "density_matrix" if is_mixed else "statevector"):
        return f"does not run method {asked.method!r} here"
    if device_of(request, program.engine) != "CPU":
        return "does not run on a GPU"
    if not facts.reads_final_state:
        return "runs circuits that measure each qubit once and at their end"
    most = MAX_MIXED_QUBITS if is_mixed else MAX_KERNEL_QUBITS
    is_asked = program.engine == "batched"
    is_lonely = facts.num_rows == 1 and facts.width > FEW_PURE_QUBITS and not is_mixed
    if facts.width > most or (is_lonely and not is_asked):
        return f"is not made for {facts.width} qubits at {facts.num_rows} parameter sets"
    return None


def _is_worth_mixing(facts: ProgramFacts, single_shots: float) -> bool:
    gates = facts.measured.num_gates
    return mixed_seconds(gates, facts.num_rows, facts.width) <= single_shots
