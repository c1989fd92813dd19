"""Starting and ending: `main` is the window's program, `make_window` puts its pieces together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from gdsim.assets import resource
from gdsim.draw.mathtext import math_setter
from gdsim.engine import select
from gdsim.errors import GdsimError
from gdsim.gui import recovery, settings
from gdsim.gui.benches import Place
from gdsim.gui.controller import Controller
from gdsim.gui.garbage import GarbageCollector
from gdsim.gui.settings import Settings
from gdsim.gui.state import AppState
from gdsim.gui.theme import Appearance, is_dark
from gdsim.gui.window import MainWindow
from gdsim.session import documents
from gdsim.session.opening import STEPS_PER_SECOND, opening_spec
from gdsim.session.spec import RunSpec
from gdsim.version import __version__

_SWITCH_INTERVAL = 0.001
"""Seconds a thread may hold the interpreter: the engine's must not hold up the GUI's."""


def application(arguments: Sequence[str] = ()) -> QApplication:
    """The one QApplication, made on first use."""
    there = QApplication.instance()
    if isinstance(there, QApplication):
        return there
    app = QApplication(["gdsim", *arguments])
    app.setApplicationName("gdsim")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("gdsim")
    app.setWindowIcon(QIcon(str(resource("icons/gdsim.svg"))))
    return app


def make_window(
    app: QApplication,
    spec: RunSpec | None = None,
    kept: Settings | None = None,
    path: Path | None = None,
    theme: Literal["light", "dark"] | None = None,
) -> MainWindow:
    """The window with its controller, neither started nor shown. No `spec`: the opening race."""
    kept = kept or Settings()
    choice = theme or kept.theme
    speed = kept.steps_per_second if spec is not None or kept.discovered else float(STEPS_PER_SECOND)
    state = AppState(
        spec=spec or opening_spec(),
        speed=speed if spec is None or spec.problem.kind == "function" else Place.fresh(spec).speed,
        theme=choice,
        dark=is_dark(choice),
        teach=kept.teach,
        path=path,
        opening=spec is None,
    )
    appearance = app.findChild(Appearance) or Appearance(app)
    GarbageCollector.of(app)
    appearance.take_off()
    controller = Controller(state)
    window = MainWindow(controller, appearance, kept)
    controller.setParent(window)
    return window


def main(arguments: Sequence[str] = ()) -> int:
    """The window's program; `arguments` may name a .gdsim file. Returns the exit status."""
    stream = recovery.begin_log()
    try:
        return _main(arguments)
    finally:
        stream.flush()


def _main(arguments: Sequence[str]) -> int:
    sys.setswitchinterval(_SWITCH_INTERVAL)
    mark = recovery.StartMark()
    last = mark.begin()
    if last.at_start:
        recovery.make_safe()
    app = application()
    spec, path, trouble = _document(arguments)
    window = make_window(app, spec, settings.load(), path)
    controller = window.controller
    recovery.catch_all(controller.failed.emit)
    window.closed.connect(settings.save)
    window.restore_place()
    window.show()
    controller.start()
    select.warm()
    if spec is None:
        controller.play()
    else:
        controller.to_end()
    QTimer.singleShot(3000, mark.in_use)
    if trouble:
        window.notice.tell(trouble)
    elif last.crashed:
        _offer(window, last)
    status = app.exec()
    window.deeds.exports.finish()
    math_setter().wait()
    if not controller.stop():
        recovery.log.warning("the engine did not stop in time")
    state = controller.state
    recovery.end(state.spec, state.modified and state.path is None)
    mark.end()
    return int(status)


def _document(arguments: Sequence[str]) -> tuple[RunSpec | None, Path | None, str]:
    """What the arguments ask to open: spec, path, and what is wrong with them."""
    if not arguments:
        return None, None, ""
    path = Path(arguments[0])
    try:
        return documents.load(path), path, ""
    except GdsimError as error:
        return None, None, error.message()


def _offer(window: MainWindow, last: recovery.LastTime) -> None:
    """After a crash: say so, and offer the work of the moment before."""
    spec = recovery.autosaved()
    words = "gdsim did not close properly last time."
    if last.at_start:
        words += " This is a safe start: compiled kernels were thrown away, the graphics card stays off."
    actions = []
    if spec is not None:
        actions.append(("Restore the Run", lambda: window.controller.open_spec(spec, modified=True)))
    actions.append(("Open Log Folder", lambda: window.menus.run("log_folder")))
    window.notice.tell(words, actions, tone="warn")
