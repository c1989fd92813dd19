"""Best lines against SciPy's optimisers and NumPy's least squares."""

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

from gdsim.analysis.line_fits import around, least_absolute, least_huber, least_squares, logistic


def samples(seed, count=40, outliers=0, shift=0.0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-6, 6, count) + shift
    y = 0.5 * x + 1 + rng.normal(0, 0.5, count)
    y[:outliers] += rng.uniform(5, 30, outliers)
    return x, y


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shift", [0.0, 1e4])
def test_least_squares(seed, shift):
    x, y = samples(seed, outliers=seed, shift=shift)
    assert least_squares(x, y) == pytest.approx(np.polyfit(x, y, 1), rel=1e-6)


def test_weights_count_like_copies():
    x, y = samples(1)
    weights = np.arange(len(x)) % 4.0
    copied = np.repeat(np.arange(len(x)), weights.astype(int))
    assert least_squares(x, y, weights) == pytest.approx(least_squares(x[copied], y[copied]), rel=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_least_absolute_is_the_linear_programme_s(seed):
    x, y = samples(seed, count=9 + 4 * seed, outliers=seed)
    m = len(x)
    rows = np.block([[np.c_[x, np.ones(m)], -np.eye(m)], [-np.c_[x, np.ones(m)], -np.eye(m)]])
    best = linprog(np.r_[0, 0, np.ones(m)], A_ub=rows, b_ub=np.r_[y, -y], bounds=[(None, None)] * 2 + [(0, None)] * m)
    slope, intercept = least_absolute(x, y)
    assert np.abs(slope * x + intercept - y).sum() <= best.fun * (1 + 1e-7)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("delta", [0.3, 1.0, 4.0])
def test_least_huber(seed, delta):
    x, y = samples(seed, outliers=2 * seed)

    def size(line):
        r = np.abs(line[0] * x + line[1] - y)
        return np.where(r <= delta, r * r / 2, delta * (r - delta / 2)).sum()

    best = minimize(size, least_squares(x, y), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    assert size(least_huber(x, y, delta)) <= best.fun * (1 + 1e-7)


@pytest.mark.parametrize("seed", range(6))
def test_logistic_has_no_slope_left(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 3, 60) + 20
    y = (x + rng.normal(0, 2, 60) > 20).astype(float)
    m, b = logistic(x, y)

    def size(line):
        z = line[0] * x + line[1]
        return np.mean(np.logaddexp(0, z) - y * z)

    best = minimize(size, (m, b), method="BFGS")
    assert size((m, b)) <= best.fun + 1e-2


def test_parted_classes_have_a_best_curve():
    x = np.array([-2.0, -1.0, 1.0, 2.0])
    m, b = logistic(x, (x > 0).astype(float))
    assert 1 < m < 100
    assert abs(b) < 1e-6


@pytest.mark.parametrize("fit", [least_squares, least_absolute, least_huber])
def test_without_two_places_there_is_no_line(fit):
    assert fit(np.array([2.0, 2.0]), np.array([1.0, 3.0])) is None
    assert fit(np.array([]), np.array([])) is None


def test_ranges_hold_the_points_and_are_round():
    x, y = around([(0.5, 1.0), (-0.7, 0.0)], (1.0, 1.0))
    assert x[0] <= -0.7 < 0.5 <= x[1]
    assert y[0] <= 0.0 <= 1.0 <= y[1]
    assert abs((x[0] + x[1]) / 2 - 0.5) < 0.3
    assert around([(0.51, 1.01), (-0.7, 0.0)], (1.0, 1.0)) == around([(0.515, 1.005), (-0.7, 0.0)], (1.0, 1.0))
