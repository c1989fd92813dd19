"""The frame of a training run's and a policy's page: heading, large part, charts, the table of how racers stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from gdsim.draw.chart_parts import put_text
from gdsim.draw.fonts import font
from gdsim.draw.markers import paint_head
from gdsim.draw.page import page_scale
from gdsim.draw.picture_parts import settings_words
from gdsim.draw.text import elided
from gdsim.draw.theme import TYPE, Theme

_MARGIN = 24.0
_ROW = 30  # pixels of a racer in the table
_MOST = 12  # racers in it

Cells = Callable[[Any, int], Sequence[str]]
"""(trace, row) -> what stands below each heading of the table."""


@dataclass(frozen=True, slots=True)
class RunPage:
    """A page's layout in pixels, and what it shows.

    Attributes:
        step: the step shown. theme: at the page's scale.
        head, body: where the heading is, and all the rest; `margin`: between parts.
        wide: whether parts stand beside the large one, not below it.
        rows: the height that the table of all racers needs.
    """

    step: int
    theme: Theme
    margin: float
    head: QRectF
    body: QRectF
    wide: bool
    rows: float

    def parts(self, across: float, down: float) -> tuple[QRectF, QRectF, QRectF]:
        """(large part, charts, table); the large part takes this share of the width, or of the height."""
        body, margin = self.body, self.margin
        width = (body.width() - margin) * across if self.wide else body.width()
        height = body.height() if self.wide else (body.height() - margin) * down
        hero = QRectF(body.left(), body.top(), width, height)
        if self.wide:
            side = QRectF(hero.right() + margin, body.top(), body.right() - hero.right() - margin, body.height())
        else:
            side = QRectF(body.left(), hero.bottom() + margin, body.width(), body.bottom() - hero.bottom() - margin)
        return hero, *self.below(side, min(self.rows, side.height() * 0.5))

    def below(self, box: QRectF, rows: float) -> tuple[QRectF, QRectF]:
        """(charts, table): `box` with the table at its foot, `rows` high."""
        charts = QRectF(box.left(), box.top(), box.width(), box.height() - rows - self.margin)
        return charts, QRectF(box.left(), box.bottom() - rows, box.width(), rows)


def begin_page(painter: QPainter, history: Any, cursor: int | None, theme: Theme, size: tuple[int, int]) -> RunPage:
    """Fills the page's ground; `cursor`: the step shown, None for the last one."""
    theme = theme.scaled(page_scale(size))
    margin = _MARGIN * theme.scale
    last = max(0, history.length - 1)
    page = QRectF(margin, margin, size[0] - 2 * margin, size[1] - 2 * margin)
    painter.fillRect(0, 0, *size, QColor(theme.surface))
    return RunPage(
        step=last if cursor is None else min(max(cursor, 0), last),
        theme=theme,
        margin=margin,
        head=QRectF(page.left(), page.top(), page.width(), theme.px(60)),
        body=page.adjusted(0, theme.px(68), 0, 0),
        wide=size[0] >= size[1] * 1.15,
        rows=float(min(len(history.traces), _MOST) * theme.px(_ROW) + theme.px(30)),
    )


def paint_page_heading(painter: QPainter, page: RunPage, title: str, when: str, told: str) -> None:
    """The title, at its right how far the run is, below what runs."""
    theme, box = page.theme, page.head
    face, small = font(TYPE.key, 600, theme.scale), font(TYPE.secondary, 400, theme.scale)
    top = QRectF(box.left(), box.top(), box.width(), theme.px(30))
    taken = QFontMetricsF(small).horizontalAdvance(when) + theme.px(16)
    put_text(painter, top.adjusted(0, 0, -taken, 0), title, theme.text, face)
    put_text(painter, top, when, theme.secondary, small, "right")
    below = QRectF(box.left(), top.bottom() + theme.px(4), box.width(), theme.px(20))
    put_text(painter, below, told, theme.secondary, font(TYPE.body, 400, theme.scale))


def paint_page_table(
    painter: QPainter, page: RunPage, history: Any, box: QRectF, heads: Sequence[str], cells: Cells, width: float
) -> None:
    """The racers with their settings, columns called `heads` of `width` pixels at scale 1, and how they stand."""
    theme = page.theme
    name, small = font(TYPE.body, 600, theme.scale), font(TYPE.secondary, 400, theme.scale)
    faint = font(TYPE.tick, 400, theme.scale)
    wide, state = theme.px(width), theme.px(84)
    begin = box.right() - state - wide * len(heads)
    head = QRectF(0, box.top(), wide - theme.px(8), theme.px(24))
    for place, words in enumerate(heads):
        put_text(painter, head.translated(begin + place * wide, 0), words, theme.secondary, faint, "right")
    row = min(float(theme.px(_ROW)), (box.height() - theme.px(24)) / max(1, min(len(history.traces), _MOST)))
    for k, trace in enumerate(history.traces[:_MOST]):
        if not trace.published:
            continue
        last = min(page.step, trace.published - 1)
        line = QRectF(box.left(), box.top() + theme.px(24) + k * row, box.width(), row)
        paint_head(painter, QPointF(line.left() + theme.px(9), line.center().y()), k, theme, 12.0)
        label = elided(name, history.labels[k], box.width() * 0.3)
        put_text(painter, line.adjusted(theme.px(24), 0, 0, 0), label, theme.text, name)
        left = line.left() + theme.px(34) + QFontMetricsF(name).horizontalAdvance(label)
        words = elided(small, settings_words(history.spec.racers[k]), begin - left - theme.px(8))
        put_text(painter, QRectF(left, line.top(), max(begin - left, 1.0), row), words, theme.secondary, small)
        for place, told in enumerate(cells(trace, last)):
            cell = QRectF(begin + place * wide, line.top(), wide - theme.px(8), row)
            put_text(painter, cell, told, theme.text, small, "right")
        ended = last == trace.published - 1 and trace.status.finished
        place_of = QRectF(box.right() - state, line.top(), state - theme.px(8), row)
        put_text(painter, place_of, trace.status.value if ended else f"step {last}", theme.text, small, "right")
    if len(history.traces) > _MOST:
        foot = QRectF(box.left(), box.bottom(), box.width(), theme.px(18))
        put_text(painter, foot, f"and {len(history.traces) - _MOST} more", theme.secondary, small)
