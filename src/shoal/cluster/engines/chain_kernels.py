"""Ideal circuits of few entangling layers on compiled kernels: matrix product states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...primitives.bases import BasisLabel
from ...primitives.bonds import LANES
from ...primitives.errors import UnsupportedError
from ...primitives.nominal_costs import CHAIN_WORTH, MAX_LONELY_BITS, MIN_CHAIN_QUBITS
from ...primitives.observables import FloatArray, TermLabel
from ...primitives.recent import Recent
from ...primitives.request import Request
from ...primitives.workload import Program
from .chains import ChainCircuit, chain_circuit
from .chains.circuit import EXPANSIONS, MAX_BOND, NATIVE, WIDEST
from .facts import ProgramFacts
from .templates import unrolled_template
from .unroller import UnrollerRules

CHAIN_RULES = UnrollerRules(NATIVE, NATIVE, None, EXPANSIONS, drops_resets=True, widest=WIDEST)
"""What circuits are written in."""

_TRANSLATED: Recent[ChainCircuit | None] = Recent(1024)


def chained_circuit(program: Program, facts: ProgramFacts) -> ChainCircuit | None:
    """Translate a program's circuit; the latest ones are kept by content.

    Args:
        program: Its circuit measures at its end, if at all.
        facts: Which qubits matter.

    Returns:
        The chain; ``None`` where bonds may grow too long, or something in it is not known: that a
        circuit has none takes as long to find out, and is kept as well.
    """
    return _TRANSLATED.get((program.digest, facts.kept), lambda: _translated(facts))


def choose_chain(request: Request, program: Program, facts: ProgramFacts) -> ChainCircuit | None:
    """Return a program's chain, where its exact values are wanted and it is what serves them best.

    Args:
        request: What was asked.
        program: The program, free of noise and of resets.
        facts: What must be known of it.
    """
    asked = request.options.simulator
    fits = facts.wants_values and not facts.shots and asked.device == "CPU"
    if not fits or asked.precision == "single":
        return None
    if not facts.reads_final_state or not facts.readout.is_perfect:
        return None
    is_asked = asked.method == "matrix_product_state"
    if not is_asked and (asked.method != "automatic" or facts.width < MIN_CHAIN_QUBITS):
        return None
    chain = chained_circuit(program, facts)
    if chain is None or chain.max_bond > (
        MAX_BOND if facts.num_rows >= LANES else 1 << MAX_LONELY_BITS
    ):
        return None
    if is_asked:
        return chain
    from .aer_choice import is_clifford

    amplitudes = facts.measured.num_gates * 2.0**facts.width
    is_best = chain.reading_work(facts.spans) * CHAIN_WORTH < amplitudes
    return chain if is_best and not is_clifford(program, facts.measured, None) else None


def _translated(facts: ProgramFacts) -> ChainCircuit | None:
    assert facts.measured.body is not None
    try:
        return chain_circuit(unrolled_template(facts.measured.body, CHAIN_RULES), facts.kept)
    except UnsupportedError:
        return None


@dataclass(frozen=True, slots=True, eq=False)
class ChainKernels:
    """Matrix product states of many rows at once."""

    circuit: ChainCircuit
    threads: int

    @property
    def method(self) -> str:
        """The name of the method, as Aer has it."""
        return "matrix_product_state"

    def reads(self, terms: Sequence[TermLabel]) -> bool:
        """Whether terms are read without a distribution: all are."""
        return True

    def values(self, rows: FloatArray, terms: tuple[TermLabel, ...]) -> FloatArray:
        """Return the values [R, T] of terms at rows [R, P] of the program."""
        # Importing numba takes a quarter of a second: only who evaluates pays for it.
        from .chains.reading import chain_values

        return chain_values(self.circuit, rows, terms, self.threads)

    def distributions(
        self, rows: FloatArray, bases: tuple[BasisLabel, ...]
    ) -> Sequence[FloatArray]:
        """Refuse: what has 2**n numbers is not read from a chain."""
        raise NotImplementedError("a chain of tensors is read term by term")
