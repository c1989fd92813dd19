"""What was picked, by its title, and the popup to pick another one; beside it the ways to the gallery and the fold."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from gdsim.draw.fonts import font
from gdsim.draw.theme import TYPE, Theme
from gdsim.gui.controller import Controller
from gdsim.gui.icons import icon
from gdsim.gui.panels.choice_popup import ChoicePopup
from gdsim.gui.panels.choices import Choice
from gdsim.gui.state import AppState


class PickerButton(QPushButton):
    """A button that opens a list: its words `left` pixels from the edge, shortened where they must be, an arrow on the
    right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self._arrow = QIcon()
        self.left = 10

    def set_words(self, words: str) -> None:
        """What is written on it."""
        self._words = words
        self.update()

    @property
    def words(self) -> str:
        """What is written on it."""
        return self._words

    def theme(self, theme: Theme) -> None:
        """The arrow in the theme's colour."""
        self._arrow = icon("mdi6.chevron-down", theme)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setFont(font(TYPE.body, 600))
        painter.setPen(self.palette().color(QPalette.ColorRole.ButtonText))
        room = QRect(self.left, 0, self.width() - self.left - 28, self.height())
        words = painter.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), words)
        self._arrow.paint(painter, QRect(self.width() - 26, (self.height() - 18) // 2, 18, 18))


class Picker(QWidget):
    """Base of the pickers. A subclass says what can be picked, what a pick does and what is written on the button.

    `things`, `kind` and `another` name what is picked, for tooltips and screen readers: "functions", "Function",
    "another function"; `unfold_words` and `fold_words` are the two tooltips of the fold.
    """

    galleryWanted = Signal()
    foldWanted = Signal()

    things = ""
    kind = ""
    another = ""
    gallery_name = "Gallery"
    unfold_words = ""
    fold_words = ""

    def __init__(self, controller: Controller, button: PickerButton, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._popup: ChoicePopup | None = None
        self._theme: Theme | None = None
        self._folded = False
        self.button = button
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(self.open)
        self.gallery = _tool(f"Gallery: all {self.things} as pictures (Ctrl+K)", self.gallery_name)
        self.gallery.clicked.connect(self.galleryWanted)
        self.fold = _tool("", "Fold")
        self.fold.clicked.connect(self.foldWanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.button, 1)
        row.addWidget(self.gallery)
        row.addWidget(self.fold)
        controller.stateChanged.connect(self._on_state)
        self.show_state(controller.state)

    # What a subclass says

    def make_popup(self) -> ChoicePopup:
        """The popup, made when it is opened for the first time."""
        raise NotImplementedError

    def choices(self) -> Sequence[Choice]:
        """The rows of the popup."""
        raise NotImplementedError

    @property
    def current(self) -> str:
        """The name of the row that stands for what is on the bench."""
        raise NotImplementedError

    def pick(self, name: str) -> None:
        """Take the row `name`."""
        raise NotImplementedError

    def show_state(self, state: AppState) -> None:
        """Write on the button what is on the bench, by `show_picked`; nothing where it is of another kind."""
        raise NotImplementedError

    # What is the same for all

    @property
    def popup(self) -> ChoicePopup | None:
        """The popup, once it has been opened."""
        return self._popup

    def open(self) -> None:
        """Open the popup below the button."""
        if self._popup is None:
            self._popup = self.make_popup()
            self._popup.chosen.connect(self.pick)
            if self._theme is not None:
                self._popup.theme(self._theme)
        self._popup.open_under(self.button, self.choices(), self.current)

    def show_picked(self, title: str, words: Sequence[str] = ()) -> None:
        """`title` on the button; `words`: more lines of its tooltip."""
        self.button.set_words(title)
        self.button.setToolTip("\n".join([title, *words, f"Click to pick {self.another}"]))
        self.button.setAccessibleName(f"{self.kind}: {title}")

    def show_folded(self, folded: bool) -> None:
        """The chevron, up or down."""
        self._folded = folded
        self.fold.setToolTip(self.unfold_words if folded else self.fold_words)
        self.fold.setAccessibleName(self.fold.toolTip())
        if self._theme is not None:
            self.fold.setIcon(icon("mdi6.chevron-down" if folded else "mdi6.chevron-up", self._theme))

    def theme(self, theme: Theme) -> None:
        """Icons of another theme."""
        self._theme = theme
        self.button.theme(theme)
        self.gallery.setIcon(icon("mdi6.view-grid-outline", theme))
        self.show_folded(self._folded)
        if self._popup is not None:
            self._popup.theme(theme)

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if "spec" in names:
            self.show_state(state)


def _tool(words: str, name: str) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "flat")
    button.setFixedSize(28, 28)
    button.setToolTip(words)
    button.setAccessibleName(name)
    return button
