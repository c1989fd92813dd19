"""Pictures are painted and looked at: colours where they belong, nothing breaks on odd values."""

import re

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from synthetic import crowd_history, grid, himmelblau, himmelblau_gradient, opening_history

from gdsim.draw.fonts import FAMILY, font, load_fonts
from gdsim.draw.frame import Frame, home_frame
from gdsim.draw.levels import fit_scale
from gdsim.draw.markers import head_path, paint_head
from gdsim.draw.mathtext import math_setter, paint_math, typeset
from gdsim.draw.onedim import paint_function, value_range
from gdsim.draw.page import page_image, page_svg
from gdsim.draw.picture import Ground, hero_box, paint_picture
from gdsim.draw.strokes import TrailSource
from gdsim.draw.surface import MISSING, paint_contours, paint_field, paint_image, prepare_surface, surface_image
from gdsim.draw.theme import DARK, HEADS, LIGHT, THEMES
from gdsim.draw.trail_layer import TrailLayer
from gdsim.draw.trails import head_places, nearest_racer

pytestmark = pytest.mark.usefixtures("qapp")


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_text_reads_on_every_ground(theme):
    for ground in (theme.surface, theme.raised, theme.background):
        for ink in (theme.text, theme.secondary):
            assert contrast(ink, ground) >= 4.5
    for ground in (theme.surface, theme.raised):
        assert contrast(theme.muted, ground) >= 4.5
    assert contrast(theme.border, theme.surface) >= 3
    assert contrast(theme.accent_text, theme.accent) >= 4.5


def test_the_font_is_the_bundled_one_with_figures_of_one_width():
    assert load_fonts() == FAMILY
    from PySide6.QtGui import QFontMetricsF

    metrics = QFontMetricsF(font(13))
    assert metrics.horizontalAdvance("1111") == pytest.approx(metrics.horizontalAdvance("8888"))


@pytest.mark.parametrize("head", HEADS)
def test_heads_weigh_about_the_same(head):
    image = QImage(60, 60, QImage.Format.Format_RGB32)
    image.fill(QColor("#000000"))
    painter = QPainter(image)
    painter.fillPath(head_path(head, 40.0).translated(30, 30), QColor("#ffffff"))
    painter.end()
    area = sum(QColor(image.pixel(x, y)).red() > 127 for x in range(60) for y in range(60))
    assert 700 <= area <= 1400


def test_surface_has_low_colours_low_and_hatches_what_is_missing():
    values = np.array([[0.0, 10.0], [np.nan, 1000.0]])
    picture = prepare_surface(values, (0, 1), (0, 1), fit_scale(values))
    assert picture.shade[1, 0] == MISSING
    image = surface_image(picture.shade, DARK)
    low = QColor(image.pixel(0, 1)).name().upper()  # row 0 of the values is the lowest
    assert low == DARK.surface_map[0]
    assert QColor(image.pixel(0, 0)).name().upper() in (DARK.surface, DARK.hatch)


