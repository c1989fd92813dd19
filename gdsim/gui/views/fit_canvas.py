"""Models of one column: samples, every racer's curve, what is left between; under the hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.draw.chart_parts import Entry, legend_height, paint_legend, paint_nothing, paint_title
from gdsim.draw.data_points import DataPoints, paint_hovered, paint_points
from gdsim.draw.fit import FitCurve, FitPicture, paint_fit
from gdsim.draw.frame import Interval
from gdsim.draw.plane_axes import foot_room, paint_plane_axes, paint_plane_grid, plane_frame
from gdsim.draw.residuals import Residuals
from gdsim.gui.views.sample_canvas import SampleCanvas

_TITLE = 24


@dataclass(frozen=True, eq=False)
class FitScene:
    """What a FitCanvas shows.

    Attributes:
        x, y: ranges. names: of the axes.
        curves: of the racers; of several classes, of the focused racer, one for each class.
        data: samples where they lie in the plane, classes by colour; None where a unit is shown, which has no samples.
        plain: whether samples have one colour, residuals, and rings around outliers.
        predicted: (m,) what the focused racer says of each sample; None: no residuals.
        level: a height at which two classes part; None for none.
        focus: the racer that is meant.
    """

    x: Interval
    y: Interval
    names: tuple[str, str]
    curves: tuple[FitCurve, ...] = ()
    data: DataPoints | None = None
    plain: bool = True
    predicted: NDArray[np.float64] | None = None
    level: float | None = None
    focus: int = 0


class FitCanvas(SampleCanvas):
    """Ranges stay while something is under the hand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Data and curve")
        self.setAccessibleDescription(
            "Double-click adds a sample, drag moves one, a right click, Alt+click or Delete takes it away. With the "
            "Tab key here, arrow keys move a cross and Enter adds a sample there."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.picture: FitScene | None = None
        self.title = ""
        self.note = ""
        self.residuals: Residuals = "lines"
        self._ranges: tuple[Interval, Interval] | None = None

    @property
    def holding(self) -> bool:
        """Whether the hand holds something, so that the ranges must stay."""
        return self.dragging

    def show_fit(self, picture: FitScene | None) -> None:
        """Another picture."""
        self.picture = picture
        if picture is not None and (self._ranges is None or not self.holding):
            self._ranges = (picture.x, picture.y)
        self.update()

    def entries(self) -> list[Entry]:
        """The legend."""
        picture = self.picture
        if picture is None:
            return []
        many = picture.data is not None and len(picture.data.classes) > 2
        mark = "line" if many else "head"
        found = [Entry(each.label, self.look.racer(each.racer), mark, each.racer) for each in picture.curves]
        if self.test and picture.data is not None and picture.data.held_out.any():
            found += [Entry("train", self.look.text, "dot"), Entry("test", self.look.text, "ring")]
        return found

    def paint(self, painter: QPainter) -> None:
        look, picture = self.look, self.picture
        painter.fillRect(self.rect(), QColor(look.surface))
        box = QRectF(self.rect()).adjusted(look.px(10), look.px(8), -look.px(12), -look.px(4))
        if picture is None or self._ranges is None:
            paint_nothing(painter, box, "the model is on its way", look)
            return
        entries = self.entries()
        foot = max(legend_height(entries, box.width(), look), float(look.px(18)))
        x, y = self._ranges
        frame = plane_frame(box, x, y, picture.names[1], look, float(look.px(_TITLE)), foot + look.px(6), equal=False)
        self.frame = frame
        paint_title(painter, box, self.title, self.note, look)
        self.paint_below(painter)
        self._paint_curves(painter, picture)
        self.paint_above(painter)
        paint_plane_axes(painter, frame, picture.names, look)
        top = frame.top + frame.height + foot_room(look) + look.px(4)
        paint_legend(painter, QRectF(box.left(), top, box.width(), foot), entries, look)
        self.paint_keyboard(painter)

    def paint_below(self, painter: QPainter) -> None:
        """Paints what lies under curves and samples."""
        picture, frame = self.picture, self.frame
        if picture is None or picture.level is None:
            return
        y = float(frame.down(picture.level))
        pen = QPen(QColor(self.look.muted), self.look.line(1.0))
        pen.setDashPattern([4.0, 4.0])
        paint_plane_grid(painter, frame, self.look)
        painter.setPen(pen)
        painter.drawLine(QLineF(frame.left, y, frame.left + frame.width, y))

    def paint_above(self, painter: QPainter) -> None:
        """Paints what lies over them."""

    def _paint_curves(self, painter: QPainter, picture: FitScene) -> None:
        frame, look, data = self.frame, self.look, picture.data
        show: Residuals = self.residuals if picture.predicted is not None else "none"
        if picture.plain and data is not None:
            made = FitPicture(
                data.points[:, 0], data.points[:, 1], data.held_out, picture.curves, picture.predicted, picture.focus,
                picture.names,
            )  # fmt: skip
            hovered = None if self.holding else self.hovered
            paint_fit(painter, frame, made, look, show, hovered, self.test)
            return
        nothing = np.empty(0)
        paint_fit(painter, frame, FitPicture(nothing, nothing, None, picture.curves, None, picture.focus), look, "none")
        if data is not None:
            paint_points(painter, frame, data, look, self.test)
            if self.hovered is not None and not self.holding:
                paint_hovered(painter, frame, data, self.hovered, look)
