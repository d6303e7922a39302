"""What running a program costs on a nominal core: fixed constants, the same on every machine.

Only sizes depend on it, of blocks and of shards, and the times that are predicted; the choice of an
engine has rules of its own, which are followed here as far as a template tells: whether parameters
happen to make a circuit Clifford is not asked, since blocks must not depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from .bonds import LANES, ChainShape, chain_shape, reading_work
from .circuit_shape import CircuitShape, circuit_shape
from .clifford import is_clifford_template
from .light_cone import in_light_cone
from .method_costs import (
    chain_seconds,
    density_seconds,
    mixed_seconds,
    pure_seconds,
    stabilizer_seconds,
    stabilizer_shot_seconds,
    state_seconds,
    tensor_seconds,
    tensor_shot_seconds,
    trajectory_seconds,
)
from .noise import has_readout_errors, noisy_instructions
from .option_groups import SimulatorOptions
from .workload import NominalCost, Program, Variant

MAX_KERNEL_QUBITS, MAX_MIXED_QUBITS, MAX_STATE_QUBITS = 20, 12, 30
"""Widths up to which kernels run statevectors and density matrices, and Aer statevectors.

A thread of the kernels holds eight states: of 16 MiB each, or density matrices of 128 MiB. Wider
than 16 GiB are only Clifford circuits and matrix product states."""

FEW_PURE_QUBITS = 16
"""Wider circuits at one parameter set are left to Aer, which spreads one state over threads."""

MIN_CHAIN_QUBITS = MIN_STABILIZER_QUBITS = 17
"""Below, compiled kernels evolve a state in no time."""

MAX_CHAIN_BITS, MAX_LONELY_BITS = 5, 4
"""Longest bonds of the kernels' chains, 32 and 16: the latter of fewer rows than there are lanes,
since these cost as much as all of them."""

MAX_BOND_BITS = 9
"""Matrix product states of a bond dimension up to 512 are chosen without being asked for."""

CHAIN_WORTH = 4
"""So many amplitudes cost a gate as much as one product in a chain costs, at the least."""

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
    is_misread = has_readout_errors(simulator.noise_model)
    by_program: dict[int, list[Variant]] = {program.index: [] for program in programs}
    for variant in variants:
        by_program[variant.program].append(variant)
    shapes: dict[int, CircuitShape] = {}
    found = []
    for program in programs:
        shape = shapes.get(id(program.circuit))
        if shape is None:
            shape = shapes[id(program.circuit)] = circuit_shape(program.circuit, noisy)
        costing = _Costing(program, by_program[program.index], shape, noisy, simulator, is_misread)
        found.append(costing.cost())
    return tuple(found)


@dataclass(frozen=True, eq=False)
class _Costing:
    """A program and how it is to be simulated."""

    program: Program
    variants: Sequence[Variant]
    shape: CircuitShape
    noisy: frozenset[str]
    simulator: SimulatorOptions
    is_misread: bool

    def cost(self) -> NominalCost:
        """Follow the rules of the choice."""
        method, width = self.simulator.method, self.width
        if self._takes_chain():
            seconds = chain_seconds(self._chain, self.rows, self.terms)
            return NominalCost(_ROW_SECONDS + seconds, 0.0)
        if method in ("matrix_product_state", "tensor_network"):
            return self._tensor_cost()
        if method in ("stabilizer", "extended_stabilizer"):
            return self._stabilizer_cost()
        if self.shape.is_random or method == "density_matrix":
            return self._random_cost()
        if self._fits_kernels():
            seconds = pure_seconds(self.shape, self.rows, width, self.simulator.precision)
            return self._read_by_kernels(seconds, width)
        if method == "automatic" and width >= MIN_STABILIZER_QUBITS and self._is_clifford:
            return self._stabilizer_cost()
        if width <= MAX_STATE_QUBITS or method == "statevector":
            return self._read_state()
        return self._wide_cost()

    @property
    def rows(self) -> int:
        return max(self.program.num_rows, 1)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        return tuple(term for one in self.variants if one.is_exact for term in one.terms)

    @cached_property
    def shots(self) -> int:
        return sum(one.shots or 0 for one in self.variants)

    @cached_property
    def read(self) -> frozenset[int]:
        """The qubits that are measured or asked for."""
        labels = {one.basis for one in self.variants if one.basis is not None}.union(self.terms)
        if any(one.basis is None and not one.is_exact for one in self.variants):
            return self.shape.active
        return frozenset(
            qubit
            for label in labels
            for qubit, letter in enumerate(reversed(label))
            if letter != "I"
        )

    @cached_property
    def kept(self) -> frozenset[int]:
        # Idle qubits cost nothing: a template may have come from a device of hundreds.
        return self.shape.active | self.read or frozenset({0})

    @property
    def width(self) -> int:
        return len(self.kept)

    @cached_property
    def _chain(self) -> ChainShape:
        return chain_shape(self.program.circuit, self.kept)

    @cached_property
    def _is_clifford(self) -> bool:
        return is_clifford_template(self.program.circuit)

    def _takes_chain(self) -> bool:
        """Whether exact values are read from a chain of tensors in compiled kernels."""
        asked = self.simulator
        is_asked = asked.method == "matrix_product_state"
        fits = self.terms and not self.shots and not self.shape.is_random and not self.is_misread
        if not fits or asked.device != "CPU" or asked.precision == "single":
            return False
        if self.program.engine not in ("auto", "batched"):
            return False
        if not is_asked and (asked.method != "automatic" or self.width < MIN_CHAIN_QUBITS):
            return False
        most = MAX_CHAIN_BITS if self.rows >= LANES else MAX_LONELY_BITS
        if self._chain.max_bits > most:
            return False
        if is_asked:
            return True
        work = reading_work(self._chain.bonds, self._chain.spans(self.terms))
        amplitudes = self.shape.gates * 2.0**self.width
        return work * CHAIN_WORTH < amplitudes and not self._is_clifford

    def _fits_kernels(self) -> bool:
        engine, width = self.program.engine, self.width
        if engine not in ("auto", "batched") or self.simulator.device != "CPU":
            return False
        is_lonely = self.rows == 1 and width > FEW_PURE_QUBITS and engine != "batched"
        return width <= MAX_KERNEL_QUBITS and not is_lonely

    def _random_cost(self) -> NominalCost:
        """Estimate a density matrix or, where that cannot be or costs more, single shots."""
        shape, method = self.shape, self.simulator.method
        cone, width = shape, self.width
        is_pinned = method == "density_matrix" or self.program.engine == "batched"
        if shape.measures_last and (method == "automatic" or is_pinned):
            on_kernels = self.program.engine != "aer" and self.simulator.device == "CPU"
            if on_kernels:
                cone, width = self._narrowed()
            mixed = (
                mixed_seconds(cone.gates, self.rows, width)
                if on_kernels and width <= MAX_MIXED_QUBITS
                else density_seconds(cone.gates, width)
            )
            is_worth = not self.shots or mixed <= trajectory_seconds(self.shots, cone.gates, width)
            if is_pinned or (width <= MAX_MIXED_QUBITS and is_worth):
                return self._read_by_kernels(mixed, width)
        if self.width >= MIN_STABILIZER_QUBITS and method == "automatic" and self._is_clifford:
            return self._stabilizer_cost()
        if self.width > MAX_STATE_QUBITS and method == "automatic":
            return self._wide_cost()
        return self._single_shots()

    def _narrowed(self) -> tuple[CircuitShape, int]:
        """Return the light cone of what is read, and its width."""
        circuit = self.program.circuit
        instructions, cone = in_light_cone(circuit, self.read)
        if len(cone) == self.width:
            return self.shape, self.width
        return circuit_shape(circuit, self.noisy, instructions), max(len(cone), 1)

    def _single_shots(self) -> NominalCost:
        gates = self.shape.gates
        if not self.shape.measures_last:
            gates += 2 * self.shape.measurements
        seconds = trajectory_seconds(self.shots, gates, self.width, is_noisy=self.shape.is_noisy)
        return NominalCost(_ROW_SECONDS, seconds)

    def _wide_cost(self) -> NominalCost:
        """Estimate what more qubits need than a statevector has."""
        is_short = max(self._chain.needed_bits) <= MAX_BOND_BITS
        if is_short and not self._is_clifford:
            return self._tensor_cost()
        return self._stabilizer_cost()

    def _tensor_cost(self) -> NominalCost:
        chain, gates = self._chain, self.shape.gates
        state = tensor_seconds(chain, gates, self.rows, self.terms)
        shots = self.shots * tensor_shot_seconds(chain)
        if self.shape.is_random:
            # Shots share the call, and nothing else.
            return NominalCost(_ROW_SECONDS, shots + self.shots * state)
        return NominalCost(state, shots)

    def _stabilizer_cost(self) -> NominalCost:
        gates, is_random = self.shape.gates, self.shape.is_random
        state = stabilizer_seconds(gates, self.rows, len(self.terms))
        of_shot = stabilizer_shot_seconds(gates, self.width, is_random=is_random)
        return NominalCost(state, self.shots * of_shot)

    def _read_by_kernels(self, state: float, width: int) -> NominalCost:
        """Add what reading all variants from one state costs."""
        seconds, amplitudes = _ROW_SECONDS + state, 2.0**width
        drawing = 0.0
        for variant in self.variants:
            if variant.shots is None:
                seconds += 1e-10 * len(variant.terms) * amplitudes
            else:
                seconds += 2e-9 * amplitudes + 2e-8 * min(amplitudes, 8.0 * variant.shots)
                drawing += 7e-9 * variant.shots
        return NominalCost(seconds, drawing)

    def _read_state(self) -> NominalCost:
        """Add what reading all variants from one of Aer's statevectors costs."""
        amplitudes, drawing = 2.0**self.width, 0.0
        seconds = state_seconds(self.shape, self.rows, self.width)
        for variant in self.variants:
            if variant.shots is None:
                flips = {term.translate(_FLIPS) for term in variant.terms}
                seconds += (3e-9 * len(flips) + 2e-10 * len(variant.terms)) * amplitudes
            else:
                turned = sum(letter in "XY" for letter in variant.basis or "")
                seconds += (8e-9 + 1.2e-9 * turned) * amplitudes
                drawing += 1e-7 * variant.shots
        return NominalCost(seconds, drawing)


_FLIPS = str.maketrans("IZXY01+-rl", "0011001111")
