"""The function that runs, by its title, and the popup to pick another one."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from gdsim import catalogue
from gdsim.draw.fonts import font
from gdsim.draw.theme import TYPE, Theme
from gdsim.gui.controller import Controller
from gdsim.gui.icons import icon
from gdsim.gui.panels.choice_popup import ChoicePopup
from gdsim.gui.panels.choices import function_choices, preview_function
from gdsim.gui.state import AppState
from gdsim.session.make import problem_from_entry

YOUR_OWN = "Your own function"


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


class FunctionPicker(QWidget):
    """A button with the title; beside it the way to the gallery and the fold."""

    galleryWanted = Signal()
    foldWanted = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._popup: ChoicePopup | None = None
        self._theme: Theme | None = None
        self._folded = False
        self.button = PickerButton()
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(self.open)
        self.gallery = _tool("Gallery: all functions as pictures (Ctrl+K)", "Gallery")
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
        self._show(controller.state)

    def open(self) -> None:
        """Open the popup below the button."""
        if self._popup is None:
            self._popup = ChoicePopup(preview_function, "Search functions", parent=self)
            self._popup.chosen.connect(self.pick)
            if self._theme is not None:
                self._popup.theme(self._theme)
        self._popup.open_under(self.button, function_choices(), self._controller.state.spec.problem.name)

    @property
    def popup(self) -> ChoicePopup | None:
        """The popup, once it has been opened."""
        return self._popup

    def pick(self, name: str) -> None:
        """Race on the catalogue's function `name`, from its own start."""
        entry = catalogue.function(name)
        problem = problem_from_entry(entry)
        self._controller.set_problem(problem, f"choose {entry.title}", start=entry.start_for(problem.dimension))

    def show_folded(self, folded: bool) -> None:
        """The chevron, up or down."""
        self._folded = folded
        self.fold.setToolTip("Show the whole problem" if folded else "Fold the problem")
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
        if "spec" in names and state.spec.problem.kind == "function":
            self._show(state)

    def _show(self, state: AppState) -> None:
        problem = state.spec.problem
        title = problem.title or problem.name or YOUR_OWN
        entry = catalogue.functions().get(problem.name)
        words = [title] if entry is None else [title, entry.teaches, entry.source]
        self.button.set_words(title)
        self.button.setToolTip("\n".join([*words, "Click to pick another function"]))
        self.button.setAccessibleName(f"Function: {title}")


def _tool(words: str, name: str) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "flat")
    button.setFixedSize(28, 28)
    button.setToolTip(words)
    button.setAccessibleName(name)
    return button
