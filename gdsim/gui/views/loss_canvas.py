"""The plot of losses or gradients: curves kept as an image, playhead and heads live."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.draw.curves import (
    curve_frame,
    paint_curve,
    paint_curve_axes,
    place_ticks,
    value_axis_width,
    value_ticks,
)
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.markers import paint_focus, paint_head
from gdsim.draw.series import Over, Quantity, RowDigest, Span, gap_to, over_axis, plotted, span_of
from gdsim.draw.theme import DARK, TYPE, Theme
from gdsim.draw.ticks import Tick
from gdsim.gui.views.view import Scene

QUANTITIES: tuple[tuple[Quantity, str], ...] = (
    ("loss", "Loss"),
    ("gap", "Gap"),
    ("grad_norm", "|∇f|"),
)
OVERS: tuple[tuple[Over, str, str], ...] = (
    ("steps", "Steps", "step"),
    ("evals", "Evaluations", "evaluations"),
    ("time", "Time", "time"),
)

Curves = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rows, places on the axis below, values."""

_FAINT = 0.28  # opacity of the curves beyond the playhead


class LossCanvas(QWidget):
    """The plot: axes and curves are kept as images (faint beyond the playhead); playhead and heads are live."""

    cursorDragged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene: Scene | None = None
        self.look: Theme = DARK
        self.quantity: Quantity = "loss"
        self.over: Over = "steps"
        self.log = True
        self._frame = Frame((0.0, 1.0), (0.0, 1.0), 1.0, 1.0)
        self._span = Span((0.0, 1.0), (0.0, 1.0), False)
        self._key: object = None
        self._axes = QPixmap()
        self._curves = QPixmap()
        self._digests: dict[tuple[int, str], RowDigest] = {}
        self._digests_of: object = None
        self._dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 80)
        self.setAccessibleName("Loss over the steps")
        self.setAccessibleDescription(
            "Drag to move the playhead; Left and Right move it by one step, Home and End to the ends"
        )

    def sizeHint(self) -> QSize:
        return QSize(352, 228)

    # Curves

    def best_loss(self) -> float | None:
        """The known minimum's value f*, None when nobody knows it."""
        if self.scene is None:
            return None
        values = [value for _, value in self.scene.state.spec.problem.minima]
        return min(values) if values else None

    def _curve(self, history: Any, racer: int, ghost: bool = False) -> Curves:
        """Rows, places on the axis below, values of one racer."""
        trace = history.traces[racer]
        column = "grad_norm" if self.quantity == "grad_norm" else "loss"
        digest = RowDigest(column) if ghost else self._digests.setdefault((racer, column), RowDigest(column))
        rows, values = digest.curve(trace, trace.published)
        if self.quantity == "gap":
            values = gap_to(values, self.best_loss() or 0.0)
        return rows, over_axis(trace, rows, self.over, self._seconds_per_eval(history)), values

    def _seconds_per_eval(self, history: Any) -> float:
        evals = sum(float(trace.column("evals", trace.published - 1)[0]) for trace in history.traces if trace.published)
        return float(history.seconds) / evals if evals > 0 and history.seconds > 0 else 1e-6

    def _visible(self, history: Any) -> list[int]:
        racers = history.spec.racers
        return [k for k, trace in enumerate(history.traces) if racers[k].visible and trace.published]

    def _renew(self, scene: Scene) -> None:
        """Paints the curves anew if anything about them has changed."""
        history, ghost = scene.history, scene.ghost
        rows = tuple(trace.published for trace in history.traces)
        if self._digests_of != (id(history), scene.revision):
            self._digests, self._digests_of = {}, (id(history), scene.revision)
        key = (
            (self._digests_of, rows, id(ghost), self.look, self.size(), scene.state.selected),
            (self.quantity, self.over, self.log, tuple(self._visible(history)), scene.state.spec.problem.minima),
        )
        if key == self._key and not self._curves.isNull():
            return
        self._key = key
        curves = {k: self._curve(history, k) for k in self._visible(history)}
        before = {k: self._curve(ghost, k, ghost=True) for k in self._visible(ghost)} if ghost is not None else {}
        self._span = span_of([(x, y) for _, x, y in (*curves.values(), *before.values())], self.log)
        theme = self.look
        up = value_ticks(self._span, self.height() - theme.px(34), theme)
        left = max(value_axis_width(up, theme), float(theme.px(36)))
        box = QRectF(left, theme.px(8), self.width() - left - theme.px(12), self.height() - theme.px(34))
        self._frame = curve_frame(self._span, box)
        self._axes = self._paint_axes(up)
        self._curves = self._paint_curves(curves, before)

    def _image(self, ground: QColor) -> QPixmap:
        ratio = self.devicePixelRatioF()
        image = QPixmap(self.size() * ratio)
        image.setDevicePixelRatio(ratio)
        image.fill(ground)
        return image

    def _paint_axes(self, up: list[Tick]) -> QPixmap:
        image = self._image(QColor(self.look.surface))
        painter = QPainter(image)
        across = place_ticks(self._span, self._frame.width, self.look, self.over == "time")
        name = next(axis for over, _, axis in OVERS if over == self.over)
        paint_curve_axes(painter, self._frame, across, up, name, self.look)
        painter.end()
        return image

    def _paint_curves(self, curves: dict[int, Curves], before: dict[int, Curves]) -> QPixmap:
        theme = self.look
        image = self._image(QColor(0, 0, 0, 0))
        painter = QPainter(image)
        painter.setOpacity(0.5)
        for racer, (_, x, y) in before.items():
            colour = QColor(theme.racer(racer))
            paint_curve(painter, self._frame, x, plotted(y, self.log), colour, theme.line(1.25), True)
        painter.setOpacity(1.0)
        focus = self.scene.state.selected if self.scene else 0
        for racer in sorted(curves, key=lambda each: (each == focus, -each)):
            _, x, y = curves[racer]
            width = theme.line(2.5 if racer == focus else 1.75)
            paint_curve(painter, self._frame, x, plotted(y, self.log), QColor(theme.racer(racer)), width)
        painter.end()
        return image

    @property
    def missing(self) -> bool:
        """Whether the logarithmic axis had no place for some values when the curves were last painted."""
        return self._span.missing

    # Painting

    def playhead(self) -> float | None:
        """Where the playhead stands, in the lower axis' own units."""
        scene = self.scene
        if scene is None or scene.history is None:
            return None
        if self.over == "steps":
            return float(scene.state.cursor)
        trace = scene.history.traces[scene.state.selected]
        return self._place_of(trace, min(scene.state.cursor, trace.published - 1))

    def _place_of(self, trace: Any, row: int) -> float:
        if self.over == "steps":
            return float(row)
        evals = float(trace.column("evals", row, row + 1)[0]) if row >= 0 else 0.0
        return evals * self._seconds_per_eval(self.scene.history) if self.over == "time" else evals

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        scene, theme = self.scene, self.look
        if scene is None or scene.history is None or scene.history.length == 0:
            painter.fillRect(self.rect(), QColor(theme.surface))
            painter.end()
            return
        self._renew(scene)
        at = self.playhead() or 0.0
        x = float(self._frame.across(min(at, self._span.x[1])))
        split = round(x)
        painter.drawPixmap(0, 0, self._axes)
        painter.setClipRect(0, 0, split, self.height())
        painter.drawPixmap(0, 0, self._curves)
        painter.setClipRect(split, 0, self.width() - split, self.height())
        painter.setOpacity(_FAINT)
        painter.drawPixmap(0, 0, self._curves)
        painter.setOpacity(1.0)
        painter.setClipping(False)
        painter.setPen(QPen(QColor(theme.accent), theme.line(1.5)))
        painter.drawLine(QPointF(x, self._frame.top - theme.px(4)), QPointF(x, self._frame.top + self._frame.height))
        self._paint_grip(painter, x)
        self._paint_places(painter, scene)
        self._paint_message(painter)
        if self.hasFocus():
            paint_focus(painter, self.rect(), theme)
        painter.end()

    def _paint_grip(self, painter: QPainter, x: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.look.accent))
        side = self.look.line(5)
        top = self._frame.top - self.look.line(7)
        painter.drawRoundedRect(QRectF(x - side, top, 2 * side, 1.4 * side), 2, 2)

    def _paint_places(self, painter: QPainter, scene: Scene) -> None:
        """Each racer's head at its value."""
        theme, history = self.look, scene.history
        for racer in sorted(self._visible(history), key=lambda each: (each == scene.state.selected, -each)):
            trace = history.traces[racer]
            row = min(scene.state.cursor, trace.published - 1)
            value = trace.column("grad_norm" if self.quantity == "grad_norm" else "loss", row, row + 1)
            if self.quantity == "gap":
                value = gap_to(value, self.best_loss() or 0.0)
            y = float(plotted(value, self.log)[0])
            px, py = self._frame.pixel(self._place_of(trace, row), y)
            if np.isfinite(py) and self._frame.contains(px, py, 3):
                size = 10.0 if racer == scene.state.selected else 8.0
                paint_head(painter, QPointF(px, py), racer, theme, size)

    def _paint_message(self, painter: QPainter) -> None:
        if not self._span.missing:
            return
        theme = self.look
        painter.setFont(font(TYPE.tick, 400, theme.scale))
        painter.setPen(QColor(theme.warn))
        words = "Values below 0 have no place on a log axis"
        box = QRectF(self._frame.left + 4, self._frame.top, self._frame.width - 4, theme.px(48))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.TextFlag.TextWordWrap), words)

    # The hand

    def _drag_to(self, px: float) -> None:
        scene = self.scene
        if scene is None or scene.history is None:
            return
        place = self._frame.world(px, 0.0)[0]
        last = max(0, scene.history.length - 1)
        if self.over != "steps":
            trace = scene.history.traces[scene.state.selected]
            evals = place / self._seconds_per_eval(scene.history) if self.over == "time" else place
            low, high = 0, max(0, trace.published - 1)
            while low < high:  # evaluations never fall
                middle = (low + high) // 2
                if trace.column("evals", middle, middle + 1)[0] < evals:
                    low = middle + 1
                else:
                    high = middle
            place = float(low)
        self.cursorDragged.emit(int(min(max(round(place), 0), last)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = True
            self._drag_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._drag_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        scene = self.scene
        if scene is None or scene.history is None:
            event.ignore()
            return
        last, cursor = max(0, scene.history.length - 1), scene.state.cursor
        jumps = {
            Qt.Key.Key_Left: cursor - 1,
            Qt.Key.Key_Right: cursor + 1,
            Qt.Key.Key_PageUp: cursor - max(1, last // 10),
            Qt.Key.Key_PageDown: cursor + max(1, last // 10),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if event.key() in jumps:
            self.cursorDragged.emit(min(max(jumps[Qt.Key(event.key())], 0), last))
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._key = None
