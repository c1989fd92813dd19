"""Above a network's columns: each layer's activation and number of units, and the places that add and remove."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.chart_parts import put_text
from gdsim.draw.fonts import font
from gdsim.draw.network_layout import Button, Column, DiagramLayout, Hit, title_words
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme


def paint_header(
    painter: QPainter, layout: DiagramLayout, activations: Sequence[str], notes: Sequence[str], theme: Theme,
    hovered: Hit | None = None,
) -> None:  # fmt: skip
    """Words over every column, plus and minus, and how many hidden layers there are."""
    if layout.buttons:
        face = font(TYPE.body, 600, theme.scale)
        put_text(painter, layout.title, title_words(len(layout.columns) - 2), theme.text, face, "centre")
    for column in layout.columns:
        _paint_words(painter, layout, column, activations, notes, theme)
    for button in layout.buttons:
        paint_button(painter, button, theme, button.hit == hovered)


def _paint_words(
    painter: QPainter, layout: DiagramLayout, column: Column, activations: Sequence[str], notes: Sequence[str],
    theme: Theme,
) -> None:  # fmt: skip
    strong, face = font(TYPE.secondary, 600, theme.scale), font(TYPE.tick, 400, theme.scale)
    layer, last, line = column.layer, len(layout.columns) - 1, float(theme.px(15))
    box = column.header.adjusted(1, 0, -1, 0)
    if layer == 0:
        first = "inputs" if column.units > 1 else "input"
    elif layer == last:
        first = "outputs" if column.units > 1 else "output"
    else:
        first = activations[layer - 1] if layer <= len(activations) else f"layer {layer}"
    number, under, count = _rows(layout, column, line, theme)
    if text_width(first, strong) <= box.width() + 1:
        put_text(painter, QRectF(box.left(), box.top(), box.width(), line), first, theme.text, strong, "centre")
    else:
        _put_upright(painter, QRectF(box.left(), box.top(), box.width(), number.top() - box.top()), first, theme)
    put_text(painter, number, count, theme.text, face, "centre")
    note = notes[layer - 1] if 0 < layer <= len(notes) else ""
    if note and under.bottom() <= column.header.bottom() + 1 and under.width() >= theme.px(28):
        put_text(painter, under, note, theme.secondary, face, "centre")


def _rows(layout: DiagramLayout, column: Column, line: float, theme: Theme) -> tuple[QRectF, QRectF, str]:
    """Where the number of units stands (on one line in all columns), where the small print, and the number's words."""
    box = column.header
    add = next((each for each in layout.buttons if each.hit.kind == "add unit"), None)
    count = f"{column.units:,}"
    if add is None:
        number = QRectF(box.left(), box.top() + line, box.width(), line)
        if box.height() >= 4 * line:
            number.moveTop(box.bottom() - line - theme.px(4))
    else:
        mine = next((each for each in layout.buttons if each.hit == Hit("add unit", column.layer)), add)
        owner = layout.columns[add.hit.layer].header
        wide = text_width("128", font(TYPE.tick, 400, theme.scale))
        tall = add.box.center().x() - owner.center().x() < add.box.width() / 2 + wide / 2
        number = QRectF(box.left(), mine.box.center().y() - line / 2, box.width(), line)
        if tall:
            number.moveTop(mine.box.top() - line - theme.px(2))
    under = QRectF(box.left() + 1, number.bottom() + theme.px(2), box.width() - 2, theme.px(13))
    return number, under, count


def _put_upright(painter: QPainter, box: QRectF, words: str, theme: Theme) -> None:
    """Words that read upwards, for columns too narrow for them."""
    if box.width() < theme.px(9):
        return
    painter.save()
    painter.translate(box.center().x(), box.bottom() - theme.px(1))
    painter.rotate(-90)
    room = QRectF(0.0, -box.width() / 2, box.height(), box.width())
    put_text(painter, room, words, theme.text, font(TYPE.tick, 500, theme.scale), "left")
    painter.restore()


def paint_button(painter: QPainter, button: Button, theme: Theme, hovered: bool) -> None:
    """A round place to press with a plus or a minus; faint where nothing can be done."""
    box, middle = button.box, button.box.center()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setOpacity(1.0 if button.enabled else 0.4)
    painter.setPen(QPen(QColor(theme.accent if hovered else theme.border), theme.line(1.0)))
    painter.setBrush(QColor(theme.accent if hovered else theme.raised))
    painter.drawEllipse(box.adjusted(0.5, 0.5, -0.5, -0.5))
    pen = QPen(QColor(theme.accent_text if hovered else theme.text), theme.line(1.5))
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    reach = box.width() * 0.24
    painter.drawLine(QPointF(middle.x() - reach, middle.y()), QPointF(middle.x() + reach, middle.y()))
    if button.hit.kind.startswith("add"):
        painter.drawLine(QPointF(middle.x(), middle.y() - reach), QPointF(middle.x(), middle.y() + reach))
    painter.restore()
