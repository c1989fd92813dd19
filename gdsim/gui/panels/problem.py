"""The problem: which function, its letters, where it is looked at and where the race begins."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gdsim.draw.theme import SPACE, Theme
from gdsim.gui.controller import Controller
from gdsim.gui.panels.domain import DomainFields
from gdsim.gui.panels.formula_entry import FormulaEntry
from gdsim.gui.panels.function_picker import FunctionPicker
from gdsim.gui.panels.keep_dialogs import KeepFunctionDialog
from gdsim.gui.panels.left_panel import FOLDED_HEIGHT, LeftPanel, more_link, scroll_of
from gdsim.gui.panels.parameters import ParameterSliders
from gdsim.gui.panels.run_settings import RunSettings
from gdsim.gui.state import AppState


class ProblemPanel(LeftPanel):
    """The card for functions; folded, picker and formula line are left."""

    picker: FunctionPicker

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(controller, "problemPanel", FunctionPicker(controller), SPACE.grid + 2, parent)
        self.entry = FormulaEntry(controller)
        self.parameters = ParameterSliders(controller)
        self.domain = DomainFields(controller)
        self.settings = RunSettings(controller)
        self.more = more_link(self.settings)
        self.more.toggled.connect(self._on_more)
        self.keep = QPushButton("Keep in my catalogue…")
        self.keep.setProperty("role", "link")
        self.keep.setToolTip("Give this function a name and keep it among yours")
        self.keep.clicked.connect(self.keep_function)
        self._lay_out()
        self.entry.readingChanged.connect(self.updateGeometry)
        self.begin()

    def fold_parts(self, folded: bool) -> None:
        self._rest.setHidden(folded)
        self.entry.set_folded(folded)

    def show_state(self, state: AppState) -> None:
        self.keep.setVisible(not state.spec.problem.name and state.spec.problem.kind == "function")

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
        super().theme(theme)
        self.entry.theme(theme)

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
        self._scroll = scroll_of(inside)
        self.column.addWidget(self._scroll, 1)

    def _on_more(self, on: bool) -> None:
        if on:
            QTimer.singleShot(0, self._reveal_settings)  # when they have been laid out

    def _reveal_settings(self) -> None:
        self._scroll.ensureWidgetVisible(self.settings.dtype, 0, 40)

    def _on_kept(self, name: str, title: str) -> None:
        spec = self._controller.state.spec
        problem = spec.problem.replace(name=name, title=title)
        self._controller.set_problem(problem, f"keep {title}", start=spec.start)
        self._controller.noticed.emit(f"{title} is in your catalogue now")
