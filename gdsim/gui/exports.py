"""Exports from the window: each in a thread of its own, with progress and cancel; the race goes on meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from gdsim.errors import Cancelled, GdsimError
from gdsim.gui.controller import Controller
from gdsim.gui.theme import theme_of
from gdsim.gui.worker import TEXT

if TYPE_CHECKING:
    from gdsim.gui.views import View

log = logging.getLogger(__name__)

_POLL = 50
_PICTURE = (1440, 900)

Progress = Callable[[int, int], None]
Write = Callable[[threading.Event, Progress], None]


class Exports(QObject):
    """One export at a time. `show_progress(words, share)` paints how far it is; no words when there is none."""

    def __init__(self, controller: Controller, window: QWidget, show_progress: Callable[[str, float], None]) -> None:
        super().__init__(window)
        self._controller = controller
        self._window = window
        self._show_progress = show_progress
        self._thread: threading.Thread | None = None
        self._cancel = threading.Event()
        self._words = ""
        self._share = 0.0
        self._error: BaseException | None = None
        self._path = Path()
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL)
        self._timer.timeout.connect(self._poll)

    @property
    def busy(self) -> bool:
        """Whether an export is under way."""
        return self._thread is not None

    # -- asking where to

    def ask_csv(self) -> None:
        """Ask for a name, write the table."""
        self._ask("Export the Table", "CSV table (*.csv)", ".csv", self.write_csv)

    def ask_picture(self) -> None:
        """Ask for a name, write the picture."""
        self._ask("Export the Picture", "PNG picture (*.png);;SVG drawing (*.svg)", ".png", self.write_picture)

    def ask_script(self) -> None:
        """Ask for a name, write the script."""
        self._ask("Export a Script", "Python script (*.py)", ".py", self.write_script)

    def _ask(self, title: str, kinds: str, suffix: str, write: Callable[[Path], None]) -> None:
        if self._controller.history is None:
            self._controller.failed.emit("There is no run to export yet")
            return
        name = self._controller.state.spec.problem.name or "run"
        chosen, kind = QFileDialog.getSaveFileName(self._window, title, f"{name}{suffix}", kinds)
        if chosen:
            path = Path(chosen)
            if not path.suffix:
                path = path.with_suffix(".svg" if "svg" in kind else suffix)
            write(path)

    # -- writing

    def write_csv(self, path: Path) -> None:
        """Every step of every racer."""
        history = self._controller.history

        def write(cancel: threading.Event, progress: Progress) -> None:
            from gdsim.export.csv import write_csv

            write_csv(history, path, cancel=cancel, progress=progress)

        self.begin(path, write)

    def write_picture(self, path: Path) -> None:
        """The map with its paths, the loss, the names; at the step shown."""
        state, history = self._controller.state, self._controller.history
        name = theme_of(state).name

        def write(cancel: threading.Event, progress: Progress) -> None:
            from gdsim.export.picture import write_picture

            write_picture(
                history,
                path,
                theme=name,
                size=_PICTURE,
                cursor=state.cursor,
                selected=state.selected,
                cancel=cancel,
            )

        self.begin(path, write)

    def write_script(self, path: Path) -> None:
        """A script that makes this run without gdsim."""
        spec = self._controller.state.spec

        def write(cancel: threading.Event, progress: Progress) -> None:
            from gdsim.export.script import write_script

            write_script(spec, path)

        self.begin(path, write)

    def begin(self, path: Path, write: Write) -> None:
        """Run `write(cancel, progress)` in a thread of its own."""
        if self._thread is not None:
            self._controller.failed.emit("An export is under way. Wait for it or cancel it first")
            return
        self._cancel = threading.Event()
        self._error, self._share, self._path = None, 0.0, path
        self._words = f"Writing {path.name}"
        self._thread = threading.Thread(
            target=self._work, args=(write, self._cancel), name="gdsim-export", daemon=True
        )
        self._show_progress(self._words, 0.0)
        self._thread.start()
        self._timer.start()

    def cancel(self) -> None:
        """Stop the export; nothing half-written stays."""
        self._cancel.set()

    def finish(self, timeout: float = 5.0) -> None:
        """The window closes: stop what is under way and wait for it."""
        self._cancel.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _work(self, write: Write, cancel: threading.Event) -> None:
        def progress(done: int, total: int) -> None:
            self._share = done / max(1, total)

        try:
            write(cancel, progress)
        except Exception as error:
            if not isinstance(error, GdsimError):
                log.exception("the export of %s failed", self._path)
            self._error = error

    def _poll(self) -> None:
        thread = self._thread
        if thread is None:
            return
        self._show_progress(self._words, self._share)
        if thread.is_alive():
            return
        thread.join()
        self._thread = None
        self._timer.stop()
        self._show_progress("", 0.0)
        error = self._error
        if error is None:
            self._controller.noticed.emit(f"Written: {self._path}")
        elif isinstance(error, Cancelled):
            self._controller.noticed.emit(f"Stopped; {self._path.name} was not written")
        elif isinstance(error, GdsimError):
            self._controller.failed.emit(error.message())
        else:
            self._controller.failed.emit(f"{self._path.name} could not be written: {error}")

    # -- the clipboard

    def copy_picture(self, view: View | None) -> None:
        """What the middle shows, as a picture."""
        if view is not None:
            QGuiApplication.clipboard().setImage(view.picture())
            self._controller.noticed.emit("The picture is on the clipboard")

    def copy_command(self) -> None:
        """The command line that makes this run."""
        from gdsim.export.command import command_line

        self._copy(command_line, "The command is on the clipboard")

    def copy_python(self) -> None:
        """The Python call that makes this run."""
        from gdsim.export.command import python_call

        self._copy(python_call, "The Python call is on the clipboard")

    def _copy(self, make: Callable[[Any], str], words: str) -> None:
        spec, controller = self._controller.state.spec, self._controller

        def done(text: str) -> None:
            QGuiApplication.clipboard().setText(text)
            controller.noticed.emit(words)

        controller.ask("copy", lambda cancel: make(spec), done, lambda error: controller.failed.emit(str(error)), TEXT)
