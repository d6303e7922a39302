"""Which of many bit strings lie within a Hamming distance of each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int32]
Words = NDArray[np.uint64]
Keys = NDArray[np.uint64]

CHUNK_PAIRS = 1 << 17
"""Candidate pairs that are looked at together."""

MAX_TABLE_BITS = 20
"""Up to this many bits there is a table of all strings, 5 MiB at the most."""

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Knuth's multiplier: spreads keys over a table."""


def packed_words(bits: NDArray[np.uint8]) -> Words:
    """Read packed strings as 64-bit words, the highest bits first.

    Args:
        bits: Strings [N, bytes] in the byte order of Qiskit's ``BitArray``.

    Returns:
        Words [N, ceil(bytes / 8)].
    """
    missing = -bits.shape[1] % 8
    padded = np.pad(np.ascontiguousarray(bits), ((0, 0), (missing, 0)))
    return padded.view(">u8").astype(np.uint64)


def search_cost(num_strings: int, num_bits: int, distance: int) -> float:
    """Estimate the nominal seconds of a search by the cheaper of its two ways."""
    return min(_cost_of_masks(num_strings, num_bits, distance), _cost_of_pairs(num_strings))


def expected_pairs(words: Words, distance: int, sample: int = 128) -> float:
    """Estimate how many ordered pairs lie within a distance, from a fixed sample of the strings."""
    chosen = words[np.linspace(0, len(words) - 1, min(sample, len(words)), dtype=np.int64)]
    near = sum(int((_distances(words, one) <= distance).sum()) for one in chosen)
    return near * len(words) / len(chosen)


def neighbour_pairs(words: Words, num_bits: int, distance: int) -> tuple[Positions, Positions]:
    """Find all pairs of distinct strings within a Hamming distance.

    Few flips are looked up one by one among sorted keys, in O(N log N) each; where the number of
    ways to flip exceeds the number of strings, all pairs are compared instead.

    Args:
        words: Distinct strings [N, words].
        num_bits: The length n of a string.
        distance: The largest distance of a pair, at least 1.

    Returns:
        Positions of the first and of the second string of each pair; every pair comes once.
    """
    by_masks = _cost_of_masks(len(words), num_bits, distance) < _cost_of_pairs(len(words))
    found = list(
        _pairs_by_masks(words, num_bits, distance) if by_masks else _pairs_by_rows(words, distance)
    )
    none = np.zeros(0, dtype=np.int32)
    first = np.concatenate([none, *(left for left, _ in found)])
    second = np.concatenate([none, *(right for _, right in found)])
    return first, second


def _cost_of_masks(num_strings: int, num_bits: int, distance: int) -> float:
    ways = sum(comb(num_bits, flips) for flips in range(1, distance + 1))
    return ways * (num_strings * 2e-9 + 1e-6)


def _cost_of_pairs(num_strings: int) -> float:
    return num_strings**2 * 3e-9


def _distances(words: Words, one: Words) -> NDArray[np.int64]:
    return np.asarray(np.bitwise_count(words ^ one).sum(axis=-1, dtype=np.int64))


