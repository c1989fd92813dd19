"""Networks are painted and looked at: hues by sign, widths by size, every part found under the hand."""

from itertools import pairwise

import numpy as np
import pytest
from learning_scenes import network
from pixels import bluer, painted, rgb
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF

from gdsim.draw.fonts import font
from gdsim.draw.network_diagram import Emphasis, NetworkPicture, paint_diagram
from gdsim.draw.network_edges import edge_width, strongest
from gdsim.draw.network_hits import hit
from gdsim.draw.network_layout import Hit, diagram_layout
from gdsim.draw.theme import DARK, LIGHT, THEMES
from gdsim.draw.walk import walk_steps

pytestmark = pytest.mark.usefixtures("qapp")

themes = pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))


@themes
@pytest.mark.parametrize("weight", [-2.0, 2.0])
def test_an_edge_has_the_hue_of_its_sign(theme, weight):
    layout = diagram_layout((1, 1), QRectF(0, 0, 300, 200), theme)
    picture = NetworkPicture((np.array([[weight]]),), (np.zeros(1),))
    seen = painted(lambda p: paint_diagram(p, layout, picture, theme), 300, 200, theme.surface)
    middle = layout.curves[0].mean(axis=0).astype(int)
    assert bluer(seen[middle[1], middle[0]]) * weight > 0


def test_edges_are_as_wide_as_their_weights_are_large():
    layout = diagram_layout((1, 1), QRectF(0, 0, 300, 200), LIGHT)
    x, y = layout.curves[0].mean(axis=0).astype(int)
    widths = []
    for weight in (0.0, 0.5, 1.0, 2.0, 4.0, 9.0):
        picture = NetworkPicture((np.array([[weight]]),), reference=4.0)
        seen = painted(lambda p, picture=picture: paint_diagram(p, layout, picture, LIGHT), 300, 200, LIGHT.surface)
        widths.append(float((255 - seen[y - 12 : y + 12, x, 0]).sum()))
    assert all(a < b for a, b in pairwise(widths[:5]))
    assert widths[4] == widths[5]
    exact = [edge_width(w, 4.0, layout, LIGHT) for w in (0.0, 1.0, -2.0, 4.0, np.inf)]
    assert np.diff(exact) == pytest.approx([exact[1] - exact[0]] * 2 + [exact[3] - exact[2], 0], abs=3)
    assert edge_width(np.nan, 4.0, layout, LIGHT) == exact[0]


@pytest.mark.parametrize(
    "sizes", [(2, 4, 2, 1), (7, 8, 8, 3), (2, 12, 12, 12, 12, 12, 12, 12, 12, 1), (2, 64, 200, 10), (2, *(6,) * 20, 1)]
)
@pytest.mark.parametrize(("width", "height"), [(288, 288), (456, 492), (752, 672)])
def test_all_that_is_laid_out_is_found_under_the_hand(sizes, width, height):
    box = QRectF(10, 10, width, height)
    layout = diagram_layout(sizes, box, LIGHT, ["x"] * sizes[0], [f"class {k}" for k in range(sizes[-1])])
    taken = []
    for column in layout.columns:
        assert box.contains(column.outline)
        assert column.block == (column.units > 12 or (len(sizes) > 10 and 0 < column.layer < len(sizes) - 1))
        for unit, each in zip(column.shown, column.boxes, strict=True):
            assert hit(layout, each.center()) == Hit("unit", column.layer, unit)
            assert not any(each.adjusted(0.01, 0.01, -0.01, -0.01).intersects(other) for other in taken[-40:])
            taken.append(each)
    for button in layout.buttons:
        assert box.contains(button.box)
        assert hit(layout, button.box.center()) == (button.hit if button.enabled else None)
    for (layer, unit, source), curve in zip(layout.edges.tolist()[::7], layout.curves[::7], strict=True):
        assert layout.curve(layer, unit, source) == pytest.approx(curve)
    assert hit(layout, QPointF(box.right() + 300, 5)) is None


