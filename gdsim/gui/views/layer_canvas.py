"""The gradient of each layer as bars at the cursor, and as lines over the epochs."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.analysis.training_progress import LayerFlow
from gdsim.draw.chart_parts import paint_title, put_text
from gdsim.draw.curves import curve_frame, paint_curve, paint_curve_axes, place_ticks, value_axis_width, value_ticks
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.layer_bars import BarSeries, paint_layer_bars
from gdsim.draw.learn_colours import mixed
from gdsim.draw.series import batching, plotted, span_of
from gdsim.draw.theme import TYPE
from gdsim.draw.ticks import number_label
from gdsim.gui.views.canvas import Canvas
from gdsim.gui.views.loss_curves import CurveStore, place_of
from gdsim.gui.views.view import Scene

_LOWEST = 104  # pixels below which lines are not worth their room


def layer_labels(net: Any) -> tuple[str, ...]:
    """``1 · 8 tanh`` for each hidden layer, and the outputs."""
    hidden = [f"{k} · {each.outputs} {each.activation.name}" for k, each in enumerate(net.layers[:-1], 1)]
    return (*hidden, f"output · {net.layers[-1].outputs}")


class LayerBars(Canvas):
    """The bars: one layer a row, the length of its gradient on a logarithmic axis."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows = 1
        self.labels: tuple[str, ...] = ()
        self.gradient = "∇J"
        self.series: BarSeries | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setAccessibleName("Length of the gradient, layer by layer")

    def show_flow(self, labels: tuple[str, ...], flow: LayerFlow, racer: int, gradient: str) -> None:
        """Another step's gradients; `gradient`: what it is called."""
        same = self.series is not None and self.series.racer == racer and self.labels == labels
        same = same and self.gradient == gradient
        if same and np.array_equal(self.series.values, flow.norms, equal_nan=True):
            return
        self.labels, self.gradient, self.series = labels, gradient, BarSeries("", flow.norms, racer)
        said = (f"{label} {number_label(float(value), 3)}" for label, value in zip(labels, flow.norms, strict=True))
        self.setAccessibleDescription(", ".join(said))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, self.look.px(48 + 24 * self.rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.look.px(48 + 11 * self.rows))

    def paint(self, painter: QPainter) -> None:
        if self.series is not None:
            box = QRectF(self.rect())
            title = f"|{self.gradient}| of each layer" + (", of this batch" if self.gradient == "g" else "")
            paint_layer_bars(painter, box, self.labels, [self.series], self.look, title)


class LayerCurves(Canvas):
    """The mean over each epoch of every layer's gradient, from the start on; only where there is room for it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._scene: Scene | None = None
        self._store = CurveStore()
        self._frame = Frame((0.0, 1.0), (0.0, 1.0), 1.0, 1.0)
        self._key: object = None
        self._image = QPixmap()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Gradient of each layer over the epochs")

    def show_scene(self, scene: Scene) -> None:
        """Another run, or more of it, or another step."""
        self._scene = scene
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 0)  # it takes what room is left

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 0)

    def paint(self, painter: QPainter) -> None:
        scene = self._scene
        if scene is None or scene.history is None or self.height() < self.look.px(_LOWEST):
            return
        trace = scene.history.traces[scene.state.selected]
        if trace.published <= batching(trace)[0]:  # not even one epoch
            return
        self._renew(scene, trace)
        painter.drawPixmap(0, 0, self._image)
        place = place_of(scene.history, trace, min(scene.state.cursor, trace.last), "epochs")
        x = float(self._frame.across(min(place, self._frame.x[1])))
        painter.setPen(QPen(QColor(self.look.accent), self.look.line(1.0)))
        painter.drawLine(QPointF(x, self._frame.top), QPointF(x, self._frame.top + self._frame.height))

    def _renew(self, scene: Scene, trace: Any) -> None:
        history, racer, theme = scene.history, scene.state.selected, self.look
        self._store.meet(scene)
        key = (self._store.stamp, trace.published, racer, theme, self.size())
        if key == self._key:
            return
        self._key = key
        names = [name for name in trace.more if name.startswith("grad_norm_layer")]
        curves = [self._store.means(history, racer, name, "epochs") for name in names]
        span = span_of([(x, y) for _, x, y in curves], log=True)
        ratio = self.devicePixelRatioF()
        self._image = QPixmap(self.size() * ratio)
        self._image.setDevicePixelRatio(ratio)
        self._image.fill(QColor(theme.surface))
        painter = QPainter(self._image)
        top = paint_title(painter, QRectF(self.rect()), "Over the epochs", "mean of each epoch", theme)
        room = self.height() - top - theme.px(24)
        up = value_ticks(span, room, theme)
        left = value_axis_width(up, theme)
        self._frame = curve_frame(span, QRectF(left, top, self.width() - left - theme.px(26), room))
        across = place_ticks(span, self._frame.width, theme, whole=False)
        paint_curve_axes(painter, self._frame, across, up, "epoch", theme)
        for number in range(len(curves) - 1, -1, -1):
            _, x, y = curves[number]
            colour = self._colour(racer, number, len(curves))
            paint_curve(painter, self._frame, x, plotted(y, True), colour, theme.line(1.75))
        ends: list[float] = []
        for number in (0, len(curves) - 1, *range(1, len(curves) - 1)):
            colour = self._colour(racer, number, len(curves))
            self._name(painter, number, len(curves), plotted(curves[number][2], True), colour, ends)
        painter.end()

    def _colour(self, racer: int, number: int, layers: int) -> QColor:
        """The racer's own for the first layer, paler towards the outputs."""
        return QColor(mixed(self.look.racer(racer), self.look.muted, 0.85 * number / max(layers - 1, 1)))

    def _name(
        self, painter: QPainter, number: int, layers: int, heights: np.ndarray, colour: QColor, ends: list[float]
    ) -> None:
        """The layer's number at the end of its line, unless another's is there."""
        known = heights[np.isfinite(heights)]
        high = float(self.look.px(12))
        if not len(known):
            return
        y = float(self._frame.down(known[-1]))
        if any(abs(y - other) < high for other in ends):
            return
        ends.append(y)
        words = "out" if number == layers - 1 else str(number + 1)
        box = QRectF(self._frame.left + self._frame.width + self.look.px(4), y - high / 2, self.look.px(24), high)
        put_text(painter, box, words, colour, font(TYPE.tick, 600, self.look.scale))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._key = None
