"""The swarm as pixels: dots where the points are, in their colours; and the shares beside it."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim.draw.shares import Share, fitted, percent, point_label
from gdsim.draw.swarm import CLOUDY, PLACES, SINGLE, SwarmLook, fate_colours, loss_colours, prepare_swarm
from gdsim.draw.theme import DARK, LIGHT

LOOK = SwarmLook(("#FF0000", "#00FF00", "#0000FF"), "#000000")
X, Y, SIZE = (-2.0, 2.0), (-1.0, 1.0), (200, 100)


def picture(points: np.ndarray, labels: np.ndarray | None = None, **more: object) -> np.ndarray:
    """(height, width, 4) alpha, red, green, blue."""
    whose = np.zeros(points.shape[1], np.uint8) if labels is None else labels
    pixels = prepare_swarm(points.astype(np.float32), whose, X, Y, SIZE, LOOK, **more).pixels
    return np.stack([(pixels >> np.uint32(shift)) & np.uint32(255) for shift in (24, 16, 8, 0)], axis=-1)


def scattered(count: int) -> np.ndarray:
    return np.random.default_rng(1).uniform([[-2.2], [-1.1]], [[2.2], [1.1]], (2, count))


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (1.013, 0.517), (-1.99, 0.99), (1.99, -0.99)])
def test_a_single_dot_lies_where_its_point_is(x: float, y: float) -> None:
    seen = picture(np.array([[x], [y]]))
    rows, columns = np.nonzero(seen[..., 1] > 200)
    assert columns.mean() + 0.5 == pytest.approx((x + 2) * 50, abs=2.0 if abs(x) > 1.9 else 0.6)
    assert rows.mean() + 0.5 == pytest.approx((1 - y) * 50, abs=2.0 if abs(y) > 0.9 else 0.6)
    assert (seen[..., 2:] == 0).all()


@pytest.mark.parametrize("count", [50, SINGLE, SINGLE + 1, CLOUDY, CLOUDY + 1, 200_000])
def test_every_point_in_view_is_covered(count: int) -> None:
    points = scattered(count)
    seen = picture(points)
    with np.errstate(all="ignore"):
        columns, rows = ((points[0] + 2) * 50).astype(int), ((1 - points[1]) * 50).astype(int)
    inside = (np.abs(points[0]) < 1.999) & (np.abs(points[1]) < 0.999)
    assert (seen[rows[inside], columns[inside], 1] > 100).all()
    assert (seen[..., 1:] <= seen[..., :1]).all()  # premultiplied


@pytest.mark.parametrize("count", [300, 20_000, 100_000])
def test_colours_are_those_of_the_labels(count: int) -> None:
    points = scattered(count)
    labels = np.where(points[0] < 0, 1, 2).astype(np.uint8)
    seen = picture(points, labels)
    assert (seen[:, :95, 3] < 60).all()
    assert (seen[:, 105:, 2] < 60).all()
    assert seen[:, :95, 2].max() > 200
    assert seen[:, 105:, 3].max() > 200


def test_many_on_one_place_are_a_larger_dot() -> None:
    few, many = np.zeros((2, 5)), np.zeros((2, 100_000))
    assert (picture(many)[..., 1] > 128).sum() > 2 * (picture(few)[..., 1] > 128).sum()


@pytest.mark.parametrize("count", [10, 10_000, 100_000])
def test_what_is_lost_is_not_drawn(count: int) -> None:
    points = np.full((2, count), np.nan)
    points[0, ::2] = np.inf
    points[1, ::3] = 1e30
    assert (picture(points) == 0).all()


def test_tails_lead_to_the_points() -> None:
    points = np.array([[1.0], [0.0]])
    tail = [np.array([[-1.0], [0.0]], np.float32), np.array([[0.0], [0.0]], np.float32)]
    with_tail, without = picture(points, tails=tail), picture(points)
    assert (with_tail[48:52, 60:140, 1].max(axis=0) > 0).all()
    assert (without[48:52, 60:140, 1] == 0).all()


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_palettes_have_a_colour_for_every_label(theme) -> None:
    for palette in (fate_colours(theme), fate_colours(theme, (3, 1)), loss_colours(theme)):
        assert len(palette) == PLACES + 3
        assert len(set(palette)) == len(palette)
    swapped = fate_colours(theme, (1, 0, 2))
    assert swapped[:2] == fate_colours(theme)[1::-1]


@pytest.mark.parametrize(
    ("count", "total", "words"),
    [
        (0, 10, "0 %"),
        (1, 3, "33 %"),
        (1, 40, "2.5 %"),
        (1, 100_000, "< 0.1 %"),
        (9999, 10_000, "> 99 %"),
        (7, 7, "100 %"),
    ],
)
def test_percents(count: int, total: int, words: str) -> None:
    assert percent(count, total) == words


def test_points_in_few_digits() -> None:
    assert point_label((3.0, 2.0)) == "(3, 2)"
    assert point_label((-3.779310, 1e-12)) == "(−3.8, 0)"
    assert point_label((1.0, 2.0, 3.0, 4.0)) == "(1, 2, 3, …)"


def test_the_smallest_shares_are_joined() -> None:
    shares = [Share("#000000", str(k), count) for k, count in enumerate((5, 1, 9, 2, 3))]
    assert fitted(shares, 2000, "#FFFFFF", DARK) == shares
    few = fitted(shares, 3 * 128, "#FFFFFF", DARK)
    assert [each.words for each in few] == ["0", "2", "the others"]
    assert sum(each.count for each in few) == 20
