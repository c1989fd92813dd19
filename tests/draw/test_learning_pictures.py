"""Pictures of learning are painted and looked at: hues by sign, widths by size, nothing outside its box."""

import numpy as np
import pytest
from learning_scenes import good, odd
from learning_synthetic import small_world, softmax
from pixels import bluer, painted, rgb
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor
from PySide6.QtSvg import QSvgRenderer

from gdsim.draw.boundary import boundary_image, prepare_classes, prepare_number, prepare_signed, scores_of
from gdsim.draw.chart_parts import short, term_words, three
from gdsim.draw.confusion import cell_colour, confusion_layout
from gdsim.draw.data_points import DataPoints, nearest_point, paint_points
from gdsim.draw.frame import Frame
from gdsim.draw.gradient_cloud import Batches, GradientCloud, cloud_ranges, ellipse_axes
from gdsim.draw.grid_world import Cell, GridWorld, arrow_length, goal_colour, grid_layout, paint_grid_world
from gdsim.draw.histograms import prepare_histogram
from gdsim.draw.layer_bars import BarSeries, bar_length, bar_span, layer_at, paint_layer_bars
from gdsim.draw.learn_colours import (
    MISSING,
    class_colour,
    class_ground,
    class_grounds,
    contrast,
    ink_on,
    sign_colour,
    signed_ground,
)
from gdsim.draw.loss_lines import LossLines, paint_loss_lines
from gdsim.draw.map_colours import colour_text
from gdsim.draw.noise_law import noise_law
from gdsim.draw.page import page_svg
from gdsim.draw.residuals import outliers, square_box
from gdsim.draw.reward_curves import RewardCurve, reward_span
from gdsim.draw.theme import DARK, LIGHT, THEMES

pytestmark = pytest.mark.usefixtures("qapp")

SCENES = {**good(), **odd()}
SIZES = [(DARK, 272, 230), (LIGHT, 440, 360), (LIGHT.scaled(1.5), 736, 640)]
themes = pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))


@pytest.mark.parametrize("name", SCENES)
def test_nothing_leaves_its_box_and_odd_values_are_borne(name):
    for theme, width, height in SIZES:
        box = QRectF(20, 20, width, height)
        seen = painted(lambda p, box=box, theme=theme: SCENES[name](p, box, theme), width + 40, height + 40, "#FF00FF")
        changed = (seen != rgb("#FF00FF")).any(axis=-1)
        inner = changed[20:-20, 20:-20]
        assert inner.any() or name == "no cell"
        assert changed.sum() == inner.sum()


@pytest.mark.parametrize(
    "name", ["boundary", "classes", "network", "fit squares", "confusion 10", "cloud", "walk", "world"]
)
def test_every_picture_is_valid_svg(name):
    svg = page_svg(lambda p: good()[name](p, QRectF(0, 0, 400, 400), LIGHT), (400, 400), name)
    assert QSvgRenderer(svg).isValid()


# Colours


@themes
def test_marks_and_inks_read(theme):
    for value in (-1.0, 1.0):
        for ground in (theme.surface, theme.raised):
            assert contrast(sign_colour(theme, value), ground) >= 4.5
    grounds = [colour_text(int(each)) for each in signed_ground(theme)[::8]]
    grounds += [class_ground(theme, k, 10) for k in range(10)]
    grounds += [cell_colour(share, right, theme) for share in np.linspace(0, 1, 21) for right in (True, False)]
    grounds += [goal_colour(cell, theme) for cell in (Cell.GOAL, Cell.PIT)]
    assert min(contrast(ink_on(each, theme), each) for each in grounds) >= 4.5
    assert contrast(theme.muted, cell_colour(0.0, False, theme)) >= 4.5


# Machado, Oliveira, Fernandes, A Physiologically-based Model for Simulation of Color Vision Deficiency, 2009
VISION = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(colour, vision):
    part = rgb(colour) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(vision) @ linear, 0, 1)
    matrix = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    )
    f = np.cbrt(matrix @ linear / [0.95047, 1, 1.08883])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@themes
