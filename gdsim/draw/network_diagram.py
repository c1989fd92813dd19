"""A network as it thinks: each unit a little map of its activation, each weight a line of its width and its sign's hue.

Everything shown is a number of `NetworkPicture`; what moves on the screen are other numbers in the next picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from gdsim.draw.chart_parts import kept_inside, paint_pill, pill_box, put_text, term_words, three
from gdsim.draw.fonts import font
from gdsim.draw.learn_colours import ink_on, mixed, reach_of, sign_colour, signed_colours
from gdsim.draw.network_edges import NOTHING, Emphasis, is_lit_unit, paint_block_edges, paint_edges, reference_of
from gdsim.draw.network_header import paint_header
from gdsim.draw.network_hits import curve_points
from gdsim.draw.network_layout import Column, DiagramLayout, Hit
from gdsim.draw.qt_arrays import rgb_image
from gdsim.draw.theme import TYPE, Theme

Array = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class NetworkPicture:
    """A network at one moment. Tuples have L + 1 entries, from the inputs (0) to the outputs (L), or L, for what
    belongs to layers 1 ... L.

    Attributes:
        weights: L matrices (outputs, inputs). biases: L vectors (outputs,).
        maps: L + 1 arrays (units, s, s), activations over the plane of two inputs, row 0 at low y; of a block any
            number of units, spread evenly; empty where a layer has none.
        gradients: L matrices, dJ/dw; () if not known.
        values: L + 1 vectors, activations of one sample: shown where there are no maps; () if not known.
        names, outputs: words beside inputs and outputs.
        activations: L words, "tanh". notes: L words for small print, "batch norm"; () for none.
        reference: |w| (or |gradient|) that has the widest edge; None: the 98th percentile of all that is shown.
        dropped: L masks (units,), which units are dropped in this step; () for none.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...] = ()
    maps: tuple[Array, ...] = ()
    gradients: tuple[Array, ...] = ()
    values: tuple[Array, ...] = ()
    names: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    activations: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reference: float | None = None
    dropped: tuple[NDArray[np.bool_], ...] = ()


def paint_diagram(
    painter: QPainter,
    layout: DiagramLayout,
    picture: NetworkPicture,
    theme: Theme,
    emphasis: Emphasis = NOTHING,
    show: Literal["weights", "gradients"] = "weights",
    flow: float | None = None,
) -> None:
    """The whole diagram.

    Args:
        show: what edges' widths and hues tell.
        flow: dashes along the edges, moved by so many pixels; None: unbroken lines.
    """
    painter.save()
    painter.setClipRect(layout.box, Qt.ClipOperation.IntersectClip)  # the box may be too small for it all
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    matrices = picture.gradients if show == "gradients" and picture.gradients else picture.weights
    reference = picture.reference or reference_of(matrices)
    paint_block_edges(painter, layout, matrices, theme)
    paint_edges(painter, layout, matrices, reference, theme, emphasis, flow)
    for column in layout.columns:
        _paint_column(painter, layout, column, picture, theme, emphasis)
    _paint_biases(painter, layout, picture, theme, emphasis)
    _paint_names(painter, layout, picture, theme)
    paint_header(painter, layout, picture.activations, picture.notes, theme, emphasis.hovered)
    for each in (emphasis.selected, emphasis.hovered):
        if each is not None:
            paint_value(painter, layout, picture, each, theme)
    painter.restore()


def _paint_column(
    painter: QPainter, layout: DiagramLayout, column: Column, picture: NetworkPicture, theme: Theme, emphasis: Emphasis
) -> None:
    maps = picture.maps[column.layer] if column.layer < len(picture.maps) else np.empty((0, 0, 0))
    values = picture.values[column.layer] if column.layer < len(picture.values) else np.empty(0)
    images = _unit_images(maps, theme) if np.ndim(maps) == 3 and np.size(maps) else []
    dropped = picture.dropped[column.layer - 1] if column.layer and len(picture.dropped) >= column.layer else None
    radius = min(theme.px(6), layout.side / 5) if not column.block else 0.0
    scale = reach_of(np.asarray(values)) if np.size(values) else 1.0
    for box, unit in zip(column.boxes, column.shown, strict=True):
        part = Hit("unit", column.layer, unit)
        faint = (dropped is not None and bool(dropped[unit])) or not (column.block or is_lit_unit(emphasis, part))
        painter.setOpacity(0.3 if faint else 1.0)
        if images:
            place = unit if len(images) == column.units else round(unit * (len(images) - 1) / max(column.units - 1, 1))
            _fill_with(painter, box, images[min(place, len(images) - 1)], radius, theme)
        elif np.size(values):
            paint_number_box(painter, box, float(values[unit]), scale, radius, theme)
        else:
            _fill_rounded(painter, box, QColor(theme.raised), radius)
        chosen = part in (emphasis.selected, emphasis.hovered)
        if chosen or not column.block:
            edge = theme.accent if part == emphasis.selected else theme.ink if chosen else theme.border
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(edge), theme.line(2.25 if chosen else 1.0)))
            painter.drawRoundedRect(box, radius, radius)
    painter.setOpacity(1.0)


