"""What a request means to execution: programs, variants and blocks.

Pure and fixed by the request alone. A program is a circuit with every row of parameters that it
is run at, from whatever pubs; a row group is the rows that share observables; a variant is one
executed configuration of a program; a block is the unit of determinism: a range of a program's rows
(and a slice of their shots) in all of the program's variants, so that one prepared state can serve
them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from .bases import BasisLabel
from .circuits import CircuitDigest
from .observables import FloatArray, Observable, TermLabel

IntArray = NDArray[np.int64]
BASES_FIELD = "stds_bases"
"""What each basis at each noise factor contributes to standard errors [..., F, B]: a field of the
results of stages, by which the next one's shots are shared out; NaN where there is no basis."""
COVARIANCES_FIELD, DEVIATIONS_FIELD = "covariances", "readout_deviations"
"""Of joint errors: what shots give to the covariance of each value with every element of its pub
[..., N], and what one standard deviation of each calibration circuit moves a value by [..., C]."""
LEARNT_FIELD = "stds_layer_noise"
"""The part of standard errors that comes of the learnt rates of the layers' noise, in common to all
values and to all stages of a job."""

Role = Literal["main", "calibration"]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A circuit template with all the parameter sets that it is run at."""

    index: int
    circuit: QuantumCircuit
    """As the user gave it, parameters unbound."""
    digest: CircuitDigest
    parameters: FloatArray
    """Rows [R, P], in the order of ``circuit.parameters``."""
    randomizations: int = 1
    """How many consecutive rows are random frames of one and the same point."""
    frames: NDArray[np.uint8] | None = None
    """The Pauli (0 to 3: I, X, Y, Z) that acts on each qubit just before it is measured, row by row
    [R, n], qubit 0 first; the reduce undoes it, shots are stored as they were read."""
    signs: IntArray | None = None
    """1 or -1 [R]: what the readings of each row are multiplied by (PEC)."""
    gamma: float = 1.0
    """What the signed mean is multiplied by (PEC)."""
    noise_scale: float = 1.0
    """By what the simulated noise of its gates is multiplied."""
    flips: Mapping[str, NDArray[np.uint8]] | None = None
    """Of a sampler's twirled measurements: what is XORed to each register's bits to undo frames,
    row by row, packed as shots are [R, bytes]; shots are stored as they were read."""
    engine: str = "auto"
    """What is to run it: an engine's or a queue's name."""
    scores: FloatArray | None = None
    """How the weight of each row in the mean follows rates of noise that have errors [R, L]: the
    derivatives of its logarithm; the reduce derives those of the estimates from them."""

    @property
    def num_rows(self) -> int:
        """How many parameter sets there are."""
        return int(self.parameters.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """One executed configuration of a program."""

    index: int
    program: int
    role: Role
    basis: BasisLabel | None
    """The measurement basis; ``None``: exact values, or the measurements of the circuit itself."""
    terms: tuple[TermLabel, ...]
    """The terms that are read from this variant; empty for a sampler."""
    shots: int | None
    """Shots of each row; ``None``: exact values."""
    rows: IntArray | None = None
    """The rows of the program that need this variant, rising; ``None``: all of them."""
    noise_factor: float = 1.0
    factor_shots: tuple[int, ...] | None = None
    """Shots of each row at each noise factor that it is to have, where they were said apart."""

    @property
    def is_exact(self) -> bool:
        """Whether values are computed, not estimated from shots."""
        return self.shots is None

    def rows_between(self, start: int, stop: int) -> IntArray:
        """Return the rows in ``[start, stop)`` that need this variant."""
        if self.rows is None:
            return np.arange(start, stop, dtype=np.int64)
        first, last = np.searchsorted(self.rows, [start, stop])
        return self.rows[first:last]


@dataclass(frozen=True, slots=True)
class Block:
    """The unit of determinism and of commitment."""

    index: int
    program: int
    start: int
    """First row."""
    stop: int
    """One past the last row."""
    slice_index: int = 0
    """Which slice of every row's shots this block draws ..."""
    slices: int = 1
    """... of how many."""

    def shots_of(self, variant: Variant) -> int | None:
        """Return how many shots this block draws of each row of a variant."""
        if variant.shots is None:
            return None
        before = variant.shots * self.slice_index // self.slices
        return variant.shots * (self.slice_index + 1) // self.slices - before


@dataclass(frozen=True, slots=True, eq=False)
class RowGroup:
    """Rows of one program that need the same observables."""

    program: int
    rows: IntArray
    """Rows of the program, rising."""
    observables: tuple[int, ...]
    """Positions in the workload's observables."""
    variants: tuple[int, ...]
    """The variants that measure them."""


