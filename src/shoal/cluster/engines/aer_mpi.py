"""The engine whose states are spread over all ranks of an MPI world, by an Aer built for that.

Every rank runs every block, at the same time: Aer itself sends parts of the state to and fro.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.library import SaveExpectationValue

from ...orchestrator.ports import Slot
from ...primitives.errors import EngineError, UnsupportedError
from ...primitives.noise import IDEAL_LABEL
from ...primitives.observables import BASIS_OF_LETTER, TermLabel
from ...primitives.outcomes import BlockOutcome, EngineRecord
from ...primitives.request import Request
from ...primitives.workload import Block, Program, Workload
from .aer_build import RECIPE, has_gangs, is_aer_with_mpi
from .aer_gang import possible_gangs, wanted_gang, world_size
from .aer_runs import AerTask, ShotRun
from .aer_session import AerSession, AerSettings
from .aer_values import pauli_sum
from .blame import blamed
from .block_results import BlockResults
from .crew import Crew
from .facts import ProgramFacts, program_facts
from .gang_layout import fitting_gang, share
from .methods import size_text, state_bytes
from .program_cache import program_variants
from .readout import PERFECT_READOUT, Readout
from .suffered import suffered
from .templates import Template
from .unroller import NamedGate

CHUNK_BITS = 8
"""A state is cut into so many chunks (as a power of two), whatever the number of ranks: sums are
formed chunk by chunk, and shots must not depend on how many ranks there are."""

_TO_BASIS = {"X": ("h",), "Y": ("sdg", "h")}
_FROM_BASIS = {"X": ("h",), "Y": ("h", "s")}


class AerMpiEngine:
    """One rank's part of the engine."""

    def __init__(self, request: Request, workload: Workload, slot: Slot) -> None:
        """Prepare for the blocks of a workload.

        Args:
            request: What was asked.
            workload: Its expansion.
            slot: Threads that this rank may use.
        """
        self._request = request
        self._workload = workload
        self._slot = slot
        self._crew = Crew(slot.threads)
        self._runs: dict[int, ShotRun] = {}

    def run(self, block: Block) -> BlockOutcome:
        """Execute one block, together with all other ranks.

        Raises:
            EngineError: Aer refused or broke; the message has the pub and the parameters.
        """
        program = self._workload.programs[block.program]
        variants = self._workload.variants_of(block)
        try:
            results = BlockResults(self._request.seed, block, variants)
            run = self._prepared(program)
            run.run(results, program.parameters[block.start : block.stop])
            return results.finished(
                EngineRecord("aer_mpi", "statevector", "CPU", "one state over several MPI ranks")
            )
        except (EngineError, UnsupportedError) as error:
            raise EngineError(f"{blamed(self._workload, block, program)}: {error}") from error

    def prepare(self, program: Program) -> None:
        """Do all that comes before the first block of a program.

        Raises:
            UnsupportedError: Aer cannot run the program as asked.
        """
        self._prepared(program).prepare(program_variants(self._workload, program))

    def _prepared(self, program: Program) -> ShotRun:
        if program.index not in self._runs:
            facts = program_facts(self._workload, program, suffered(self._request, program))
            precision = self._request.options.simulator.precision
            settings = AerSettings("statevector", "CPU", precision, chunk_qubits(facts))
            session = AerSession(settings, None, self._slot)
            task = AerTask(
                program.digest,
                facts.measured,
                facts.kept,
                session,
                None,
                PERFECT_READOUT,
                self._crew,
            )
            self._runs[program.index] = ShotRun(task, append_turned_terms)
        return self._runs[program.index]


def chunk_qubits(facts: ProgramFacts) -> int:
    """Choose how large the chunks are that a state is cut into: from the circuit alone.

    Args:
        facts: The program's.

    Returns:
        Qubits of a chunk: all gates fit into one.
    """
    widest = max((len(one.qubits) for one in facts.measured.circuit.data), default=1)
    return max(facts.width - CHUNK_BITS, widest, 2)


def check_alone(engines: Collection[str]) -> None:
    """Refuse other engines beside this one, which takes all ranks.

    Args:
        engines: Those that simulate, of all programs.

    Raises:
        UnsupportedError: Which they are.
    """
    others = ", ".join(repr(name) for name in sorted(set(engines) - {"aer_mpi"}))
    if "aer_mpi" in engines and others:
        raise UnsupportedError(
            f"engine 'aer_mpi' takes all ranks, and pubs for {others} have none to run on: run "
            "them as a job of their own"
        )


def check_world(engines: Collection[str]) -> None:
    """Refuse a wrong pair of engine and world: ranks share a state, or each has its own.

    Args:
        engines: Those that simulate, of all programs.

    Raises:
        UnsupportedError: What cannot be done here, and what could.
    """
    size = world_size()
    if "aer_mpi" not in engines:
        if size > 1 and is_aer_with_mpi():
            raise UnsupportedError(
                "this Aer was built with MPI and would spread every circuit over all ranks: use "
                "engine 'aer_mpi', or take that Aer off PYTHONPATH"
            )
        return
    if not is_aer_with_mpi():
        raise UnsupportedError(
            f"engine 'aer_mpi' needs an Aer that was built with MPI, and this one was not: {RECIPE}"
        )
    if size < 2:
        raise UnsupportedError(
            "engine 'aer_mpi' spreads states over the ranks of an MPI world, and this process is "
            "in none: mpirun -n 4 shoal run SWEEP.toml --executor mpi, or Cluster.mpi()"
        )
    if not possible_gangs():
        raise UnsupportedError(_no_gangs(size))


