"""Which class a new sample gets: the classes' marks side by side; of numbers, five heights from low to high."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from gdsim.draw.class_marks import class_path
from gdsim.draw.fonts import font
from gdsim.draw.theme import SPACE, TYPE, Theme

_SIDE = 24


class Brush(QWidget):
    """A row of buttons, one of which is down; `chosen` tells its number."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel("New sample")
        self.label.setProperty("role", "secondary")
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.chosen)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(SPACE.card, 0, SPACE.gutter, 0)
        self._row.setSpacing(2)
        self._row.addWidget(self.label)
        self._row.addSpacing(SPACE.grid)
        self._row.addStretch(1)
        self._names: tuple[str, ...] = ()
        self._colours: tuple[str, ...] = ()
        self._look: Theme | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setToolTip("Double-click in the picture adds a sample of this kind")

    @property
    def kind(self) -> int:
        """The number of the one that is down."""
        return max(0, self._group.checkedId())

    def choose(self, kind: int) -> None:
        """Press one without telling anybody."""
        button = self._group.button(kind)
        if button is not None:
            button.setChecked(True)

    def show_kinds(self, names: Sequence[str], colours: Sequence[str], look: Theme, shapes: bool) -> None:
        """One button each; `shapes`: the marks are those of classes, else they are all dots."""
        if (tuple(names), tuple(colours), look) == (self._names, self._colours, self._look):
            return
        kept = self.kind
        self._names, self._colours, self._look = tuple(names), tuple(colours), look
        for button in self._group.buttons():
            self._group.removeButton(button)
            self._row.removeWidget(button)
            button.deleteLater()
        side = look.px(_SIDE)
        for number, (name, colour) in enumerate(zip(names, colours, strict=True)):
            button = QToolButton()
            button.setProperty("role", "flat")
            button.setProperty("square", True)
            button.setCheckable(True)
            button.setFixedSize(side, side)
            button.setIconSize(QSize(side - 8, side - 8))
            button.setIcon(_mark(number if shapes else 0, colour, look, side - 8, self.devicePixelRatioF()))
            key = f" (key {number + 1})" if number < 9 else ""
            button.setToolTip(f"New samples are {name}{key}")
            button.setAccessibleName(f"New samples: {name}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._group.addButton(button, number)
            self._row.insertWidget(self._row.count() - 1, button)
        self.label.setFont(font(TYPE.secondary, 400, look.scale))
        self.label.setVisible(len(names) <= 6)
        self.choose(min(kept, len(names) - 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        button = self._group.button(self.kind + by) if by else None
        if button is None:
            super().keyPressEvent(event)
            return
        button.setFocus(Qt.FocusReason.OtherFocusReason)
        button.click()


def _mark(shape: int, colour: str, look: Theme, side: int, ratio: float) -> QIcon:
    image = QPixmap(round(side * ratio), round(side * ratio))
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.fillPath(class_path(shape, round(side * 0.66, 1)).translated(QPointF(side / 2, side / 2)), QColor(colour))
    painter.end()
    return QIcon(image)
