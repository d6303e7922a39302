"""Cosines and sines are good to the last bits, at any angle."""

import math

import numba
import numpy as np
import pytest

from shoal.cluster.engines.batched.kernels.angles import cosine_and_sine


@numba.njit
def waves(angles):
    found = np.empty((angles.size, 2))
    for place in range(angles.size):
        found[place] = cosine_and_sine(angles[place])
    return found


@pytest.mark.parametrize("scale", [1e-9, 1.0, 10.0, 1000.0, 1e6])
def test_accuracy(scale, rng):
    angles = np.concatenate([rng.uniform(-scale, scale, 20000), [0.0, scale, -scale]])

    found = waves(angles)

    np.testing.assert_allclose(found[:, 0], np.cos(angles), rtol=0, atol=2.3e-16)
    np.testing.assert_allclose(found[:, 1], np.sin(angles), rtol=0, atol=2.3e-16)


def test_near_the_quarters():
    angles = np.arange(-2000, 2000) * (math.pi / 2)

    found = waves(angles)

    np.testing.assert_allclose(found[:, 0], np.cos(angles), rtol=1e-15, atol=0)
    np.testing.assert_allclose(found[:, 1], np.sin(angles), rtol=1e-15, atol=0)
