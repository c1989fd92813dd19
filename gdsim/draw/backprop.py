"""Back-propagation walked through: values in the units, deltas below them, w and dJ/dw on every edge, J at the end.

Where everything stands, and in which steps it is shown, says `walk`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from gdsim.draw.arrows import paint_arrow
from gdsim.draw.chart_parts import kept_inside, put_text, term_words, text_width, three
from gdsim.draw.fonts import font
from gdsim.draw.learn_colours import ink_on, reach_of, sign_colour, signed_colours
from gdsim.draw.network_edges import edge_path
from gdsim.draw.network_hits import curve_points
from gdsim.draw.network_layout import DiagramLayout, Hit
from gdsim.draw.theme import TYPE, Theme

Array = NDArray[np.floating]

_READABLE = 32
"""So many edges can have their numbers at once; of more only those that are lit or under the hand have them."""
_PLACES = (0.5, 0.36, 0.64, 0.26, 0.74, 0.42, 0.58, 0.18, 0.82)
"""Where on an edge its numbers may stand, the best place first."""


@dataclass(frozen=True, slots=True, eq=False)
class BackpropPicture:
    """One sample on its way through a network and back. L layers after the inputs.

    Attributes:
        values: L + 1 vectors (units,), activations of inputs ... outputs.
        deltas: L vectors, dJ/dz of layers 1 ... L.
        weights, gradients: L matrices (units, sources): w and dJ/dw.
        biases, bias_gradients: L vectors; () if not shown.
        names, outputs: words beside inputs and outputs.
        loss: lines of the box at the end, (words, number), such as ("y", 1.0), ("J", 0.073).
        formula: of the loss, one line above them.
        forward: values of layers 0 ... forward are shown; None: all.
        backward: deltas and gradients of layers backward ... L are shown; None: all; L + 1: none.
        lit: the parts spoken of; all others step back. None: all alike.
    """

    values: tuple[Array, ...]
    deltas: tuple[Array, ...]
    weights: tuple[Array, ...]
    gradients: tuple[Array, ...]
    biases: tuple[Array, ...] = ()
    bias_gradients: tuple[Array, ...] = ()
    names: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    loss: tuple[tuple[str, float], ...] = ()
    formula: str = ""
    forward: int | None = None
    backward: int | None = None
    lit: frozenset[Hit] | None = None


def paint_backprop(
    painter: QPainter, layout: DiagramLayout, loss_box: QRectF, picture: BackpropPicture, theme: Theme,
    hovered: Hit | None = None,
) -> None:  # fmt: skip
    """Everything: edges, their numbers where there is room (those lit and under the hand first), units, the loss."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    _paint_edges(painter, layout, picture, theme, hovered)
    for column in layout.columns:
        gaps = [low.top() - high.bottom() for high, low in pairwise(column.boxes)]
        gap = min(gaps, default=1e9)
        for box, unit in zip(column.boxes, column.shown, strict=True):
            _paint_unit(painter, box, column.layer, unit, picture, theme, hovered, gap, layout.box)
    _paint_labels(painter, layout, picture, theme, hovered)
    _paint_names(painter, layout, picture, theme)
    if not loss_box.isEmpty():
        _paint_loss(painter, layout, loss_box, picture, theme)
    painter.restore()


def _known_forward(picture: BackpropPicture, layer: int) -> bool:
    return picture.forward is None or layer <= picture.forward


def _known_backward(picture: BackpropPicture, layer: int) -> bool:
    return picture.backward is None or layer >= picture.backward


def _lit(picture: BackpropPicture, part: Hit, hovered: Hit | None) -> bool:
    return part == hovered or picture.lit is None or part in picture.lit


def _paint_edges(
    painter: QPainter, layout: DiagramLayout, picture: BackpropPicture, theme: Theme, hovered: Hit | None
) -> None:
    reference = max((reach_of(matrix) for matrix in picture.weights), default=1.0)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    parts = [Hit("edge", *each) for each in layout.edges.tolist()]
    for k in sorted(range(len(parts)), key=lambda k: _lit(picture, parts[k], hovered)):
        part = parts[k]
        value = float(picture.weights[part.layer - 1][part.unit, part.source])
        lit = _lit(picture, part, hovered)
        colour = QColor(sign_colour(theme, value))
        share = min(abs(value) / reference, 1.0) if value == value else 0.0
        colour.setAlphaF(0.85 if lit else 0.25)
        width = theme.line(1.0 + 3.5 * share)
        if part == hovered:
            painter.strokePath(edge_path(layout.curves[k]), QPen(QColor(theme.ink), width + theme.line(2.5)))
        painter.strokePath(edge_path(layout.curves[k]), QPen(colour, width))


