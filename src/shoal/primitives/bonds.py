"""Chains of tensors by their bonds: how long a circuit makes these, and what reading them takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from qiskit import QuantumCircuit

from .leaves import Leaf, leaves, parts_of

LANES = 8
"""Rows that compiled kernels evolve for the price of one: fewer in a block would be wasted."""

TOGETHER_BYTES, MAX_VECTORS = 1 << 21, 16
"""What the tensors of several vectors of rows take, that go through a chain together, and how many
vectors these are, at the most."""

_BITS = dict.fromkeys(
    (
        *("cx", "cy", "cz", "ch", "cs", "csdg", "csx", "cp", "cu1", "crx", "cry", "crz", "ecr"),
        *("rxx", "ryy", "rzz", "rzx"),
    ),
    1,
) | dict.fromkeys(("swap", "iswap", "dcx", "unitary"), 2)
"""Gates on two qubits, and by how many factors of two they multiply the bonds between these."""


@dataclass(frozen=True, slots=True)
class ChainShape:
    """A circuit as a chain of tensors, one a qubit."""

    sites: tuple[int, ...]
    """The qubits, rising."""
    bits: tuple[int, ...]
    """Of each bond, those at both ends included [n + 1]: 2**bits dimensions, truncated nowhere."""
    steps: int
    """Matrices that act on a tensor, or bonds that are led through one."""
    pairs: int
    """Gates on two qubits."""

    @property
    def max_bits(self) -> int:
        """Of the longest bond."""
        return max(self.bits)

    @property
    def bonds(self) -> tuple[int, ...]:
        """The dimensions of bonds [n + 1]."""
        return tuple(1 << bits for bits in self.bits)

    @property
    def needed_bits(self) -> tuple[int, ...]:
        """Of each bond, where what no state can need is left out [n + 1]."""
        last = len(self.bits) - 1
        return tuple(min(bits, cut, last - cut) for cut, bits in enumerate(self.bits))

    def spans(self, terms: Iterable[str]) -> Sequence[tuple[int, int]]:
        """Return the first and the last site that each term acts on."""
        place = {qubit: site for site, qubit in enumerate(self.sites)}
        found = []
        for label in terms:
            acting = [qubit for qubit, letter in enumerate(reversed(label)) if letter != "I"]
            if acting:
                found.append((place[acting[0]], place[acting[-1]]))
        return found


def chain_shape(circuit: QuantumCircuit, kept: Collection[int]) -> ChainShape:
    """Count what a circuit without measurements asks of a chain of tensors.

    Args:
        circuit: The template; measurements are passed over.
        kept: The qubits that matter: all that anything acts on, and perhaps more.
    """
    grown, counts = [0] * (circuit.num_qubits + 1), [0, 0]
    for leaf in leaves(circuit):
        _count(leaf, grown, counts)
    crossing = list(accumulate(grown))
    sites = tuple(sorted(kept))
    inner = tuple(crossing[site] for site in sites[:-1])
    return ChainShape(sites, (0, *inner, 0), *counts)


def _count(leaf: Leaf, grown: list[int], counts: list[int]) -> None:
    """Add the bits that a gate brings to the cuts between its qubits, as differences."""
    if leaf.name == "measure" or not leaf.qubits:
        return
    if len(leaf.qubits) == 1:
        counts[0] += 1
        return
    bits = _BITS.get(leaf.name) if len(leaf.qubits) == 2 else None
    low, high = min(leaf.qubits), max(leaf.qubits)
    if bits is None:
        parts = list(parts_of(leaf))
        for part in parts:
            _count(part, grown, counts)
        if parts:
            return
        bits = 2 * (len(leaf.qubits) // 2)
    grown[low] += bits
    grown[high] -= bits
    counts[0] += 1 + high - low
    counts[1] += 1


def tensor_sizes(bonds: Sequence[int]) -> int:
    """Return how many numbers the tensors between bonds [n + 1] have together."""
    return sum(2 * left * right for left, right in pairwise(bonds))


def reading_work(bonds: Sequence[int], spans: Sequence[tuple[int, int]]) -> int:
    """Count the products that reading terms takes, one row's.

    Args:
        bonds: The dimension of each bond, those at both ends included [n + 1].
        spans: The first and the last qubit of each term.
    """
    pairs = pairwise(bonds)
    sites = [2 * left * right * (left + right) for left, right in pairs]
    before = list(accumulate(sites, initial=0))
    return 2 * before[-1] + sum(before[last + 1] - before[first] for first, last in spans)
