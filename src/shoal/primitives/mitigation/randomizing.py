"""One noise factor of a program in random variations: twirled gates, frames before measurements."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
from qiskit import QuantumCircuit

from ..circuits import circuit_digest
from ..observables import FloatArray
from ..request import Request
from ..workload import Program
from .draws import Draws
from .folding import Amplified
from .frames import framed, random_frames
from .gate_frames import framed_layers
from .measured_frames import framed_measurements
from .pauli_lindblad import check_overhead
from .resilience import Resilience

FRAME_SEED, TWIRL_SEED = 2, 5
"""The last word of the seeds drawn here; `layout` has those between."""


class Twirled(Protocol):
    """A template whose parameters choose random Paulis around a circuit's layers."""

    @property
    def circuit(self) -> QuantumCircuit:
        """The template."""
        ...

    @property
    def gamma(self) -> float:
        """The cost of cancelling the noise of all layers."""
        ...

    def sample(
        self, row: FloatArray, randomizations: int, seed: np.random.SeedSequence, scale: float
    ) -> Draws:
        """Draw randomizations of one point."""
        ...


class Randomizer:
    """Draws the randomizations of a request's programs."""

    def __init__(self, request: Request, plan: Resilience) -> None:
        """Draw nothing yet.

        Args:
            request: What was asked; its seed is the root of all that is drawn.
            plan: What its options ask for.
        """
        self._request, self._plan = request, plan

    def randomized(
        self, program: Program, copy: Amplified, place: tuple[int, int], shots: int
    ) -> tuple[Program, int]:
        """Return one noise factor of a program, each point's rows a run of randomizations.

        Args:
            program: As it was asked for.
            copy: Its circuit with more noise.
            place: Which noise factor this is, and the number of the program to return.
            shots: Wanted of each point.

        Returns:
            The program, and the shots of each of its rows.

        Raises:
            RequestError: The circuit cannot be twirled, or PEC would cost more than was allowed.
        """
        number, index = place
        twirl = self._twirl(copy) if self._plan.twirl_gates and shots else None
        gamma, injected = self._gamma(twirl), self._injected(twirl, copy.factor)
        randomizations, each = self._plan.split(shots, gamma, injected) if shots else (1, 0)
        if twirl is None:
            repeated = np.repeat(program.parameters, randomizations, axis=0)
            drawn = Draws(repeated, np.ones(len(repeated), dtype=np.int64))
        else:
            drawn = self._sampled(program, copy, twirl, number, randomizations)
        circuit = copy.circuit if twirl is None else twirl.circuit
        cancels = twirl is not None and self._plan.pec is not None
        found = Program(
            index,
            circuit,
            circuit_digest(circuit),
            drawn.parameters,
            randomizations,
            None,
            drawn.signs if cancels else None,
            gamma,
            engine=program.engine,
            scores=drawn.scores,
        )
        return found, each

    def framed(self, program: Program, qubits: tuple[int, ...], place: tuple[int, int]) -> Program:
        """Return an estimator's program with a random Pauli before its qubits are measured.

        Args:
            program: One noise factor of a program.
            qubits: Those that any basis measures.
            place: The number of the program that was asked for, and of the noise factor.
        """
        rows = program.parameters
        seed, width = self.seed(*place, FRAME_SEED), program.circuit.num_qubits
        frames = random_frames(seed, len(rows), qubits, width)
        ended = framed(program.circuit, qubits)
        return replace(
            program,
            circuit=ended.circuit,
            digest=circuit_digest(ended.circuit),
            parameters=ended.rows(rows, frames),
            frames=frames,
        )

    def framed_inside(self, program: Program) -> Program:
        """Return a sampler's program with a random Pauli before each of its measurements.

        Raises:
            RequestError: Its measurements decide what runs after them.
        """
        found = framed_measurements(program.circuit)
        if not found.num_measurements:
            return program
        rows, seed = program.parameters, self.seed(program.index, 0, FRAME_SEED)
        frames = random_frames(seed, len(rows), tuple(range(found.num_measurements)))
        return replace(
            program,
            circuit=found.circuit,
            digest=circuit_digest(found.circuit),
            parameters=found.rows(rows, frames),
            flips=found.flips(frames),
        )

    def seed(self, *words: int) -> np.random.SeedSequence:
        """Return the seed of some words; blocks have two words, and none of these."""
        return np.random.SeedSequence(self._request.seed, spawn_key=(0, 0, *words))

    def _twirl(self, copy: Amplified) -> Twirled:
        """Twirl a circuit's layers.

        With a noise model every gate must stay what its noise is keyed by; without one the Paulis
        are merged into the gates around them, as a compiler for hardware does.
        """
        asked = copy.circuit, self._plan.strategy, self._plan.layer_noise
        if self._request.options.simulator.noise_model is not None:
            return framed_layers(*asked)
        from .twirling import twirled

        return twirled(*asked)

    def _gamma(self, twirl: Twirled | None) -> float:
        """Return what PEC costs, and refuse to pay more than was said."""
        if self._plan.pec is None or twirl is None:
            return 1.0
        gamma = float(twirl.gamma ** (1.0 - self._plan.pec.noise_gain))
        check_overhead(gamma, self._plan.pec.max_overhead)
        return gamma

    def _injected(self, twirl: Twirled | None, factor: float) -> float:
        """Return what it would cost to cancel the noise that PEA injects."""
        is_pea = self._plan.injects and self._plan.pec is None
        return 1.0 if twirl is None or not is_pea else float(twirl.gamma ** (factor - 1.0))

    def _sampled(
        self,
        program: Program,
        copy: Amplified,
        twirl: Twirled,
        number: int,
        randomizations: int,
    ) -> Draws:
        """Draw the randomizations of every point, each from a seed of its own."""
        scale = copy.factor - 1.0 if self._plan.zne else 0.0
        if self._plan.pec is not None:
            scale = self._plan.pec.noise_gain - 1.0
        drawn = [
            twirl.sample(
                row,
                randomizations,
                self.seed(program.index, number, point, TWIRL_SEED),
                scale,
            )
            for point, row in enumerate(program.parameters)
        ]
        width = twirl.circuit.num_parameters
        rows = np.concatenate([np.zeros((0, width)), *(one.parameters for one in drawn)])
        signs = np.concatenate([np.zeros(0, dtype=np.int64), *(one.signs for one in drawn)])
        scores = [one.scores for one in drawn if one.scores is not None]
        return Draws(rows, signs, np.concatenate(scores) if scores else None)
