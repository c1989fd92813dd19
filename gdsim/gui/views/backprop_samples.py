"""Which sample is walked through the network: a bar with its number and the gradient check, a map to press on."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRandomGenerator, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from gdsim.analysis.backprop import FAIR, GOOD
from gdsim.draw.boundary import Boundary, boundary_image, paint_boundary
from gdsim.draw.chart_parts import paint_nothing, paint_pill, short, three
from gdsim.draw.data_points import DataPoints, nearest_point, paint_hovered, paint_points
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame, Interval
from gdsim.draw.plane_axes import paint_plane_axes, plane_frame
from gdsim.draw.text import text_width
from gdsim.draw.theme import DARK, SPACE, TYPE, Theme
from gdsim.errors import SpecError
from gdsim.gui.fields.labels import ElidedLabel
from gdsim.gui.fields.numbers import NumberField
from gdsim.gui.views.canvas import Canvas
from gdsim.objectives.data.samples import Samples

_ALIKE = 3.0
_HELP = (
    "Central differences: every weight is moved a hair up and down, the loss computed both times. The slope between\n"
    "them, found without back-propagation, lies within this share of the largest slope of back-propagation's.\n"
    f"Up to {GOOD:g} is good, up to {FAIR:g} is fair (a kink may be near)."
)


class CheckBadge(QWidget):
    """How far back-propagation is from central differences, coloured."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = DARK
        self.text = ""
        self.tone = ""
        self._error = float("nan")
        self.setToolTip(_HELP)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_check(self, error: float, small: bool) -> None:
        """A relative error; `small`: in fewer words."""
        words = {"good": "good", "warn": "fair", "bad": "wrong", "": "not finite"}
        self._error = error
        self.tone = "" if error != error else "good" if error <= GOOD else "warn" if error <= FAIR else "bad"
        number = "" if error != error else f" {three(error)},"
        self.text = f"{'check' if small else 'gradient check'}:{number} {words[self.tone]}"
        self.setAccessibleName(self.text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        wide = text_width(self.text, font(TYPE.secondary, 600, self.look.scale))
        return QSize(round(wide) + self.look.px(18), self.look.px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        look = self.look
        ink = look.tone(self.tone) if self.tone else look.muted
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        paint_pill(painter, box, self.text, ink, look.raised, font(TYPE.secondary, 600, look.scale), look, ink)
        painter.end()


class SampleBar(QWidget):
    """The sample's number, ways to another one, what it is; the badge."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 1
        self._batch: tuple[int, ...] | None = None
        self._now = 0
        name = QLabel("Sample")
        name.setProperty("role", "secondary")
        self.field = NumberField(1.0, check=self._checked, integer=True)
        self.field.setFixedWidth(56)
        self.field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.field.setAccessibleName("Number of the training sample")
        self.field.valueChanged.connect(lambda value: self.chosen.emit(int(value) - 1))
        self.of = QLabel()
        self.of.setProperty("role", "muted")
        self.random = self._button("Random", "Any training sample")
        self.random.clicked.connect(self._any)
        self.next = self._button("Next", "")
        self.next.clicked.connect(self._on)
        self.words = ElidedLabel()
        self.badge = CheckBadge()
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.card, SPACE.grid, SPACE.gutter, SPACE.grid)
        row.setSpacing(SPACE.grid + 2)
        for piece in (name, self.field, self.of, self.random, self.next, self.words):
            row.addWidget(piece, 1 if piece is self.words else 0)
        row.addStretch(0)
        row.addWidget(self.badge)
        self._row = row

    def _button(self, title: str, words: str) -> QPushButton:
        button = QPushButton(title)
        button.setProperty("role", "chip")
        button.setToolTip(words)
        button.setAccessibleName(f"{title} sample")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a press leaves Up and Down to the stages
        return button

    def _checked(self, value: float) -> float:
        if not 1 <= value <= self._count:
            raise SpecError(f"there are samples 1 to {self._count:,}")
        return value

    def show_narrow(self, narrow: bool) -> None:
        """Without words where there is no room for them."""
        self.words.setVisible(not narrow)
        self._row.setStretch(self._row.count() - 2, int(narrow))

    def show_sample(self, samples: Samples, number: int, batch: tuple[int, ...] | None, words: str) -> None:
        """Training sample `number` (from 0); `batch`: those of this step, None for all."""
        self._count, self._batch, self._now = samples.count, batch, number
        self.field.set_value(float(number + 1))
        self.of.setText(f"of {samples.count:,}")
        self.words.setText(words)
        all_of_them = f"The next of all {samples.count:,} samples: this step sees them all"
        some = f"The next of the {len(batch or ()):,} samples in this step's batch"
        self.next.setText("Next" if batch is None else "Next in batch")
        self.next.setToolTip(all_of_them if batch is None else some)

    def _any(self) -> None:
        others = self._count - 1
        drawn = QRandomGenerator.global_().bounded(others) if others > 0 else 0
        self.chosen.emit(drawn + (drawn >= self._now) if others > 0 else 0)

    def _on(self) -> None:
        if self._batch is None:
            self.chosen.emit((self._now + 1) % self._count)
            return
        at = self._batch.index(self._now) if self._now in self._batch else -1
        self.chosen.emit(self._batch[(at + 1) % len(self._batch)])

    def theme(self, theme: Theme) -> None:
        """Colours and scale."""
        theme = theme.scaled(1.0)  # as the controls beside it
        self.words.setFont(font(TYPE.secondary, 400, theme.scale))
        self.badge.look = theme
        self.badge.updateGeometry()
        self.badge.update()


class SampleMap(Canvas):
    """The training samples over what the model says; a press chooses the nearest."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Map of the training samples")
        self.setAccessibleDescription("Click a sample to walk it through the network.")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 90)
        self.hovered: int | None = None
        self.frame: Frame | None = None
        self.data: DataPoints | None = None
        self._names = ("x", "y")
        self._current = 0
        self._boundary: Boundary | None = None
        self._image = QImage()
        self._image_of: Any = None

    def show_map(self, data: DataPoints, names: tuple[str, str], boundary: Boundary | None, current: int) -> None:
        """Samples (training samples only), the ground below them if there is one, and which one is walked."""
        self.data, self._names, self._boundary, self._current = data, names, boundary, current
        self.update()

    def _ranges(self, data: DataPoints) -> tuple[Interval, Interval]:
        if self._boundary is not None:
            return self._boundary.x, self._boundary.y
        found = []
        for column in np.asarray(data.points, dtype=np.float64).T:
            low, high = float(np.nanmin(column)), float(np.nanmax(column))
            pad = 0.08 * ((high - low) or 2.0)
            found.append((low - pad, high + pad))
        return found[0], found[1]

    def paint(self, painter: QPainter) -> None:
        look, data = self.look, self.data
        painter.fillRect(self.rect(), QColor(look.surface))
        box = QRectF(self.rect()).adjusted(0, look.px(4), 0, 0)
        if data is None or not len(data.points):
            paint_nothing(painter, box, "no samples", look)
            return
        x, y = self._ranges(data)
        alike = 1 / _ALIKE <= (x[1] - x[0]) / (y[1] - y[0]) <= _ALIKE
        frame = self.frame = plane_frame(box, x, y, self._names[1], look, equal=alike, beyond=False)
        if self._boundary is not None:
            key = (id(self._boundary), look)
            if key != self._image_of:
                self._image, self._image_of = boundary_image(self._boundary, look, False), key
                self._kept = self._boundary  # while it is kept its id is nobody else's
            paint_boundary(painter, frame, self._boundary, look, self._image)
        paint_points(painter, frame, data, look)
        paint_plane_axes(painter, frame, self._names, look)
        paint_hovered(painter, frame, data, self.hovered if self.hovered is not None else self._current, look)

    def _at(self, place: QPointF) -> int | None:
        if self.frame is None or self.data is None:
            return None
        return nearest_point(self.frame, self.data, place, within=14.0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if found != self.hovered:
            self.hovered = found
            shape = Qt.CursorShape.PointingHandCursor if found is not None else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(found)


def sample_words(samples: Samples, number: int) -> str:
    """The sample's class or target, and its raw columns: ``A: x = 0.53, y = −1.2``."""
    values = zip(samples.columns[:4], samples.raw[:4, number].tolist(), strict=True)
    shown = [f"{name} = {short(value)}" for name, value in values]
    more = ", …" if len(samples.columns) > 4 else ""
    target = float(samples.y[number])
    said = samples.classes[int(target)] if samples.classes else f"{samples.target} = {short(target)}"
    return f"{said}: {', '.join(shown)}{more}"
