"""The problem: which function, its letters, where it is looked at and where the race begins."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gdsim.draw.theme import SPACE, Theme
from gdsim.gui.controller import Controller
from gdsim.gui.panels.domain import DomainFields
from gdsim.gui.panels.formula_entry import FormulaEntry
from gdsim.gui.panels.function_picker import FunctionPicker
from gdsim.gui.panels.keep_dialogs import KeepFunctionDialog
from gdsim.gui.panels.parameters import ParameterSliders
from gdsim.gui.panels.run_settings import RunSettings
from gdsim.gui.state import AppState
from gdsim.gui.theme import theme_of

OPEN_HEIGHT = 312
FOLDED_HEIGHT = 96


class ProblemPanel(QFrame):
    """The card on top of the left column. `set_folded` leaves picker and formula line only."""

    galleryWanted = Signal()
    foldChanged = Signal(bool)

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setObjectName("problemPanel")
        self._controller = controller
        self._folded = False
        self.picker = FunctionPicker(controller)
        self.entry = FormulaEntry(controller)
        self.parameters = ParameterSliders(controller)
        self.domain = DomainFields(controller)
        self.settings = RunSettings(controller)
        self.more = QPushButton("More")
        self.more.setProperty("role", "link")
        self.more.setCheckable(True)
        self.more.setToolTip("Steps, tolerance, target, seed, precision")
        self.more.toggled.connect(self._on_more)
        self.keep = QPushButton("Keep in my catalogue…")
        self.keep.setProperty("role", "link")
        self.keep.setToolTip("Give this function a name and keep it among yours")
        self.keep.clicked.connect(self.keep_function)
        self._lay_out()
        self.settings.hide()
        self.picker.galleryWanted.connect(self.galleryWanted)
        self.picker.foldWanted.connect(self._on_fold)
        self.entry.readingChanged.connect(self.updateGeometry)
        controller.stateChanged.connect(self._on_state)
        self.theme(theme_of(controller.state))
        self._show_keep(controller.state)

    @property
    def folded(self) -> bool:
        """Whether only picker and formula line are shown."""
        return self._folded

    def set_folded(self, folded: bool) -> None:
        """Fold or unfold; `foldChanged` tells the layout around."""
        if folded == self._folded:
            return
        self._folded = folded
        self._rest.setHidden(folded)
        self.entry.set_folded(folded)
        self.picker.show_folded(folded)
        self.updateGeometry()
        self.foldChanged.emit(folded)

    def focus_formula(self) -> None:
        """Put the text cursor into the formula, all of it selected."""
        self.entry.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.entry.edit.selectAll()

    def keep_function(self) -> None:
        """Ask for a name and keep the function in the personal catalogue."""
        spec = self._controller.state.spec
        dialog = KeepFunctionDialog(spec.problem, spec.start, self)
        dialog.kept.connect(self._on_kept)
        dialog.open()

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self.picker.theme(theme)
        self.entry.theme(theme)

    def sizeHint(self) -> QSize:
        return QSize(304, self.minimumSizeHint().height() if self._folded else OPEN_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        folded = self._scroll.y() + self.entry.line_height(self.width() - 2 * SPACE.card) + SPACE.gutter + 4
        return QSize(240, max(FOLDED_HEIGHT, folded if self._folded else 0))

    # -- private -------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._rest = QWidget()
        rest = QVBoxLayout(self._rest)
        rest.setContentsMargins(0, 0, 0, 0)
        rest.setSpacing(SPACE.gutter)
        rest.addWidget(self.parameters)
        rest.addWidget(self.domain)
        links = QHBoxLayout()
        links.addWidget(self.more)
        links.addStretch(1)
        links.addWidget(self.keep)
        rest.addLayout(links)
        rest.addWidget(self.settings)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(SPACE.card, 0, SPACE.card, SPACE.gutter)
        column.setSpacing(SPACE.gutter)
        column.addWidget(self.entry)
        column.addWidget(self._rest)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, SPACE.card - 2, 0, 2)
        outer.setSpacing(SPACE.grid + 2)
        top = QHBoxLayout()
        top.setContentsMargins(SPACE.card, 0, SPACE.card - 4, 0)
        top.addWidget(self.picker)
        outer.addLayout(top)
        outer.addWidget(self._scroll, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def _on_fold(self) -> None:
        self.set_folded(not self._folded)

    def _on_more(self, on: bool) -> None:
        self.settings.setVisible(on)
        self.more.setText("Less" if on else "More")
        if on:
            QTimer.singleShot(0, self._reveal_settings)  # when they have been laid out

    def _reveal_settings(self) -> None:
        self._scroll.ensureWidgetVisible(self.settings.dtype, 0, 40)

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if names & {"dark", "teach"}:
            self.theme(theme_of(state))
        if "spec" in names:
            self._show_keep(state)

    def _show_keep(self, state: AppState) -> None:
        self.keep.setVisible(not state.spec.problem.name and state.spec.problem.kind == "function")

    def _on_kept(self, name: str, title: str) -> None:
        spec = self._controller.state.spec
        problem = spec.problem.replace(name=name, title=title)
        self._controller.set_problem(problem, f"keep {title}", start=spec.start)
        self._controller.noticed.emit(f"{title} is in your catalogue now")
