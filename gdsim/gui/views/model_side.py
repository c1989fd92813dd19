"""The right part of the network's view: the boundary (or the curve), which columns span it, the brush, the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gdsim.draw.fonts import font
from gdsim.draw.theme import SPACE, TYPE, Theme
from gdsim.gui.views.boundary_canvas import BoundaryCanvas
from gdsim.gui.views.brush import Brush
from gdsim.gui.views.fit_canvas import FitCanvas
from gdsim.gui.views.numbers_panel import NumbersPanel

_LEAST_NUMBERS = 118
_FIT = 1.12


class ColumnsChooser(QWidget):
    """Which two of many columns span the plane; the others are at their mean."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.across = self._combo("Column across", "The column across the plane; the others are at their mean")
        self.up = self._combo("Column up", "The column up the plane; the others are at their mean")
        self.times = QLabel("×")
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.card, 0, SPACE.gutter, 0)
        row.setSpacing(SPACE.grid)
        row.addWidget(self.across, 1)
        row.addWidget(self.times)
        row.addWidget(self.up, 1)
        self._names: tuple[str, ...] = ()
        self._columns = (0, 1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def _combo(self, name: str, words: str) -> QComboBox:
        box = QComboBox(self)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(3)
        box.setAccessibleName(name)
        box.setToolTip(words)
        box.activated.connect(self._activated)
        return box

    def show_columns(self, names: Sequence[str], columns: tuple[int, int]) -> None:
        """The columns' names, and the two that are shown."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            for box in (self.across, self.up):
                box.clear()
                box.addItems(list(names))
        self._columns = columns
        self.across.setCurrentIndex(columns[0])
        self.up.setCurrentIndex(columns[1])

    def _activated(self) -> None:
        across, up = self.across.currentIndex(), self.up.currentIndex()
        if across == up:  # the one that was chosen now wins, the other one takes its place
            across, up = (across, self._columns[0]) if across != self._columns[0] else (self._columns[1], up)
        self.chosen.emit((across, up))

    def theme(self, look: Theme) -> None:
        """Type of another scale."""
        for piece in (self.across, self.up, self.times):
            piece.setFont(font(TYPE.secondary, 400, look.scale))


class ModelSide(QWidget):
    """Gives the picture a square where it can, and the rest to the numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boundary = BoundaryCanvas()
        self.fit = FitCanvas()
        self.columns = ColumnsChooser()
        self.brush = Brush()
        self.numbers = NumbersPanel()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, SPACE.grid)
        box.setSpacing(0)
        for piece in (self.boundary, self.fit, self.columns, self.brush, self.numbers):
            box.addWidget(piece)
        self.columns.hide()
        self.fit.hide()
        self.setMinimumWidth(170)
        self._wanted = 0

    @property
    def flat(self) -> bool:
        """Whether the curve over one column is shown."""
        return not self.fit.isHidden()

    def show_kind(self, plane: bool, many: bool) -> None:
        """A plane (of many columns) or the curve over one; the height follows."""
        changed = plane == self.flat or many == self.columns.isHidden()
        self.boundary.setVisible(plane)
        self.fit.setVisible(not plane)
        self.columns.setVisible(plane and many)
        wanted = self.boundary.wanted_height(self.width())
        if changed or (plane and wanted != self._wanted):
            self._wanted = wanted
            self.arrange()

    def theme(self, look: Theme) -> None:
        """Another theme or scale."""
        for piece in (self.boundary, self.fit, self.numbers):
            piece.look = look
            piece.update()
        self.columns.theme(look)
        for row in (self.columns, self.brush):
            row.setFixedHeight(look.px(SPACE.control + 8))
        self.arrange()

    def arrange(self) -> None:
        """Heights for the present size: the picture a square with its key, the numbers at least their losses."""
        look = self.boundary.look
        rows = sum(row.height() for row in (self.columns, self.brush) if not row.isHidden())
        most = self.height() - rows - look.px(_LEAST_NUMBERS)
        if self.flat:
            wanted = round(self.width() * _FIT) + look.px(50)
        else:
            wanted = self.boundary.wanted_height(self.width())
        for canvas in (self.boundary, self.fit):
            canvas.setFixedHeight(max(min(wanted, most), look.px(120)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()