@pytest.mark.parametrize("vision", [np.eye(3), *VISION.values()], ids=["normal", *VISION])
def test_the_two_signs_differ_in_every_vision(theme, vision):
    ends = [colour_text(int(signed_ground(theme)[k])) for k in (0, -1)]
    for low, high, least in ((sign_colour(theme, -1), sign_colour(theme, 1), 60), (*ends, 40)):
        assert np.linalg.norm(lab(low, vision) - lab(high, vision)) > least


@themes
def test_ten_classes_have_ten_colours(theme):
    assert len({class_colour(theme, k, 10) for k in range(10)}) == 10
    assert class_colour(theme, 1, 2) == sign_colour(theme, 1.0)
    assert sign_colour(theme, np.nan) == sign_colour(theme, 0.0) == theme.muted


# The boundary


@themes
def test_the_ground_has_the_hue_of_what_the_model_says(theme):
    x = np.linspace(-1, 1, 41)
    picture = prepare_signed(np.tile(x, (41, 1)), (-1, 1), (-1, 1), ("a", "b"))
    image = boundary_image(picture, theme)
    colours = np.array([bluer(rgb(QColor(image.pixel(k, 20)).name())) for k in range(41)])
    assert (np.diff(colours) >= -3).all()
    assert colours[0] < -40 < 40 < colours[-1]
    flat = boundary_image(picture, theme, discrete=True)
    assert len({flat.pixel(k, 20) for k in range(41)}) == 2


def test_the_line_lies_where_the_output_is_level():
    x, y = np.meshgrid(np.linspace(-2, 2, 60), np.linspace(-2, 2, 60))
    for middle, reach in ((0.0, 1.0), (0.5, 0.5)):
        picture = prepare_signed(x - 2 * y + middle, (-2, 2), (-2, 2), (), middle, reach)
        points = np.concatenate(picture.lines[0].lines)
        assert picture.lines[0].boundary
        assert points[:, 0] == pytest.approx(2 * points[:, 1], abs=1e-9)
    number = prepare_number(x * 3.0, (-2, 2), (-2, 2), -6, 6)
    for line in number.lines:
        if abs(line.value) < 6:
            assert np.concatenate(line.lines)[:, 0] == pytest.approx(line.value / 3, abs=1e-9)


@themes
def test_classes_meet_where_their_scores_are_level(theme):
    x, y = np.meshgrid(np.linspace(-1, 1, 60), np.linspace(-1, 1, 60))
    picture = prepare_classes(softmax(6 * np.stack([x, -x, y - 3])), (-1, 1), (-1, 1), ("a", "b", "c"))
    points = np.concatenate(picture.lines[0].lines)
    assert np.abs(points[:, 0]).max() < 0.02
    seen = painted(lambda p: p.drawImage(0, 0, boundary_image(picture, theme)), *picture.shade.shape[::-1], "#000000")
    grounds = class_grounds(theme, 3)
    assert np.abs(seen[100, -1] - grounds[0]).max() <= 8
    assert np.abs(seen[100, 0] - grounds[1]).max() <= 8
    assert set(np.unique(picture.shade)) == {0, 1}
    labels = np.array([[0, 1], [2, 2]])
    scores = scores_of(labels, np.full((2, 2), 0.8), 3)
    assert scores.sum(axis=0) == pytest.approx(1)
    assert (scores.argmax(axis=0) == labels).all()


def test_what_is_not_finite_is_hatched():
    values = np.ones((20, 20))
    values[5:10, 5:10] = np.nan
    picture = prepare_signed(values, (0, 1), (0, 1))
    assert (picture.shade[5:10, 5:10] == MISSING).all()
    image = boundary_image(picture, DARK)
    colours = {QColor(image.pixel(x, 19 - y)).name().upper() for x in range(5, 10) for y in range(5, 10)}
    assert colours == {DARK.surface, DARK.hatch}


