"""The output (or one unit) over the plane of two columns, with the samples on it, under the hand."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.draw.boundary import Boundary, boundary_image, key_height, paint_boundary, paint_key
from gdsim.draw.chart_parts import paint_legend, paint_nothing, paint_title
from gdsim.draw.data_points import DataPoints, paint_hovered, paint_points, role_entries
from gdsim.draw.frame import Interval
from gdsim.draw.plane_axes import foot_room, paint_plane_axes, plane_frame
from gdsim.draw.theme import Theme
from gdsim.gui.views.sample_canvas import SampleCanvas

_TITLE, _LEGEND = 24, 18
_ALIKE = 1.25  # ratio of two ranges up to which one unit is as long across as up; others fill a square
_MARGIN_LEFT, _MARGIN_RIGHT = 10, 8


class BoundaryCanvas(SampleCanvas):
    """What is shown is set as plain values by `show_picture`; ranges stay while a sample is under the hand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Boundary")
        self.setAccessibleDescription(
            "Double-click adds a sample of the chosen class, with Shift of the next one; drag moves a sample, a right "
            "click, Alt+click or Delete takes it away. Number keys choose the class. With the Tab key here, arrow keys "
            "move a cross and Enter adds a sample there."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.boundary: Boundary | None = None
        self.data: DataPoints | None = None
        self.names = ("x", "y")
        self.title = ""
        self.note = ""
        self.discrete = False
        self.only_wrong = False
        self._ranges: tuple[Interval, Interval] | None = None
        self._image = QImage()
        self._image_of: tuple[Boundary, Theme, bool] | None = None

    def wanted_height(self, width: int) -> int:
        """The height at which the plane is a square, or has the shape of its ranges."""
        look = self.look
        side = width - look.px(_MARGIN_LEFT + _MARGIN_RIGHT) - look.px(34)
        key = key_height(self.boundary, side, look) if self.boundary is not None else look.px(30)
        if self._ranges is not None and self._alike():
            x, y = self._ranges
            side = min(side, round(side * (y[1] - y[0]) / (x[1] - x[0])))
        extra = look.px(_TITLE + _LEGEND + 18) + foot_room(look) + key
        return round(side + extra)

    def show_picture(self, boundary: Boundary | None, data: DataPoints | None) -> None:
        """Another picture; the ranges follow unless a sample is under the hand."""
        self.boundary, self.data = boundary, data
        if boundary is not None and (self._ranges is None or not self.dragging):
            self._ranges = (boundary.x, boundary.y)
        self.update()

    def _alike(self) -> bool:
        """Whether one unit is as long across as up."""
        assert self._ranges is not None
        x, y = self._ranges
        return 1 / _ALIKE <= (x[1] - x[0]) / (y[1] - y[0]) <= _ALIKE

    def image(self) -> QImage:
        """The ground, made once for each picture."""
        boundary, of = self.boundary, self._image_of
        same = of is not None and of[0] is boundary and of[1:] == (self.look, self.discrete)
        if boundary is not None and not same:
            self._image_of = (boundary, self.look, self.discrete)
            self._image = boundary_image(boundary, self.look, self.discrete)
        return self._image

    def paint(self, painter: QPainter) -> None:
        look = self.look
        painter.fillRect(self.rect(), QColor(look.surface))
        box = QRectF(self.rect()).adjusted(look.px(_MARGIN_LEFT), look.px(8), -look.px(_MARGIN_RIGHT), -look.px(4))
        if self.boundary is None or self._ranges is None:
            paint_nothing(painter, box, "the model is on its way", look)
            return
        boundary, data = self.boundary, self.data
        width = box.width() - look.px(48)
        key, legend = key_height(boundary, width, look), float(look.px(_LEGEND))
        x, y = self._ranges
        top, foot = float(look.px(_TITLE)), key + legend + look.px(6)
        frame = self.frame = plane_frame(box, x, y, self.names[1], look, top, foot, self._alike())
        paint_title(painter, box, self.title, self.note, look)
        paint_boundary(painter, frame, boundary, look, self.image())
        if data is not None:
            paint_points(painter, frame, data, look, self.test)
        paint_plane_axes(painter, frame, self.names, look)
        under = frame.top + frame.height + foot_room(look) + look.px(2)
        below = QRectF(frame.left, under, frame.width, key)
        paint_key(painter, below, boundary, look)
        if data is not None:
            entries = role_entries(data, look, self.test)
            paint_legend(painter, QRectF(frame.left, under + key + look.px(2), frame.width, legend), entries, look)
            if self.hovered is not None and not self.dragging:
                paint_hovered(painter, frame, data, self.hovered, look)
        self.paint_keyboard(painter)
