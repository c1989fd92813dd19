"""Numbers on the edges and biases of the back-propagation walk, where they have room."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.backprop_picture import BETWEEN, READABLE, BackpropPicture, gap_of, is_lit, is_strong, known_backward
from gdsim.draw.chart_parts import kept_inside, put_text, three
from gdsim.draw.fonts import font
from gdsim.draw.learn_colours import sign_colour
from gdsim.draw.network_hits import curve_points
from gdsim.draw.network_layout import DiagramLayout, Hit
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme

_PLACES = (0.5, 0.36, 0.64, 0.26, 0.74, 0.42, 0.58, 0.18, 0.82)
"""Where on an edge its numbers may stand, the best place first."""


def _edge_lines(picture: BackpropPicture, part: Hit, short: bool, theme: Theme) -> list[tuple[str, str]]:
    """w, and below it dJ/dw once it is known, or how far w is moved; `short`: the second alone."""
    lines = [(three(float(picture.weights[part.layer - 1][part.unit, part.source])), theme.text)]
    if picture.steps:
        step = float(picture.steps[part.layer - 1][part.unit, part.source])
        lines.append((f"+{three(step)}" if step > 0 else three(step), sign_colour(theme, step)))
    elif known_backward(picture, part.layer) and part.layer <= len(picture.gradients):
        gradient = float(picture.gradients[part.layer - 1][part.unit, part.source])
        lines.append((f"∂ {three(gradient)}", sign_colour(theme, gradient)))
    return lines[-1:] if short else lines


def paint_labels(
    painter: QPainter, layout: DiagramLayout, picture: BackpropPicture, theme: Theme, hovered: Hit | None
) -> None:
    """Numbers on the edges, where they meet neither a unit nor one another; those under the hand always."""
    face = font(TYPE.tick, 500, theme.scale)
    units, rooms = _unit_rooms(layout, picture, theme)
    taken: list[QRectF] = []
    parts = [Hit("edge", *each) for each in layout.edges.tolist()]
    held = (hovered, picture.selected)
    order = sorted(range(len(parts)), key=lambda k: (parts[k] not in held, not is_lit(picture, parts[k], hovered), k))
    high = float(theme.px(14))
    for k in order:
        part = parts[k]
        spoken = part in held or (picture.lit is not None and part in picture.lit)
        if len(parts) > READABLE and not spoken:
            continue
        lit = is_lit(picture, part, hovered) or part in held
        few = len(parts) <= READABLE or part in held
        # rather in one line than over a unit's words, rather over these than not at all
        tries = [(few, rooms), (False, rooms)] if spoken else [(few, rooms)]
        if spoken and len(parts) <= READABLE:
            tries += [(True, units), (False, units)]
        found = None
        for whole, around in tries:
            lines = _edge_lines(picture, part, not whole, theme)
            size = max(text_width(words, face) for words, _ in lines) + theme.px(8), high * len(lines)
            boxes = [_label_box(layout, k, place, *size) for place in _PLACES]
            found = next((box for box in boxes if _is_free(box, (*around, *taken), layout)), None)
            if found is not None:
                break
        if found is None and part in held:
            found = boxes[0]
        if found is not None:
            taken.append(found)
            _paint_label(painter, found, lines, lit, part in held, theme)


def _label_box(layout: DiagramLayout, edge: int, place: float, wide: float, high: float) -> QRectF:
    x, y = _on_curve(layout.curves[edge], place)
    return QRectF(x - wide / 2, y - high / 2, wide, high)


def _is_free(box: QRectF, others: Sequence[QRectF], layout: DiagramLayout) -> bool:
    return layout.box.contains(box) and not any(box.intersects(other) for other in others)


def _unit_rooms(
    layout: DiagramLayout, picture: BackpropPicture, theme: Theme
) -> tuple[list[QRectF], list[QRectF]]:  # fmt: skip
    """What units take, and what they take with the words above and below them."""
    small = layout.side < theme.px(38)  # their numbers stand above them
    units, rooms = [], []
    for column in layout.columns:
        last = column.layer == len(layout.columns) - 1
        words = column.layer > 0 and known_backward(picture, column.layer)
        close = small and gap_of(column) < theme.px(BETWEEN) and (last or is_strong(picture, column))
        for box in column.boxes:
            units.append(box.adjusted(-1, -1, 1, 1))
            wide = theme.px(42 if last and picture.outputs else 30)
            across = kept_inside(QRectF(box.center().x() - wide, box.top(), 2 * wide, box.height()), layout.box)
            if close:  # their words stand beside them
                side = QRectF(box.right(), box.top(), 2 * wide, box.height())
                rooms.append(side.translated(-2 * wide - box.width(), 0) if last else side)
                continue
            if small or (last and picture.outputs):
                rooms.append(across.adjusted(0, -theme.px(17), 0, -box.height()))
            if words:
                rooms.append(across.adjusted(0, box.height(), 0, theme.px(17)))
    return units, units + rooms


def paint_biases(
    painter: QPainter, layout: DiagramLayout, picture: BackpropPicture, theme: Theme, hovered: Hit | None
) -> None:
    """A dot at each unit's lower left, where there is room; b and dJ/db beside the one chosen or under the hand."""
    if not picture.biases:
        return
    room = layout.side >= theme.px(20)
    for column in layout.columns[1:]:
        for unit in range(column.units if not column.block else 0):
            part = Hit("bias", column.layer, unit)
            held = part in (hovered, picture.selected)
            if not (held or room):
                continue
            value = float(picture.biases[column.layer - 1][unit])
            dot = layout.bias(column.layer, unit)
            colour = QColor(sign_colour(theme, value))
            colour.setAlphaF(0.95 if held or is_lit(picture, part, hovered) else 0.35)
            rim = column.boxes[unit].center()
            reach = column.boxes[unit].width() / 2 / math.hypot(rim.x() - dot.x(), rim.y() - dot.y())
            painter.setPen(QPen(colour, theme.line(2.5 if held else 1.5)))
            painter.drawLine(dot, rim + (dot - rim) * reach)
            painter.setPen(QPen(QColor(theme.ink if held else theme.surface), theme.line(1.75 if held else 1.0)))
            painter.setBrush(colour)
            radius = theme.line(4.5 if held else 3.5)
            painter.drawEllipse(dot, radius, radius)
            if held:
                lines = [(f"b {three(value)}", theme.text)]
                if known_backward(picture, column.layer) and picture.bias_gradients:
                    slope = float(picture.bias_gradients[column.layer - 1][unit])
                    lines.append((f"∂ {three(slope)}", sign_colour(theme, slope)))
                wide = max(text_width(words, font(TYPE.tick, 500, theme.scale)) for words, _ in lines) + theme.px(8)
                high = float(theme.px(14)) * len(lines)
                box = QRectF(dot.x() - wide - theme.px(7), dot.y() - high / 2, wide, high)
                _paint_label(painter, kept_inside(box, layout.box), lines, True, True, theme)


def _on_curve(curve: NDArray[np.float64], share: float) -> tuple[float, float]:
    points = curve_points(curve[None], 50)[0]
    x, y = points[round(share * 50)]
    return float(x), float(y)


def _paint_label(
    painter: QPainter, box: QRectF, lines: Sequence[tuple[str, str]], lit: bool, held: bool, theme: Theme
) -> None:
    ground = QColor(theme.raised if held else theme.surface)
    painter.setPen(QPen(QColor(theme.accent if held else theme.hairline), 1))
    painter.setBrush(ground)
    painter.drawRoundedRect(box, theme.px(4), theme.px(4))
    row = box.height() / len(lines)
    for place, (words, colour) in enumerate(lines):
        line = QRectF(box.left(), box.top() + place * row, box.width(), row)
        put_text(painter, line, words, colour if lit else theme.muted, font(TYPE.tick, 500, theme.scale), "centre")