def _pairs_by_rows(words: Words, distance: int) -> Iterator[tuple[Positions, Positions]]:
    height = max(1, CHUNK_PAIRS // max(len(words), 1))
    for start in range(0, len(words), height):
        rows = words[start : start + height]
        apart = np.zeros((len(rows), len(words) - start), dtype=np.uint16)
        for word in range(words.shape[1]):
            apart += np.bitwise_count(rows[:, None, word] ^ words[None, start:, word])
        first, second = np.nonzero(apart <= distance)
        upper = second > first
        yield (first[upper] + start).astype(np.int32), (second[upper] + start).astype(np.int32)


def _pairs_by_masks(
    words: Words, num_bits: int, distance: int
) -> Iterator[tuple[Positions, Positions]]:
    keys, key_of_bit = _linear_keys(words, num_bits)
    order = np.argsort(keys, kind="stable").astype(np.int32)
    ordered = keys[order]
    places = _Places(ordered, num_bits)
    for bit, key_of_flip in enumerate(key_of_bit):
        # Of two strings that differ in this bit and in none above it, start from the one with a 0.
        start = np.flatnonzero(~bit_of(words[order], bit))
        flipped = ordered[start] ^ key_of_flip
        for masks in _mask_chunks(key_of_bit[:bit], distance - 1, len(start)):
            wanted = (flipped[None, :] ^ masks[:, None]).reshape(-1)
            hits, found = places.of(wanted)
            yield order[start[hits % max(len(start), 1)]], order[found]


class _Places:
    """Where keys stand among some sorted ones, if they are there."""

    def __init__(self, ordered: Keys, num_bits: int) -> None:
        """Write two tables: narrow keys are their own slots, wide ones are hashed."""
        width = int(np.clip(np.ceil(np.log2(len(ordered) + 1)) + 4, 10, 24))
        self._ordered = ordered
        self._shift = np.uint64(64 - width) if num_bits > MAX_TABLE_BITS else None
        size = 1 << (num_bits if self._shift is None else width)
        slots = self._slots(ordered)
        self._is_taken = np.zeros(size, dtype=np.bool_)
        self._is_taken[slots] = True
        self._is_shared = np.zeros(size, dtype=np.bool_)
        if self._shift is not None:
            taken, keys_of_slot = np.unique(slots, return_counts=True)
            self._is_shared[taken[keys_of_slot > 1]] = True
        self._place = np.zeros(size, dtype=np.int32)
        self._place[slots] = np.arange(len(ordered), dtype=np.int32)

    def of(self, wanted: Keys) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return which of the keys are there, and where."""
        slots = self._slots(wanted)
        maybe = np.flatnonzero(self._is_taken.take(slots, mode="wrap"))
        found = self._place.take(slots.take(maybe)).astype(np.intp)
        if self._shift is None:
            return maybe, found
        keys = wanted.take(maybe)
        is_there = self._ordered.take(found) == keys
        # A slot knows the last one of its keys: the few others are looked for.
        (others,) = np.nonzero(~is_there & self._is_shared.take(slots.take(maybe)))
        place = np.searchsorted(self._ordered, keys[others])
        found[others] = np.minimum(place, len(self._ordered) - 1)
        is_there[others] = self._ordered[found[others]] == keys[others]
        return maybe[is_there], found[is_there]

    def _slots(self, keys: Keys) -> NDArray[np.int64]:
        # Signed indices are taken as they are; unsigned ones would be copied and checked.
        if self._shift is None:
            return keys.view(np.int64)
        hashed = keys * _SPREAD
        hashed >>= self._shift
        return hashed.view(np.int64)


def bit_of(words: Words, bit: int) -> NDArray[np.bool_]:
    """Return one bit of each string [N]."""
    return ((words[:, -1 - bit // 64] >> np.uint64(bit % 64)) & np.uint64(1)).astype(np.bool_)


def _linear_keys(words: Words, num_bits: int) -> tuple[Keys, Keys]:
    """Give each string a key such that flipping a bit XORs a fixed word into the key.

    Up to 64 bits the key is the string. Beyond, each bit has a random word of its own: among N
    strings and M flips a false match has probability N * N * M / 2**64, some 1e-6 at sizes here.
    """
    if num_bits <= 64:
        return words[:, -1], np.left_shift(np.uint64(1), np.arange(num_bits, dtype=np.uint64))
    random = np.random.Generator(np.random.Philox(key=num_bits))
    key_of_bit = random.integers(0, 1 << 64, num_bits, dtype=np.uint64)
    keys = np.zeros(len(words), dtype=np.uint64)
    for bit in range(num_bits):
        keys ^= bit_of(words, bit) * key_of_bit[bit]
    return keys, key_of_bit


def _mask_chunks(key_of_bit: Keys, distance: int, num_strings: int) -> Iterator[Keys]:
    """Yield the keys of all sets of at most so many bits, the empty one included, in chunks."""
    height = max(1, CHUNK_PAIRS // max(num_strings, 1))
    for flips in range(distance + 1):
        chosen = np.fromiter(
            (bit for bits in combinations(range(len(key_of_bit)), flips) for bit in bits),
            dtype=np.int64,
        ).reshape(comb(len(key_of_bit), flips), flips)
        masks = np.bitwise_xor.reduce(key_of_bit[chosen], axis=1)
        for start in range(0, len(masks), height):
            yield masks[start : start + height]
