"""The kernel: shots and randomizations as clusters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.primitives.masks import pack_bits, term_masks
from shoal.primitives.mitigation.clusters import ClusterTally, jackknife, pseudo_clusters
from shoal.primitives.mitigation.moments import (
    moments_of_clusters,
    moments_of_shots,
    pooled_moments,
)
from shoal.primitives.outcomes import ShotRows
from shoal.primitives.tallies import tally_shots


def test_equal_clusters_give_the_mean_and_the_variance_of_the_mean(rng):
    sums = rng.integers(-10, 11, (1, 30, 2))
    found = moments_of_clusters(np.full((1, 30), 10), sums)
    means = sums[0] / 10
    np.testing.assert_allclose(found.means[0], means.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.covariance[0], np.cov(means.T) / 30)


def test_unequal_clusters_follow_the_formula(rng):
    shots = rng.integers(5, 50, (1, 40))
    sums = rng.integers(-5, 6, (1, 40, 1))
    found = moments_of_clusters(shots, sums)
    h, s = sums[0, :, 0] / shots[0], shots[0]
    mean = (s * h).sum() / s.sum()
    variance = 40 / 39 * (s**2 * (h - mean) ** 2).sum() / s.sum() ** 2
    np.testing.assert_allclose([found.means[0, 0], found.covariance[0, 0, 0]], [mean, variance])


def test_clusters_of_one_shot_are_shots(rng):
    bits = rng.integers(0, 2, (60, 3)).astype(bool)
    terms = ("ZZI", "IIZ", "IZZ")
    rows = ShotRows(0, np.zeros(60, dtype=np.int64), {"meas": pack_bits(bits)})
    tally = tally_shots(rows, term_masks("ZZZ", terms))
    signs = 1 - 2 * bits[:, ::-1].astype(int)
    readings = np.stack(
        [signs[:, [q for q in range(3) if t[q] == "Z"]].prod(axis=1) for t in terms]
    )
    by_cluster = moments_of_clusters(np.ones((1, 60), dtype=int), readings.T[None])
    by_shot = moments_of_shots(tally)
    np.testing.assert_allclose(by_shot.means, by_cluster.means)
    np.testing.assert_allclose(by_shot.covariance, by_cluster.covariance)


def test_a_term_read_in_two_bases_is_pooled(rng):
    parts = []
    for terms, shots in (((0, 1), 100), ((1, 2), 300)):
        sums = rng.integers(-9, 10, (1, 10, 2))
        moments = moments_of_clusters(np.full((1, 10), shots // 10), sums)
        parts.append((moments, np.array(terms), np.array([shots])))
    found = pooled_moments(parts, 3)
    expected = 0.25 * parts[0][0].means[0, 1] + 0.75 * parts[1][0].means[0, 0]
    assert found.means[0, 1] == pytest.approx(expected)
    assert found.covariance[0, 0, 2] == 0
    share = 0.25**2 * parts[0][0].covariance[0, 1, 1] + 0.75**2 * parts[1][0].covariance[0, 0, 0]
    assert found.covariance[0, 1, 1] == pytest.approx(share)


@given(st.integers(0, 2**32), st.permutations(range(5)))
def test_any_split_and_order_of_cluster_tallies_gives_the_same_integers(seed, order):
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(5):
        clusters = np.unique(rng.integers(0, 8, 4))
        shots = rng.integers(1, 9, clusters.size)
        parts.append(ClusterTally(clusters, shots, rng.integers(-9, 9, (clusters.size, 3))))
    left = sum(parts, ClusterTally.empty(3))
    right = sum((parts[number] for number in order), ClusterTally.empty(3))
    for field in ("clusters", "shots", "sums"):
        np.testing.assert_array_equal(getattr(left, field), getattr(right, field))


def test_the_jackknife_agrees_with_the_delta_method_where_the_finish_is_smooth(rng):
    sums = rng.binomial(100, 0.8, (640, 1)) * 2 - 100
    tally = ClusterTally(np.arange(640), np.full(640, 100), sums)
    value, variance = jackknife(tally, lambda means: np.log(means))
    moments = moments_of_clusters(tally.shots[None], tally.sums[None])
    delta = moments.covariance[0, 0, 0] / moments.means[0, 0] ** 2
    np.testing.assert_allclose(value, np.log(moments.means[0]))
    # 64 buckets know a variance to 18 %; 4 of these standard errors.
    assert variance[0] == pytest.approx(delta, rel=0.7)


def test_signs_multiply_the_sums_only():
    tally = ClusterTally(np.arange(2), np.array([3, 4]), np.array([[1], [2]]))
    signed = tally.signed(np.array([1, -1]))
    assert signed.sums.tolist() == [[1], [-2]]
    assert signed.shots.tolist() == [3, 4]


def test_pseudo_clusters_are_even():
    assert np.bincount(pseudo_clusters(10, 4)).tolist() == [3, 2, 3, 2]


def test_clusters_of_pec_have_the_spread_that_no_negative_sign_has_shown_yet():
    shots = np.full((1, 5), 10)
    found = moments_of_clusters(shots, np.full((1, 5, 1), 10), gamma=1.1)
    np.testing.assert_allclose(found.variances, (1 - 1 / 1.1**2) / 5)


def test_the_spread_of_clusters_of_pec_stays_where_it_is_seen():
    shots, sums = np.full((1, 4), 10), np.array([[[10], [-10], [4], [8]]])
    seen, known = (moments_of_clusters(shots, sums, gamma) for gamma in (1.0, 1.1))
    np.testing.assert_array_equal(seen.covariance, known.covariance)
