"""One picture of a policy's run: what it does and earns, the rewards over the steps, how each racer ended."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from gdsim.analysis.policy_state import clouds_at, policy_state
from gdsim.draw.chart_parts import fixed, put_text
from gdsim.draw.fonts import font
from gdsim.draw.markers import paint_head
from gdsim.draw.page import page_image, page_svg
from gdsim.draw.picture_parts import settings_words, title_of, visible_racers
from gdsim.draw.policy_hero import paint_policy_hero
from gdsim.draw.policy_pictures import title_words
from gdsim.draw.reward_curves import RewardCurve, paint_rewards
from gdsim.draw.series import RowDigest
from gdsim.draw.text import elided
from gdsim.draw.theme import LIGHT, TYPE, Theme

_MARGIN = 24.0
_BASE_HEIGHT = 900.0
_ROW = 30  # pixels of a racer in the table
_MOST = 12  # racers in it


def policy_image(
    history: Any, cursor: int | None = None, theme: Theme = LIGHT, size: tuple[int, int] = (1440, 900),
    selected: int = 0, metadata: str = "",
) -> QImage:  # fmt: skip
    """The picture as an image of `size` pixels; see `draw.picture.compose_image`."""
    return page_image(
        lambda painter: paint_policy_page(painter, history, cursor, theme, size, selected),
        size,
        title_of(history),
        metadata,
    )


def policy_svg(
    history: Any, cursor: int | None = None, theme: Theme = LIGHT, size: tuple[int, int] = (1440, 900),
    selected: int = 0, metadata: str = "",
) -> bytes:  # fmt: skip
    """The picture as SVG; `metadata` goes into its description."""
    return page_svg(
        lambda painter: paint_policy_page(painter, history, cursor, theme, size, selected),
        size,
        title_of(history),
        metadata,
    )


def paint_policy_page(
    painter: QPainter, history: Any, cursor: int | None, theme: Theme, size: tuple[int, int], selected: int = 0
) -> None:
    """Paints the whole page.

    Args:
        cursor: the step shown; None for the last one.
        selected: the racer whose policy is shown.
    """
    scale = float(np.clip(min(size[1] / _BASE_HEIGHT, size[0] / 1000.0), 0.35, 6.0))
    theme = theme.scaled(scale)
    last = max(0, history.length - 1)
    step = last if cursor is None else min(max(cursor, 0), last)
    margin = _MARGIN * scale
    painter.fillRect(0, 0, *size, QColor(theme.surface))
    page = QRectF(margin, margin, size[0] - 2 * margin, size[1] - 2 * margin)
    _paint_heading(painter, history, step, QRectF(page.left(), page.top(), page.width(), theme.px(60)), theme)
    body = page.adjusted(0, theme.px(68), 0, 0)
    wide = size[0] >= size[1] * 1.15
    width = (body.width() - margin) * 0.58 if wide else body.width()
    height = body.height() if wide else (body.height() - margin) * 0.62
    hero = QRectF(body.left(), body.top(), width, height)
    _paint_hero(painter, history, step, selected, hero, theme)
    if wide:
        side = QRectF(hero.right() + margin, body.top(), body.right() - hero.right() - margin, body.height())
    else:
        side = QRectF(body.left(), hero.bottom() + margin, body.width(), body.bottom() - hero.bottom() - margin)
    rows = min(min(len(history.traces), _MOST) * theme.px(_ROW) + theme.px(30), side.height() * 0.5)
    charts = QRectF(side.left(), side.top(), side.width(), side.height() - rows - margin)
    _paint_curves(painter, history, step, selected, charts, theme)
    _paint_table(painter, history, step, QRectF(side.left(), side.bottom() - rows, side.width(), rows), theme)


def _paint_heading(painter: QPainter, history: Any, step: int, box: QRectF, theme: Theme) -> None:
    face, small = font(TYPE.key, 600, theme.scale), font(TYPE.secondary, 400, theme.scale)
    top = QRectF(box.left(), box.top(), box.width(), theme.px(30))
    words = f"step {step:,}"
    taken = QFontMetricsF(small).horizontalAdvance(words) + theme.px(16)
    put_text(painter, top.adjusted(0, 0, -taken, 0), title_of(history), theme.text, face)
    put_text(painter, top, words, theme.secondary, small, "right")
    objective = history.objective
    states, actions = objective.world.shape
    size = f"{actions} arms" if states == 1 else f"{states} states, {actions} actions"
    most = "no policy earns more than" if objective.world.horizon > 1 else "the best policy earns"
    told = f"{size} · {title_words(objective)} · {most} {objective.best:.4g}"
    below = QRectF(box.left(), top.bottom() + theme.px(4), box.width(), theme.px(20))
    put_text(painter, below, told, theme.secondary, font(TYPE.body, 400, theme.scale))


def _paint_hero(painter: QPainter, history: Any, step: int, selected: int, box: QRectF, theme: Theme) -> None:
    row, seed = history.row(selected, step), history.spec.seed
    state = policy_state(history.objective, row.theta, row.step, seed)
    clouds = clouds_at(history.objective, row.theta, row.gradient, row.step, seed)
    reward = f"J = {fixed(-row.loss)}"
    title = f"The policy of {history.labels[selected]}"
    task = history.objective.world.task
    paint_policy_hero(painter, box, task, state, clouds, theme, title, reward)


def _paint_curves(painter: QPainter, history: Any, step: int, selected: int, box: QRectF, theme: Theme) -> None:
    """J of every visible racer up to `step`, exact, with the best there is."""
    curves = []
    for k in visible_racers(history):
        trace = history.traces[k]
        rows, loss = RowDigest("loss").curve(trace, min(trace.published, step + 1))
        curves.append(RewardCurve(history.labels[k], k, rows, -loss))
    paint_rewards(painter, box, curves, theme, history.objective.best, selected, None, "Expected reward J", "", "step")


def _paint_table(painter: QPainter, history: Any, step: int, box: QRectF, theme: Theme) -> None:
    """The racers with their settings, what they earn, and how they stand."""
    name, small = font(TYPE.body, 600, theme.scale), font(TYPE.secondary, 400, theme.scale)
    faint = font(TYPE.tick, 400, theme.scale)
    wide, state = theme.px(76), theme.px(84)
    begin = box.right() - state - 2 * wide
    head = QRectF(0, box.top(), wide - theme.px(8), theme.px(24))
    for place, words in enumerate(("reward J", "returned")):
        put_text(painter, head.translated(begin + place * wide, 0), words, theme.secondary, faint, "right")
    row = min(float(theme.px(_ROW)), (box.height() - theme.px(24)) / max(1, min(len(history.traces), _MOST)))
    for k, trace in enumerate(history.traces[:_MOST]):
        if not trace.published:
            continue
        last = min(step, trace.published - 1)
        line = QRectF(box.left(), box.top() + theme.px(24) + k * row, box.width(), row)
        paint_head(painter, QPointF(line.left() + theme.px(9), line.center().y()), k, theme, 12.0)
        label = elided(name, history.labels[k], box.width() * 0.3)
        put_text(painter, line.adjusted(theme.px(24), 0, 0, 0), label, theme.text, name)
        left = line.left() + theme.px(34) + QFontMetricsF(name).horizontalAdvance(label)
        words = elided(small, settings_words(history.spec.racers[k]), begin - left - theme.px(8))
        put_text(painter, QRectF(left, line.top(), max(begin - left, 1.0), row), words, theme.secondary, small)
        there = trace.row(last)
        sampled = "–" if there.extra[0] != there.extra[0] else fixed(there.extra[0])
        for place, told in enumerate((fixed(-there.loss), sampled)):
            cell = QRectF(begin + place * wide, line.top(), wide - theme.px(8), row)
            put_text(painter, cell, told, theme.text, small, "right")
        ended = last == trace.published - 1 and trace.status.finished
        place_of = QRectF(box.right() - state, line.top(), state - theme.px(8), row)
        put_text(painter, place_of, trace.status.value if ended else f"step {last}", theme.text, small, "right")
    if len(history.traces) > _MOST:
        foot = QRectF(box.left(), box.bottom(), box.width(), theme.px(18))
        put_text(painter, foot, f"and {len(history.traces) - _MOST} more", theme.secondary, small)
