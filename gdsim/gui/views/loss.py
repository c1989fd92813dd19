"""Loss and gradient over the steps, with a playhead that can be dragged."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

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
from gdsim.draw.markers import paint_head
from gdsim.draw.series import Over, Quantity, RowDigest, Span, over_axis, plotted, span_of
from gdsim.draw.theme import DARK, SPACE, TYPE, Theme
from gdsim.gui.views.view import Scene, View

_QUANTITIES: tuple[tuple[Quantity, str], ...] = (
    ("loss", "Loss f"),
    ("gap", "Gap f − f*"),
    ("grad_norm", "Gradient |∇f|"),
)
_OVERS: tuple[tuple[Over, str, str], ...] = (
    ("steps", "Steps", "step"),
    ("evals", "Evaluations", "evaluations"),
    ("time", "Time", "time"),
)


class LossCanvas(QWidget):
    """The plot: curves kept as two images, bright up to the playhead and faint beyond; playhead and heads are live."""

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
        self._bright = QPixmap()
        self._faint = QPixmap()
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

    def _curve(self, history: Any, racer: int, ghost: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, places on the axis below, values of one racer."""
        trace = history.traces[racer]
        column = "grad_norm" if self.quantity == "grad_norm" else "loss"
        digest = RowDigest(column) if ghost else self._digests.setdefault((racer, column), RowDigest(column))
        rows, values = digest.curve(trace, trace.published)
        if self.quantity == "gap":
            with np.errstate(all="ignore"):
                values = values - (self.best_loss() or 0.0)
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
            self._digests_of,
            rows,
            id(ghost),
            self.look,
            self.size(),
            scene.state.selected,
            self.quantity,
            self.over,
        )
        key += (self.log, tuple(self._visible(history)), scene.state.spec.problem.minima)
        if key == self._key and not self._bright.isNull():
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
        self._bright = self._paint_curves(curves, before, up, 1.0)
        self._faint = self._paint_curves(curves, before, up, 0.28)

    def _paint_curves(self, curves: dict, before: dict, up: list, opacity: float) -> QPixmap:
        theme, ratio = self.look, self.devicePixelRatioF()
        image = QPixmap(self.size() * ratio)
        image.setDevicePixelRatio(ratio)
        image.fill(QColor(theme.surface))
        painter = QPainter(image)
        across = place_ticks(self._span, self._frame.width, theme, self.over == "time")
        name = next(axis for over, _, axis in _OVERS if over == self.over)
        paint_curve_axes(painter, self._frame, across, up, name, theme)
        for racer, (_, x, y) in before.items():
            painter.setOpacity(0.5 * opacity)
            paint_curve(
                painter, self._frame, x, plotted(y, self.log), QColor(theme.racer(racer)), theme.line(1.25), True
            )
        painter.setOpacity(opacity)
        focus = self.scene.state.selected if self.scene else 0
        for racer in sorted(curves, key=lambda each: (each == focus, -each)):
            _, x, y = curves[racer]
            width = theme.line(2.5 if racer == focus else 1.75)
            paint_curve(painter, self._frame, x, plotted(y, self.log), QColor(theme.racer(racer)), width)
        painter.end()
        return image

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
        painter.setClipRect(0, 0, split, self.height())
        painter.drawPixmap(0, 0, self._bright)
        painter.setClipRect(split, 0, self.width() - split, self.height())
        painter.drawPixmap(0, 0, self._faint)
        painter.setClipping(False)
        painter.setPen(QPen(QColor(theme.accent), theme.line(1.5)))
        painter.drawLine(QPointF(x, self._frame.top - theme.px(4)), QPointF(x, self._frame.top + self._frame.height))
        self._paint_grip(painter, x)
        self._paint_places(painter, scene)
        self._paint_message(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
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
                value = value - (self.best_loss() or 0.0)
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
        words = "Values of 0 and below have no place on a log axis"
        box = QRectF(self._frame.left, self._frame.top, self._frame.width, theme.px(16))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, words)

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


