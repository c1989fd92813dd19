"""Best lines against SciPy's optimisers and NumPy's least squares."""

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

from gdsim.analysis.line_fits import (
    around,
    best_line,
    exact_line,
    least_absolute,
    least_huber,
    least_squares,
    line_fits,
    logistic,
)
from gdsim.catalogue import losses
from gdsim.objectives.network.chosen import choose_loss
from gdsim.objectives.network.curves import loss_values


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


FOR_NUMBERS = [
    "mse", "half_mse", "mae", "huber", "huber,delta=0.05", "huber,delta=0.3", "huber,delta=7", "log_cosh", "quantile",
    "quantile,tau=0.1", "quantile,tau=0.5", "quantile,tau=0.97", "poisson", "(o - y)^4", "cosh(o - y)",
    "log(1 + exp(o - y)) + (o - y)^2/10", "if(|o - y| <= 0.7, (o - y)^2/2, 0.7*(|o - y| - 0.35))",
]  # fmt: skip


def mean_loss(loss, line, x, y):
    return float(np.mean(loss_values(loss, (line[0] * x + line[1])[None, :], y[None, :])[0]))


@pytest.mark.parametrize("text", FOR_NUMBERS)
@pytest.mark.parametrize("seed", range(3))
def test_no_line_is_better_for_the_loss_with_its_parameters(text, seed):
    x, y = samples(seed, outliers=3 * seed if "^4" not in text and "cosh(" not in text else 0)
    y = np.abs(np.round(y)) if text == "poisson" else y
    loss = choose_loss(text)
    found = exact_line(loss, x, y)
    assert found is not None
    assert best_line(loss, x, y) == found
    starts = [found, (0.5, 1.0), (0.0, 0.0), (0.3, float(np.median(y)))]
    options = {"xatol": 1e-10, "fatol": 1e-14, "maxiter": 4000, "maxfev": 4000}
    best = min(minimize(lambda p: mean_loss(loss, p, x, y), start, method="Nelder-Mead", options=options).fun
               for start in starts)  # fmt: skip
    assert mean_loss(loss, found, x, y) <= best + 1e-9 * (1 + abs(best))


def test_every_loss_for_numbers_is_among_them():
    names = {name for name, entry in losses().items() if entry.targets == "number"}
    assert names <= {text.partition(",")[0] for text in FOR_NUMBERS}


@pytest.mark.parametrize("tau", [0.05, 0.3, 0.8])
def test_quantiles_are_the_linear_programme_s(tau):
    x, y = samples(4, count=31, outliers=4)
    m, ones = len(x), np.ones(len(x))
    # r = above - below, above and below not negative
    equal = np.c_[x, ones, np.eye(m), -np.eye(m)]
    costs = np.r_[0, 0, tau * ones, (1 - tau) * ones]
    best = linprog(costs, A_eq=equal, b_eq=y, bounds=[(None, None)] * 2 + [(0, None)] * (2 * m))
    loss = choose_loss(f"quantile,tau={tau}")
    assert m * mean_loss(loss, exact_line(loss, x, y), x, y) == pytest.approx(best.fun, rel=1e-9)


@pytest.mark.parametrize("text", ["|o - y|^0.5 + |o - y|", "sin(o - y)", "o - y", "-(o - y)^2", "|o - y| + (o - y)^2"])
def test_what_is_not_known_exactly_is_not_claimed(text):
    x, y = samples(2)
    loss = choose_loss(text)
    found = exact_line(loss, x, y)
    if found is not None:  # then nothing near is better
        around_it = [(found[0] + a, found[1] + b) for a in (-1e-3, 0, 1e-3) for b in (-1e-3, 0, 1e-3)]
        assert min(mean_loss(loss, line, x, y) for line in around_it) >= mean_loss(loss, found, x, y) - 1e-9
    assert best_line(loss, x, y) == (least_squares(x, y) if found is None else found)


def test_the_lines_beside_ones_own():
    x, y = samples(3, outliers=5)
    for text, name in (("mse", "mse"), ("half_mse", "mse"), ("mae", "mae"), ("huber,delta=0.2", "huber")):
        fits = line_fits(choose_loss(text), x, y, plain=True)
        (own,) = (fit for fit in fits.fits if fit.own)
        assert own.name == name
        assert fits.best == own.line == exact_line(choose_loss(text), x, y)
        assert line_fits(choose_loss(text), x, y, plain=False).best is None
    fits = line_fits(choose_loss("quantile,tau=0.9"), x, y, plain=True)
    assert [fit.name for fit in fits.fits if fit.own] == []
    assert np.mean(y <= fits.best[0] * x + fits.best[1] + 1e-9) == pytest.approx(0.9, abs=0.05)
    kinds = (x > 0).astype(float)
    assert [fit.name for fit in line_fits(choose_loss("hinge", 2), x, 2 * kinds - 1, plain=True).fits] == ["logistic"]


@pytest.mark.parametrize("name", ["huber", "quantile", "focal", "mse"])
def test_parameters_are_read_off_the_text(name):
    entry = losses()[name]
    rng = np.random.default_rng(5)
    for _ in range(40):
        values = {spec.name: float(rng.uniform(0.01, 0.99)) * 10.0 ** int(rng.integers(-3, 1)) for spec in entry.params}
        assert entry.values(entry.text(values)) == values
    assert entry.values(entry.text()) == {spec.name: float(spec.default) for spec in entry.params}
    assert entry.values("(o - y)^2 + 1") is None
    ones = {spec.name: 1.0 for spec in entry.params if spec.high is None or spec.high > 1}
    assert len(ones) < len(entry.params) or entry.values(entry.text(ones)) == ones