def _paint_unit(
    painter: QPainter, box: QRectF, layer: int, unit: int, picture: BackpropPicture, theme: Theme,
    hovered: Hit | None, gap: float, outer: QRectF,
) -> None:  # fmt: skip
    part = Hit("unit", layer, unit)
    known = _known_forward(picture, layer) and unit < len(picture.values[layer])
    value = float(picture.values[layer][unit]) if known else 0.0
    scale = max(reach_of(picture.values[layer]), 1e-300)
    ground = f"#{int(signed_colours(np.array([value]), scale, theme)[0]) & 0xFFFFFF:06X}" if known else theme.raised
    lit = _lit(picture, part, hovered)
    painter.setBrush(QColor(ground))
    strong = part == hovered or (picture.lit is not None and part in picture.lit)
    painter.setPen(QPen(QColor(theme.accent if strong else theme.border), theme.line(2.5 if strong else 1.25)))
    painter.drawEllipse(box)
    words = three(value) if known else "?"
    face = _fitting(words, box.width(), theme)
    if face is not None:
        put_text(painter, box, words, ink_on(ground, theme) if known else theme.muted, face, "centre")
    name = picture.outputs[unit] if layer == len(picture.values) - 1 and unit < len(picture.outputs) else ""
    above = f"{name} {words}".strip() if face is None and known and (strong or gap >= theme.px(33)) else name
    if above:
        row = QRectF(box.center().x() - theme.px(44), box.top() - theme.px(17), theme.px(88), theme.px(15))
        _put_veiled(painter, row, above, theme.text if lit else theme.muted, outer, theme)
    if layer and _known_backward(picture, layer) and layer <= len(picture.deltas) and (gap >= theme.px(16) or strong):
        delta = float(picture.deltas[layer - 1][unit])
        row = QRectF(box.center().x() - theme.px(44), box.bottom() + theme.px(2), theme.px(88), theme.px(15))
        ink = sign_colour(theme, delta) if lit else theme.muted
        _put_veiled(painter, row, f"δ {three(delta)}", ink, outer, theme)


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


def _edge_lines(picture: BackpropPicture, part: Hit, short: bool, theme: Theme) -> list[tuple[str, str]]:
    """w, and below it dJ/dw once it is known; `short`: dJ/dw alone."""
    lines = [(three(float(picture.weights[part.layer - 1][part.unit, part.source])), theme.text)]
    if _known_backward(picture, part.layer) and part.layer <= len(picture.gradients):
        gradient = float(picture.gradients[part.layer - 1][part.unit, part.source])
        lines.append((f"∂ {three(gradient)}", sign_colour(theme, gradient)))
    return lines[-1:] if short else lines


def _paint_labels(
    painter: QPainter, layout: DiagramLayout, picture: BackpropPicture, theme: Theme, hovered: Hit | None
) -> None:
    """Numbers on the edges, where they meet neither a unit nor one another; those under the hand always."""
    face = font(TYPE.tick, 500, theme.scale)
    head = theme.px(16) if layout.side < theme.px(38) else 1  # their numbers stand above small units
    taken = [box.adjusted(-1, -head, 1, theme.px(15)) for column in layout.columns for box in column.boxes]
    parts = [Hit("edge", *each) for each in layout.edges.tolist()]
    order = sorted(range(len(parts)), key=lambda k: (parts[k] != hovered, not _lit(picture, parts[k], hovered), k))
    high = float(theme.px(14))
    for k in order:
        part = parts[k]
        spoken = part == hovered or (picture.lit is not None and part in picture.lit)
        if len(parts) > _READABLE and not spoken:
            continue
        lines = _edge_lines(picture, part, len(parts) > _READABLE and part != hovered, theme)
        lit = _lit(picture, part, hovered)
        wide = max(text_width(words, face) for words, _ in lines) + theme.px(8)
        for place in _PLACES:
            x, y = _on_curve(layout.curves[k], place)
            box = QRectF(x - wide / 2, y - high * len(lines) / 2, wide, high * len(lines))
            free = not any(box.intersects(other) for other in taken) and layout.box.contains(box)
            if free or part == hovered:
                taken.append(box)
                _paint_label(painter, box, lines, lit, part == hovered, theme)
                break


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


def _paint_names(painter: QPainter, layout: DiagramLayout, picture: BackpropPicture, theme: Theme) -> None:
    face, gap = font(TYPE.secondary, 500, theme.scale), float(theme.px(6))
    for box, name in zip(layout.columns[0].boxes, picture.names, strict=False):
        room = QRectF(layout.box.left(), box.top(), box.left() - gap - layout.box.left(), box.height())
        put_text(painter, room, term_words(name), theme.secondary, face, "right")


def _paint_loss(painter: QPainter, layout: DiagramLayout, box: QRectF, picture: BackpropPicture, theme: Theme) -> None:
    part = Hit("block", len(layout.columns))
    lit = picture.lit is not None and part in picture.lit
    known = _known_forward(picture, len(layout.columns) - 1)
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