# Samples

FRAME = Frame((0.0, 10.0), (0.0, 10.0), 200, 200)
SPOTS = np.array([[2.0, 2.0], [5.0, 5.0], [8.0, 8.0]])


@themes
def test_train_is_filled_test_is_hollow_the_wrong_are_ringed(theme):
    data = DataPoints(SPOTS, np.array([0.0, 1, 1]), np.array([False, False, True]), np.array([1.0, 1, 1]), ("a", "b"))
    seen = painted(lambda p: paint_points(p, FRAME, data, theme), 200, 200, theme.surface)
    assert (seen[160, 40] == rgb(class_colour(theme, 0, 2))).all()
    assert (seen[100, 100] == rgb(class_colour(theme, 1, 2))).all()
    assert (seen[40, 160] == rgb(theme.casing)).all()
    hidden = painted(lambda p: paint_points(p, FRAME, data, theme, test=False), 200, 200, theme.surface)
    assert (hidden[40, 160] == rgb(theme.surface)).all()
    ring = [int((np.abs(seen[y - 10 : y + 10, x - 10 : x + 10] - rgb(theme.ink)) < 40).all(axis=-1).sum()) for x, y in
            ((40, 160), (100, 100), (160, 40))]  # fmt: skip
    assert ring[0] > 8 > 2 >= ring[1] == ring[2]


def test_classes_differ_in_shape_too():
    shapes = []
    for k in range(10):
        data = DataPoints(np.array([[5.0, 5.0]]), np.array([float(k)]), classes=tuple("abcdefghij"))
        seen = painted(lambda p, data=data: paint_points(p, FRAME, data, LIGHT, size=24.0), 200, 200, LIGHT.surface)
        shapes.append((seen != rgb(LIGHT.surface)).any(axis=-1))
    for j in range(10):
        for k in range(j):
            assert (shapes[j] ^ shapes[k]).sum() > 20


def test_many_samples_are_all_there_and_the_nearest_is_found():
    rng = np.random.default_rng(0)
    places = rng.uniform(0.2, 9.8, (900, 2))
    data = DataPoints(places, (np.arange(900) % 2).astype(float), np.arange(900) % 5 == 0, None, ("a", "b"))
    seen = painted(lambda p: paint_points(p, FRAME, data, LIGHT), 200, 200, "#00FF00")
    px = FRAME.pixels(places).astype(int)
    assert (seen[px[:, 1], px[:, 0]] != rgb("#00FF00")).any(axis=-1).all()
    for k in range(0, 900, 37):
        found = nearest_point(FRAME, data, QPointF(*FRAME.pixel(*places[k])))
        assert found is not None
        assert np.allclose(places[found], places[k])
    assert nearest_point(FRAME, data, QPointF(-60, -60)) is None
    assert not data.held_out[nearest_point(FRAME, data, QPointF(100, 100), test=False, within=50)]


# Numbers in words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.5321, "0.532"),
        (-12.44, "−12.4"),
        (0.0, "0"),
        (3.14e-5, "3.1·10⁻⁵"),
        (np.nan, "NaN"),
        (-np.inf, "−∞"),
        (2e7, "2.0·10⁷"),
    ],
)
def test_numbers_have_three_digits(value, words):
    assert three(value) == words


def test_terms_and_short_numbers():
    assert [term_words(each) for each in ("x", "x^2", "x*y", "sin(x)", "x^12", "2*x", "x*sin(y)", "-x")] == [
        "x", "x²", "xy", "sin(x)", "x¹²", "2·x", "x·sin(y)", "−x"
    ]  # fmt: skip
    assert [short(v) for v in (0.5, 3.0, -1.25, 120.0)] == ["0.5", "3", "−1.25", "120"]


# Fit, confusion, layers


