"""Noisy circuits on compiled kernels: density matrices as Pauli components."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...primitives.bases import BasisLabel, measured_qubits
from ...primitives.observables import FloatArray, TermLabel
from ...primitives.recent import Recent
from ...primitives.workload import IntArray, Program
from .facts import ProgramFacts
from .pauli.circuit import NATIVE, WIDEST, PauliCircuit, pauli_circuit
from .pauli.evolution import components
from .pauli.tape import Tape, make_tape
from .suffered import Suffered
from .templates import unrolled_template
from .unroller import UnrollerRules


@dataclass(frozen=True, slots=True, eq=False)
class NoisyCircuit:
    """A circuit with its noise, translated."""

    circuit: PauliCircuit
    tape: Tape


_TRANSLATED: Recent[NoisyCircuit] = Recent(1024)


def noisy_circuit(program: Program, facts: ProgramFacts, suffered: Suffered) -> NoisyCircuit:
    """Translate a program's circuit with its noise; the latest ones are kept by content.

    Args:
        program: Its circuit measures at its end, if at all.
        facts: Which qubits matter.
        suffered: What gates suffer.

    Raises:
        UnsupportedError: Something in it is not simulated there.
    """
    noise_key = None if suffered.noise is None else suffered.noise.key
    key = program.digest, facts.kept, facts.read, noise_key
    return _TRANSLATED.get(key, lambda: _translated(facts, suffered))


def _translated(facts: ProgramFacts, suffered: Suffered) -> NoisyCircuit:
    known: frozenset[str] = frozenset()
    if suffered.noise is not None:
        from .aer_templates import native_names

        known = native_names("automatic")
    assert facts.measured.body is not None
    rules = UnrollerRules(NATIVE, known, suffered.noise, {}, drops_resets=False, widest=WIDEST)
    template = unrolled_template(facts.measured.body, rules)
    circuit = pauli_circuit(template, facts.kept, suffered.noise, facts.read)
    return NoisyCircuit(circuit, make_tape(circuit))


@dataclass(frozen=True, slots=True, eq=False)
class MixedKernels:
    """Density matrices of many rows at once."""

    noisy: NoisyCircuit
    threads: int

    @property
    def method(self) -> str:
        """The name of the method, as Aer has it."""
        return "density_matrix"

    def reads(self, terms: Sequence[TermLabel]) -> bool:
        """Whether terms are read without a distribution: products of Paulis are."""
        return not set("".join(terms)) - set("IXYZ")

    def values(self, rows: FloatArray, terms: tuple[TermLabel, ...]) -> FloatArray:
        """Return the values [R, T] of terms at rows [R, P] of the program."""
        wanted = np.array([_number(term) for term in terms], dtype=np.int64)
        return self._components(rows, wanted)

    def distributions(
        self, rows: FloatArray, bases: tuple[BasisLabel, ...]
    ) -> Sequence[FloatArray]:
        """Return for each basis its outcomes' probabilities [R, 2**m] at rows [R, P]."""
        wanted = [_numbers_within(basis) for basis in bases]
        found = self._components(rows, np.concatenate(wanted))
        ends = np.cumsum([numbers.size for numbers in wanted])
        return [_hadamard(part) for part in np.split(found, ends[:-1], axis=1)]

    def _components(self, rows: FloatArray, wanted: IntArray) -> FloatArray:
        noisy = self.noisy
        return components(noisy.circuit, noisy.tape, rows, wanted, self.threads)


def _number(term: TermLabel) -> int:
    """Write a Pauli product as a number of base 4, qubit 0 the lowest digit."""
    return sum(place for place in _places(term))


def _places(term: str) -> Iterator[int]:
    for qubit, letter in enumerate(reversed(term)):
        yield "IXYZ".index(letter) << 2 * qubit


def _numbers_within(basis: BasisLabel) -> IntArray:
    """Return all products of some of a basis's letters; bit k takes the k-th measured qubit's."""
    numbers = np.zeros(1, dtype=np.int64)
    places = list(_places(basis))
    for qubit in measured_qubits(basis):
        numbers = np.concatenate([numbers, numbers + places[qubit]])
    return numbers


def _hadamard(values: FloatArray) -> FloatArray:
    """Turn the values [R, 2**m] of products of m signs into the signs' distribution."""
    rows, size = values.shape
    step = 1
    while step < size:
        grid = values.reshape(rows, -1, 2, step)
        plus, minus = grid[:, :, 0] + grid[:, :, 1], grid[:, :, 0] - grid[:, :, 1]
        values = np.stack([plus, minus], axis=2).reshape(rows, size)
        step *= 2
    return np.asarray(values / size)
