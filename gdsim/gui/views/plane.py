"""The canvas of both heroes: what is painted over a frame on the world, layer by layer.

Painting goes in three layers: the ground (kept until frame, surface or theme change), the old part of the trails (kept
and added to), and what lives (last steps, heads, ring, words), painted at every frame.
"""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QPointF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QImage,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.draw.frame import Frame, home_frame
from gdsim.draw.markers import paint_focus, paint_ring
from gdsim.draw.surface import paint_image
from gdsim.draw.swarm import swarm_image
from gdsim.draw.theme import MARK
from gdsim.draw.trail_layer import TrailLayer
from gdsim.draw.trails import (
    head_places,
    paint_ghost,
    paint_heads,
    paint_recent,
)
from gdsim.gui.cloud import Cloud
from gdsim.gui.state import Viewport
from gdsim.gui.views.hand import HandCanvas
from gdsim.gui.views.hud import paint_plate
from gdsim.gui.views.view import Scene

_MOST_PIXELS = 2048  # a side, of a requested surface
_PULSE_MS = 700
_REST_MS = 120  # without a change, after which a drafted path is refined


class PlaneCanvas(HandCanvas):
    """Frame, mouse and keys, layers. A subclass says what lies on the ground and which columns the trails have."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.equal: bool | None = None
        self.readout: tuple[str, ...] = ()
        self.shown: dict[str, bool] = {}
        self._domain: tuple[tuple[float, float], tuple[float, float]] = ((-1.0, 1.0), (-1.0, 1.0))
        self._ghost = QPixmap()
        self._ghost_key: object = None
        self._trails = TrailLayer()
        self._cloud: Cloud | None = None
        self._cloud_image = QImage()
        self._generation = 0
        self._pulse_timer = QTimer(self, interval=16)
        self._pulse_timer.timeout.connect(self._beat)
        self._refine_timer = QTimer(self, singleShot=True)
        self._refine_timer.timeout.connect(self._refine)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)

    def sizeHint(self) -> QSize:
        return QSize(752, 672)

    # What a subclass says

    def paint_under(self, painter: QPainter) -> None:
        """Paints what lives below the trails: the swarm, stretched until a picture of the present frame comes."""
        cloud = self.scene.cloud if self.scene is not None else None
        if cloud is None:
            self._cloud, self._cloud_image = None, QImage()
            return
        if cloud is not self._cloud:
            self._cloud, self._cloud_image = cloud, swarm_image(cloud.picture)
        paint_image(painter, self.frame, self._cloud_image, cloud.picture.x, cloud.picture.y)

    def paint_over(self, painter: QPainter) -> None:
        """Paints what belongs over the heads, or a short step would be hidden by its own: arrows, tangent."""

    def paint_words(self, painter: QPainter) -> None:
        """Paints the readout over everything."""
        if self.readout:
            paint_plate(painter, self.readout, QPointF(self.look.px(40), self.height() - self.look.px(28)), self.look)

    # The frame

    def set_home(self, domain: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Another problem: shows its domain whole."""
        self._domain = domain
        self.go_home()

    def go_home(self) -> None:
        """The view in which the whole domain is seen."""
        self._at_home = True
        self.set_frame(home_frame(self._domain, self.width(), self.height(), self.equal))

    def set_frame(self, frame: Frame) -> None:
        """Shows another part of the world and says so."""
        if frame == self.frame:
            return
        self.frame = frame
        self.renew_ground()
        self.frameChanged.emit()

    def viewport(self, axes: tuple[int, int]) -> Viewport:
        """The frame as a request for values, in device pixels."""
        ratio = self.devicePixelRatioF()
        wide, high = self.frame.width * ratio, self.frame.height * ratio
        shrink = min(1.0, _MOST_PIXELS / max(wide, high, 1.0))
        width, height = max(1, round(wide * shrink)), max(1, round(high * shrink))
        return Viewport(self.frame.x, self.frame.y, width, height, axes, ratio)

    def resizeEvent(self, event: QResizeEvent) -> None:
        width, height = max(1, self.width()), max(1, self.height())
        if self._at_home:
            self.set_frame(home_frame(self._domain, width, height, self.equal))
        else:
            self.set_frame(self.frame.resized(width, height))

    # Showing

    def forget_trails(self) -> None:
        """The rows have changed: all trails are painted anew."""
        self._trails.forget()
        self._ghost_key = None
        self.update()

    def pulse(self, times: int = 2) -> None:
        """Waves around the start ring that say: drag me."""
        self._pulse_left = float(times)
        self._pulse_timer.start()

    def _beat(self) -> None:
        self._pulse_left = max(0.0, self._pulse_left - self._pulse_timer.interval() / _PULSE_MS)
        if self._pulse_left <= 0:
            self._pulse_timer.stop()
        self.update()

    def _refine(self) -> None:
        scene = self.scene
        if scene is None or scene.history is None or self._hand:
            return
        done = self._trails.refine(self.sources(scene.history), self.frame, scene.state.cursor, self.look)
        if done:
            self.update()
        else:
            self._refine_timer.start(0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        moved = self._trails.generation != self._generation  # the hand is at it: wait until it rests
        self._generation = self._trails.generation
        if self._trails.draft and (moved or not self._refine_timer.isActive()):
            self._refine_timer.start(_REST_MS)

    def paint_live(self, painter: QPainter) -> None:
        self.paint_under(painter)
        scene = self.scene
        if scene is not None and scene.history is not None:
            sources = self.sources(scene.history)
            cursor = scene.state.cursor
            self._paint_ghost(painter, scene)
            self._trails.update(sources, self.frame, cursor, self.look, scene.revision, self.devicePixelRatioF())
            self._trails.paint(painter)
            paint_recent(painter, sources, self.frame, cursor, self.look)
            places = head_places(sources, self.frame, cursor)
            paint_heads(painter, places, self.frame, self.look, scene.state.selected)
            self.paint_over(painter)
        self._paint_ring(painter)
        self.paint_words(painter)
        if self.keyboard_focus:
            paint_focus(painter, self.rect(), self.look)

    def _paint_ghost(self, painter: QPainter, scene: Scene) -> None:
        if scene.ghost is None:
            self._ghost, self._ghost_key = QPixmap(), None
            return
        key = (id(scene.ghost), self.frame, self.look, tuple(t.published for t in scene.ghost.traces))
        if key != self._ghost_key:
            ratio = self.devicePixelRatioF()
            self._ghost = QPixmap(self.size() * ratio)
            self._ghost.setDevicePixelRatio(ratio)
            self._ghost.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self._ghost)
            paint_ghost(inner, self.sources(scene.ghost), self.frame, self.look)
            inner.end()
            self._ghost_key = key
        painter.drawPixmap(0, 0, self._ghost)

    def ring_pixel(self) -> QPointF | None:
        """The middle of the start ring in pixels: under the hand while it is dragged."""
        place = self.held or self.start_place()
        if place is None:
            return None
        px, py = self.frame.pixel(*place)
        return QPointF(px, py) if math.isfinite(px) and math.isfinite(py) and abs(px) + abs(py) < 1e6 else None

    def _paint_ring(self, painter: QPainter) -> None:
        at = self.ring_pixel()
        if at is not None and self.frame.contains(at.x(), at.y(), MARK.ring):
            wave = 1.0 - self._pulse_left % 1.0 if self._pulse_left > 0 else 0.0
            paint_ring(painter, at, self.look, self._hand == "ring", wave)

    def show_frame_of(self, frame: Frame) -> None:
        """Shows the world of `frame` on this canvas' pixels and stays there."""
        self._at_home = False
        self.set_frame(replace(frame, width=float(self.width()), height=float(self.height())))
