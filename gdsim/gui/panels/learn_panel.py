"""The card on top of the left column on the bench Learn: which data, which model."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gdsim.draw.theme import SPACE, Theme
from gdsim.gui.controller import Controller
from gdsim.gui.fields.labels import ElidedLabel
from gdsim.gui.panels.learn_data import DataPart
from gdsim.gui.panels.learn_edits import summary_of, weights_words
from gdsim.gui.panels.learn_facts import DataFacts
from gdsim.gui.panels.learn_import import ImportDialog
from gdsim.gui.panels.learn_model import ModelPart
from gdsim.gui.panels.learn_picker import DataPicker
from gdsim.gui.panels.left_panel import LeftPanel, scroll_of
from gdsim.gui.state import AppState

TABLES = (".csv", ".tsv", ".txt")
_FILTER = f"Tables ({' '.join(f'*{ending}' for ending in TABLES)});;All files (*)"
_TABS = (("Data", "Which data, and what of them the model sees"), ("Model", "What learns, and how"))


class LearnPanel(LeftPanel):
    """Picker, two tabs, and what belongs to each; folded, picker and tabs are left."""

    picker: DataPicker

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(controller, "learnPanel", DataPicker(controller), SPACE.grid, parent)
        self._folder = ""
        self.facts = DataFacts(controller, self)
        self.data = DataPart(controller, self.facts)
        self.model = ModelPart(controller, self.facts)
        self.weights = QLabel()
        self.weights.setProperty("role", "muted")
        self.summary = ElidedLabel(role="muted")
        self.summary.hide()
        self.tabs: list[QPushButton] = []
        self._lay_out()
        self.picker.csvWanted.connect(self.ask_csv)
        self.data.csvWanted.connect(self.ask_csv)
        self.model.moreShown.connect(lambda widget: self._scrolls[1].ensureWidgetVisible(widget, 0, 40))
        self.data.inputs.ownShown.connect(lambda widget: self._scrolls[0].ensureWidgetVisible(widget, 0, 12))
        self.begin()

    def fold_parts(self, folded: bool) -> None:
        self._stack.setHidden(folded)
        self.summary.setVisible(folded)

    def show_state(self, state: AppState) -> None:
        problem = state.spec.problem
        if problem.learn is not None:
            self.weights.setText(weights_words(problem.dimension))
            self.summary.setText(summary_of(state.spec))
            self.weights.setToolTip("Numbers that are learnt: weights, biases, and what normalisation adds")

    def show_tab(self, index: int) -> None:
        """Data (0) or Model (1); a folded panel unfolds."""
        self.tabs[index].setChecked(True)
        self._stack.setCurrentIndex(index)
        self.set_folded(False)

    def ask_csv(self) -> None:
        """Choose a table and learn from it."""
        name, _ = QFileDialog.getOpenFileName(self, "Import a CSV", self._folder, _FILTER)
        if name:
            self._folder = str(Path(name).parent)
            self.import_csv(Path(name))

    def import_csv(self, path: Path) -> ImportDialog:
        """Read a table in the engine thread, and ask what of it is learnt from."""
        dialog = ImportDialog(self._controller, path, self.window())
        dialog.otherWanted.connect(self.ask_csv)
        dialog.open()
        dialog.read()
        return dialog

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        super().theme(theme)
        self.data.theme(theme)
        self.model.theme(theme)

    # -- private -------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(SPACE.grid, 0, SPACE.card, 0)
        bar.setSpacing(0)
        group = QButtonGroup(self)
        for index, (title, words) in enumerate(_TABS):
            button = QPushButton(title)
            button.setProperty("role", "tab")
            button.setCheckable(True)
            button.setToolTip(words)
            button.setAccessibleName(f"{title}, tab")
            button.clicked.connect(lambda _=False, index=index: self.show_tab(index))
            group.addButton(button, index)
            bar.addWidget(button)
            self.tabs.append(button)
        bar.addStretch(1)
        bar.addWidget(self.weights)
        self._stack = QStackedWidget()
        self._scrolls: list[QScrollArea] = []
        for part in (self.data, self.model):
            inside = QWidget()
            column = QVBoxLayout(inside)
            column.setContentsMargins(SPACE.card, SPACE.grid, SPACE.card, SPACE.gutter)
            column.addWidget(part)
            scroll = scroll_of(inside)
            self._scrolls.append(scroll)
            self._stack.addWidget(scroll)
        self._stack.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.column.addLayout(bar)
        line = QHBoxLayout()
        line.setContentsMargins(SPACE.card, 0, SPACE.card, SPACE.grid)
        line.addWidget(self.summary)
        self.column.addLayout(line)
        self.column.addWidget(self._stack, 1)
        self.tabs[0].setChecked(True)
