"""The card on top of the left column on the bench Learn: which data, which model."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFrame,
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
from gdsim.gui.state import AppState
from gdsim.gui.theme import theme_of

OPEN_HEIGHT = 312
FOLDED_HEIGHT = 96
TABLES = (".csv", ".tsv", ".txt")
_FILTER = f"Tables ({' '.join(f'*{ending}' for ending in TABLES)});;All files (*)"
_TABS = (("Data", "Which data, and what of them the model sees"), ("Model", "What learns, and how"))


class LearnPanel(QFrame):
    """Picker, two tabs, and what belongs to each; `set_folded` leaves picker and tabs only."""

    galleryWanted = Signal()
    foldChanged = Signal(bool)

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setObjectName("learnPanel")
        self._controller = controller
        self._folded = False
        self._folder = ""
        self.facts = DataFacts(controller, self)
        self.picker = DataPicker(controller)
        self.data = DataPart(controller, self.facts)
        self.model = ModelPart(controller, self.facts)
        self.weights = QLabel()
        self.weights.setProperty("role", "muted")
        self.summary = ElidedLabel(role="muted")
        self.summary.hide()
        self.tabs: list[QPushButton] = []
        self._lay_out()
        self.picker.galleryWanted.connect(self.galleryWanted)
        self.picker.csvWanted.connect(self.ask_csv)
        self.picker.foldWanted.connect(lambda: self.set_folded(not self._folded))
        self.data.csvWanted.connect(self.ask_csv)
        self.model.moreShown.connect(lambda widget: self._scrolls[1].ensureWidgetVisible(widget, 0, 40))
        self.data.inputs.ownShown.connect(lambda widget: self._scrolls[0].ensureWidgetVisible(widget, 0, 12))
        controller.stateChanged.connect(self._on_state)
        self.theme(theme_of(controller.state))
        self._show(controller.state)

    @property
    def folded(self) -> bool:
        """Whether only picker and tabs are shown."""
        return self._folded

    def set_folded(self, folded: bool) -> None:
        """Fold or unfold; `foldChanged` tells the layout around."""
        if folded == self._folded:
            return
        self._folded = folded
        self._stack.setHidden(folded)
        self.summary.setVisible(folded)
        self.picker.show_folded(folded)
        self.updateGeometry()
        self.foldChanged.emit(folded)

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
        self.picker.theme(theme)
        self.data.theme(theme)
        self.model.theme(theme)

    def sizeHint(self) -> QSize:
        return QSize(304, FOLDED_HEIGHT if self._folded else OPEN_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, FOLDED_HEIGHT)

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
            scroll = QScrollArea()
            scroll.setWidgetResizable(True)
            scroll.setFrameShape(QFrame.Shape.NoFrame)
            scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            scroll.setWidget(inside)
            self._scrolls.append(scroll)
            self._stack.addWidget(scroll)
        self._stack.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        top = QHBoxLayout()
        top.setContentsMargins(SPACE.card, 0, SPACE.card - 4, 0)
        top.addWidget(self.picker)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, SPACE.card - 2, 0, 2)
        outer.setSpacing(SPACE.grid)
        outer.addLayout(top)
        outer.addLayout(bar)
        line = QHBoxLayout()
        line.setContentsMargins(SPACE.card, 0, SPACE.card, SPACE.grid)
        line.addWidget(self.summary)
        outer.addLayout(line)
        outer.addWidget(self._stack, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.tabs[0].setChecked(True)

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if names & {"dark", "teach"}:
            self.theme(theme_of(state))
        if "spec" in names:
            self._show(state)

    def _show(self, state: AppState) -> None:
        problem = state.spec.problem
        if problem.learn is not None:
            self.weights.setText(weights_words(problem.dimension))
            self.summary.setText(summary_of(state.spec))
            self.weights.setToolTip("Numbers that are learnt: weights, biases, and what normalisation adds")
