"""Scores of classes and numbers against what NumPy and SciPy count and measure."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hmean, linregress

from gdsim.analysis.scores import class_scores, distances


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_the_confusion_is_counted(classes):
    rng = np.random.default_rng(classes)
    truth, taken = rng.integers(0, classes, 500).astype(float), rng.integers(0, classes, 500)
    found = class_scores(truth, taken, classes, 800)
    expected = np.histogram2d(truth, taken, bins=classes, range=[(-0.5, classes - 0.5)] * 2)[0]
    assert np.array_equal(found.counts, expected)
    assert (found.samples, found.of) == (500, 800)
    for k in range(classes):
        precision, recall = np.mean(truth[taken == k] == k), np.mean(taken[truth == k] == k)
        assert (found.precision[k], found.recall[k]) == pytest.approx((precision, recall))
        assert found.f1[k] == pytest.approx(hmean([precision, recall]))


def test_a_class_that_is_not_there_has_no_score():
    found = class_scores(np.array([0, 0, 1]), np.array([0, 2, 2]), 4, 3)
    assert np.isnan(found.recall).tolist() == [False, False, True, True]
    assert np.isnan(found.precision).tolist() == [False, True, False, True]
    assert np.isnan(found.f1).tolist() == [False, False, False, True]
    assert found.counts.sum() == 3


@pytest.mark.parametrize("seed", range(5))
def test_distances_of_a_fitted_line(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(2, 3, 80)
    y = 2 * x + rng.normal(0, 1 + seed, 80)
    fit = linregress(x, y)
    predicted = fit.slope * x + fit.intercept
    found = distances(y, predicted)
    assert found.r2 == pytest.approx(fit.rvalue**2)
    assert found.rmse == pytest.approx(np.linalg.norm(y - predicted) / np.sqrt(80))
    assert found.mae == pytest.approx(np.abs(y - predicted).mean())


def test_distances_at_the_extremes():
    assert distances(np.array([1.0, 2.0]), np.array([1.0, 2.0])).r2 == 1.0
    assert np.isnan(distances(np.array([3.0, 3.0]), np.array([1.0, 2.0])).r2)
    wild = distances(np.array([1.0, 2.0]), np.array([1.0, np.inf]))
    assert (wild.rmse, wild.mae) == (np.inf, np.inf)