def _unit_images(maps: Array, theme: Theme) -> list[QImage]:
    """A layer's maps on one scale, so that its units can be compared."""
    colours = signed_colours(maps[:, ::-1], reach_of(maps), theme)
    return [rgb_image(each) for each in colours]


def _fill_with(painter: QPainter, box: QRectF, image: QImage, radius: float, theme: Theme) -> None:
    painter.drawImage(box, image)
    if radius > 0:
        painter.fillPath(_corners(box.width(), box.height(), radius).translated(box.topLeft()), QColor(theme.surface))


@lru_cache(maxsize=8)
def _corners(width: float, height: float, radius: float) -> QPainterPath:
    """What a rounded box leaves of a rectangle: to fill that is quicker than to fill the box with a picture."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.OddEvenFill)
    path.addRect(-0.5, -0.5, width + 1, height + 1)
    path.addRoundedRect(0, 0, width, height, radius, radius)
    return path


def _fill_rounded(painter: QPainter, box: QRectF, colour: QColor, radius: float) -> None:
    path = QPainterPath()
    path.addRoundedRect(box, radius, radius)
    painter.fillPath(path, colour)


def paint_number_box(painter: QPainter, box: QRectF, value: float, scale: float, radius: float, theme: Theme) -> None:
    """One value as a ground in its hue, and as a number where it fits."""
    ground = f"#{int(signed_colours(np.array([value]), scale, theme)[0]) & 0xFFFFFF:06X}"
    _fill_rounded(painter, box, QColor(ground), radius)
    face = font(TYPE.tick, 500, theme.scale)
    words = three(value)
    if box.width() >= theme.px(36) and box.height() >= theme.px(16):
        put_text(painter, box, words, ink_on(ground, theme), face, "centre")


def _paint_biases(
    painter: QPainter, layout: DiagramLayout, picture: NetworkPicture, theme: Theme, emphasis: Emphasis
) -> None:
    if layout.side < 14 or not picture.biases:
        return
    reference = reference_of(tuple(np.atleast_2d(each) for each in picture.biases))
    for column in layout.columns[1:]:
        if column.block or column.layer > len(picture.biases):
            continue
        for unit in range(column.units):
            value = float(picture.biases[column.layer - 1][unit])
            share = min(abs(value) / reference, 1.0) if value == value else 0.0
            part = Hit("bias", column.layer, unit)
            chosen = part in (emphasis.hovered, emphasis.selected)
            painter.setPen(QPen(QColor(theme.ink if chosen else theme.surface), theme.line(1.5)))
            painter.setBrush(QColor(mixed(theme.muted, sign_colour(theme, value), min(1.0, 0.35 + share))))
            radius = theme.line(2.5 + 2.0 * share)
            painter.drawEllipse(layout.bias(column.layer, unit), radius, radius)


def _paint_names(painter: QPainter, layout: DiagramLayout, picture: NetworkPicture, theme: Theme) -> None:
    face, gap = font(TYPE.secondary, 500, theme.scale), float(theme.px(6))
    ends = ((layout.columns[0], picture.names, False), (layout.columns[-1], picture.outputs, True))
    for column, names, right in ends:
        if column.block:
            continue
        for box, name in zip(column.boxes, names, strict=False):
            if right:
                room = QRectF(box.right() + gap, box.top(), layout.box.right() - box.right() - gap, box.height())
            else:
                room = QRectF(layout.box.left(), box.top(), box.left() - gap - layout.box.left(), box.height())
            put_text(painter, room, term_words(name), theme.secondary, face, "left" if right else "right")


def paint_value(painter: QPainter, layout: DiagramLayout, picture: NetworkPicture, part: Hit, theme: Theme) -> None:
    """A label with the numbers of an edge or a bias, beside it."""
    words, at = _value_words(layout, picture, part, theme)
    if at is None:
        return
    face = font(TYPE.secondary, 500, theme.scale)
    box = kept_inside(pill_box(at, words, face, theme), layout.box)
    paint_pill(painter, box, words, theme.text, theme.raised, face, theme, theme.border)


def _value_words(layout: DiagramLayout, picture: NetworkPicture, part: Hit, theme: Theme) -> tuple[str, QPointF | None]:
    if part.kind == "edge" and part.layer <= len(picture.weights):
        place: Any = (part.unit, part.source)
        words = f"w = {three(float(picture.weights[part.layer - 1][place]))}"
        if picture.gradients:
            words += f"    ∂J/∂w = {three(float(picture.gradients[part.layer - 1][place]))}"
        x, y = curve_points(layout.curve(part.layer, part.unit, part.source)[None], 2)[0, 1]
        return words, QPointF(float(x), float(y) - theme.px(16))
    if part.kind in ("bias", "unit") and 0 < part.layer <= len(picture.biases):
        column = layout.columns[part.layer]
        if column.block:
            return "", None
        words = f"b = {three(float(picture.biases[part.layer - 1][part.unit]))}"
        box = column.boxes[part.unit]
        return words, QPointF(box.center().x(), box.bottom() + theme.px(14))
    return "", None
