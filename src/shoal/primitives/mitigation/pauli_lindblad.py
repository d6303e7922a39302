"""Sparse Pauli-Lindblad noise (arXiv:2201.09866): rates, fidelities, and random insertions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import PauliLindbladMap

from ..bases import basis_codes
from ..errors import RequestError
from ..observables import FloatArray, TermLabel

PauliCodes = NDArray[np.uint8]
"""0, 1, 2, 3 for I, X, Y, Z a qubit; the highest qubit first, as in labels."""


@dataclass(frozen=True, slots=True, eq=False)
class PauliLindblad:
    """The channel ``exp(sum_k lambda_k (P_k . P_k - .))`` of a layer."""

    generators: tuple[TermLabel, ...]
    """Pauli labels [K] on the layer's qubits."""
    rates: FloatArray
    """``lambda_k`` [K]; negative where the model undoes noise."""
    sources: tuple[tuple[int, ...], ...] = ()
    """Of which known rates each one is the sum: positions among those of all layers [K][...]."""

    def __post_init__(self) -> None:
        """Check that labels and rates fit together."""
        if self.rates.shape != (len(self.generators),):
            raise RequestError(
                f"noise model: {len(self.generators)} generators, but rates of shape "
                f"{self.rates.shape}; there must be one rate a generator"
            )
        if len({len(label) for label in self.generators}) > 1:
            raise RequestError(f"noise model: generators of several widths: {self.generators}")
        if not np.isfinite(self.rates).all():
            raise RequestError(f"noise model: rates must be finite: {self.rates}")

    @classmethod
    def from_qiskit(cls, channel: PauliLindbladMap) -> PauliLindblad:
        """Read Qiskit's container."""
        terms = channel.to_sparse_list()
        labels = []
        for paulis, qubits, _ in terms:
            letters = ["I"] * channel.num_qubits
            for pauli, qubit in zip(paulis, qubits, strict=True):
                letters[channel.num_qubits - 1 - qubit] = pauli
            labels.append("".join(letters))
        return cls(tuple(labels), np.array([rate for *_, rate in terms], dtype=np.float64))

    @property
    def gamma(self) -> float:
        """The cost of cancelling the layer: every estimate is multiplied by it."""
        return float(np.exp(2.0 * np.maximum(self.rates, 0.0).sum()))

    def scaled(self, factor: float) -> PauliLindblad:
        """Return the channel to a real power: ``factor - 1`` more of it make a noise factor."""
        return PauliLindblad(self.generators, self.rates * factor, self.sources)

    def fidelities(self, terms: Sequence[TermLabel]) -> FloatArray:
        """Return by what the channel multiplies Pauli terms: ``exp(-2 sum of lambda_k)`` [T].

        The sum is over the generators that anticommute with the term.
        """
        generators, wanted = basis_codes(self.generators), basis_codes(list(terms))
        clash = (
            (generators[None] != 0) & (wanted[:, None] != 0) & (generators[None] != wanted[:, None])
        )
        odd = clash.sum(axis=2) % 2
        return np.asarray(np.exp(-2.0 * (odd * self.rates).sum(axis=1)))

    def insertions(self, generator: np.random.Generator, samples: int) -> NDArray[np.bool_]:
        """Draw which generators are inserted to apply the channel [samples, K].

        Args:
            generator: Counter-based, keyed by whose layer and randomization this is.
            samples: How many.
        """
        probability = 0.5 * -np.expm1(-2.0 * np.abs(self.rates))
        return np.asarray(generator.random((samples, self.rates.size)) < probability)

    def inserted(self, inserted: NDArray[np.bool_]) -> tuple[PauliCodes, NDArray[np.int64]]:
        """Return the Paulis that apply the channel, or its inverse where rates are negative.

        Args:
            inserted: Which generators were drawn [samples, K].

        Returns:
            Paulis [samples, n], and signs [samples]: -1 where an odd number of generators with a
            negative rate was inserted. The mean over samples, signs included, times `gamma` of the
            negated rates is the channel.
        """
        samples = len(inserted)
        flips = basis_codes(self.generators)
        # X = 01, Z = 10, Y = 11 in bits of (z, x): products of Paulis are XORs.
        as_bits = np.array([0, 1, 3, 2], dtype=np.uint8)[flips]
        product = np.zeros((samples, flips.shape[1]), dtype=np.uint8)
        for number in range(self.rates.size):
            product ^= inserted[:, number, None] * as_bits[number]
        negative = (inserted & (self.rates < 0)).sum(axis=1) % 2
        return np.array([0, 1, 3, 2], dtype=np.uint8)[product], 1 - 2 * negative.astype(np.int64)


def overhead_of_layers(layers: Sequence[PauliLindblad]) -> float:
    """Return gamma of a whole circuit; its square is what PEC multiplies the shots by."""
    return float(np.prod([layer.gamma for layer in layers]))


def check_overhead(gamma: float, maximum: float | None) -> None:
    """Refuse to pay more than was said.

    Raises:
        RequestError: ``gamma**2`` is beyond the maximum.
    """
    if maximum is not None and gamma**2 > maximum:
        raise RequestError(
            f"PEC would multiply the shots by gamma**2 = {gamma**2:.4g}, and "
            f"resilience.pec.max_overhead is {maximum:g}; raise it, or cancel fewer layers"
        )
