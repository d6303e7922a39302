"""From a plain workload to a mitigated one: noise factors, random frames and calibrations.

A pure function of the request: every process derives the same programs, frames and flips.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from ..bases import measured_qubits
from ..blocks import cut_blocks
from ..circuits import circuit_digest
from ..engine_names import WITHOUT_QUEUE
from ..errors import RequestError
from ..nominal_costs import nominal_costs
from ..request import Request
from ..workload import (
    Block,
    Family,
    IntArray,
    NominalCost,
    Program,
    RowGroup,
    Variant,
    Workload,
)
from .calibration import calibration_flips
from .extrapolation import check_factors
from .folding import UNFOLDED, Amplified, amplify
from .frames import calibration_circuit, z_basis
from .measured_bits import qubits_of_clbits, refuse_deciding_bits
from .post_selection import basis_with_check
from .randomizing import Randomizer
from .resilience import AUTO_RANDOMIZATIONS, Resilience

FLIP_SEED, FOLD_SEED = 3, 4
"""The last word of the seeds drawn here; blocks have two words, shot orders three that end in 1,
and `randomizing` has 2 and 5."""


def calibrated(request: Request, plain: Workload, plan: Resilience) -> Workload:
    """Add to a sampler's workload the calibration of every qubit that it measures.

    Args:
        request: What was asked.
        plain: Its expansion.
        plan: What the options ask for.

    Returns:
        The workload; its programs keep their numbers, calibrations come behind them.

    Raises:
        RequestError: A circuit measures in its middle what cannot be mitigated.
    """
    return _Layout(request, plain, plan).sampler_workload()


def mitigated(request: Request, plain: Workload, plan: Resilience) -> Workload:
    """Lay out what mitigation needs beside and in the place of a plain workload.

    Args:
        request: What was asked.
        plain: Its expansion without mitigation.
        plan: What the options ask for.

    Returns:
        The workload; its families say which programs belong together.

    Raises:
        RequestError: A method cannot treat a circuit, or needs shots where exact values are asked.
    """
    return _Layout(request, plain, plan).workload()


@dataclass(frozen=True, slots=True)
class _Readers:
    """What reads one plain program."""

    variants: tuple[Variant, ...]
    groups: tuple[RowGroup, ...]
    qubits: tuple[int, ...]
    """Measured in any basis, rising."""


class _Layout:
    def __init__(self, request: Request, plain: Workload, plan: Resilience) -> None:
        self._request, self._plain, self._plan = request, plain, plan
        self._readers = [self._readers_of(program) for program in plain.programs]
        self._programs: list[Program] = []
        self._variants: list[Variant] = []
        self._groups: list[RowGroup] = []
        self._new_program: dict[int, int] = {}
        self._randomizer = Randomizer(request, plan)

    def workload(self) -> Workload:
        calibrations = self._calibrations() if self._plan.readout != "none" else {}
        families = tuple(
            self._family(program, calibrations.get(_device(program), ()))
            for program in self._plain.programs
        )
        pubs = tuple(
            replace(pub, program=self._new_program[pub.program]) for pub in self._plain.pubs
        )
        blocks, costs = self._blocks()
        return Workload(
            tuple(self._programs),
            tuple(self._variants),
            blocks,
            self._plain.observables,
            tuple(self._groups),
            pubs,
            costs,
            families,
        )

    def _blocks(self) -> tuple[tuple[Block, ...], tuple[NominalCost, ...]]:
        simulator = self._request.options.simulator
        costs = nominal_costs(self._programs, self._variants, simulator)
        return tuple(cut_blocks(self._programs, self._variants, costs)), costs

    def sampler_workload(self) -> Workload:
        plain = self._plain
        self._randomize_sampler()
        calibrations = self._calibrations() if self._plan.readout != "none" else {}
        for program in plain.programs:
            self._check_register(program)
        families = tuple(
            Family((p.index,), (1.0,), (1.0,), (), *_split(calibrations.get(_device(p), ())))
            for p in plain.programs
        )
        blocks, costs = self._blocks()
        return replace(
            plain,
            programs=tuple(self._programs),
            variants=tuple(self._variants),
            blocks=blocks,
            costs=costs,
            families=families,
        )

    def _check_register(self, program: Program) -> None:
        check = self._plan.check
        if check is None:
            return
        sizes = {register.name: register.size for register in program.circuit.cregs}
        if max(check.bits) >= sizes.get(check.register, 0):
            raise RequestError(
                f"post-selection on bits {list(check.bits)} of register {check.register!r}: "
                f"circuit {program.circuit.name!r} has registers {sizes}"
            )

    def _readers_of(self, program: Program) -> _Readers:
        variants = tuple(
            self._checked(v) for v in self._plain.variants if v.program == program.index
        )
        if self._plan.needs_shots and any(variant.is_exact for variant in variants):
            raise RequestError(
                "readout mitigation and twirling work on shots, and exact values (precision 0) "
                "are asked for: give a precision > 0, or switch them off"
            )
        groups = tuple(self._plain.groups[g] for g in self._plain.groups_of(program.index))
        if self._request.primitive == "estimator" and self._plan.readout != "none":
            refuse_deciding_bits(program.circuit)
        qubits = {q for v in variants if v.basis is not None for q in measured_qubits(v.basis)}
        if self._request.primitive == "sampler":
            mitigates = self._plan.readout != "none"
            qubits = set(qubits_of_clbits(program.circuit).values()) if mitigates else set()
        return _Readers(variants, groups, tuple(sorted(qubits)))

    def _checked(self, variant: Variant) -> Variant:
        """Measure the checked qubits beside all else."""
        if self._plan.check is None or variant.basis is None:
            return variant
        return replace(variant, basis=basis_with_check(self._plan.check, variant.basis))

    def _calibrations(self) -> dict[tuple[str, int], tuple[int, ...]]:
        """Add calibrations for each engine and width of circuit; return the programs by them.

        A simulator has one. A queue has as many as it may come to need while its device drifts.
        """
        wanted: dict[tuple[str, int], set[int]] = defaultdict(set)
        shots: dict[tuple[str, int], int] = defaultdict(int)
        for program, readers in zip(self._plain.programs, self._readers, strict=True):
            device = _device(program)
            wanted[device].update(readers.qubits)
            shots[device] = max([shots[device], *(v.shots or 0 for v in readers.variants)])
        found = {}
        for device, qubits in wanted.items():
            if qubits:
                times = 1 if device[0] in WITHOUT_QUEUE else self._plan.calibrations
                bits = tuple(sorted(qubits))
                found[device] = tuple(
                    self._calibrate(device, bits, shots[device]) for _ in range(times)
                )
        return found

    def _calibrate(self, device: tuple[str, int], qubits: tuple[int, ...], shots: int) -> int:
        engine, width = device
        index, count = len(self._programs), self._plan.calibration_circuits
        flips = calibration_flips(self._randomizer.seed(width, FLIP_SEED), count, len(qubits))
        circuit = calibration_circuit(width, qubits)
        order = [int(parameter.index) for parameter in circuit.parameters]
        frames = np.zeros((count, width), dtype=np.uint8)
        frames[:, list(qubits)] = flips
        angles = np.where(flips[:, order], np.pi, 0.0)
        self._programs.append(
            Program(index, circuit, circuit_digest(circuit), angles, 1, frames, engine=engine)
        )
        each = self._plan.calibration_shots or max(64, -(-shots // AUTO_RANDOMIZATIONS))
        basis = z_basis(width, qubits)
        self._variants.append(Variant(len(self._variants), index, "calibration", basis, (), each))
        return index

    def _family(self, program: Program, calibrations: tuple[int, ...]) -> Family:
        readers = self._readers[program.index]
        copies = self._amplified(program)
        first = len(self._programs)
        groups: list[list[int]] = [[] for _ in readers.groups]
        for number, copy in enumerate(copies):
            self._add(program, copy, number, groups)
        self._new_program[program.index] = first
        return Family(
            tuple(range(first, len(self._programs))),
            tuple(copy.factor for copy in copies),
            self._plan.zne.factors if self._plan.zne else (1.0,),
            tuple(map(tuple, groups)),
            *_split(calibrations),
        )

    def _amplified(self, program: Program) -> list[Amplified]:
        circuit = program.circuit
        if self._plan.zne is None:
            return [Amplified(circuit, 1.0)]
        zne = self._plan.zne
        if zne.amplifier in UNFOLDED:
            check_factors(zne.factors, zne.extrapolators)
            return [Amplified(circuit, factor) for factor in zne.factors]
        seed = int(
            self._randomizer.seed(int(program.digest[:8], 16), FOLD_SEED).generate_state(1)[0]
        )
        copies = [amplify(circuit, factor, zne.amplifier, seed) for factor in zne.factors]
        check_factors([copy.factor for copy in copies], zne.extrapolators)
        return copies

    def _add(self, program: Program, copy: Amplified, number: int, groups: list[list[int]]) -> None:
        """Add one noise factor of a program, with its variants and row groups."""
        readers, index = self._readers[program.index], len(self._programs)
        wanted = {one.index: _shots_at(one, number) for one in readers.variants}
        shots = max(wanted.values(), default=0)
        found, each = self._randomizer.randomized(program, copy, (number, index), shots)
        if self._plan.zne is not None and self._plan.zne.amplifier == "noise_scaling":
            found = replace(found, noise_scale=copy.factor)
        if self._plan.twirl_measure and readers.qubits:
            found = self._randomizer.framed(found, readers.qubits, (program.index, number))
        self._programs.append(found)
        new_number: dict[int, int] = {}
        for variant in readers.variants:
            new_number[variant.index] = len(self._variants)
            rows = None if variant.rows is None else runs(variant.rows, found.randomizations)
            self._variants.append(
                replace(
                    variant,
                    index=len(self._variants),
                    program=index,
                    shots=None
                    if variant.is_exact
                    else max(1, -(-each * wanted[variant.index] // shots)),
                    rows=rows,
                    noise_factor=copy.factor,
                )
            )
        for members, group in zip(groups, readers.groups, strict=True):
            members.append(len(self._groups))
            renumbered = tuple(new_number[variant] for variant in group.variants)
            self._groups.append(replace(group, program=index, variants=renumbered))

    def _randomize_sampler(self) -> None:
        """Take every circuit in its random variations; one that draws no shots stays as it is."""
        plain = self._plain
        for program, variant in zip(plain.programs, plain.variants, strict=True):
            unchanged = Amplified(program.circuit, 1.0)
            found, each = self._randomizer.randomized(
                program, unchanged, (0, program.index), variant.shots or 0
            )
            if self._plan.twirl_measure:
                found = self._randomizer.framed_inside(found)
            self._programs.append(found)
            self._variants.append(replace(variant, shots=each))


def _shots_at(variant: Variant, factor: int) -> int:
    """Return a plain variant's shots at one of the noise factors."""
    apart = variant.factor_shots
    return variant.shots or 0 if apart is None else apart[min(factor, len(apart) - 1)]


def _device(program: Program) -> tuple[str, int]:
    """Return what programs share whose qubits are the same: engine and width."""
    return program.engine, program.circuit.num_qubits


def _split(calibrations: tuple[int, ...]) -> tuple[int | None, tuple[int, ...]]:
    """Tell the first calibration, which always runs, from its repetitions."""
    return (calibrations[0] if calibrations else None), calibrations[1:]


def runs(rows: IntArray, length: int) -> IntArray:
    """Return the rows of the randomizations of points, rising."""
    return (rows[:, None] * length + np.arange(length)).reshape(-1)
