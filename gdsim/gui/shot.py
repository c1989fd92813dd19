"""The real main window as a picture, without a display and without a clock: it waits for the engine, by events."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from gdsim.draw.application import png_bytes
from gdsim.draw.mathtext import math_setter
from gdsim.errors import ExportError, SpecError
from gdsim.gui.app import application, make_window
from gdsim.gui.panels.map_dialog import MapDialog
from gdsim.gui.views import HEROES, TABS, View
from gdsim.gui.window import MainWindow
from gdsim.session.atomic import replacing
from gdsim.session.opening import opening_spec
from gdsim.session.spec import RunSpec

HERO = "map"
"""What is shown when nothing else is asked for: the first view that fits."""
DIALOG = ("swarm", "basins", "sweep")
"""What the Map… dialog makes of the selected racer."""

_PATIENCE = 60_000
_QUIET = 3
"""Empty turns of the event loop in a row after which nothing more is coming."""


def screenshot(
    path: str | Path,
    spec: RunSpec | None = None,
    size: tuple[int, int] = (1440, 900),
    theme: Literal["light", "dark"] = "dark",
    step: int | None = None,
    selected: int = 0,
    teach: bool = False,
    view: str = HERO,
) -> None:
    """Draw the main window into `path` (PNG), atomically.

    Args:
        spec: the run; the opening race when None.
        size: of the window, pixels.
        step: the step shown, the last one when None.
        view: one of `view_names`: `HERO`, what the Map… dialog makes as it proposes it, or a tab by its title.

    Raises:
        GdsimError: the run cannot be made. SpecError: the problem has no such view.
        ExportError: the file cannot be written, or the engine does not come to rest.
    """
    app = application()
    window = make_window(app, spec or opening_spec(), theme=theme)
    try:
        image = picture_of(app, window, size, step, selected, teach, view)
    finally:
        window.controller.stop()
        window.close()
        window.deleteLater()
    with replacing(Path(path)) as file:
        file.write(png_bytes(image))


def picture_of(
    app: QApplication,
    window: MainWindow,
    size: tuple[int, int],
    step: int | None = None,
    selected: int = 0,
    teach: bool = False,
    view: str = HERO,
) -> QImage:
    """Show `window` at `size` and grab it once everything has been computed and drawn."""
    controller = window.controller
    troubles: list[str] = []
    controller.failed.connect(troubles.append)
    window.resize(*size)
    window.show()
    controller.set_appearance(teach=teach)
    controller.to_end()
    controller.start()
    wait_until_settled(window)
    if troubles:
        raise ExportError(troubles[0], where="screenshot")
    controller.select(selected)
    if step is not None:
        controller.set_cursor(step)
    wait_until_settled(window)
    if view in DIALOG:
        dialog = MapDialog(controller, window)
        dialog.choose(view)
        dialog.accept()
        wait_until_settled(window)
    elif view != HERO:
        _bring(window, view)
        wait_until_settled(window)
    if troubles:
        raise ExportError(troubles[0], where="screenshot")
    return window.grab().toImage()


def view_names() -> tuple[str, ...]:
    """What `view` may be, all problems taken together."""
    return (HERO, *DIALOG, *(_name(kind) for kind in (*HEROES, *TABS)))


def _name(kind: type[View]) -> str:
    """A tab's title as one word: "Line and bowl" is ``line``."""
    return kind.title.split()[0].lower()


def _bring(window: MainWindow, view: str) -> None:
    problem = window.controller.state.spec.problem
    fitting = {_name(kind): kind for kind in (*HEROES, *TABS) if kind.fits(problem)}
    if view not in fitting:
        hint = f"Use {', '.join((HERO, *fitting))}"
        raise SpecError(f"there is no view {view!r} of this problem", where="view", hint=hint)
    window.centre.bring(fitting[view])


def wait_until_settled(window: MainWindow, patience: int = _PATIENCE) -> None:
    """Run the event loop until the engine and all typesetting are at rest; ExportError after `patience` ms."""
    loop = QEventLoop()
    quiet = 0

    def look() -> None:
        nonlocal quiet
        quiet = 0 if window.controller.busy or not _math_at_rest() else quiet + 1
        if quiet >= _QUIET:
            loop.quit()

    clock = QTimer()
    clock.setInterval(20)
    clock.timeout.connect(look)
    clock.start()
    late = QTimer()
    late.setSingleShot(True)
    late.timeout.connect(lambda: loop.exit(1))
    late.start(patience)
    if loop.exec() != 0:
        raise ExportError("the engine did not come to rest", hint="Use fewer steps")


def _math_at_rest() -> bool:
    """Whether no formula is being typeset; waits for it a moment, for it is a pool's work."""
    return math_setter().wait(1)