@pytest.mark.parametrize(
    "f",
    [
        lambda p: np.log(p[0]) + p[1],
        lambda p: 1 / (p[0] * p[1]),
        lambda p: 0 * p[0] + 7.0,
        lambda p: np.exp(600 * p[0]) * 1e40,
        lambda p: np.nan * p[0],
        lambda p: np.where(p[0] > 0, np.inf, -np.inf),
    ],
    ids=["log", "poles", "constant", "huge", "nan", "infinities"],
)
@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_odd_functions_are_painted(f, theme):
    values = grid(f, (-2, 2), (-2, 2), 120, 100)
    frame = Frame((-2, 2), (-2, 2), 240, 200)
    picture = prepare_surface(values, (-2, 2), (-2, 2), fit_scale(values))
    image = QImage(240, 200, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_image(painter, frame, surface_image(picture.shade, theme), picture.x, picture.y)
    paint_contours(painter, frame, picture.lines, theme)
    paint_field(painter, frame, np.stack([values[::20, ::20]] * 2), (-2, 2), (-2, 2), theme)
    paint_function(painter, frame, np.linspace(-2, 2, 120), values[50], theme)
    assert painter.end()
    low, high = value_range(values[50])
    assert low < high


def test_an_image_is_stretched_to_where_it_belongs():
    image = QImage(10, 10, QImage.Format.Format_RGB32)
    image.fill(QColor("#ff0000"))
    page = QImage(100, 100, QImage.Format.Format_RGB32)
    page.fill(QColor("#000000"))
    painter = QPainter(page)
    paint_image(painter, Frame((0, 1), (0, 1), 100, 100), image, (0.5, 5.0), (0.5, 5.0))
    painter.end()
    assert QColor(page.pixel(90, 10)).red() == 255
    assert QColor(page.pixel(10, 90)).red() == 0


class TestTrails:
    frame = home_frame(((-6.7, 6.7), (-6, 6)), 376, 336)

    def sources(self, history):
        return [TrailSource(trace, k) for k, trace in enumerate(history.traces)]

    def painted(self, layer):
        page = QImage(376, 336, QImage.Format.Format_RGB32)
        page.fill(QColor("#204060"))
        painter = QPainter(page)
        layer.paint(painter)
        painter.end()
        return np.frombuffer(page.constBits(), np.uint8).reshape(336, 376, 4).astype(int)

    def test_growing_step_by_step_is_the_same_as_at_once(self):
        sources = self.sources(opening_history(60))
        grown, whole = TrailLayer(), TrailLayer()
        for cursor in range(61):
            grown.update(sources, self.frame, cursor, DARK, 0)
        whole.update(sources, self.frame, 60, DARK, 0)
        difference = np.abs(self.painted(grown) - self.painted(whole))
        assert difference.mean() < 0.2

    def test_going_back_takes_the_later_part_away(self):
        sources = self.sources(opening_history(60))
        layer = TrailLayer()
        layer.update(sources, self.frame, 60, DARK, 0)
        layer.update(sources, self.frame, 20, DARK, 0)
        assert np.abs(self.painted(layer) - [0x60, 0x40, 0x20, 0xFF]).max() == 0

    def test_a_heavy_path_is_drafted_then_refined_in_slices(self):
        sources = self.sources(crowd_history(1500, 8, "noise"))
        layer = TrailLayer()
        layer.update(sources, self.frame, 1500, DARK, 0)
        assert layer.draft
        for _ in range(10_000):
            if layer.refine(sources, self.frame, 1500, DARK, budget=0.0005):
                break
        assert not layer.draft

    def test_another_run_is_painted_anew(self):
        layer = TrailLayer()
        layer.update(self.sources(opening_history(60)), self.frame, 60, DARK, 0)
        first = self.painted(layer)
        layer.update(self.sources(opening_history(60, (-5.0, -5.0))), self.frame, 60, DARK, 1)
        assert np.abs(self.painted(layer) - first).max() > 50

    def test_what_diverged_stays_at_its_last_place(self):
        history = opening_history(20)
        room = history.traces[0].room(20)
        room[0, :2] = np.nan
        places = head_places(self.sources(history), self.frame, 20)
        assert np.isfinite(places[0]).all()

    def test_the_nearest_trail_is_found(self):
        history = opening_history(60)
        x, y = history.traces[1].row(5).theta
        px, py = self.frame.pixel(x, y)
        assert nearest_racer(self.sources(history), self.frame, 60, px + 1, py) == 1
        assert nearest_racer(self.sources(history), self.frame, 60, 2, 334) is None


class TestMathematics:
    def test_a_formula_is_set_and_painted_in_its_colour(self):
        picture = typeset(r"f(x) = \frac{x^2}{2}")
        assert picture is not None
        page = QImage(200, 80, QImage.Format.Format_RGB32)
        page.fill(QColor("#000000"))
        painter = QPainter(page)
        paint_math(painter, picture, QPointF(10, 45), 20, "#ff0000")
        painter.end()
        pixels = np.frombuffer(page.constBits(), np.uint8).reshape(80, 200, 4)
        assert pixels[..., 2].max() > 200
        assert pixels[..., 1].max() == 0

    @pytest.mark.parametrize("latex", [r"\frac{", "x" * 10_000])
    def test_what_cannot_be_set_is_none(self, latex):
        assert typeset(latex) is None

    def test_the_setter_makes_it_on_its_own_thread(self, qtbot):
        setter = math_setter()
        latex = r"\alpha_{1} + \beta_{271828}"
        with qtbot.waitSignal(setter.ready, timeout=10_000, check_params_cb=lambda made: made == latex):
            assert setter.find(latex) is None
        assert setter.find(latex) is not None


class TestPicture:
    def ground(self, size):
        box = hero_box(size)
        frame = home_frame(((-6.7, 6.7), (-6, 6)), box.width(), box.height())
        values = grid(himmelblau, frame.x, frame.y, 200, 200)
        frame = Frame(frame.x, frame.y, box.width(), box.height(), box.left(), box.top())
        return Ground(frame, (0, 1), prepare_surface(values, frame.x, frame.y, fit_scale(values)))

    def paint(self, history, theme, size, cursor=None):
        return lambda painter: paint_picture(painter, history, cursor, theme, size, ground=self.ground(size))

    @pytest.mark.parametrize("size", [(1440, 900), (700, 900), (320, 240)])
    @pytest.mark.parametrize("theme", [DARK, LIGHT])
    def test_image(self, size, theme, tmp_path):
        history = opening_history(60)
        image = page_image(self.paint(history, theme, size), size, "Himmelblau", "format = 1\n")
        assert (image.width(), image.height()) == size
        image.save(str(tmp_path / "run.png"))
        again = QImage(str(tmp_path / "run.png"))
        assert again.text("gdsim") == "format = 1\n"
        assert again.text("Title") == "Himmelblau"
        colours = {QColor(again.pixel(x, y)).name() for x in range(0, size[0], 7) for y in range(0, size[1], 7)}
        assert len(colours) > 40

    def test_svg_holds_spec_names_and_paths(self):
        size = (1440, 900)
        svg = page_svg(self.paint(opening_history(60), LIGHT, size, 30), size, "Himmelblau", "a < b & c")
        text = svg.decode()
        assert "a &lt; b &amp; c" in text
        for name in ("Himmelblau", "momentum", "adam"):
            assert re.search(rf">{name}</text>", text)
        assert LIGHT.racers[0].lower() in text.lower()
        assert QSvgRenderer(svg).isValid()

    def test_many_racers_and_a_diverged_one(self):
        history = crowd_history(50, 14, "spiral")
        history.traces[3].room(50)[0, :] = np.inf
        image = page_image(self.paint(history, LIGHT, (900, 600)), (900, 600), "")
        assert not image.isNull()


def test_gradient_of_the_fixture_is_right():
    point, h = np.array([0.7, -1.3]), 1e-6
    numeric = [(himmelblau(point + e) - himmelblau(point - e)) / (2 * h) for e in np.eye(2) * h]
    assert himmelblau_gradient(point) == pytest.approx(numeric, rel=1e-6)


def test_paint_head_leaves_the_painter_as_it_was():
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setOpacity(0.5)
    paint_head(painter, QPointF(20, 20), 3, DARK)
    assert painter.opacity() == pytest.approx(0.5, abs=0.01)
    painter.end()
