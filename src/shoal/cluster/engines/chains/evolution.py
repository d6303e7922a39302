"""Chains of tensors at some vectors of rows of parameters."""

from __future__ import annotations

import numpy as np

from ....primitives.observables import FloatArray
from ..batched.opcodes import LANE_BYTES
from .circuit import ChainCircuit, Step, Through
from .factors import ComplexArray, Factor
from .kernels import act, fill_waves, multiply

LANES = LANE_BYTES // 8

Shape = tuple[int, int]
"""The dimensions of a tensor's bonds, left and right."""


class Chain:
    """The tensors of a circuit's states, each [m, left bond, 2, right bond] in vectors of lanes."""

    def __init__(self, circuit: ChainCircuit, angles: FloatArray) -> None:
        """Evolve from all qubits in 0.

        Args:
            circuit: The circuit.
            angles: Of its slots [K, m * lanes].
        """
        self.num_sites = circuit.num_qubits
        self.count = angles.shape[1] // LANES
        """How many vectors of rows there are: m."""
        self._angles = angles
        self.shapes: list[Shape] = [(1, 1)] * circuit.num_qubits
        self.tensors = [self.numbers([1, 0])] * circuit.num_qubits
        # Matrices of one qubit wait for the next gate on two, whose matrices take them in.
        self._waiting: dict[int, FloatArray] = {}
        self._known: dict[int, FloatArray] = {}
        for step in circuit.steps:
            if isinstance(step, Through):
                self._lead_through(step)
            else:
                self._do(step)
        for site, matrices in self._waiting.items():
            self._put(site, self.shapes[site], self.acted(site, matrices))

    def numbers(self, constants: ComplexArray | list[complex]) -> FloatArray:
        """Return numbers that are the same in every lane of every vector."""
        flat = np.asarray(constants, dtype=np.complex128).reshape(-1)
        found = np.empty((self.count, flat.size, 2, LANES))
        found[:, :, 0], found[:, :, 1] = flat.real[:, None], flat.imag[:, None]
        return found.reshape(-1)

    def acted(
        self, site: int, matrices: FloatArray, rank: int = 1, *, grows_left: bool = False
    ) -> FloatArray:
        """Return a tensor with matrices applied; their number joins one of its bonds."""
        tensor = self.tensors[site]
        out = np.empty(tensor.size * rank)
        act((self.count, *self.shapes[site]), rank, grows_left, matrices, tensor, out)
        return out

    def _do(self, step: Step) -> None:
        site, rank = step.site, len(step.factors)
        matrices = self._known.get(id(step.factors))
        if matrices is None:
            matrices = self._matrices(step.factors)
            if step.is_fixed:
                self._known[id(step.factors)] = matrices
        before = self._waiting.pop(site, None)
        if before is not None:
            product = np.empty_like(matrices)
            multiply(self.count, rank, matrices, before, product)
            matrices = product
        if rank == 1:
            self._waiting[site] = matrices
            return
        left, right = self.shapes[site]
        shape = (left * rank, right) if step.grows_left else (left, right * rank)
        self._put(site, shape, self.acted(site, matrices, rank, grows_left=step.grows_left))

    def _put(self, site: int, shape: Shape, tensor: FloatArray) -> None:
        self.shapes[site], self.tensors[site] = shape, tensor

    def _lead_through(self, step: Through) -> None:
        (left, right), rank = self.shapes[step.site], step.rank
        tensor = self.tensors[step.site].reshape(self.count, left, 2, right, 2 * LANES)
        out = np.zeros((self.count, left, rank, 2, right, rank, 2 * LANES))
        for number in range(rank):
            out[:, :, number, :, :, number] = tensor
        self._put(step.site, (left * rank, right * rank), out.reshape(-1))

    def _matrices(self, factors: tuple[Factor, ...]) -> FloatArray:
        """Write factors as numbers [m, rank, 4]."""
        found = np.zeros((self.count, len(factors), 4, 2, LANES))
        for number, factor in enumerate(factors):
            parts: list[tuple[ComplexArray | None, FloatArray | float]] = [(factor.constant, 1.0)]
            if factor.even is not None or factor.odd is not None:
                cosines, sines = self._waves_of(factor)
                parts += [(factor.even, cosines), (factor.odd, sines)]
            for matrix, wave in parts:
                for entry, value in enumerate([] if matrix is None else matrix.reshape(-1)):
                    # Each part of an entry has one summand: nothing is rounded here.
                    if value.real:
                        found[:, number, entry, 0] += value.real * wave
                    if value.imag:
                        found[:, number, entry, 1] += value.imag * wave
        return found.reshape(-1)

    def _waves_of(self, factor: Factor) -> tuple[FloatArray, FloatArray]:
        """Return the cosines and sines [m, lanes] of a factor's angle."""
        if isinstance(factor.angle, int):
            angles = np.ascontiguousarray(self._angles[factor.angle])
        else:
            angles = np.full(self.count * LANES, factor.angle)
        cosines, sines = np.empty_like(angles), np.empty_like(angles)
        fill_waves(angles, factor.scale, cosines, sines)
        return cosines.reshape(-1, LANES), sines.reshape(-1, LANES)
