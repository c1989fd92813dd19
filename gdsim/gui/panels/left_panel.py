"""The card on top of the left column: a picker, and below it what belongs to what was picked; it can be folded."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gdsim.draw.theme import SPACE, Theme
from gdsim.gui.controller import Controller
from gdsim.gui.panels.picker import Picker
from gdsim.gui.panels.run_settings import RunSettings
from gdsim.gui.state import AppState
from gdsim.gui.theme import theme_of

OPEN_HEIGHT = 312
FOLDED_HEIGHT = 96


class LeftPanel(QFrame):
    """Base of such cards. A subclass puts its parts into `column`, calls `begin` when it has them all, and says what
    folding hides and what a state shows."""

    galleryWanted = Signal()
    foldChanged = Signal(bool)

    def __init__(
        self, controller: Controller, name: str, picker: Picker, spacing: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setObjectName(name)
        self._controller = controller
        self._folded = False
        self.picker = picker
        picker.galleryWanted.connect(self.galleryWanted)
        picker.foldWanted.connect(lambda: self.set_folded(not self._folded))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, SPACE.card - 2, 0, 2)
        self.column.setSpacing(spacing)
        top = QHBoxLayout()
        top.setContentsMargins(SPACE.card, 0, SPACE.card - 4, 0)
        top.addWidget(picker)
        self.column.addLayout(top)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def begin(self) -> None:
        """All parts are there: show the present state, and follow it."""
        self._controller.stateChanged.connect(self._on_state)
        self.theme(theme_of(self._controller.state))
        self.show_state(self._controller.state)

    # What a subclass says

    def fold_parts(self, folded: bool) -> None:
        """Hide what is not seen while the card is folded."""
        raise NotImplementedError

    def show_state(self, state: AppState) -> None:
        """The spec is another one."""
        raise NotImplementedError

    # What is the same for all

    @property
    def folded(self) -> bool:
        """Whether only the picker and the line below it are shown."""
        return self._folded

    def set_folded(self, folded: bool) -> None:
        """Fold or unfold; `foldChanged` tells the layout around."""
        if folded == self._folded:
            return
        self._folded = folded
        self.fold_parts(folded)
        self.picker.show_folded(folded)
        self.updateGeometry()
        self.foldChanged.emit(folded)

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self.picker.theme(theme)

    def sizeHint(self) -> QSize:
        return QSize(304, self.minimumSizeHint().height() if self._folded else OPEN_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, FOLDED_HEIGHT)

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if names & {"dark", "teach"}:
            self.theme(theme_of(state))
        if "spec" in names:
            self.show_state(state)


def scroll_of(inside: QWidget) -> QScrollArea:
    """`inside`, as wide as there is room, scrolled up and down."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(inside)
    return scroll


def more_link(settings: RunSettings) -> QPushButton:
    """A link that shows and hides the settings, which are hidden at first."""
    more = QPushButton("More")
    more.setProperty("role", "link")
    more.setCheckable(True)
    more.setToolTip("Steps, tolerance, target, seed, precision")

    def toggled(on: bool) -> None:
        settings.setVisible(on)
        more.setText("Less" if on else "More")

    more.toggled.connect(toggled)
    settings.hide()
    return more
