"""What lies over a hero: the eye button with what is shown, the choice of two coordinates, words in a plate."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QFontMetricsF, QKeySequence, QPainter
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from gdsim.draw.fonts import font
from gdsim.draw.theme import SPACE, TYPE, Theme
from gdsim.gui.icons import icon


class EyeButton(QToolButton):
    """One button for all that can be shown or hidden over the map, and for the ways to look at it."""

    changed = Signal(str, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("eye")
        self.setAccessibleName("What is shown")
        self.setToolTip("Choose what is shown over the map, and how it is looked at")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self.setMenu(self._menu)
        self._options: dict[str, QAction] = {}

    def add_option(self, name: str, words: str, help_text: str, on: bool) -> None:
        """A line that can be switched; `changed` tells its name and state."""
        action = self._menu.addAction(words)
        action.setCheckable(True)
        action.setChecked(on)
        action.setToolTip(help_text)
        action.toggled.connect(lambda state: self.changed.emit(name, state))
        self._options[name] = action

    def add_command(self, words: str, key: str, run: Callable[[], None], help_text: str) -> None:
        """A line that does something; `key` is shown beside it (the canvas itself answers to it)."""
        action = self._menu.addAction(words)
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setToolTip(help_text)
        action.triggered.connect(lambda: run())

    def add_line(self) -> None:
        """A separator."""
        self._menu.addSeparator()

    def is_on(self, name: str) -> bool:
        """Whether an option is switched on."""
        return self._options[name].isChecked()

    def set_on(self, name: str, on: bool) -> None:
        """Switches an option."""
        self._options[name].setChecked(on)

    def theme(self, theme: Theme) -> None:
        """Icon and plate in the theme's colours."""
        side = theme.px(SPACE.control)
        self.setFixedSize(side, side)
        self.setIcon(icon("mdi6.eye-outline", theme))
        self.setIconSize(QSize(theme.px(18), theme.px(18)))
        plate, edge = QColor(theme.surface), QColor(theme.border)
        # Over a picture the button needs a plate of its own; the application's style sheet cannot know the ground.
        self.setStyleSheet(
            f"QToolButton#eye {{ background: {plate.name()}; border: 1px solid {edge.name()};"
            f" border-radius: {theme.px(SPACE.radius)}px; padding: 0; }}"
            f"QToolButton#eye:hover, QToolButton#eye:focus {{ border-color: {theme.accent}; }}"
            "QToolButton#eye::menu-indicator { image: none; }"
        )


class AxesChooser(QWidget):
    """Which two of many coordinates lie across and up, and a sentence about the others."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("axes")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._across = self._combo("Coordinate across", "The coordinate that lies across the map")
        self._up = self._combo("Coordinate up", "The coordinate that goes up the map")
        self._sentence = QLabel(self)
        self._sentence.setAccessibleName("What the slice shows")
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.gutter, SPACE.grid, SPACE.gutter, SPACE.grid)
        row.setSpacing(SPACE.grid)
        for piece in (self._across, QLabel("across,", self), self._up, QLabel("up:", self), self._sentence):
            row.addWidget(piece)
        self._names: tuple[str, ...] = ()
        self._axes = (0, 1)

    def _combo(self, name: str, help_text: str) -> QComboBox:
        box = QComboBox(self)
        box.setAccessibleName(name)
        box.setToolTip(help_text)
        box.activated.connect(self._activated)
        return box

    def show_axes(self, names: Sequence[str], axes: tuple[int, int], sentence: str) -> None:
        """The coordinates' names, the two that are shown, and the words about the rest."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            for box in (self._across, self._up):
                box.clear()
                box.addItems(list(names[:200]))
        self._axes = axes
        for box, axis in ((self._across, axes[0]), (self._up, axes[1])):
            box.setCurrentIndex(axis)
        self._sentence.setText(sentence)
        self.adjustSize()

    def _activated(self) -> None:
        across, up = self._across.currentIndex(), self._up.currentIndex()
        if across == up:  # the one that was chosen now wins, the other one takes its place
            across, up = (across, self._axes[0]) if across != self._axes[0] else (self._axes[1], up)
        self.chosen.emit((across, up))

    def theme(self, theme: Theme) -> None:
        """Plate and type in the theme's colours."""
        self.setStyleSheet(
            f"QWidget#axes {{ background: {theme.surface}; border: 1px solid {theme.hairline};"
            f" border-radius: {theme.px(SPACE.radius)}px; }} QWidget#axes QLabel {{ color: {theme.secondary}; }}"
        )
        self.setFont(font(TYPE.secondary, 400, theme.scale))
        for child in self.findChildren(QWidget):
            child.setFont(font(TYPE.secondary, 400, theme.scale))
        self.adjustSize()


def paint_plate(
    painter: QPainter, lines: Sequence[str], at: QPointF, theme: Theme, align_right: bool = False
) -> QRectF:
    """Lines of words on a plate whose lower left (or lower right) corner is `at`; returns the plate."""
    face = font(TYPE.secondary, 400, theme.scale)
    metrics = QFontMetricsF(face)
    pad_x, pad_y, height = theme.px(8), theme.px(5), metrics.height()
    width = max(metrics.horizontalAdvance(line) for line in lines) + 2 * pad_x
    left = at.x() - (width if align_right else 0)
    plate = QRectF(left, at.y() - height * len(lines) - 2 * pad_y, width, height * len(lines) + 2 * pad_y)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    ground = QColor(theme.surface)
    ground.setAlphaF(0.88)
    painter.setBrush(ground)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRoundedRect(plate, theme.px(4), theme.px(4))
    painter.setFont(face)
    painter.setPen(QColor(theme.text))
    for k, line in enumerate(lines):
        painter.drawText(QPointF(left + pad_x, plate.top() + pad_y + metrics.ascent() + k * height), line)
    painter.restore()
    return plate
