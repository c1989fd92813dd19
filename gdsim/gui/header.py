"""Under the menu: the bench, the problem picker, the search, what the engine is, Teach and theme."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QWidget

from gdsim.draw.theme import SPACE, Theme
from gdsim.gui.benches import TITLES, bench_of
from gdsim.gui.commands import BY_NAME
from gdsim.gui.controller import Controller
from gdsim.gui.fields.segments import Segments
from gdsim.gui.icons import icon
from gdsim.gui.state import AppState, EngineState
from gdsim.session.spec import Kind

_LONGEST = 44
_PICKED: dict[Kind, tuple[str, str]] = {
    "function": ("Function", "function"), "model": ("Data and model", "data set"), "policy": ("Task", "task"),
}  # fmt: skip


class Header(QFrame):
    """Asks for the gallery, Teach, the theme and the end of an export; shows the rest."""

    pickerWanted = Signal()
    searchWanted = Signal()
    themeWanted = Signal()
    cancelWanted = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self._controller = controller
        benches = [(name, title, BY_NAME[f"bench_{name}"].tooltip) for name, title in TITLES.items()]
        self.bench = Segments(benches, "Bench")
        self.bench.chosen.connect(controller.open_bench)
        self.picker = QPushButton()
        self.picker.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.picker.clicked.connect(self.pickerWanted)
        self.search = QPushButton("Search  Ctrl+K")
        self.search.setToolTip(BY_NAME["gallery"].tooltip)
        self.search.setAccessibleName("Search functions, data sets, tasks, optimizers and commands")
        self.search.clicked.connect(self.searchWanted)
        self.progress_words = QLabel()
        self.progress_words.setProperty("role", "secondary")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(96)
        self.progress.setAccessibleName("Export")
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop the export; nothing half-written stays")
        self.cancel.clicked.connect(self.cancelWanted)
        self.engine = QLabel()
        self.engine.setProperty("role", "secondary")
        self.engine.setAccessibleName("Engine")
        self.teach = QToolButton()
        self.teach.setText("Teach")
        self.teach.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.teach.setCheckable(True)
        self.teach.setToolTip(BY_NAME["teach"].tooltip)
        self.teach.setAccessibleName("Teach")
        self.teach.toggled.connect(lambda on: controller.set_appearance(teach=on))
        self.theme_button = QToolButton()
        self.theme_button.setProperty("role", "flat")
        self.theme_button.setProperty("square", True)
        self.theme_button.setToolTip("Switch between light and dark")
        self.theme_button.setAccessibleName("Switch between light and dark")
        self.theme_button.clicked.connect(self.themeWanted)
        self._lay_out()
        self.show_progress("", 0.0)
        controller.stateChanged.connect(self._state_changed)
        controller.engineChanged.connect(self._show_engine)
        self._show(controller.state)
        self._show_engine(controller.engine)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        for button in (self.teach, self.theme_button):
            button.setIconSize(QSize(18, 18))
        self.theme_button.setFixedSize(SPACE.control + 2, SPACE.control)
        row.addWidget(self.bench)
        row.addSpacing(8)
        row.addWidget(self.picker)
        row.addWidget(self.search)
        row.addStretch(1)
        for widget in (self.progress_words, self.progress, self.cancel, self.engine, self.teach, self.theme_button):
            row.addWidget(widget)

    def show_theme(self, theme: Theme) -> None:
        """Icons in the theme's colours."""
        self.picker.setIcon(icon("mdi6.chevron-down", theme))
        self.search.setIcon(icon("mdi6.magnify", theme))
        self.teach.setIcon(icon("mdi6.presentation", theme, checked=theme.accent_text))
        self.theme_button.setIcon(icon("mdi6.weather-night" if not theme.dark else "mdi6.white-balance-sunny", theme))

    def show_progress(self, words: str, share: float) -> None:
        """How far an export is (share from 0 to 1); no words: none is under way."""
        for widget in (self.progress_words, self.progress, self.cancel):
            widget.setVisible(bool(words))
        self.engine.setVisible(not words)
        self.progress_words.setText(words)
        self.progress.setValue(round(1000 * share))

    def _state_changed(self, state: AppState, names: set[str]) -> None:
        if names & {"spec", "teach"}:
            self._show(state)

    def _show(self, state: AppState) -> None:
        problem, bench = state.spec.problem, bench_of(state.spec)
        self.bench.show_choice(bench)
        name = problem.title or problem.formula
        if len(name) > _LONGEST:
            name = name[: _LONGEST - 1] + "…"
        self.picker.setText(name.replace("&", "&&"))
        what, other = _PICKED[problem.kind]
        self.picker.setAccessibleName(f"{what}: {name}")
        self.picker.setToolTip(f"Pick another {other}")
        with QSignalBlocker(self.teach):
            self.teach.setChecked(state.teach)

    def _show_engine(self, engine: EngineState) -> None:
        words = {"cpu": "Compiled", "numpy": "NumPy", "cuda": "GPU"}.get(engine.backend, engine.backend)
        self.engine.setText(f"{words}{' · computing' if engine.busy else ''}" if words else "Starting")
        tip = {"cpu": "Steps are computed by compiled kernels", "numpy": "Steps are computed by NumPy"}
        lines = [tip.get(engine.backend, ""), engine.reason]
        self.engine.setToolTip(". ".join(line for line in lines if line))