@dataclass(frozen=True, slots=True, eq=False)
class PubIndex:
    """Where the elements of one pub's result come from, flattened in C order."""

    shape: tuple[int, ...]
    program: int
    rows: IntArray
    """The program's row of each element."""
    observables: IntArray | None
    """Position in the workload's observables of each element; ``None`` for a sampler."""


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Programs that estimate the same points, each with more noise; mitigation combines them."""

    programs: tuple[int, ...]
    factors: tuple[float, ...]
    """The effective noise factor of each program."""
    requested: tuple[float, ...]
    """The noise factors as they were asked for."""
    groups: tuple[tuple[int, ...], ...]
    """For each set of rows, the row group of each program."""
    calibration: int | None = None
    """The program that calibrates the readout of the same qubits."""
    recalibrations: tuple[int, ...] = ()
    """Programs that do so again, in this order; of a queue some of them may not be needed."""

    @property
    def calibrations(self) -> tuple[int, ...]:
        """All programs that calibrate the readout."""
        return () if self.calibration is None else (self.calibration, *self.recalibrations)


@dataclass(frozen=True, slots=True)
class NominalCost:
    """What one row of a program costs on a nominal core, in seconds."""

    state_seconds: float
    """Of preparing its state and all that is read from it: once for each slice of the shots."""
    shot_seconds: float
    """Of all of its shots."""

    def row_seconds(self, slices: int = 1) -> float:
        """Return what a row costs in one of several slices of its shots."""
        return self.state_seconds + self.shot_seconds / slices


@dataclass(frozen=True, eq=False)
class Workload:
    """Everything that is to be executed, and how results are put together again."""

    programs: tuple[Program, ...]
    variants: tuple[Variant, ...]
    blocks: tuple[Block, ...]
    observables: tuple[Observable, ...]
    """Distinct observables of all pubs."""
    groups: tuple[RowGroup, ...]
    pubs: tuple[PubIndex, ...]
    costs: tuple[NominalCost, ...]
    """Of a row of each program."""
    families: tuple[Family, ...] = ()
    """Empty where nothing is mitigated."""
    derived: dict[object, Any] = field(default_factory=dict, init=False, repr=False)
    """What was found out about all but parameters and blocks, once somebody needed it."""

    def like(
        self,
        *,
        programs: tuple[Program, ...] | None = None,
        blocks: tuple[Block, ...] | None = None,
    ) -> Workload:
        """Return a workload that differs in parameters or blocks alone.

        Args:
            programs: The same ones at as many other parameter sets; ``None``: these.
            blocks: Others of the same rows; ``None``: these.
        """
        found = copy(self)
        if programs is not None:
            object.__setattr__(found, "programs", programs)
        if blocks is not None:
            object.__setattr__(found, "blocks", blocks)
        return found

    def variants_of(self, block: Block) -> Sequence[Variant]:
        """Return the variants of a block's program that have rows in the block."""
        return [
            variant
            for variant in self._variants_by_program[block.program]
            if variant.rows is None or variant.rows_between(block.start, block.stop).size
        ]

    def groups_of(self, program: int) -> Sequence[int]:
        """Return the positions of a program's row groups."""
        return self._groups_by_program[program]

    def most_bases(self, program: int) -> int:
        """Return how many bases any of a program's groups has, if their errors are to be told."""
        if all(one.factor_shots is None for one in self._variants_by_program[program]):
            return 0
        return max(len(self.groups[number].variants) for number in self.groups_of(program))

    @property
    def _variants_by_program(self) -> tuple[tuple[Variant, ...], ...]:
        known: tuple[tuple[Variant, ...], ...] | None = self.derived.get("variants by program")
        if known is None:
            found: list[list[Variant]] = [[] for _ in self.programs]
            for variant in self.variants:
                found[variant.program].append(variant)
            known = self.derived["variants by program"] = tuple(map(tuple, found))
        return known

    @property
    def _groups_by_program(self) -> tuple[tuple[int, ...], ...]:
        known: tuple[tuple[int, ...], ...] | None = self.derived.get("groups by program")
        if known is None:
            found: list[list[int]] = [[] for _ in self.programs]
            for position, group in enumerate(self.groups):
                found[group.program].append(position)
            known = self.derived["groups by program"] = tuple(map(tuple, found))
        return known

    def circuits_executed(self) -> int:
        """Count (variant, row) pairs: what an executor of one basis a circuit would run."""
        return sum(rows for _, rows in self._sizes())

    def shots_drawn(self) -> int:
        """Count the shots of the whole job."""
        return sum(rows * (variant.shots or 0) for variant, rows in self._sizes())

    def _sizes(self) -> Iterator[tuple[Variant, int]]:
        for variant in self.variants:
            program = self.programs[variant.program]
            yield variant, program.num_rows if variant.rows is None else int(variant.rows.size)