def test_a_residual_is_the_side_of_a_square_in_view():
    frame = Frame((0.0, 10.0), (-50.0, 50.0), 400, 300, 20, 10)
    for x, y, predicted in ((1.0, 20.0, -10.0), (9.8, -30.0, 10.0), (5.0, 1.0, 1.0)):
        box = square_box(frame, x, y, predicted)
        assert box.width() == pytest.approx(box.height())
        assert box.height() == pytest.approx(abs(y - predicted) * 3.0)
        assert frame.across(x) == pytest.approx(box.left()) or frame.across(x) == pytest.approx(box.right())
        assert box.left() >= frame.left
        assert box.right() <= frame.left + frame.width


def test_planted_outliers_are_found():
    left = np.random.default_rng(0).normal(0, 1, 200)
    left[[7, 90]] = 9, -12
    left[3] = np.nan
    found = outliers(left)
    assert found[[7, 90]].all()
    assert found.sum() <= 4
    assert not outliers(np.array([1.0, 99.0])).any()
    assert not outliers(np.array([0, 0, 0, 0, 0, 5.0])).any()


@themes
def test_right_cells_are_blue_wrong_ones_orange_and_all_are_found(theme):
    assert bluer(rgb(cell_colour(0.9, True, theme))) > 0 > bluer(rgb(cell_colour(0.3, False, theme)))
    assert cell_colour(0.0, True, theme) == theme.raised
    layout = confusion_layout(QRectF(0, 0, 300, 300), tuple("abcd"), theme)
    for row in range(4):
        for column in range(4):
            assert layout.cell_at(layout.cell(row, column).center()) == (row, column)
    assert layout.cell_at(QPointF(1, 1)) is None


