"""Back-propagation walked through: values in the units, deltas below them, w and dJ/dw on every edge, J at the end.

Where everything stands, and in which steps it is shown, says `walk`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from gdsim.draw.arrows import paint_arrow
from gdsim.draw.backprop_labels import paint_biases, paint_labels
from gdsim.draw.backprop_picture import (
    BETWEEN,
    BackpropPicture,
    gap_of,
    is_lit,
    is_strong,
    known_backward,
    known_forward,
)
from gdsim.draw.chart_parts import kept_inside, put_text, term_words, three, two
from gdsim.draw.fonts import font
from gdsim.draw.learn_colours import ink_on, reach_of, sign_colour, signed_colours
from gdsim.draw.network_edges import edge_path
from gdsim.draw.network_layout import DiagramLayout, Hit
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme

Array = NDArray[np.floating]


def paint_backprop(
    painter: QPainter, layout: DiagramLayout, loss_box: QRectF, picture: BackpropPicture, theme: Theme,
    hovered: Hit | None = None,
) -> None:  # fmt: skip
    """Everything: edges, their numbers where there is room (those lit and under the hand first), units, the loss."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    _paint_edges(painter, layout, picture, theme, hovered)
    for column in sorted(layout.columns, key=lambda column: is_strong(picture, column)):  # what is lit lies on top
        gap = gap_of(column)
        for box, unit in zip(column.boxes, column.shown, strict=True):
            _paint_unit(painter, box, column.layer, unit, picture, theme, hovered, gap, layout.box)
    paint_labels(painter, layout, picture, theme, hovered)
    paint_biases(painter, layout, picture, theme, hovered)
    _paint_names(painter, layout, picture, theme)
    if not loss_box.isEmpty():
        _paint_loss(painter, layout, loss_box, picture, theme)
    painter.restore()


def _paint_edges(
    painter: QPainter, layout: DiagramLayout, picture: BackpropPicture, theme: Theme, hovered: Hit | None
) -> None:
    reference = max((reach_of(matrix) for matrix in picture.weights), default=1.0)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    parts = [Hit("edge", *each) for each in layout.edges.tolist()]
    for k in sorted(range(len(parts)), key=lambda k: is_lit(picture, parts[k], hovered)):
        part = parts[k]
        value = float(picture.weights[part.layer - 1][part.unit, part.source])
        lit = is_lit(picture, part, hovered)
        colour = QColor(sign_colour(theme, value))
        share = min(abs(value) / reference, 1.0) if value == value else 0.0
        colour.setAlphaF(0.85 if lit else 0.25)
        width = theme.line(1.0 + 3.5 * share)
        if part in (hovered, picture.selected):
            painter.strokePath(edge_path(layout.curves[k]), QPen(QColor(theme.ink), width + theme.line(2.5)))
        painter.strokePath(edge_path(layout.curves[k]), QPen(colour, width))


def _paint_unit(
    painter: QPainter, box: QRectF, layer: int, unit: int, picture: BackpropPicture, theme: Theme,
    hovered: Hit | None, gap: float, outer: QRectF,
) -> None:  # fmt: skip
    part = Hit("unit", layer, unit)
    known = known_forward(picture, layer) and unit < len(picture.values[layer])
    value = float(picture.values[layer][unit]) if known else 0.0
    scale = max(reach_of(picture.values[layer]), 1e-300)
    ground = f"#{int(signed_colours(np.array([value]), scale, theme)[0]) & 0xFFFFFF:06X}" if known else theme.raised
    lit = is_lit(picture, part, hovered)
    painter.setBrush(QColor(ground))
    strong = part == hovered or (picture.lit is not None and part in picture.lit)
    painter.setPen(QPen(QColor(theme.accent if strong else theme.border), theme.line(2.5 if strong else 1.25)))
    painter.drawEllipse(box)
    words = three(value) if known else "?"
    face = _fitting(words, box.width(), theme)
    if face is None and 0.095 <= abs(value) < 99.5:  # less of it may fit
        face = _fitting(two(value), box.width(), theme)
        words = words if face is None else two(value)
    if face is not None:
        put_text(painter, box, words, ink_on(ground, theme) if known else theme.muted, face, "centre")
    name = picture.outputs[unit] if layer == len(picture.values) - 1 and unit < len(picture.outputs) else ""
    below = _below_words(picture, layer, unit)
    if face is None and gap < theme.px(BETWEEN):  # the units stand too close for words between them
        side = below or (words, 0.0)
        if name or (strong and known):
            ink = theme.muted if not lit else sign_colour(theme, side[1]) if below else theme.text
            last = layer == len(picture.values) - 1  # right of it stands the loss
            _put_beside(painter, box, f"{name} {side[0]}".strip() if known else name, ink, last, outer, theme)
        return
    above = f"{name} {words}".strip() if face is None and known else name
    if above:
        row = QRectF(box.center().x() - theme.px(44), box.top() - theme.px(17), theme.px(88), theme.px(15))
        _put_veiled(painter, row, above, theme.text if lit else theme.muted, outer, theme)
    if below and (gap >= theme.px(16) or strong):
        row = QRectF(box.center().x() - theme.px(44), box.bottom() + theme.px(2), theme.px(88), theme.px(15))
        ink = sign_colour(theme, below[1]) if lit else theme.muted
        _put_veiled(painter, row, below[0], ink, outer, theme)


