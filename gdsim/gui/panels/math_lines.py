"""Several typeset lines below one another, as many as there is room for."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from gdsim.draw.theme import TYPE, Theme
from gdsim.gui.math_label import MathLabel
from gdsim.gui.panels.reading import Line

_SHRINK = 0.75  # to which a long line shrinks before it is scrolled instead
_APART = 2
_BAR = 10


class MathLines(QScrollArea):
    """Lines in type of `size` pixels (the strong one in `strong_size`); number `strong` stands out.

    Lines longer than there is room shrink a little; where that is not enough, they are
    scrolled in full size. It is as high as its lines.
    """

    def __init__(
        self,
        name: str,
        size: float = TYPE.body,
        *,
        strong: int = 0,
        strong_size: float = TYPE.body,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._size, self._strong, self._strong_size = size, strong, strong_size
        self._room: int | None = None
        self._theme: Theme | None = None
        self._lines: tuple[Line, ...] = ()
        self._labels: list[MathLabel] = []
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(_APART)
        self.setWidget(inside)
        self.setFixedHeight(0)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return self._lines

    def set_lines(self, lines: tuple[Line, ...]) -> None:
        """Show these lines."""
        if lines == self._lines:
            return
        if len(lines) != len(self._lines):
            self._rebuild(len(lines))
        self._lines = lines
        for label, line in zip(self._labels, lines, strict=True):
            label.set_formula(line.latex, line.plain)
        self._fit()

    def set_room(self, room: int | None) -> None:
        """Show the last lines that fit into `room` pixels of height, one at least; None: all of them."""
        self._room = room
        self._fit()

    def theme(self, theme: Theme) -> None:
        """Ink of another theme."""
        self._theme = theme
        strong = self._strong % max(1, len(self._labels))
        for number, label in enumerate(self._labels):
            label.theme(theme, theme.text if number == strong else theme.secondary)

    def event(self, event: QEvent) -> bool:
        # a line that has just been typeset asks for another size
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._fit()
        return super().event(event)

    def _rebuild(self, count: int) -> None:
        for label in self._labels:
            self._column.removeWidget(label)
            label.hide()
            label.deleteLater()
        strong = self._strong % max(1, count)
        self._labels = [MathLabel(size=self._strong_size if k == strong else self._size) for k in range(count)]
        for label in self._labels:
            self._column.addWidget(label)
        if self._theme is not None:
            self.theme(self._theme)

    def _fit(self) -> None:
        height, widest = -_APART, 0
        for number, label in reversed(list(enumerate(self._labels))):
            hint = label.sizeHint()
            last = number == len(self._labels) - 1
            shown = last or self._room is None or height + _APART + hint.height() <= self._room
            label.setVisible(shown)
            if not shown:
                for earlier in self._labels[:number]:
                    earlier.hide()
                break
            label.setMinimumWidth(hint.width() if hint.width() * _SHRINK > self.width() else 0)
            widest = max(widest, label.minimumWidth())
            height += _APART + hint.height()
        height = max(0, height) + (_BAR if widest > self.width() else 0)
        if (self.minimumHeight(), self.maximumHeight()) != (height, height):
            self.setFixedHeight(height)
