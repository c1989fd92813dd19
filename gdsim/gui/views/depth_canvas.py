"""The pictures of the comparison of depths: layers by steps of one network, and the losses of both."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from gdsim.analysis.vanishing import Fading
from gdsim.draw.chart_parts import paint_nothing, paint_title
from gdsim.draw.depth_rows import paint_depth, paint_depth_scale, paint_two_losses
from gdsim.draw.frame import Frame
from gdsim.gui.views.step_canvas import StepCanvas


class LayersCanvas(StepCanvas):
    """One network: bars at the step, colours at all of them; `scale`: it also says what the colours mean."""

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = number
        self.shown: Fading | None = None
        self.span = (-3.0, 0.0)
        self.nothing = ""
        self.setAccessibleName(f"Gradient of each layer of network {'AB'[number]}")

    def sizeHint(self) -> QSize:
        return QSize(752, 170)

    def paint_steps(self, painter: QPainter) -> Frame | None:
        look = self.look
        box = QRectF(self.rect()).adjusted(look.px(12), look.px(2), -look.px(12), -look.px(2))
        if self.shown is None:
            paint_nothing(painter, box, self.nothing, look)
            return None
        at = "at the start" if self.step == 0 else f"at step {min(self.step, len(self.shown.steps) - 1):,}"
        title = paint_title(painter, box, f"|gradient| of each layer {at}", "", look)
        half = QRectF(box.left() + 0.45 * box.width(), box.top(), 0.55 * box.width(), look.px(20))
        paint_depth_scale(painter, half, self.span, look)
        return paint_depth(painter, box.adjusted(0, title, 0, 0), self.shown, self.step, self.span, self.number, look)


class LossesCanvas(StepCanvas):
    """The losses of both networks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Sequence[Fading] = ()
        self.setAccessibleName("Loss of both networks")

    def sizeHint(self) -> QSize:
        return QSize(752, 120)

    def paint_steps(self, painter: QPainter) -> Frame | None:
        look = self.look
        if not self.shown:
            return None
        box = QRectF(self.rect()).adjusted(look.px(12), look.px(4), -look.px(12), -look.px(2))
        return paint_two_losses(painter, box, self.shown, self.step, ("A", "B"), look)
