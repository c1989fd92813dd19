"""End points gathered into places: one continuum is one place, two minima are two, however close, in any dimension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from gdsim.analysis.attractors import attractor_of
from gdsim.analysis.gather import Gathering
from gdsim.analysis.linkage import Ground, descended, joined
from gdsim.objectives import from_callable, from_formula

TOLERANCE = 1e-6
RNG = np.random.default_rng(3)


def rested(formula: str, points: np.ndarray, n: int = 2, decay: float = 0.0) -> Ground:
    """A ground, on which the points are where members may come to rest: the gradient is below the tolerance."""
    ground = Ground(from_formula(formula, n=n), TOLERANCE, decay)
    assert np.all(np.linalg.norm(ground.slopes(points), axis=0) <= TOLERANCE)
    return ground


def places_of(ground: Ground, points: np.ndarray, extent: float = 4.0, parts: int = 1) -> np.ndarray:
    """The place of each point, in order of appearance; given in so many parts."""
    gathering = Gathering(ground, extent)
    numbers = np.concatenate([gathering.label(part) for part in np.array_split(points, parts, axis=1)])
    assert (numbers >= 0).all()
    roots = gathering.current()[numbers]
    _, first, inverse = np.unique(roots, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def around(centres: Sequence[Sequence[float]], each: int, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Points scattered about centres, in shuffled order: (n, m), and the centre of each."""
    n = len(centres[0])
    owner = RNG.permutation(np.repeat(np.arange(len(centres)), each))
    shift = RNG.normal(size=(n, len(owner)))
    return np.array(centres).T[:, owner] + radius * shift / np.linalg.norm(shift, axis=0), owner


def same_partition(first: np.ndarray, second: np.ndarray) -> bool:
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    return len(pairs) == len(set(first.tolist())) == len(set(second.tolist()))


@pytest.mark.parametrize("parts", [1, 7])
@pytest.mark.parametrize(
    ("formula", "points"),
    [
        ("(x-y)^2", np.array([[1.0], [1.0]]) * np.linspace(-2, 2, 300)),
        ("(x^2+y^2-1)^2", np.array([np.cos(np.linspace(0, 6.28, 200)), np.sin(np.linspace(0, 6.28, 200))])),
        ("100(y-x^2)^2", np.array([np.linspace(-1.5, 1.5, 200), np.linspace(-1.5, 1.5, 200) ** 2])),
        ("0x + 0y + 3", RNG.uniform(-2, 2, (2, 400))),
        ("max(x^2+y^2-1, 0)", 0.7 * RNG.uniform(-1, 1, (2, 400))),
    ],
    ids=["line", "circle", "parabola", "plane", "disc"],
)
def test_a_continuum_is_one_place(formula: str, points: np.ndarray, parts: int) -> None:
    order = RNG.permutation(points.shape[1])
    assert set(places_of(rested(formula, points), points[:, order], parts=parts)) == {0}


def test_members_that_rest_far_from_a_flat_minimum_rest_at_one_place() -> None:
    points, _ = around([(0.0, 0.0)], 300, 0.004)
    assert set(places_of(rested("x^4+y^4", points), points)) == {0}


def test_minima_a_hundredth_apart_stay_apart() -> None:
    centres = [((k + 0.5) * 0.01, 0.0) for k in range(-20, 20)]
    points, owner = around(centres, 12, 1e-12)
    ground = rested("cos(2pi x/0.01) + y^2", points)
    assert same_partition(places_of(ground, points, extent=4.0), owner)
    assert same_partition(places_of(ground, points, extent=4.0, parts=5), owner)


def test_a_pair_of_minima_closer_than_their_distance_to_the_rest() -> None:
    formula = "(x^2 - 2.5e-5)^2 * 1e9 + y^2"  # at x = -0.005 and 0.005
    points, owner = around([(-0.005, 0.0), (0.005, 0.0)], 50, 4e-12)
    assert same_partition(places_of(rested(formula, points), points), owner)


@pytest.mark.parametrize("n", [1, 3, 5])
def test_minima_in_any_dimension(n: int) -> None:
    ground = Ground(from_formula("sum((x[i]^2-1)^2, i=1..n)", n=n), TOLERANCE)
    corners = np.array(np.meshgrid(*[(-1.0, 1.0)] * n)).reshape(n, -1).T
    points, owner = around([tuple(corner) for corner in corners], 10, 1e-8)
    assert same_partition(places_of(ground, points), owner)


def test_a_great_many_coordinates() -> None:
    ground = Ground(from_formula("sum((x[i]^2-1)^2, i=1..n)", n=80), TOLERANCE)
    centres = np.ones((3, 80))
    centres[1, 0] = centres[2, 79] = -1.0
    points, owner = around([tuple(centre) for centre in centres], 8, 1e-8)
    assert same_partition(places_of(ground, points), owner)


