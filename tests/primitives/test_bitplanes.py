"""Transposed shots hold the same bits."""

import numpy as np

from shoal.primitives.bitplanes import bit_planes, transposed


def test_transposed(rng):
    entries = rng.integers(0, 256, (256, 3), dtype=np.uint8)

    planes = transposed(entries)

    found = np.unpackbits(planes.view(np.uint8), axis=1, bitorder="little")
    np.testing.assert_array_equal(found.T, np.unpackbits(entries, axis=1, bitorder="little"))


def test_rows_begin_at_words(rng):
    entries = rng.integers(0, 256, (130, 1), dtype=np.uint8)
    counts = rng.integers(0, 1000, 130)

    found = bit_planes(entries, counts, np.array([1, 65, 64]))

    assert found.starts.tolist() == [0, 1, 3]
    assert np.bitwise_count(found.present).tolist() == [1, 64, 1, 64]
    assert found.weights is not None
    weight = sum(int(np.bitwise_count(plane).sum()) << k for k, plane in enumerate(found.weights))
    assert weight == counts.sum()
