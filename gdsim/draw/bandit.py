"""A bandit's arms: what each is worth, what is believed of it, and how likely the policy is to pull it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.chart_parts import (
    Entry,
    legend_height,
    paint_legend,
    paint_nothing,
    paint_title,
    put_text,
    short,
    text_width,
)
from gdsim.draw.curves import value_axis_width
from gdsim.draw.fonts import font
from gdsim.draw.learn_colours import ink_on, sign_colour
from gdsim.draw.theme import TYPE, Theme
from gdsim.draw.ticks import Tick, linear_ticks

Array = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Bandit:
    """Arms of a bandit, all arrays (k,).

    Attributes:
        means: true mean rewards. estimates: what the agent believes; None: not shown.
        probabilities: of pulling each; None: not shown. pulls: how often each was pulled; None: not shown.
    """

    means: Array
    estimates: Array | None = None
    probabilities: Array | None = None
    pulls: NDArray[np.integer] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class BanditLayout:
    """Where the arms' columns lie: rewards above, probabilities below; `low`, `high` end the rewards' axis."""

    rewards: QRectF
    shares: QRectF
    low: float
    high: float
    ticks: tuple[Tick, ...]

    def column(self, arm: int, arms: int) -> tuple[float, float]:
        """Left edge and width of an arm's column."""
        wide = self.rewards.width() / max(arms, 1)
        return self.rewards.left() + arm * wide, wide

    def down(self, reward: float) -> float:
        """Pixels from the top for a reward."""
        share = (self.high - reward) / (self.high - self.low)
        return self.rewards.top() + min(max(share, 0.0), 1.0) * self.rewards.height()

    def arm_at(self, at: QPointF, arms: int) -> int | None:
        """The arm under a pixel."""
        inside = self.rewards.left() <= at.x() < self.rewards.right()
        if not arms or not inside or not self.rewards.top() <= at.y() <= self.shares.bottom() + 24:
            return None
        return min(int((at.x() - self.rewards.left()) // (self.rewards.width() / arms)), arms - 1)


def bandit_layout(box: QRectF, picture: Bandit, theme: Theme) -> BanditLayout:
    """The layout in `box`: title, legend, rewards, probabilities, the arms' numbers."""
    known = [picture.means] if picture.estimates is None else [picture.means, picture.estimates]
    values = np.concatenate([np.asarray(each, dtype=np.float64) for each in known])
    values = np.append(values[np.isfinite(values)], 0.0)
    low, high = float(values.min()), float(values.max())
    pad = 0.12 * (high - low) or 1.0
    low, high = (low - pad if low < 0 else 0.0), (high + pad if high > 0 else 0.0)
    top = theme.px(24) + legend_height(_entries(picture, theme), box.width(), theme) + theme.px(6)
    foot = theme.px(20)
    body = max(box.height() - top - foot, 8.0)
    strip = max(min(0.26 * body, float(theme.px(90))), float(theme.px(20)))
    strip = strip if picture.probabilities is not None else 0.0
    gap = float(theme.px(14)) if strip else 0.0
    high_part = max(body - strip - gap, 4.0)
    ticks = tuple(linear_ticks(low, high, min(max(2.0, high_part / theme.px(34)), 7.0)))
    left = max(value_axis_width(list(ticks), theme), float(theme.px(34)))
    rewards = QRectF(box.left() + left, box.top() + top, max(box.width() - left, 1.0), high_part)
    shares = QRectF(rewards.left(), rewards.bottom() + gap, rewards.width(), strip)
    return BanditLayout(rewards, shares, low, high, ticks)


def _entries(picture: Bandit, theme: Theme) -> list[Entry]:
    entries = [Entry("true mean", theme.ink, "line")]
    if picture.estimates is not None:
        entries.append(Entry("estimate", sign_colour(theme, 1.0), "swatch"))
    if picture.probabilities is not None:
        entries.append(Entry("probability", theme.muted, "swatch"))
    return entries


def paint_bandit(
    painter: QPainter, box: QRectF, picture: Bandit, theme: Theme, hovered: int | None = None,
    chosen: int | None = None, title: str = "Bandit", note: str = "",
) -> None:  # fmt: skip
    """All arms: estimates as bars from zero, true means as lines across them, probabilities below.

    Args:
        hovered: the arm under the hand. chosen: the one pulled just now.
    """
    layout, arms = bandit_layout(box, picture, theme), len(picture.means)
    if not arms:
        paint_title(painter, box, title, note, theme)
        paint_nothing(painter, box, "no arms", theme)
        return
    painter.save()
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)  # the box may be too small for it all
    paint_title(painter, box, title, note, theme)
    legend = QRectF(box.left(), box.top() + theme.px(24), box.width(), layout.rewards.top() - box.top() - theme.px(24))
    paint_legend(painter, legend, _entries(picture, theme), theme)
    _paint_axis(painter, box, layout, picture, theme)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for arm in range(arms):
        _paint_arm(painter, layout, picture, arm, theme, arm == hovered, arm == chosen)
    painter.restore()


def _paint_axis(painter: QPainter, box: QRectF, layout: BanditLayout, picture: Bandit, theme: Theme) -> None:
    face = font(TYPE.tick, 400, theme.scale)
    area = layout.rewards
    for tick in layout.ticks:
        py = round(layout.down(tick.value))
        line = QColor(theme.border if tick.value == 0 else theme.hairline)
        painter.fillRect(QRectF(area.left(), py, area.width(), 1), line)
        room = QRectF(box.left(), py - theme.px(8), area.left() - box.left() - theme.px(6), theme.px(16))
        put_text(painter, room, tick.label, theme.secondary, face, "right")
    if layout.shares.height() > 0:
        base = layout.shares.bottom()
        painter.fillRect(QRectF(area.left(), base, area.width(), 1), QColor(theme.border))
        for share, words in ((0.0, "0"), (1.0, "1")):
            level = base - share * layout.shares.height()
            room = QRectF(box.left(), level - theme.px(8), area.left() - box.left() - theme.px(6), theme.px(16))
            put_text(painter, room, words, theme.secondary, face, "right")


def _paint_arm(
    painter: QPainter, layout: BanditLayout, picture: Bandit, arm: int, theme: Theme, held: bool, chosen: bool
) -> None:
    left, wide = layout.column(arm, len(picture.means))
    pad = min(0.18 * wide, float(theme.px(14)))
    bar_left, bar_wide = left + pad, max(wide - 2 * pad, 1.0)
    if held:
        veil = QRectF(left, layout.rewards.top(), wide, layout.shares.bottom() - layout.rewards.top())
        painter.fillRect(veil, QColor(theme.raised))
    face = font(TYPE.tick, 500, theme.scale)
    if picture.estimates is not None and math.isfinite(float(picture.estimates[arm])):
        value = float(picture.estimates[arm])
        zero, end = layout.down(0.0), layout.down(value)
        box = QRectF(bar_left, min(zero, end), bar_wide, max(abs(zero - end), 1.0))
        colour = sign_colour(theme, value)
        painter.setPen(QPen(QColor(theme.ink), theme.line(2.0)) if chosen else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(box, 2, 2)
        words = short(value)
        clear = abs(layout.down(float(picture.means[arm])) - box.center().y()) > theme.px(11)
        if text_width(words, face) <= bar_wide - 2 and box.height() >= theme.px(18) and clear:
            row = QRectF(box.left(), box.center().y() - theme.px(8), box.width(), theme.px(16))
            put_text(painter, row, words, ink_on(colour, theme), face, "centre")
    mean = float(picture.means[arm])
    if math.isfinite(mean):
        py = layout.down(mean)
        for ink, width in ((theme.casing, 5.0), (theme.ink, 2.5)):
            painter.setPen(QPen(QColor(ink), theme.line(width), Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLine(QPointF(left + pad * 0.4, py), QPointF(left + wide - pad * 0.4, py))
    if picture.probabilities is not None and layout.shares.height() > 0:
        _paint_share(painter, layout, float(picture.probabilities[arm]), bar_left, bar_wide, theme)
    words = f"{arm + 1}"
    if picture.pulls is not None and text_width(f"{arm + 1} · {int(picture.pulls[arm]):,}×", face) <= wide:
        words = f"{arm + 1} · {int(picture.pulls[arm]):,}×"
    under = QRectF(left, max(layout.shares.bottom(), layout.rewards.bottom()) + theme.px(3), wide, theme.px(16))
    put_text(painter, under, words, theme.text if chosen or held else theme.secondary, face, "centre")


def _paint_share(painter: QPainter, layout: BanditLayout, share: float, left: float, wide: float, theme: Theme) -> None:
    if not math.isfinite(share):
        return
    strip = layout.shares
    high = min(max(share, 0.0), 1.0) * strip.height()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.muted))
    painter.drawRoundedRect(QRectF(left, strip.bottom() - high, wide, high), min(2.0, high / 2), min(2.0, high / 2))
    face = font(TYPE.tick, 500, theme.scale)
    words = f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.1f} %"
    if text_width(words, face) > wide + theme.px(8):
        return
    row = QRectF(left - theme.px(6), strip.bottom() - high - theme.px(15), wide + theme.px(12), theme.px(14))
    ink = theme.secondary
    if row.top() < strip.top() - theme.px(13):
        row.moveTop(strip.bottom() - high + theme.px(1))
        ink = ink_on(theme.muted, theme)
    put_text(painter, row, words, ink, face, "centre")