def test_histograms_count_every_number_once():
    values = np.concatenate([np.zeros(60), np.random.default_rng(0).normal(0, 2, 40), [np.nan, np.inf]])
    part = prepare_histogram(values)
    assert part.counts.sum() == 100
    assert (part.lost, part.zeros) == (2, 0.6)
    assert part.edges[0] == -part.edges[-1]
    assert part.counts[len(part.counts) // 2] >= 60
    assert part.deviation == pytest.approx(np.std(values[:-2]))


def test_layer_bars_go_with_the_logarithm():
    span = bar_span([BarSeries("a", np.array([2e-6, 0, np.nan, 0.3]))])
    assert span == (-6.0, 0.0)
    lengths = [bar_length(10.0**k, span, 300) for k in range(-5, 1)]
    assert np.diff(lengths) == pytest.approx(50)
    assert [bar_length(v, span, 300) for v in (0.0, np.nan, np.inf, 1e9)] == [0, 0, 300, 300]
    assert bar_span([]) == (-3.0, 0.0)
    box, names, series = QRectF(0, 0, 336, 200), [f"layer {k}" for k in range(4)], [BarSeries("a", np.full(4, 1.0), 2)]
    seen = painted(
        lambda p: paint_layer_bars(p, box, names, series, DARK),
        336,
        200,
        DARK.surface,
    )
    rows = {
        layer_at(box, names, series, QPointF(160, y), DARK)
        for y in range(200)
        if (seen[y, 160] == rgb(DARK.racer(2))).all()
    }
    assert rows == {0, 1, 2, 3}


# Gradients


def test_the_ellipse_is_the_covariance():
    points = np.random.default_rng(0).normal(size=(4000, 2)) @ np.array([[3.0, 1.0], [0.0, 0.5]])
    middle, sizes, directions = ellipse_axes(points)
    assert middle == pytest.approx(points.mean(axis=0))
    assert directions @ np.diag(sizes**2) @ directions.T == pytest.approx(np.cov(points.T))
    assert ellipse_axes(points[:2]) is None


def test_the_law_of_noise_is_that_of_drawn_batches():
    rng = np.random.default_rng(0)
    gradients = rng.normal(0, 1, (40, 3))
    spread = [
        np.sqrt(
            np.mean(
                [((gradients[rng.permutation(40)[:b]].mean(0) - gradients.mean(0)) ** 2).sum() for _ in range(6000)]
            )
        )
        for b in (1, 8, 30)
    ]
    assert noise_law(np.array([1, 8, 30]), spread[0], 1, 40) == pytest.approx(spread, rel=0.04)
    assert noise_law(np.array([4.0, 16.0]), 1.0, 1) == pytest.approx([0.5, 0.25])
    assert noise_law(np.array([40.0]), 1.0, 1, 40) == pytest.approx(0)


def test_the_cloud_is_shown_with_its_origin():
    cloud = np.random.default_rng(0).normal([5, 3], 0.1, (200, 2))
    x, y = cloud_ranges(GradientCloud(np.array([5.0, 3.0]), (Batches(1, cloud),)))
    assert x[0] < 0 < 5 < x[1]
    assert y[0] < 0 < 3 < y[1]
    assert x[1] - x[0] == pytest.approx(y[1] - y[0])


# Policies and losses


@themes
def test_arrows_are_as_long_as_actions_are_likely(theme):
    cells = np.zeros((1, 1), dtype=int)
    layout = grid_layout(QRectF(0, 0, 200, 200), (1, 1))
    reaches = []
    for share in (0.2, 0.5, 1.0):
        policy = np.array([[[0.0, share, 0.0, 0.0]]])
        seen = painted(
            lambda p, policy=policy: paint_grid_world(p, layout, GridWorld(cells, policy), theme),
            200,
            200,
            theme.surface,
        )
        row = np.flatnonzero((np.abs(seen[100, 4:-4] - rgb(theme.raised)) > 60).any(axis=-1)) + 4
        assert row.min() >= 100
        reaches.append(row.max() - 110)
    assert np.array(reaches) == pytest.approx(86 * np.array([0.2, 0.5, 1.0]), abs=3)
    assert arrow_length(np.nan, 10) == arrow_length(-1, 10) == 0


def test_the_cells_of_a_world_are_found_and_show_their_values():
    cells, _, values, _ = small_world()
    layout = grid_layout(QRectF(5, 5, 400, 340), cells.shape)
    world = GridWorld(cells, None, np.where(values > 0.3, 1.0, -1.0))
    seen = painted(lambda p: paint_grid_world(p, layout, world, DARK, numbers=False), 420, 360, DARK.surface)
    for row in range(5):
        for column in range(6):
            box = layout.cell(row, column)
            assert layout.cell_at(box.center()) == (row, column)
            at = seen[int(box.top()) + 6, int(box.left()) + 6]
            if cells[row, column] == Cell.FREE:
                assert bluer(at) * world.values[row, column] > 0
    assert layout.cell_at(QPointF(0, 0)) is None


def test_losses_known_between_epochs_only_are_lines_all_the_same():
    x = np.arange(100.0)
    sparse = np.where(x % 10 == 0, 0.5, np.nan)
    frame = Frame((0.0, 99.0), (0.0, 1.0), 400, 100)
    counts = []
    for lines in (LossLines(1, x, train=sparse), LossLines(1, x, test=sparse)):
        seen = painted(lambda p, lines=lines: paint_loss_lines(p, frame, lines, False, LIGHT), 400, 100, LIGHT.surface)
        dark = (seen[50] != rgb(LIGHT.surface)).any(axis=-1)
        counts.append(int(dark.sum()))
    assert counts[0] > 350
    assert 0.4 * counts[0] < counts[1] < 0.85 * counts[0]


def test_rewards_show_the_best_there_is():
    curves = [RewardCurve("a", 0, np.arange(5.0), np.arange(5.0), np.arange(5.0) - 1, np.arange(5.0) + 1)]
    span = reward_span(curves, 9.0)
    assert span.x == (0.0, 4.0)
    assert span.y[0] < -1 < 9 < span.y[1]
