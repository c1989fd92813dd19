"""The landscape itself and the strip that says how far it is true; places under the pointer, steps under the hand."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.analysis.landscape import share_words
from gdsim.draw.axes import paint_inner_axes
from gdsim.draw.chart_parts import paint_nothing, three
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.landscape import paint_origin, paint_track, paint_trust
from gdsim.draw.surface import paint_colour_bar, paint_contours, paint_image, surface_image
from gdsim.draw.text import paint_halo_text
from gdsim.draw.theme import MARK, TYPE
from gdsim.gui.learn.landscape import LandscapePicture
from gdsim.gui.views.canvas import KeptCanvas
from gdsim.gui.views.hud import paint_plate
from gdsim.gui.views.step_canvas import StepCanvas


class LandscapeCanvas(KeptCanvas):
    """Surface and axes are kept as an image; paths and words live over it.

    Signals:
        placed(a, b): training should start from the weights at this place of the plane.
    """

    placed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ready: LandscapePicture | None = None
        self.cursor_step = 0
        self.nothing = ""
        self._pointer: QPointF | None = None
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Landscape of the loss")
        self.setAccessibleDescription("Double-click a place to start training from the weights there.")

    def sizeHint(self) -> QSize:
        return QSize(752, 480)

    @property
    def frame(self) -> Frame:
        """What is shown, on this canvas' pixels."""
        x, y = (self.ready.surface.x, self.ready.surface.y) if self.ready is not None else ((0.0, 1.0), (0.0, 1.0))
        return Frame(x, y, max(self.width(), 1), max(self.height(), 1))

    def take(self, ready: LandscapePicture | None) -> None:
        """Another landscape."""
        if ready is not self.ready:
            self.ready = ready
            self.renew_ground()

    def paint_ground(self, painter: QPainter) -> None:
        if self.ready is None:
            return
        look = self.look
        surface, frame = self.ready.surface, self.frame
        paint_image(painter, frame, surface_image(surface.shade, look), surface.x, surface.y)
        paint_contours(painter, frame, surface.lines, look, labels=False)  # heights above the lowest are no losses
        paint_inner_axes(painter, frame, ("", ""), look)
        self._paint_names(painter)
        if self.width() > look.px(420):
            width = look.px(150)
            bar = QRectF(self.width() - width - look.px(28), look.px(30), width, look.px(8))
            paint_colour_bar(painter, bar, surface.scale, look)

    def _paint_names(self, painter: QPainter) -> None:
        """The axes' names, with what of the path's movement lies along them."""
        assert self.ready is not None
        shown, look = self.ready.landscape, self.look
        names = list(shown.names)
        if np.isfinite(shown.explained).all():
            shares = [share_words(float(share)) for share in shown.explained]
            names = [f"{name}, {share} of the path" for name, share in zip(names, shares, strict=True)]
        ink, halo = QColor(look.ink), QColor(look.casing)
        halo.setAlphaF(0.55 if look.dark else 0.8)
        painter.setFont(font(TYPE.secondary, 600, look.scale))
        right = QPointF(self.width() - look.px(8), self.height() - look.px(28))
        paint_halo_text(painter, right, f"{names[0]} →", ink, halo, look.line(MARK.halo) * 0.8, align=1.0)
        top = QPointF(look.px(8), look.px(14))
        paint_halo_text(painter, top, f"↑ {names[1]}", ink, halo, look.line(MARK.halo) * 0.8, align=0.0)

    def paint_live(self, painter: QPainter) -> None:
        look = self.look
        if self.ready is None:
            paint_nothing(painter, QRectF(self.rect()).adjusted(24, 0, -24, 0), self.nothing, look)
            return
        shown, frame = self.ready.landscape, self.frame
        for track in shown.others:
            paint_track(painter, frame, track.steps, track.places, self.cursor_step, track.racer, look, False)
        paint_origin(painter, QPointF(*frame.pixel(0.0, 0.0)), look)
        paint_track(painter, frame, shown.steps, shown.path, self.cursor_step, shown.racer, look, True)
        if self._pointer is not None:
            a, b = frame.world(self._pointer.x(), self._pointer.y())
            words = (f"loss {three(self.loss_at(a, b))}", "double-click: start from here")
            paint_plate(painter, words, QPointF(look.px(40), self.height() - look.px(30)), look)

    def loss_at(self, a: float, b: float) -> float:
        """The loss of the plane's nearest known point."""
        assert self.ready is not None
        shown = self.ready.landscape
        column, row = int(np.argmin(np.abs(shown.a - a))), int(np.argmin(np.abs(shown.b - b)))
        return float(shown.values[row, column])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position() if self.ready is not None else None
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._pointer = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.ready is not None and event.button() == Qt.MouseButton.LeftButton:
            self.placed.emit(*self.frame.world(event.position().x(), event.position().y()))


class TrustCanvas(StepCanvas):
    """The path's loss and the plane's over the steps, with a playhead that can be dragged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ready: LandscapePicture | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Loss of the path and of the plane")
        self.setAccessibleDescription("Drag to move the playhead; Left and Right move it by one step")

    def paint_steps(self, painter: QPainter) -> Frame | None:
        look = self.look
        if self.ready is None or len(self.ready.landscape.steps) < 2:
            return None
        box = QRectF(self.rect()).adjusted(look.px(12), look.px(4), -look.px(8), -look.px(2))
        return paint_trust(painter, box, self.ready.landscape, self.step, look)
