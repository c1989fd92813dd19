"""A slider over a range of numbers, divided evenly or by factors, and the switch for flags."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QSlider, QWidget

NOTCHES = 1000


class TrackSlider(QSlider):
    """A slider from `low` to `high`; `scale` "log" divides by factors (a `low` of 0 or less then counts as tiny).

    With `zero_at_left`, the left end stands for 0 (off) instead of `low`.
    A press anywhere takes the handle there; double-click asks for the default; the wheel works only with focus.
    A value outside the range leaves the handle at that end.
    """

    moved = Signal(float)  # by the hand, also while it still moves
    settled = Signal()  # the hand has let go
    resetRequested = Signal()

    def __init__(
        self,
        low: float,
        high: float,
        scale: str = "linear",
        *,
        zero_at_left: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._zero_at_left = zero_at_left
        self.setRange(0, NOTCHES)
        self.setSingleStep(NOTCHES // 100)
        self.setPageStep(NOTCHES // 10)
        # A drag with the mouse leaves the keys to the run: End is its end, not the slider's
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumWidth(56)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._scale = scale
        self._low, self._high = low, high
        self._mark: float | None = None
        self._limit: float | None = None
        self._quiet = False
        self.valueChanged.connect(self._on_value)
        self.sliderReleased.connect(self.settled)

    def set_range(self, low: float, high: float) -> None:
        """Span another range; the caller sets the value again."""
        self._low, self._high = low, high
        self.update()

    def set_value(self, value: float) -> None:
        """Put the handle at `value` without telling anybody; not while the hand holds it."""
        if self.isSliderDown():
            return
        self._quiet = True
        self.setValue(round(self._place(value) * NOTCHES))
        self._quiet = False

    def set_mark(self, value: float | None) -> None:
        """A small tick at `value`: the default."""
        self._mark = value
        self.update()

    def set_limit(self, value: float | None) -> None:
        """The boundary of stability: the track beyond it is shown in warning colour."""
        if value != self._limit:
            self._limit = value
            self.update()

    # -- the screen transform ------------------------------------------------------------------------------------

    def _place(self, value: float) -> float:
        """Where `value` lies on the track, 0 to 1."""
        if self._scale == "log":
            low = self._tiny()
            value = max(value, low)
            place = math.log(value / low) / math.log(self._high / low)
        else:
            place = (value - self._low) / (self._high - self._low)
        return min(1.0, max(0.0, place))

    def value_at(self, place: float) -> float:
        """The number at a place of the track (0 to 1), in as many digits as a pixel is worth."""
        if place <= 0:
            return 0.0 if self._zero_at_left else self._low
        if place >= 1:
            return self._high
        if self._scale == "log":
            low = self._tiny()
            return float(f"{low * (self._high / low) ** place:.3g}")
        span = self._high - self._low
        digits = max(0, 3 - math.ceil(math.log10(span)))
        return round(self._low + place * span, digits)

    def _tiny(self) -> float:
        return self._low if self._low > 0 else self._high * 1e-8

    # -- events --------------------------------------------------------------------------------------------------

    def _on_value(self, notch: int) -> None:
        if not self._quiet:
            self.moved.emit(self.value_at(notch / NOTCHES))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.setSliderDown(True)
        self._to(event.position().x())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._to(event.position().x())
            event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderDown(False)
            event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)
        self.resetRequested.emit()
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.settled.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.accept()

    def _to(self, x: float) -> None:
        track = self._track()
        self.setValue(round(min(1.0, max(0.0, (x - track.left()) / track.width())) * NOTCHES))

    # -- painting ------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(100, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(56, 24)

    def _track(self) -> QRectF:
        middle = self.height() / 2
        return QRectF(8, middle - 2, max(1, self.width() - 16), 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = QGuiApplication.palette()  # not the widget's: the style sheet leaves its marks on that one
        track = self._track()
        x = track.left() + track.width() * self.value() / NOTCHES
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_mixed(palette, 0.30))
        painter.drawRoundedRect(track, 2, 2)
        accent = palette.color(QPalette.ColorRole.Highlight) if self.isEnabled() else _mixed(palette, 0.4)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(track.left(), track.top(), x - track.left(), 4), 2, 2)
        for value, height in ((self._mark, 5), (self._limit, 7)):
            if value is not None and self._low <= value <= self._high:
                at = track.left() + track.width() * self._place(value)
                colour = palette.color(QPalette.ColorRole.Text) if value == self._limit else _mixed(palette, 0.55)
                painter.setPen(QPen(colour, 1.5))
                painter.drawLine(QPointF(at, track.center().y() - height), QPointF(at, track.center().y() + height))
        if self.hasFocus():
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(x, track.center().y()), 8, 8)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Window), 1.5))
        painter.setBrush(accent if self.isSliderDown() or self.underMouse() else palette.color(QPalette.ColorRole.Text))
        painter.drawEllipse(QPointF(x, track.center().y()), 6, 6)


class Switch(QAbstractButton):
    """On or off."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(38, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = QGuiApplication.palette()  # not the widget's: the style sheet leaves its marks on that one
        body = QRectF(3, self.height() / 2 - 9, 32, 18)
        on = self.isChecked()
        if self.hasFocus():
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1.5))
            painter.drawRoundedRect(body.adjusted(-2, -2, 2, 2), 11, 11)
        painter.setPen(QPen(_mixed(palette, 0.55), 1) if not on else Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.Highlight) if on else _mixed(palette, 0.12))
        painter.drawRoundedRect(body, 9, 9)
        painter.setPen(Qt.PenStyle.NoPen)
        role = QPalette.ColorRole.HighlightedText if on else QPalette.ColorRole.Text
        painter.setBrush(palette.color(role))
        painter.drawEllipse(QPointF(body.right() - 9 if on else body.left() + 9, body.center().y()), 6, 6)


def _mixed(palette: QPalette, share: float) -> QColor:
    """The window's colour with `share` of the text's in it."""
    back = palette.color(QPalette.ColorRole.Window)
    text = palette.color(QPalette.ColorRole.WindowText)
    return QColor.fromRgbF(
        back.redF() + share * (text.redF() - back.redF()),
        back.greenF() + share * (text.greenF() - back.greenF()),
        back.blueF() + share * (text.blueF() - back.blueF()),
    )