def _no_gangs(size: int) -> str:
    ranks = wanted_gang()
    if not has_gangs():
        return (
            f"engine 'aer_mpi' with this Aer spreads states over all ranks, 2, 4, 8 ... of them, "
            f"and there are {size}{'' if ranks is None else f', in gangs of {ranks}'}: start such "
            "a world, or build the Aer of make aer-mpi, which a part of the ranks is enough for"
        )
    return (
        f"a world of {size} ranks cannot be divided into gangs of {ranks}, with one rank more to "
        f"drive or without: start {ranks}, {2 * (ranks or 0)}, ... or one more"
    )


def check_spread(request: Request, facts: ProgramFacts) -> None:
    """Refuse circuits that cannot be spread, over this process's world if it has one.

    Args:
        request: What was asked.
        facts: Of one of its programs.

    Raises:
        UnsupportedError: What cannot be done, and what could.
    """
    _check_kind(request, facts)
    ranks = min(possible_gangs(), default=2)
    fewest = chunk_qubits(facts) + ranks.bit_length() - 1
    if facts.width < fewest:
        raise UnsupportedError(
            f"engine 'aer_mpi' on {ranks} ranks spreads states of {fewest} qubits or more, and "
            f"this circuit has {facts.width}: use fewer ranks, or engine 'auto'"
        )


def check_share(request: Request, facts: ProgramFacts, rank_bytes: int) -> None:
    """Refuse a state that is too large for as many ranks as there can be in a gang.

    Args:
        request: What was asked.
        facts: Of one of its programs.
        rank_bytes: What each rank may use.

    Raises:
        UnsupportedError: What it needs, and what there is.
    """
    needed, sizes = _state_bytes(request, facts), possible_gangs()
    if sizes and fitting_gang(sizes, needed, rank_bytes) is None:
        ranks = sizes[-1]
        raise UnsupportedError(
            f"{facts.width} qubits over {ranks} ranks need {size_text(share(needed, ranks))} of "
            f"each, and each has {size_text(rank_bytes)}: start more ranks, on more nodes"
        )


def gang_for(request: Request, workload: Workload, rank_bytes: int | None) -> int:
    """Choose how many ranks share a state: as few as have the memory for the widest circuit.

    Args:
        request: What was asked, and found to fit.
        workload: Its expansion.
        rank_bytes: What each rank may use; ``None``: not limited.
    """
    needed = max(
        _state_bytes(request, program_facts(workload, program, suffered(request, program)))
        for program in workload.programs
    )
    sizes = possible_gangs()
    return fitting_gang(sizes, needed, rank_bytes) or sizes[-1]


def _state_bytes(request: Request, facts: ProgramFacts) -> int:
    return state_bytes("statevector", facts.width, request.options.simulator.precision)


def _check_kind(request: Request, facts: ProgramFacts) -> None:
    asked = request.options.simulator
    problem = None
    if asked.noise_model is not None or facts.is_noisy:
        problem = "simulates no noise"
    elif not facts.reads_final_state or facts.measured.has_resets:
        problem = "runs circuits that measure at their end, without resets"
    elif asked.method not in ("automatic", "statevector"):
        problem = f"has statevectors only, not method {asked.method!r}"
    elif asked.device != "CPU":
        problem = f"runs on CPUs, not on device {asked.device!r}"
    if problem is not None:
        raise UnsupportedError(f"engine 'aer_mpi' {problem}: use engine 'auto'")


def append_turned_terms(
    template: Template, kept: Sequence[int], terms: Sequence[TermLabel], readout: Readout
) -> None:
    """Append the saving of each term's value, as products of Z behind a turn into its basis.

    Aer 0.18 reads a product with X or Y on qubits that tell ranks apart from memory that is not its
    own; those with I and Z it reads right. The turns are undone only where the next term needs it.

    Args:
        template: A circuit without measurements.
        kept: The qubits that matter, rising.
        terms: Distinct non-trivial labels.
        readout: How outcomes are misread.

    Raises:
        UnsupportedError: A term is a sum of too many Pauli products.
    """
    turned: dict[int, str] = {}
    for number, term in enumerate(terms):
        width = len(term)
        letters = {qubit: BASIS_OF_LETTER.get(term[width - 1 - qubit], "I") for qubit in kept}
        for qubit, letter in letters.items():
            if letter != "I" and turned.get(qubit, "Z") != letter:
                _append(template.circuit, qubit, _FROM_BASIS.get(turned.pop(qubit, "Z"), ()))
                _append(template.circuit, qubit, _TO_BASIS.get(letter, ()))
                turned[qubit] = letter
        asked = pauli_sum(term, kept, readout)
        labels = asked.paulis.to_labels()
        products = [label.replace("X", "Z").replace("Y", "Z") for label in labels]
        read = SparsePauliOp(products, np.asarray(asked.coeffs))
        template.circuit.append(SaveExpectationValue(read, label=str(number)), kept)


def _append(circuit: QuantumCircuit, qubit: int, names: Sequence[str]) -> None:
    for name in names:
        circuit.append(NamedGate(name, 1, [], label=IDEAL_LABEL), [qubit])