def test_plateaus_of_different_heights_are_different_places() -> None:
    points = RNG.uniform(0.05, 1.95, (2, 300))
    points = points[:, np.all(np.abs(points - 1) > 0.02, axis=0)]
    height = np.floor(points[0]) + 2 * np.floor(points[1])
    assert same_partition(places_of(rested("floor(x) + 2 floor(y)", points), points), height)


def test_a_python_function_is_gathered_too() -> None:
    ground = Ground(from_callable(lambda x: float((x[0] ** 2 - 1) ** 2 + x[1] ** 2), 2), TOLERANCE)
    points, owner = around([(-1.0, 0.0), (1.0, 0.0)], 5, 1e-9)
    assert same_partition(places_of(ground, points), owner)


def test_numbers_stay_when_more_is_added() -> None:
    ground = Ground(from_formula("cos(3x) + cos(3y)"), TOLERANCE)
    centres = [((2 * i + 1) * np.pi / 3, (2 * j + 1) * np.pi / 3) for i in range(-2, 2) for j in range(-2, 2)]
    gathering = Gathering(ground, 8.0)
    first, _ = around(centres[:5], 20, 1e-8)
    before = gathering.label(first)
    more, _ = around(centres, 50, 1e-8)
    gathering.label(more)
    assert np.array_equal(gathering.label(first), before)
    assert len(gathering.places) == len(centres)


@pytest.mark.parametrize(
    ("formula", "point", "kind"),
    [
        ("x^2+3y^2", (1e-9, 0.0), "minimum"),
        ("x^2-y^2", (0.0, 0.0), "saddle"),
        ("-x^2-y^2", (0.0, 0.0), "maximum"),
        ("(x-y)^2", (1.0, 1.0), "valley"),
        ("0x+0y", (1.0, 1.0), "flat"),
        ("x^4+y^4", (0.004, -0.003), "minimum"),
        ("x^3+y^2", (1e-5, 0.0), "undecided"),
    ],
)
def test_what_a_place_is(formula: str, point: tuple[float, float], kind: str) -> None:
    ground = Ground(from_formula(formula), TOLERANCE)
    gathering = Gathering(ground, 4.0)
    gathering.label(np.array(point)[:, None])
    assert attractor_of(ground, gathering.places[0], 0.0).kind == kind


@pytest.mark.parametrize(
    ("formula", "points", "reach"),
    [
        ("100(y-x^2)^2", np.array([np.linspace(-1.5, 1.5, 200), np.linspace(-1.5, 1.5, 200) ** 2]), 3.0),
        ("(x^2+y^2-1)^2", np.array([np.cos(np.linspace(0, 6, 200)), np.sin(np.linspace(0, 6, 200))]), 2.0),
    ],
    ids=["parabola", "circle"],
)
def test_valleys_are_told_from_minima_by_how_far_apart_their_members_lie(
    formula: str, points: np.ndarray, reach: float
) -> None:
    ground = rested(formula, points)
    gathering = Gathering(ground, 4.0)
    gathering.label(points)
    assert gathering.spread(0) == pytest.approx(reach, rel=0.1)
    assert attractor_of(ground, gathering.places[0], gathering.spread(0) / 4.0).kind == "valley"


def test_weight_decay_moves_the_places() -> None:
    ground = rested("(x-1)^2 + (y+1)^2", np.array([[2 / 3], [-2 / 3]]), decay=1.0)
    gathering = Gathering(ground, 4.0)
    gathering.label(np.array([[2 / 3], [-2 / 3]]))
    assert gathering.places[0].point == pytest.approx([2 / 3, -2 / 3])


def test_the_way_down_from_a_target() -> None:
    ground = Ground(from_formula("(x^2-1)^2 + y^2"), TOLERANCE)
    assert descended(ground, np.array([0.4, 0.5])) == pytest.approx([1.0, 0.0], abs=1e-5)
    assert descended(ground, np.array([-0.1, -0.5])) == pytest.approx([-1.0, 0.0], abs=1e-5)
    assert descended(Ground(from_formula("x + y"), TOLERANCE), np.array([0.0, 0.0])) is None


def test_joined_is_symmetric_and_sees_a_wall_anywhere() -> None:
    ground = Ground(from_formula("0x + exp(-((x-0.37)/0.05)^2) + y^2"), TOLERANCE)
    left, right = np.array([[-1.0], [0.0]]), np.array([[1.0], [0.0]])
    assert not joined(ground, left, right)[0]
    assert not joined(ground, right, left)[0]
    assert joined(ground, left, np.array([[-0.5], [0.0]]))[0]
