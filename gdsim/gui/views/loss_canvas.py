"""The plot of losses or gradients: curves kept as an image, playhead and heads live."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.draw.chart_parts import Entry, paint_legend
from gdsim.draw.curves import (
    curve_frame,
    paint_curve,
    paint_curve_axes,
    place_ticks,
    share_ticks,
    value_axis_width,
    value_ticks,
)
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.markers import paint_focus, paint_head
from gdsim.draw.series import Over, Quantity, Span, batching, gap_to, plotted, share_span, span_of
from gdsim.draw.theme import TYPE
from gdsim.draw.ticks import Tick
from gdsim.gui.views.canvas import Canvas
from gdsim.gui.views.loss_curves import (
    COLUMNS,
    LEARN_OVERS,
    OVERS,
    POLICY_OVERS,
    SPARSE,
    Curves,
    CurveStore,
    place_of,
    row_at,
    visible_racers,
)
from gdsim.gui.views.view import Scene

Shown = dict[tuple[int, str], Curves]
"""By racer and column."""

_FAINT = 0.28  # opacity of the curves beyond the playhead
_BEHIND = 0.22  # opacity of single batches behind what is known of all samples, or of an epoch
_FEW = 3  # losses over all samples up to which the axis has to suit the batches' as well


class LossCanvas(Canvas):
    """The plot: axes and curves are kept as images (faint beyond the playhead); playhead and heads are live."""

    cursorDragged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene: Scene | None = None
        self.quantity: Quantity = "loss"
        self.over: Over = "steps"
        self.log = True
        self._frame = Frame((0.0, 1.0), (0.0, 1.0), 1.0, 1.0)
        self._span = Span((0.0, 1.0), (0.0, 1.0), False)
        self._key: object = None
        self._axes = QPixmap()
        self._curves = QPixmap()
        self._store = CurveStore()
        self._shown: Shown = {}
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

    @property
    def best_reward(self) -> float | None:
        """The most that any policy can earn, where rewards are shown."""
        history = self.scene.history if self.scene is not None else None
        return history.objective.best if history is not None and self.quantity == "reward" else None

    @property
    def learns(self) -> bool:
        """Whether it is a model's training that is plotted."""
        return self.scene is not None and self.scene.state.spec.problem.learn is not None

    def _curves_of(self, history: Any, ghost: bool = False) -> Shown:
        found: Shown = {}
        for racer in visible_racers(history):
            for column in COLUMNS[self.quantity]:
                noisy = self.learns and column not in SPARSE
                curve_of = self._store.means if noisy else self._store.curve
                rows, places, values = curve_of(history, racer, column, self.over, ghost)
                if self.quantity == "gap":
                    values = gap_to(values, self.best_loss() or 0.0)
                found[racer, column] = (rows, places, -values if self.quantity == "reward" else values)
        return found

    def _behind(self, scene: Scene) -> Curves | None:
        """The focused racer's loss or gradient batch by batch, where what is shown is of all samples or an epoch."""
        racer, history = scene.state.selected, scene.history
        if self.quantity == "reward" and racer in visible_racers(history):
            sampled = history.objective.sampled
            return self._store.curve(history, racer, "mean_return", self.over) if sampled else None
        if not self.learns or self.quantity == "accuracy" or racer not in visible_racers(history):
            return None
        column = "grad_norm" if self.quantity == "grad_norm" else "loss"
        if batching(history.traces[racer])[0] == 1:  # a batch is all samples
            return None
        return self._store.curve(history, racer, column, self.over)

    def _renew(self, scene: Scene) -> None:
        """Paints the curves anew if anything about them has changed."""
        history, ghost = scene.history, scene.ghost
        rows = tuple(trace.published for trace in history.traces)
        self._store.meet(scene)
        key = (
            (self._store.stamp, rows, id(ghost), self.look, self.size(), scene.state.selected),
            (self.quantity, self.over, self.log, tuple(visible_racers(history)), scene.state.spec.problem.minima),
        )
        if key == self._key and not self._curves.isNull():
            return
        self._key = key
        curves = self._shown = self._curves_of(history)
        before = self._curves_of(ghost, ghost=True) if ghost is not None else {}
        behind = self._behind(scene)
        self._span = self._span_of([*curves.values(), *before.values()], behind)
        theme, shares = self.look, self.quantity == "accuracy"
        legend = self._legend(curves, behind)
        top = float(theme.px(26 if legend else 8))
        room = self.height() - top - theme.px(26)
        up = (share_ticks if shares else value_ticks)(self._span, room, theme)
        left = max(value_axis_width(up, theme), float(theme.px(36)))
        self._frame = curve_frame(self._span, QRectF(left, top, self.width() - left - theme.px(12), room))
        self._axes = self._paint_axes(up, legend)
        self._curves = self._paint_curves(curves, before, behind)

    def _span_of(self, curves: list[Curves], behind: Curves | None) -> Span:
        shown = [(x, y) for _, x, y in curves]
        if self.quantity == "accuracy":
            return share_span(shown)
        if behind is not None and max((len(x) for x, _ in shown), default=0) <= _FEW:
            shown.append(behind[1:])
        if (best := self.best_reward) is not None:
            shown.append((np.zeros(1), np.full(1, best)))
        span = span_of(shown, self.log)
        if behind is None or not len(behind[1]):
            return span
        # batches come more often than losses over all samples: the axis below goes as far as they do
        return Span((0.0, max(span.x[1], float(behind[1][-1]))), span.y, span.log, span.missing)

    def _legend(self, curves: Shown, behind: Curves | None) -> list[Entry]:
        """What is solid, dashed, thin; nothing where there are solid lines only."""
        focus = self.scene.state.selected if self.scene is not None else 0
        columns, colour = COLUMNS[self.quantity], self.look.racer(focus)
        if self.quantity == "reward":
            thin = [Entry("mean return", colour, "thin")] if behind is not None else []
            return [Entry("J, exact", colour, "line"), *thin, Entry("best", self.look.secondary, "dashed")]
        if len(columns) < 2 and behind is None:
            return []
        entries = [Entry("train" if len(columns) > 1 else "mean of an epoch", colour, "line")]
        if any(len(curve[0]) for (_, column), curve in curves.items() if column != columns[0]):
            entries.append(Entry("test", colour, "dashed"))
        if behind is not None:
            entries.append(Entry("each batch", colour, "thin"))
        return entries

    def _image(self, ground: QColor) -> QPixmap:
        ratio = self.devicePixelRatioF()
        image = QPixmap(self.size() * ratio)
        image.setDevicePixelRatio(ratio)
        image.fill(ground)
        return image

    def _paint_axes(self, up: list[Tick], legend: list[Entry]) -> QPixmap:
        image = self._image(QColor(self.look.surface))
        painter = QPainter(image)
        across = place_ticks(self._span, self._frame.width, self.look, self.over == "time", self.over != "epochs")
        name = next(axis for over, _, axis in (*LEARN_OVERS, *POLICY_OVERS, *OVERS) if over == self.over)
        paint_curve_axes(painter, self._frame, across, up, name, self.look)
        if (best := self.best_reward) is not None:
            line = np.full(2, best)
            paint_curve(painter, self._frame, np.array(self._span.x), line, QColor(self.look.secondary), 1.0, True)
        if legend:
            top = self._frame.top - self.look.px(22)
            paint_legend(painter, QRectF(self._frame.left, top, self._frame.width, self.look.px(18)), legend, self.look)
        painter.end()
        return image

    def _paint_curves(self, curves: Shown, before: Shown, behind: Curves | None) -> QPixmap:
        theme, columns = self.look, COLUMNS[self.quantity]
        image = self._image(QColor(0, 0, 0, 0))
        painter = QPainter(image)
        focus = self.scene.state.selected if self.scene else 0

        def line(racer: int, x: np.ndarray, y: np.ndarray, width: float, dashed: bool) -> None:
            colour = QColor(theme.racer(racer))
            paint_curve(painter, self._frame, x, plotted(y, self.log), colour, theme.line(width), dashed)

        painter.setOpacity(_BEHIND)
        if behind is not None:
            line(focus, behind[1], behind[2], 1.0, False)
        painter.setOpacity(0.5)
        for (racer, column), (_, x, y) in before.items():
            line(racer, x, y, 1.25, len(columns) == 1 or column != columns[0])
        painter.setOpacity(1.0)
        for racer, column in sorted(curves, key=lambda each: (each[0] == focus, -each[0], -columns.index(each[1]))):
            _, x, y = curves[racer, column]
            width = 2.5 if racer == focus else 1.75
            second = column != columns[0]
            line(racer, x, y, 0.8 * width if second else width, second)
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
        return place_of(scene.history, trace, min(scene.state.cursor, trace.published - 1), self.over)

    def paint(self, painter: QPainter) -> None:
        scene, theme = self.scene, self.look
        if scene is None or scene.history is None or scene.history.length == 0:
            painter.fillRect(self.rect(), QColor(theme.surface))
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
        for racer in sorted(visible_racers(history), key=lambda each: (each == scene.state.selected, -each)):
            trace = history.traces[racer]
            row = min(scene.state.cursor, trace.published - 1)
            px, py = self._frame.pixel(place_of(history, trace, row, self.over), self._height_at(racer, trace, row))
            if np.isfinite(py) and self._frame.contains(px, py, 3):
                size = 10.0 if racer == scene.state.selected else 8.0
                paint_head(painter, QPointF(px, py), racer, theme, size)

    def _height_at(self, racer: int, trace: Any, row: int) -> float:
        """A racer's value at a row, on the axis; on its line between the rows that have one."""
        column = COLUMNS[self.quantity][0]
        if self.learns:
            rows, _, values = self._shown.get((racer, column), (np.empty(0),) * 3)
            return float(np.interp(row, rows, plotted(values, self.log))) if len(rows) else float("nan")
        value = trace.column(column, row, row + 1)
        if self.quantity == "gap":
            value = gap_to(value, self.best_loss() or 0.0)
        if self.quantity == "reward":
            value = -value
        return float(plotted(value, self.log)[0])

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
            place = row_at(scene.history, scene.history.traces[scene.state.selected], place, self.over)
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
        if self.learns and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            event.ignore()  # the window's: from epoch to epoch
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
