"""A sweep as a map of two settings or as curves over one: the best cell, the racer's present settings, the cell under
the pointer."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPen,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from gdsim.analysis.sweeps import SweepMap
from gdsim.draw.frame import Frame
from gdsim.draw.map_colours import scale_colours
from gdsim.draw.map_parts import axis_ticks, left_room, paint_loss_bar, paint_outer_axes, paint_step_bar, up_name
from gdsim.draw.maps import (
    axis_reach,
    cell_at,
    cell_place,
    loss_scale,
    paint_best,
    paint_map,
    seen,
    sweep_image,
    sweep_step_scale,
)
from gdsim.draw.markers import paint_focus, paint_head
from gdsim.draw.sweep_curves import paint_sweep_curves
from gdsim.draw.theme import MARK
from gdsim.draw.ticks import number_label
from gdsim.engine.swarm import NONFINITE, RUNNING, UNKNOWN
from gdsim.gui.views.canvas import KeptCanvas
from gdsim.gui.views.hud import paint_plate

_FOOT, _BAR = 30.0, 46.0


class SweepCanvas(KeptCanvas):
    """The picture is kept until map, measure, theme or size change; markers and words live over it.

    Signals:
        picked(row, column, new): a cell was clicked (or Enter pressed on it); `new`: as one more racer.
    """

    picked = Signal(int, int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.map: SweepMap | None = None
        self.measure = "loss"
        self.racer = 0
        self.now: Mapping[str, float] = {}
        self.cell: tuple[int, int] | None = None
        self._frames: tuple[Frame, ...] = ()
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Sweep over settings")
        self.setAccessibleDescription(
            "Click a cell to give the racer its settings, with Shift to add a racer that has them. Arrow keys move "
            "from cell to cell, Enter takes its settings."
        )

    def sizeHint(self) -> QSize:
        return QSize(752, 560)

    def show_map(self, sweep: SweepMap | None, measure: str) -> None:
        """Another map, or another measure of it."""
        if sweep is not self.map or measure != self.measure:
            self.map, self.measure = sweep, measure
            self.renew_ground()

    # Painting

    def paint_ground(self, painter: QPainter) -> None:
        sweep, self._frames = self.map, ()
        if sweep is None:
            return
        look = self.look
        if sweep.y is None:
            box = QRectF(self.rect()).adjusted(look.px(12), look.px(8), -look.px(12), -look.px(4))
            self._frames = paint_sweep_curves(painter, sweep, box, look)
        else:
            self._frames = (self._paint_plane(painter, sweep),)

    def _paint_plane(self, painter: QPainter, sweep: SweepMap) -> Frame:
        look = self.look
        assert sweep.y is not None
        x, y = axis_reach(sweep.x), axis_reach(sweep.y)
        high = self.height() - look.px(_FOOT) - look.px(_BAR) - look.px(16)
        up = axis_ticks(y, sweep.y.scale == "log", high, look.px(64))
        name = up_name(sweep.y.name, self.width(), look)
        left = left_room(up, name, look)
        frame = Frame(x, y, self.width() - left - look.px(20), high, round(left + look.px(4)), look.px(12))
        image: QImage = sweep_image(sweep, self.measure, look)
        paint_map(painter, frame, image, x, y)
        self._paint_diverging(painter, sweep, frame)
        across = axis_ticks(x, sweep.x.scale == "log", frame.width, look.px(90))
        paint_outer_axes(painter, frame, across, up, (sweep.x.name, name), look)
        below = self.height() - look.px(_BAR) + look.px(18)
        bar = QRectF(frame.left, below, min(frame.width * 0.6, look.px(280)), look.px(8))
        if self.measure == "loss":
            paint_loss_bar(painter, bar, loss_scale(sweep), look)
        else:
            paint_step_bar(painter, bar, sweep_step_scale(sweep), scale_colours(look), look)
        return frame

    def _paint_diverging(self, painter: QPainter, sweep: SweepMap, frame: Frame) -> None:
        """Hatches cells that diverge as finely as the screen can: cells are larger than the image's hatching thinks."""
        ny, nx = sweep.codes.shape
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        wide, tall = frame.width / nx, frame.height / ny
        rows, columns = seen(ny, sweep.stride), seen(nx, sweep.stride)
        bad = np.pad(sweep.codes[np.ix_(rows, columns)] == NONFINITE, ((0, 0), (1, 1)))
        edges = np.diff(bad.astype(np.int8), axis=1)
        for row in range(ny):
            begins, ends = np.flatnonzero(edges[row] == 1), np.flatnonzero(edges[row] == -1)
            top = frame.top + (ny - 1 - row) * tall
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
                path.addRect(QRectF(frame.left + begin * wide, top, (end - begin) * wide, tall + 0.5))
        painter.fillPath(path, QColor(self.look.surface if self.look.dark else self.look.raised))
        painter.fillPath(path, QBrush(QColor(self.look.hatch), Qt.BrushStyle.BDiagPattern))

    def paint_live(self, painter: QPainter) -> None:
        if self.map is not None and self._frames:
            self._paint_marks(painter, self.map)
        if self.hasFocus():
            paint_focus(painter, self.rect(), self.look)

    def _paint_marks(self, painter: QPainter, sweep: SweepMap) -> None:
        look = self.look
        if sweep.y is not None and sweep.best is not None:
            paint_best(painter, QPointF(*self._frames[0].pixel(*cell_place(sweep, *sweep.best))), look)
        if self.cell is not None:
            self._paint_cell(painter, sweep, self.cell)
        at = self.now_place()
        if at is not None:
            paint_head(painter, at, self.racer, look, MARK.head)

    def now_place(self) -> QPointF | None:
        """Where the racer's present settings lie, in pixels; None when they lie outside."""
        sweep = self.map
        if sweep is None or not self._frames:
            return None
        places = []
        for axis in (sweep.x, sweep.y):
            value = 0.0 if axis is None else self.now.get(axis.name, math.nan)
            if axis is not None and axis.scale == "log":
                value = math.log10(value) if value > 0 else math.nan
            places.append(value)
        frame = self._frames[0]
        if sweep.y is None:
            px, py = float(frame.across(places[0])), frame.top + frame.height
        else:
            px, py = frame.pixel(*places)
        return QPointF(px, py) if math.isfinite(px + py) and frame.contains(px, py, 2) else None

    def _paint_cell(self, painter: QPainter, sweep: SweepMap, cell: tuple[int, int]) -> None:
        x, y = cell_place(sweep, *cell)
        frame, look = self._frames[0], self.look
        px, py = frame.pixel(x, y)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if sweep.y is None:
            pen = QPen(QColor(look.secondary), 1)
            painter.setPen(pen)
            for each in self._frames:
                painter.drawLine(QPointF(round(px) + 0.5, each.top), QPointF(round(px) + 0.5, each.top + each.height))
            py = frame.top + look.px(60)
        else:
            wide, tall = frame.width / sweep.x.count, frame.height / sweep.y.count
            box = QRectF(px - wide / 2, py - tall / 2, wide, tall).adjusted(-1, -1, 1, 1)
            for colour, width in ((look.casing, 3.0), (look.ink, 1.0)):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawRect(box)
        self._paint_words(painter, self.words_of(*cell), px, py)

    def _paint_words(self, painter: QPainter, lines: tuple[str, ...], px: float, py: float) -> None:
        """A plate beside the cell, on the side where there is room."""
        look = self.look
        right = px > self.width() * 0.55
        low = min(max(py - look.px(10), look.px(60)), self.height() - look.px(8))
        gap = look.px(14)
        paint_plate(painter, lines, QPointF(px - gap if right else px + gap, low), look, align_right=right)

    def words_of(self, row: int, column: int) -> tuple[str, ...]:
        """What is known of a cell."""
        sweep = self.map
        if sweep is None:
            return ()
        first = "   ".join(f"{name} = {number_label(value)}" for name, value in sweep.settings(row, column).items())
        code, steps = sweep.codes[row, column], sweep.steps[row, column]
        if code == UNKNOWN:
            return (first, "not known yet")
        if code == NONFINITE:
            return (first, f"diverges after {steps:,} steps")
        loss = number_label(float(sweep.loss[row, column]))
        if code == RUNNING:
            return (first, f"f = {loss}, not arrived after {steps:,} steps")
        return (first, f"f = {loss} after {steps:,} steps")

    # The hand

    def cell_under(self, at: QPointF) -> tuple[int, int] | None:
        """The cell at a pixel."""
        sweep = self.map
        if sweep is None:
            return None
        for frame in self._frames:
            if frame.contains(at.x(), at.y()):
                x, y = frame.world(at.x(), at.y())
                row, column = cell_at(sweep, (x, y if sweep.y is not None else 0.0))
                return row, column
        return None

    def place_of(self, row: int, column: int) -> QPointF:
        """The middle of a cell, in pixels."""
        assert self.map is not None
        x, y = cell_place(self.map, row, column)
        frame = self._frames[0]
        px, py = frame.pixel(x, y)
        return QPointF(px, py if self.map.y is not None else frame.top + frame.height / 2)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.cell = self.cell_under(event.position())
        self.update()

    def leaveEvent(self, event: object) -> None:
        self.cell = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_under(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.picked.emit(*cell, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        cell = self.cell_under(QPointF(event.pos()))
        if cell is None:
            return
        menu = QMenu(self)
        menu.addAction("Take These Settings", lambda: self.picked.emit(*cell, False))
        menu.addAction("Add a Racer with These Settings", lambda: self.picked.emit(*cell, True))
        menu.exec(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (1, 0),
            Qt.Key.Key_Down: (-1, 0),
        }
        sweep, key = self.map, event.key()
        if sweep is None or (key not in ways and key not in (Qt.Key.Key_Return, Qt.Key.Key_Enter)):
            event.ignore()
            return
        ny, nx = sweep.codes.shape
        row, column = self.cell or sweep.best or (ny // 2, nx // 2)
        if key in ways:
            down, across = ways[Qt.Key(key)]
            self.cell = (min(max(row + down, 0), ny - 1), min(max(column + across, 0), nx - 1))
            self.update()
        else:
            self.picked.emit(row, column, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
