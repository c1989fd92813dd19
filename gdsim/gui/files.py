"""Documents in the window: new, open, save, recent files, autosave. Reading and writing happen in the engine thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from gdsim.errors import GdsimError
from gdsim.gui import recovery
from gdsim.gui.controller import Controller
from gdsim.gui.state import AppState
from gdsim.gui.worker import TEXT
from gdsim.session import documents
from gdsim.session.spec import RunSpec

_CALM = 1000
_FILTER = "gdsim runs (*.gdsim)"


class Files(QObject):
    """The document's comings and goings. `used` tells each path that was opened or saved."""

    used = Signal(object)

    def __init__(self, controller: Controller, window: QWidget, folder: str = "") -> None:
        super().__init__(window)
        self._controller = controller
        self._window = window
        self._folder = folder
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(_CALM)
        self._calm.timeout.connect(self._autosave)
        controller.stateChanged.connect(self._state_changed)

    def new(self) -> None:
        """What the bench opens with, again."""
        self._unless_lost(lambda: self._controller.open_spec(self._controller.benches.opening()))

    def ask_open(self) -> None:
        """Choose a file and open it."""

        def choose() -> None:
            name, _ = QFileDialog.getOpenFileName(self._window, "Open a Run", self._folder, _FILTER)
            if name:
                self.open(Path(name), ask=False)

        self._unless_lost(choose)

    def open(self, path: Path, ask: bool = True, remember: bool = True) -> None:
        """Open `path`; what is wrong with it is told, and the present run stays. Without `remember` it has no name."""

        def do() -> None:
            self._controller.ask("open", lambda cancel: documents.load(path), opened, self._failed, TEXT)

        def opened(spec: RunSpec) -> None:
            self._controller.open_spec(spec, path if remember else None, modified=not remember)
            if remember:
                self._remember(path)

        if ask:
            self._unless_lost(do)
        else:
            do()

    def save(self, then: Callable[[], None] | None = None) -> None:
        """Save where it was saved before, or ask."""
        path = self._controller.state.path
        if path is None:
            self.save_as(then)
        else:
            self.save_to(path, then)

    def save_as(self, then: Callable[[], None] | None = None) -> None:
        """Ask for a name and save."""
        problem = self._controller.state.spec.problem
        proposal = str(Path(self._folder) / f"{problem.name or 'run'}{documents.SUFFIX}")
        name, _ = QFileDialog.getSaveFileName(self._window, "Save the Run", proposal, _FILTER)
        if name:
            path = Path(name)
            self.save_to(path if path.suffix else path.with_suffix(documents.SUFFIX), then)

    def save_to(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Save to `path`, whole or not at all."""
        spec = self._controller.state.spec

        def done() -> None:
            self._controller.note_saved(path, spec)
            self._remember(path)
            self._controller.noticed.emit(f"Saved as {path.name}")
            if then is not None:
                then()

        self._write(spec, path, done)

    def _write(self, spec: RunSpec, path: Path, done: Callable[[], None]) -> None:
        self._controller.ask("save", lambda cancel: documents.save(spec, path), lambda _: done(), self._failed, TEXT)

    def may_close(self, then: Callable[[], None]) -> bool:
        """Whether the window may close now; asks about unsaved work, and calls `then` after a save."""
        benches = self._controller.benches
        other = benches.unsaved
        after = then
        if other is not None and other.path is not None:
            path, spec = other.path, other.spec

            def after() -> None:
                benches.forget_changes(path)
                then()

            answer = self._ask_about_changes(path)
            if answer == QMessageBox.StandardButton.Save:
                self._write(spec, path, after)
            if answer != QMessageBox.StandardButton.Discard:
                return False
        if not self._controller.state.modified or self._controller.state.path is None:
            return True
        answer = self._ask_about_changes(self._controller.state.path)
        if answer == QMessageBox.StandardButton.Save:
            self.save(after)
            return False
        return answer == QMessageBox.StandardButton.Discard

    def _unless_lost(self, do: Callable[[], None]) -> None:
        if not self._controller.state.modified or self._controller.state.path is None:
            do()
            return
        answer = self._ask_about_changes(self._controller.state.path)
        if answer == QMessageBox.StandardButton.Save:
            self.save(do)
        elif answer == QMessageBox.StandardButton.Discard:
            do()

    def _ask_about_changes(self, path: Path) -> QMessageBox.StandardButton:
        buttons = QMessageBox.StandardButton
        return QMessageBox.question(
            self._window,
            "Unsaved Changes",
            f"Save the changes to {path.name}?",
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )

    def _remember(self, path: Path) -> None:
        self._folder = str(path.resolve().parent)
        self.used.emit(path)

    def _failed(self, error: Exception) -> None:
        self._controller.failed.emit(error.message() if isinstance(error, GdsimError) else str(error))

    def _state_changed(self, state: AppState, names: set[str]) -> None:
        if "spec" in names:
            self._calm.start()

    def _autosave(self) -> None:
        spec = self._controller.state.spec
        self._controller.ask("autosave", lambda cancel: recovery.autosave(spec), lambda _: None, self._failed, TEXT)