def test_edges_and_biases_are_found_where_they_are_drawn():
    layout = diagram_layout((2, 3, 1), QRectF(0, 0, 456, 492), DARK)
    for (layer, unit, source), curve in zip(layout.edges.tolist(), layout.curves, strict=True):
        t = 0.62 if layer == 1 and source == 0 else 0.38  # away from the places where edges cross
        at = (1 - t) ** 3 * curve[0] + 3 * t * (1 - t) ** 2 * curve[1] + 3 * t**2 * (1 - t) * curve[2] + t**3 * curve[3]
        assert hit(layout, QPointF(*at), 1.5) == Hit("edge", layer, unit, source)
    assert hit(layout, layout.bias(1, 2)) == Hit("bias", 1, 2)
    assert hit(layout, layout.columns[2].header.center()).layer == 2


def test_what_is_lit_stands_out_and_the_chosen_has_its_number():
    picture = network((2, 3, 1))
    layout = diagram_layout((2, 3, 1), QRectF(0, 0, 456, 492), DARK, picture.names, picture.outputs)
    lit = frozenset({Hit("edge", 1, 0, 0), Hit("unit", 0, 0), Hit("unit", 1, 0)})
    plain = painted(lambda p: paint_diagram(p, layout, picture, DARK), 456, 492, DARK.surface)
    some = painted(lambda p: paint_diagram(p, layout, picture, DARK, Emphasis(lit=lit)), 456, 492, DARK.surface)
    dim, bright = layout.columns[1].boxes[2].center().toPoint(), layout.columns[1].boxes[0].center().toPoint()
    assert (
        np.abs(some[dim.y(), dim.x()] - rgb(DARK.surface)).sum()
        < np.abs(plain[dim.y(), dim.x()] - rgb(DARK.surface)).sum()
    )
    assert (some[bright.y(), bright.x()] == plain[bright.y(), bright.x()]).all()
    held = painted(
        lambda p: paint_diagram(p, layout, picture, DARK, Emphasis(Hit("edge", 1, 0, 0))), 456, 492, DARK.surface
    )
    assert (held == rgb(DARK.raised)).all(axis=-1).sum() > (plain == rgb(DARK.raised)).all(axis=-1).sum() + 200


def test_the_strongest_weights_are_found():
    matrix = np.random.default_rng(0).normal(size=(40, 30))
    found = strongest(matrix, 12)
    assert sorted(abs(v) for *_, v in found) == sorted(np.sort(np.abs(matrix).ravel())[-12:].tolist())
    assert all(matrix[unit, source] == value for unit, source, value in found)
    assert len(strongest(np.zeros((4096, 2)), 12)) == 12
    assert strongest(np.array([[np.nan, 2.0]]), 1) == [(0, 1, 2.0)]


@pytest.mark.parametrize("sizes", [(2, 3, 1), (2, 4, 4, 2)])
@pytest.mark.parametrize("by_unit", [False, True])
def test_the_walk_passes_every_edge_forward_and_back(sizes, by_unit):
    steps = walk_steps(sizes, by_unit)
    loss = next(k for k, step in enumerate(steps) if step.name == "loss")
    every = {
        Hit("edge", k + 1, j, i) for k in range(len(sizes) - 1) for j in range(sizes[k + 1]) for i in range(sizes[k])
    }
    for part in (steps[:loss], steps[loss + 1 :]):
        edges = [each for step in part for each in step.lit if each.kind == "edge"]
        assert len(edges) == len(every)
        assert set(edges) == every
    assert [step.forward for step in steps] == sorted(step.forward for step in steps)
    assert steps[loss].backward == len(sizes)
    assert steps[-1].backward == 1


def test_words_of_headers_fit_their_columns():
    layout = diagram_layout((2, 8, 8, 1), QRectF(0, 0, 456, 492), LIGHT, ("x", "y"), ("y",))
    metrics = QFontMetricsF(font(12, 600))
    for column in layout.columns:
        assert metrics.horizontalAdvance("leaky relu") <= column.header.width()
    headers = [column.header for column in layout.columns]
    assert all(a.right() <= b.left() + 0.5 for a, b in pairwise(headers))