class LossView(View):
    """The plot with its three switches: what, over what, logarithmic or not."""

    title = "Loss"
    short_title = "Loss"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = QWidget(parent)
        self._widget.setObjectName("lossView")
        self.canvas = LossCanvas(self._widget)
        self.quantity = self._combo(
            "What is plotted",
            "What is plotted: the loss, its distance from the known minimum, or the length of the gradient",
            [words for _, words in _QUANTITIES],
        )
        self.over = self._combo(
            "Over what",
            "Over what: steps, gradient evaluations (the fair axis when a step takes several), or the time these took",
            [words for _, words, _ in _OVERS],
        )
        self.log = QToolButton(self._widget)
        self.log.setText("log")
        self.log.setCheckable(True)
        self.log.setChecked(True)
        self.log.setAccessibleName("Logarithmic axis")
        self.log.setToolTip("Logarithmic axis: equal heights are equal ratios")
        self._chosen_log = False
        self._problem: object = None
        row = QHBoxLayout()
        row.setContentsMargins(SPACE.card, SPACE.grid, SPACE.card, 0)
        row.setSpacing(SPACE.gutter)
        row.addWidget(self.quantity)
        self._over_word = QLabel("over", self._widget)
        row.addWidget(self._over_word)
        row.addWidget(self.over)
        row.addStretch(1)
        row.addWidget(self.log)
        column = QVBoxLayout(self._widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.canvas, 1)
        self.quantity.currentIndexChanged.connect(self._switched)
        self.over.currentIndexChanged.connect(self._switched)
        self.log.clicked.connect(self._log_clicked)
        self.canvas.cursorDragged.connect(self.cursorRequested)
        self.theme(DARK)

    def _combo(self, name: str, help_text: str, lines: list[str]) -> QComboBox:
        box = QComboBox(self._widget)
        box.addItems(lines)
        box.setAccessibleName(name)
        box.setToolTip(help_text)
        return box

    @property
    def widget(self) -> QWidget:
        return self._widget

    def show(self, scene: Scene) -> None:
        self.canvas.scene = scene
        problem = (scene.state.spec.problem.formula, scene.state.spec.problem.minima)
        if scene.history is not None and problem != self._problem and scene.history.length:
            self._problem = problem
            self._offer_gap()
            if not self._chosen_log:
                self._choose_log(scene.history)
        self.canvas.update()

    def _offer_gap(self) -> None:
        """The gap can be chosen only where a minimum is known."""
        known = self.canvas.best_loss() is not None
        item = self.quantity.model().item(1)
        item.setEnabled(known)
        if not known and self.quantity.currentIndex() == 1:
            self.quantity.setCurrentIndex(0)

    def _choose_log(self, history: Any) -> None:
        """Logarithmic while nobody has chosen: if the losses are positive; else over the gap; else linear."""
        lowest = min(float(np.nanmin(trace.column("loss", 0, 4096), initial=np.inf)) for trace in history.traces)
        if lowest <= 0 and self.canvas.best_loss() is not None:
            self.quantity.setCurrentIndex(1)
        self.log.setChecked(lowest > 0 or self.canvas.best_loss() is not None)
        self._switched()

    def _log_clicked(self) -> None:
        self._chosen_log = True
        self._switched()

    def _switched(self) -> None:
        self.canvas.quantity = _QUANTITIES[self.quantity.currentIndex()][0]
        self.canvas.over = _OVERS[self.over.currentIndex()][0]
        self.canvas.log = self.log.isChecked()
        self.canvas.update()

    def theme(self, theme: Theme) -> None:
        self.canvas.look = theme
        for piece in (self.quantity, self.over, self.log, self._over_word):
            piece.setFont(font(TYPE.secondary, 400, theme.scale))
            piece.setFixedHeight(theme.px(SPACE.button + 2))
        self.canvas.update()