def _below_words(picture: BackpropPicture, layer: int, unit: int) -> tuple[str, float] | None:
    """What stands under a unit, and its number: how much its output changes, or its delta, once that is known."""
    if layer and picture.changes:
        change = float(picture.changes[layer - 1][unit])
        return (f"Δ {three(change)}", change) if change else None
    if layer and known_backward(picture, layer) and layer <= len(picture.deltas):
        delta = float(picture.deltas[layer - 1][unit])
        return f"δ {three(delta)}", delta
    return None


def _put_beside(
    painter: QPainter, box: QRectF, words: str, colour: str, left: bool, outer: QRectF, theme: Theme
) -> None:  # fmt: skip
    """Words at the right of a unit, or at its left."""
    wide = text_width(words, font(TYPE.tick, 600, theme.scale)) + theme.px(6)
    start = box.left() - theme.px(3) - wide if left else box.right() + theme.px(3)
    _put_veiled(painter, QRectF(start, box.center().y() - theme.px(7), wide, theme.px(14)), words, colour, outer, theme)


def _fitting(words: str, width: float, theme: Theme) -> QFont | None:
    """The largest font in which the words fit; None if there is none."""
    for face in (font(TYPE.secondary, 600, theme.scale), font(TYPE.tick, 500, theme.scale)):
        if text_width(words, face) <= width:
            return face
    return None


def _put_veiled(painter: QPainter, row: QRectF, words: str, colour: str, outer: QRectF, theme: Theme) -> None:
    """Words in the middle of `row`, but inside `outer`, on a ground that hides the edges behind them."""
    face = font(TYPE.tick, 600, theme.scale)
    wide = text_width(words, face) + theme.px(6)
    ground = kept_inside(QRectF(row.center().x() - wide / 2, row.top(), wide, row.height()), outer)
    veil = QColor(theme.surface)
    veil.setAlphaF(0.85)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(veil)
    painter.drawRoundedRect(ground, 3, 3)
    put_text(painter, ground, words, colour, face, "centre")


def _paint_names(painter: QPainter, layout: DiagramLayout, picture: BackpropPicture, theme: Theme) -> None:
    face, gap = font(TYPE.secondary, 500, theme.scale), float(theme.px(6))
    for box, name in zip(layout.columns[0].boxes, picture.names, strict=False):
        room = QRectF(layout.box.left(), box.top(), box.left() - gap - layout.box.left(), box.height())
        put_text(painter, room, term_words(name), theme.secondary, face, "right")


def _paint_loss(painter: QPainter, layout: DiagramLayout, box: QRectF, picture: BackpropPicture, theme: Theme) -> None:
    part = Hit("block", len(layout.columns))
    lit = picture.lit is not None and part in picture.lit
    known = known_forward(picture, len(layout.columns) - 1)
    wide = box.width() > 3 * box.height()  # below the network: one row
    for each in layout.columns[-1].boxes if not wide else ():
        start = QPointF(each.right() + theme.px(3), each.center().y())
        end = QPointF(box.left() - theme.px(2), min(max(each.center().y(), box.top() + 8), box.bottom() - 8))
        if end.x() - start.x() > theme.px(8):
            paint_arrow(painter, start, end, QColor(theme.secondary), theme, 1.5)
    painter.setPen(QPen(QColor(theme.accent if lit else theme.border), theme.line(2.0 if lit else 1.0)))
    painter.setBrush(QColor(theme.raised))
    painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), theme.px(6), theme.px(6))
    inner = box.adjusted(theme.px(9), theme.px(5), -theme.px(9), -theme.px(5))
    strong = font(TYPE.body, 600, theme.scale)
    lines = [(picture.formula, "")] if picture.formula else []
    lines += [(words, three(value) if known or words == "y" else "?") for words, value in picture.loss]
    if wide and picture.formula and text_width(picture.formula, strong) > inner.width() / len(lines):
        lines = lines[1:]
    count = max(len(lines), 1)
    row = min(inner.height() / count, float(theme.px(24)))
    top = inner.center().y() - row * count / 2
    for place, (words, number) in enumerate(lines):
        if wide:
            each_wide = inner.width() / count
            line = QRectF(inner.left() + place * each_wide, inner.top(), each_wide, inner.height())
        else:
            line = QRectF(inner.left(), top + place * row, inner.width(), row)
        _paint_loss_line(painter, line, words, number, place == count - 1, wide, theme)


def _paint_loss_line(
    painter: QPainter, line: QRectF, words: str, number: str, last: bool, wide: bool, theme: Theme
) -> None:
    face = font(TYPE.body, 600, theme.scale) if last else font(TYPE.secondary, 500, theme.scale)
    if not number:
        put_text(painter, line, words, theme.secondary, face, "left" if wide else "centre")
        return
    if wide:
        put_text(painter, line, f"{words} = {number}", theme.text, face, "right" if last else "centre")
        return
    used = put_text(painter, line, words, theme.secondary, face)
    rest = QRectF(used.right() + theme.px(6), line.top(), line.right() - used.right() - theme.px(6), line.height())
    put_text(painter, rest, number, theme.text, face, "right")
