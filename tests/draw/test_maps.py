"""Basin and sweep maps as pictures: every pixel has the colour that its label and steps ask for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

from gdsim.analysis.basins import DIVERGED, UNFINISHED, BasinMap, basin_levels, slice_of
from gdsim.analysis.sweeps import SweepAxis, SweepMap, sweep_levels
from gdsim.draw.frame import Frame
from gdsim.draw.map_colours import SHADES, kind_colour, kind_shades, scale_colours, unfinished_colour
from gdsim.draw.map_pages import paint_sweep_page
from gdsim.draw.map_parts import Heading, up_name
from gdsim.draw.maps import (
    axis_reach,
    basin_image,
    basin_pixels,
    cell_at,
    cell_place,
    loss_scale,
    paint_map,
    reach,
    seen,
    step_scale,
    sweep_pixels,
)
from gdsim.draw.page import page_image, page_scale, page_svg
from gdsim.draw.theme import DARK, LIGHT, Theme
from gdsim.engine.select import backend
from gdsim.engine.swarm import NONFINITE, RUNNING
from gdsim.session.make import spec_for
from gdsim.session.resolve import objective_of, plans_of

pytestmark = pytest.mark.usefixtures("qapp")


def basins() -> list[BasinMap]:
    spec = spec_for(racers=["momentum,lr=0.02,beta=0.9"], function="himmelblau", steps=300)
    objective, (plan,) = objective_of(spec), plans_of(spec)
    return list(basin_levels(objective, plan, slice_of(objective, spec.start, (40, 30)), backend("numpy")))


def sweeps() -> list[SweepMap]:
    spec = spec_for(racers=["momentum"], function="himmelblau", steps=200)
    (plan,) = plans_of(spec)
    x, y = SweepAxis("lr", 1e-4, 0.1, 20, "log"), SweepAxis("beta", 0.0, 0.9, 15)
    return list(sweep_levels(objective_of(spec), plan, x, y, backend("numpy")))


def lightness(colours: np.ndarray) -> np.ndarray:
    """CIE L* of 0xffRRGGBB."""
    rgb = np.stack([(colours >> shift) & 255 for shift in (16, 8, 0)], axis=-1) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    y = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_shades_stay_in_the_band_that_trails_are_seen_on(theme: Theme) -> None:
    shades = kind_shades(theme, 40)
    assert shades.shape == (40, SHADES)
    light = lightness(shades)
    low, high = (6, 60) if theme.dark else (70, 97)
    assert light.min() >= low
    assert light.max() <= high
    change = np.diff(light, axis=1)
    assert (change <= 0.5).all() if theme.dark else (change >= -0.5).all()
    first = shades[:12, 0]
    rgb = np.stack([(first >> shift) & 255 for shift in (16, 8, 0)], axis=-1).astype(float)
    gaps = np.linalg.norm(rgb[:, None] - rgb[None], axis=-1)[~np.eye(12, dtype=bool)]
    assert gaps.min() > 25
    assert kind_colour(theme, 3) == f"#{int(shades[3, 0]) & 0xFFFFFF:06X}"
    assert len(scale_colours(theme)) == 256


def test_a_pixel_has_its_attractors_hue_and_its_steps_shade() -> None:
    found = basins()[-1]
    pixels = basin_pixels(found, LIGHT)
    assert pixels.shape == (30, 40)
    shades = kind_shades(LIGHT, len(found.attractors))
    scale = step_scale(found.steps, found.labels >= 0)
    for row, column in np.ndindex(30, 40):
        label, colour = found.labels[row, column], pixels[29 - row, column]
        if label >= 0:
            shade = int(scale.shares(found.steps[row, column]) * (SHADES - 1))
            assert colour == shades[label, shade]
        elif label == UNFINISHED:
            assert f"#{int(colour) & 0xFFFFFF:06X}" == unfinished_colour(LIGHT)
    assert len(np.unique(pixels[::-1][found.labels == DIVERGED])) == 2


def test_coarse_maps_fill_the_picture_with_what_is_known() -> None:
    coarse, *_, last = basins()
    assert coarse.stride == 16
    pixels = basin_pixels(coarse, DARK)
    for row, column in np.ndindex(30, 40):
        near = min((row + 8) // 16 * 16, 16), min((column + 8) // 16 * 16, 32)
        label = coarse.labels[near]
        if label >= 0:
            assert pixels[29 - row, column] in kind_shades(DARK, len(coarse.attractors))[label]
    assert basin_pixels(last, DARK, (120, 90)).shape == (90, 120)
    assert basin_image(last, DARK, (120, 90)).width() == 120


@pytest.mark.parametrize(("count", "stride", "pixels"), [(40, 16, None), (40, 1, None), (40, 1, 13), (5, 4, 100)])
def test_what_each_pixel_shows_is_known_and_near(count: int, stride: int, pixels: int | None) -> None:
    shown = seen(count, stride, pixels)
    assert len(shown) == (pixels or count)
    assert (shown % stride == 0).all()
    assert (shown < count).all()
    middle = np.arange(count) if pixels is None else (np.arange(pixels) + 0.5) * count / pixels - 0.5
    assert (np.abs(shown - middle) <= stride + 0.5).all()


def test_sweep_pixels() -> None:
    found = sweeps()[-1]
    colours = scale_colours(LIGHT)
    loss, steps = (sweep_pixels(found, measure, LIGHT)[::-1] for measure in ("loss", "steps"))
    scale = loss_scale(found)
    arrived = (found.codes != NONFINITE) & (found.codes != RUNNING)
    wanted = colours[(scale.shares(found.loss) * 255).astype(int)[arrived]]
    assert np.array_equal(loss[arrived], wanted)
    assert set(steps[found.codes == RUNNING].tolist()) <= {int("ff" + unfinished_colour(LIGHT)[1:], 16)}
    assert len(np.unique(loss[found.codes == NONFINITE])) == 2
    assert found.best is not None
    assert steps[found.best] == colours[0]


def test_cells_are_found_where_they_are_painted() -> None:
    found = sweeps()[-1]
    for cell in [(0, 0), (14, 19), (7, 3)]:
        assert cell_at(found, cell_place(found, *cell)) == cell
    low, high = axis_reach(found.x)
    assert (low + high) / 2 == pytest.approx(np.log10(1e-4 * 0.1) / 2)
    assert reach((0.0, 1.0), 5) == (-0.125, 1.125)


def test_a_map_is_painted_with_hard_edges_where_it_belongs() -> None:
    image = QImage(2, 2, QImage.Format.Format_RGB32)
    for x in range(2):
        for y in range(2):
            image.setPixel(x, y, 0xFF000000 + 0x400000 * x + 0x40 * y)
    page = QImage(60, 60, QImage.Format.Format_RGB32)
    page.fill(0xFFFFFFFF)
    painter = QPainter(page)
    frame = Frame((0.0, 3.0), (0.0, 3.0), 60, 60)
    paint_map(painter, frame, image, (1.0, 3.0), (1.0, 5.0))
    painter.end()
    assert page.pixel(5, 30) == 0xFFFFFFFF  # left of the map
    assert page.pixel(30, 50) == 0xFFFFFFFF  # below it
    assert page.pixel(30, 30) == 0xFF000040  # its lower left cell
    assert page.pixel(50, 5) == 0xFF400040
    assert {page.pixel(x, 10) for x in range(21, 60)} == {0xFF000040, 0xFF400040}


def test_a_page_as_picture_and_as_svg() -> None:
    def paint(painter: QPainter) -> None:
        painter.fillRect(0, 0, 40, 30, 0xFF102030)
        painter.drawText(QPointF(5, 15), "hm")

    image = page_image(paint, (40, 30), "a title", "some data")
    assert (image.text("Title"), image.text("gdsim")) == ("a title", "some data")
    text = page_svg(paint, (40, 30), "a title", "some data").decode()
    assert "<title>a title</title>" in text
    assert "some data" in text


@pytest.mark.parametrize("size", [(1280, 860), (600, 800)])
@pytest.mark.parametrize("name", ["beta", "weight_decay", "a_setting_with_a_name_too_long_for_any_axis_of_any_picture"])
def test_names_of_axes_are_seen_whole_or_cut_with_dots(name: str, size: tuple[int, int]) -> None:
    sweep = sweeps()[-1]
    assert sweep.y is not None
    named = replace(sweep, x=replace(sweep.x, name=name), y=replace(sweep.y, name=name))
    heading = Heading("", None, ("x", "y"), "", "")
    image = page_image(lambda painter: paint_sweep_page(painter, named, "loss", heading, size, LIGHT), size, "")
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(size[1], size[0])
    margin = round(24 * page_scale(size))
    assert (pixels[:, : margin - 1] == pixels[0, 0]).all()
    assert up_name("beta", size[0], LIGHT) == "beta"
    assert up_name(name, 240.0, LIGHT).endswith("…") == (name != "beta")
