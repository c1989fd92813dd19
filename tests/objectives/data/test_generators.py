"""Generated sets: the published formulas, ranges, balance, seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gdsim import catalogue
from gdsim.errors import SpecError
from gdsim.formula import parse_formula
from gdsim.formula.interpret import interpret
from gdsim.objectives.data import Data, default_data, table_of
from gdsim.objectives.data.generators import CURVE, GENERATORS

GENERATED = [entry for entry in catalogue.datasets().values() if entry.generator]
CLASSES = [entry.name for entry in GENERATED if entry.task == "classes"]
EVERY = pytest.mark.parametrize("name", [entry.name for entry in GENERATED])


def columns(name: str, size: int = 400, noise: float = 0.0, seed: int = 0) -> tuple[np.ndarray, ...]:
    table = table_of(Data(name, size=size, noise=noise, seed=seed))
    assert table.rows == size
    return tuple(column.values for column in table.columns)


def test_every_generator_is_in_the_catalogue() -> None:
    assert {entry.generator for entry in GENERATED} == {*GENERATORS, CURVE}


@EVERY
def test_a_seed_is_a_set(name: str) -> None:
    first, same, other = columns(name, noise=0.3), columns(name, noise=0.3), columns(name, noise=0.3, seed=1)
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


@EVERY
@pytest.mark.parametrize("size", [2, 3, 7, 100, 501])
def test_any_size(name: str, size: int) -> None:
    for values in columns(name, size=size, noise=0.5):
        assert np.all(np.isfinite(values))


@EVERY
def test_a_little_more_noise_moves_samples_a_little(name: str) -> None:
    before, after = np.array(columns(name, noise=0.2)), np.array(columns(name, noise=0.2001))
    inputs = slice(None) if name not in CLASSES else slice(0, -1)
    assert np.max(np.abs(before[inputs] - after[inputs])) < 0.01
    assert np.mean(before[-1] != after[-1]) < 0.02 or name not in CLASSES


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("size", [20, 300, 301, 302])
def test_classes_are_balanced(name: str, size: int) -> None:
    labels = catalogue.dataset(name).classes
    counts = np.bincount(columns(name, size=size)[-1].astype(int), minlength=len(labels))
    assert counts.sum() == size
    assert counts.max() - counts.min() <= 1


def test_spiral_is_the_published_one() -> None:
    # TensorFlow Playground, dataset.ts: r = i/n*5, t = 1.75*i/n*2*pi + deltaT, x = r sin t, y = r cos t
    x, y, number = columns("spiral", size=200)
    for label, turn in ((1, 0.0), (0, math.pi)):
        arm = np.flatnonzero(number == label)
        n = len(arm)
        assert n == 100
        for i, at in enumerate(arm):
            r, t = i / n * 5, 1.75 * i / n * 2 * math.pi + turn
            assert x[at] == pytest.approx(r * math.sin(t), abs=1e-13)
            assert y[at] == pytest.approx(r * math.cos(t), abs=1e-13)


def test_noise_of_the_spiral_is_a_square_of_that_half_side() -> None:
    still, moved = np.array(columns("spiral", size=5000)), np.array(columns("spiral", size=5000, noise=0.4))
    shift = (moved - still)[:2]
    assert 0.39 < np.max(np.abs(shift)) <= 0.4
    assert np.std(shift) == pytest.approx(0.4 / math.sqrt(3), rel=0.03)


def test_circle() -> None:
    x, y, number = columns("circle", size=2000)
    r = np.hypot(x, y)
    np.testing.assert_array_equal(number == 1, r < 2.5)
    assert r[number == 1].max() <= 2.5
    assert 3.5 <= r[number == 0].min() <= r.max() <= 5.0
    # with noise, a class is that of the point shifted by at most 5 c along each axis
    x, y, number = columns("circle", size=2000, noise=0.1)
    r = np.hypot(x, y)
    flipped = (number == 1) != (r < 2.5)
    assert 0 < np.count_nonzero(flipped) < 400
    assert np.all(np.abs(r[flipped] - 2.5) <= 0.5 * math.sqrt(2))


def test_xor() -> None:
    x, y, number = columns("xor", size=2000)
    np.testing.assert_array_equal(number == 1, x * y >= 0)
    for values in (x, y):
        assert 0.3 <= np.abs(values).min() < 0.35
        assert 5.2 < np.abs(values).max() <= 5.3
    for sign_x in (-1, 1):
        for sign_y in (-1, 1):
            assert np.count_nonzero((np.sign(x) == sign_x) & (np.sign(y) == sign_y)) == 500
    x, y, number = columns("xor", size=2000, noise=0.5)
    assert 0.05 < np.mean((number == 1) != (x * y >= 0)) < 0.4


@pytest.mark.parametrize(("noise", "variance"), [(0.0, 0.5), (0.25, 2.25), (0.5, 4.0)])
def test_gauss_has_the_variance_of_its_noise(noise: float, variance: float) -> None:
    x, y, number = columns("gauss", size=40_000, noise=noise)
    for label, centre in ((1, 2.0), (0, -2.0)):
        for values in (x[number == label], y[number == label]):
            assert np.mean(values) == pytest.approx(centre, abs=0.06)
            assert np.var(values) == pytest.approx(variance, rel=0.05)


def test_multi_gauss_has_a_cloud_in_each_quadrant() -> None:
    x, y, number = columns("multi_gauss", size=40_000)
    for label, centre in enumerate([(3, 3), (-3, 3), (-3, -3), (3, -3)]):
        assert np.mean(x[number == label]) == pytest.approx(centre[0], abs=0.05)
        assert np.mean(y[number == label]) == pytest.approx(centre[1], abs=0.05)


def test_moons_lie_on_their_half_circles() -> None:
    x, y, number = columns("moons", size=500)
    x, y = x / 3 + 0.5, y / 3 + 0.25
    upper, lower = number == 0, number == 1
    np.testing.assert_allclose(np.hypot(x[upper], y[upper]), 1.0, atol=1e-12)
    assert y[upper].min() >= -1e-12
    np.testing.assert_allclose(np.hypot(x[lower] - 1.0, y[lower] - 0.5), 1.0, atol=1e-12)
    assert y[lower].max() <= 0.5 + 1e-12


def test_rings_are_apart() -> None:
    x, y, number = columns("rings", size=3000)
    r = np.hypot(x, y)
    for label, (low, high) in enumerate([(0, 1.5), (2.5, 3.5), (4.5, 5.5)]):
        assert low <= r[number == label].min() <= r[number == label].max() <= high


def test_plane_is_the_published_one() -> None:
    x, y, z = columns("plane", size=2000)
    np.testing.assert_allclose(z, (x + y) / 10, atol=1e-14)
    assert np.abs(np.array([x, y])).max() <= 6
    x, y, z = columns("plane", size=20_000, noise=0.5)
    off = z - (x + y) / 10
    assert np.abs(off).max() <= 0.6
    assert np.var(off) == pytest.approx(2 * (0.5 * 6 / 10) ** 2 / 3, rel=0.05)


def test_gauss_plane_is_the_published_one() -> None:
    x, y, z = columns("gauss_plane", size=2000)
    for at in range(2000):
        best = 0.0
        for cx, cy, sign in [(-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1)]:
            height = sign * min(1.0, max(0.0, 1 - math.dist((x[at], y[at]), (cx, cy)) / 2))
            best = height if abs(height) > abs(best) else best
        assert z[at] == pytest.approx(best, abs=1e-14)


@pytest.mark.parametrize("entry", [e for e in GENERATED if e.generator == CURVE], ids=lambda entry: entry.name)
def test_without_noise_a_curve_is_its_formula(entry: catalogue.DatasetEntry) -> None:
    x, y = columns(entry.name)
    (expected,) = interpret(parse_formula(entry.formula, ("x",)).graph(), {"x": x})
    np.testing.assert_array_equal(y, expected)
    low, high = entry.domain[0]
    assert low <= x.min() < x.max() <= high
    x, noisy = columns(entry.name, size=20_000, noise=0.3)
    (exact,) = interpret(parse_formula(entry.formula, ("x",)).graph(), {"x": x})
    assert np.std(noisy - exact) == pytest.approx(0.3, rel=0.03)


def test_the_sine_is_a_sine() -> None:
    x, y = columns("sine")
    np.testing.assert_allclose(y, np.sin(x), atol=1e-15)


def test_the_usual_size_stands_for_none() -> None:
    assert table_of(Data("spiral")).rows == catalogue.dataset("spiral").size
    assert table_of(default_data("rings")).rows == catalogue.dataset("rings").size


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (Data("spiral", size=1), "size"),
        (Data("spiral", size=1_000_001), "size"),
        (Data("spiral", noise=1.5), "noise"),
        (Data("spiral", noise=-0.1), "noise"),
        (Data("spiral", noise=math.nan), "noise"),
    ],
)
def test_what_is_out_of_range_is_refused(data: Data, where: str) -> None:
    with pytest.raises(SpecError) as caught:
        table_of(data)
    assert caught.value.where == where
    assert caught.value.hint
