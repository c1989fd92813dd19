"""The walk through back-propagation painted and looked at: what is known, lit, chosen, nudged; a bar for each layer."""

from dataclasses import replace

import numpy as np
import pytest
from learning_synthetic import one_sample
from pixels import bluer, painted, rgb
from PySide6.QtCore import QRectF

from gdsim.draw.backprop import paint_backprop
from gdsim.draw.backprop_picture import BackpropPicture
from gdsim.draw.delta_bars import paint_delta_bars
from gdsim.draw.network_layout import Hit
from gdsim.draw.nudge import NudgePicture, paint_nudge
from gdsim.draw.theme import DARK, LIGHT, THEMES
from gdsim.draw.walk import walk_layout

pytestmark = pytest.mark.usefixtures("qapp")

themes = pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
SIZES = (2, 3, 2, 1)
WIDE, HIGH = 740, 320


def picture_of(sizes=SIZES, **more):
    a, d, w, g, b = one_sample(sizes)
    own = tuple(np.asarray(each) for each in b)
    made = BackpropPicture(tuple(a), tuple(d), tuple(w), tuple(g), own, tuple(d), loss=(("J", 0.07),), backward=1)
    return replace(made, **more)


def seen(picture, theme=DARK, sizes=SIZES, wide=WIDE, high=HIGH, hovered=None):
    layout, box = walk_layout(sizes, QRectF(8, 8, wide - 16, high - 16), theme, ("x", "y"), ("o",))
    return painted(lambda p: paint_backprop(p, layout, box, picture, theme, hovered), wide, high, theme.surface), layout


@themes
@pytest.mark.parametrize(
    "more",
    [
        {"selected": Hit("edge", 1, 1, 0)},
        {"selected": Hit("bias", 2, 0)},
        {"steps": tuple(-0.1 * each for each in one_sample(SIZES)[3])},
        {"changes": tuple(0.3 * each for each in one_sample(SIZES)[1])},
        {"biases": ()},
    ],
)
def test_everything_that_is_told_is_seen(theme, more):
    plain, _ = seen(picture_of(), theme)
    changed, _ = seen(picture_of(**more), theme)
    assert (plain != changed).any()


def test_a_chosen_edge_keeps_its_numbers_where_others_have_no_room():
    sizes = (2, 8, 8, 1)
    lit = frozenset({Hit("unit", 3, 0)})
    part = Hit("edge", 2, 4, 5)
    plain, layout = seen(picture_of(sizes, lit=lit), sizes=sizes)
    chosen, _ = seen(picture_of(sizes, lit=lit, selected=part), sizes=sizes)
    x, y = layout.curve(2, 4, 5)[[0, 3]].mean(axis=0).astype(int)
    around = np.s_[y - 12 : y + 12, x - 20 : x + 20]
    assert (plain[around] != chosen[around]).mean() > 0.3


@pytest.mark.parametrize("sizes", [(1, 1), (2, 3, 2, 1), (12, 12, 12, 12), (2, *(12,) * 8, 1), (4, 5, 3)])
@pytest.mark.parametrize(("wide", "high"), [(740, 320), (500, 130), (200, 80)])
def test_odd_numbers_and_small_boxes_are_painted(sizes, wide, high):
    spoilt = picture_of(sizes)
    for value in (np.nan, np.inf, -1e300, 0.0):
        for each in (*spoilt.values, *spoilt.deltas, *spoilt.weights, *spoilt.gradients):
            each.flat[0] = value
        seen(replace(spoilt, selected=Hit("edge", 1, 0, 0)), sizes=sizes, wide=wide, high=high)


def bars(theme, sizes, known):
    layout, _ = walk_layout(SIZES, QRectF(8, 8, 700, 200), theme)
    box = QRectF(8, 210, 700, 34)
    found = painted(lambda p: paint_delta_bars(p, layout, box, sizes, known, theme), 716, 250, theme.surface)
    accent = (np.abs(found - rgb(theme.accent)).sum(axis=-1) < 24).any(axis=0)
    middles = [column.outline.center().x() for column in layout.columns[1:]]
    return [int(accent[int(x) - 52 : int(x) + 53].sum()) for x in middles]


@themes
def test_bars_of_layers_are_on_one_scale(theme):
    first, second, third = bars(theme, (0.25, 0.5, 1.0), 1)
    assert second == pytest.approx(2 * first, abs=3)
    assert third == pytest.approx(4 * first, abs=4)
    assert bars(theme, (0.25, 0.5, 1.0), 3)[:2] == [0, 0]
    bars(theme, (np.nan, np.inf, 0.0), 1)


def nudged(by=0.3, predicted=0.2, actual=0.4, losses=None, slope=1.0):
    along = np.linspace(-0.5, 0.5, 41)
    losses = 1 + along + along**2 if losses is None else losses
    return NudgePicture(by, 1.0, slope, predicted, actual, along, losses, "w1[2,1]")


@themes
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_bars_of_a_nudge_are_as_long_as_the_changes(theme, sign):
    picture = nudged(predicted=0.2 * sign, actual=0.4 * sign)
    found = painted(lambda p: paint_nudge(p, QRectF(0, 0, 400, 160), picture, theme), 400, 160, theme.surface)
    rows = found[160 - 33 : 160 - 28], found[160 - 13 : 160 - 9]  # through the middle of either bar
    spans = []
    for row in rows:
        strong = (np.abs(bluer(row)) > 60).any(axis=0)
        strong[:86] = False  # words
        spans.append(np.flatnonzero(strong))
    told, real = (span.max() - span.min() for span in spans)
    assert real == pytest.approx(2 * told, abs=5)
    assert np.sign(bluer(rows[1][2, int(spans[1].mean())])) == sign


@pytest.mark.parametrize("high", [40, 70, 200])
@pytest.mark.parametrize(
    "picture",
    [
        nudged(),
        nudged(by=0.0, predicted=0.0, actual=0.0, slope=0.0, losses=np.ones(41)),
        nudged(losses=np.full(41, np.nan), actual=np.nan),
        nudged(losses=np.full(41, np.inf), actual=np.inf, slope=np.nan, predicted=np.nan),
        nudged(losses=np.full(41, 1e300), actual=1e300, slope=1e299),
    ],
)
def test_odd_nudges_are_painted(picture, high):
    found = painted(lambda p: paint_nudge(p, QRectF(0, 0, 300, high), picture, LIGHT), 300, high, LIGHT.surface)
    assert (found != rgb(LIGHT.surface)).any()
