"""Noisy circuits on compiled kernels: density matrices as Pauli components."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np

from ...primitives.bases import BasisLabel, measured_qubits
from ...primitives.bonds import LANES
from ...primitives.method_costs import mixed_seconds
from ...primitives.observables import FloatArray, TermLabel
from ...primitives.recent import Recent
from ...primitives.workload import IntArray, Program
from .facts import ProgramFacts
from .pauli.circuit import NATIVE, WIDEST, PauliCircuit, pauli_circuit
from .pauli.evolution import components
from .pauli.frames import without_frames
from .pauli.tape import Tape, make_tape
from .suffered import Suffered
from .templates import unrolled_template
from .unroller import UnrollerRules


@dataclass(frozen=True, slots=True, eq=False)
class NoisyCircuit:
    """A circuit with its noise, translated."""

    circuit: PauliCircuit
    tape: Tape
    bare: Tape | None
    """Without the circuit's frames; ``None`` if it has none."""

    def seconds(self, rows: FloatArray) -> float:
        """Estimate what all rows [R, P] cost that differ in more than their frames.

        The first rows speak for all: those of one point stand together.
        """
        if self.bare is None:
            return inf
        some = rows[:ROWS_LOOKED_AT]
        unframed = without_frames(self.circuit, self.circuit.angles(some))
        if not unframed.is_free.all():
            return inf
        states: float = len(unframed.states[0]) * rows.shape[0] / some.shape[0]
        gates = self.bare.operations.shape[0]
        return states * mixed_seconds(gates, LANES, self.circuit.num_qubits)


MAX_LATEST = 1 << 20
"""Values that are kept for the next block, at the most."""

ROWS_LOOKED_AT = 1024
"""How many rows tell what all of them cost."""

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
    given = template, facts.kept, suffered.noise, facts.read
    circuit = pauli_circuit(*given)
    if not circuit.has_frames:
        return NoisyCircuit(circuit, make_tape(circuit), None)
    bare = pauli_circuit(*given, keeps_frames=False)
    return NoisyCircuit(circuit, make_tape(circuit), make_tape(bare))


@dataclass(frozen=True, slots=True, eq=False)
class MixedKernels:
    """Density matrices of many rows at once."""

    noisy: NoisyCircuit
    threads: int
    _latest: Recent[FloatArray] = field(default_factory=lambda: Recent(1), init=False)
    """What the few states gave that all rows of a twirled circuit have."""

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
        angles = noisy.circuit.angles(rows)
        if noisy.bare is None:
            return components(noisy.tape, angles, wanted, self.threads)
        unframed = without_frames(noisy.circuit, angles)
        free, found = unframed.is_free, np.empty((rows.shape[0], wanted.size))
        if not free.all():
            found[~free] = components(noisy.tape, angles[~free], wanted, self.threads)
        if free.any():
            states, place = unframed.states
            found[free] = self._bare_components(noisy.bare, states, wanted)[place]
            found[free] *= unframed.signs(wanted)[free]
        return found

    def _bare_components(self, bare: Tape, angles: FloatArray, wanted: IntArray) -> FloatArray:
        """Evolve states without frames; the blocks of a twirled circuit have the same few."""

        def evolve() -> FloatArray:
            return components(bare, angles, wanted, self.threads)

        if angles.shape[0] * wanted.size > MAX_LATEST:
            return evolve()
        return self._latest.get((angles.tobytes(), wanted.tobytes()), evolve)


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
