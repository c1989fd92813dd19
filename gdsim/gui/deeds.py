"""What each command does, by name; the table of commands and this table have the same names."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMenu

from gdsim.assets import state_dir
from gdsim.gui.benches import bench_of
from gdsim.gui.clock import position_of, speed_of
from gdsim.gui.exports import Exports
from gdsim.gui.gallery import Gallery
from gdsim.gui.help import AboutPage, DoctorPage, ShortcutsPage
from gdsim.gui.panels.map_dialog import MapDialog
from gdsim.gui.recovery import last_run_file
from gdsim.gui.state import AppState, ThemeChoice
from gdsim.gui.theme import is_dark, theme_of
from gdsim.gui.views import MAPS

if TYPE_CHECKING:
    from gdsim.gui.window import MainWindow

_NOTCH = 1 / 12
_OF_FUNCTIONS = ("map", "swarm", "refit_colours")
"""Commands that mean nothing where a model learns."""
_OF_MODELS = ("epoch", "epoch_back")
"""Commands that mean nothing where there are no data."""


class Deeds:
    """Handlers of all commands; what they need of the window they find there."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._controller = window.controller
        self.left_wanted = True
        self.right_wanted = True
        self.exports = Exports(window.controller, window, window.header.show_progress)

    def table(self) -> dict[str, Callable[..., None]]:
        """The handler of each command; a switch's handler takes its state."""
        window, controller = self._window, self._controller
        files, exports = window.files, self.exports
        table: dict[str, Callable[..., None]] = {
            "new": files.new,
            "open": files.ask_open,
            "import_csv": window.learn.ask_csv,
            "save": files.save,
            "save_as": files.save_as,
            "export_csv": exports.ask_csv,
            "export_picture": exports.ask_picture,
            "export_script": exports.ask_script,
            "copy_picture": lambda: exports.copy_picture(window.centre.view),
            "copy_command": exports.copy_command,
            "copy_python": exports.copy_python,
            "quit": lambda: _void(window.close()),
            "undo": controller.undo,
            "redo": controller.redo,
            "gallery": self.search,
            "edit_formula": self.edit_formula,
            "add_racer": self.add_racer,
            "duplicate_racer": lambda: controller.duplicate_racer(controller.state.selected),
            "remove_racer": lambda: controller.remove_racer(controller.state.selected),
            "next_racer": partial(self._focus_racer, 1),
            "previous_racer": partial(self._focus_racer, -1),
            "play": controller.toggle_play,
            "step": lambda: controller.step(1),
            "step_back": lambda: controller.step(-1),
            "epoch": lambda: controller.step_epoch(1),
            "epoch_back": lambda: controller.step_epoch(-1),
            "to_start": controller.to_start,
            "to_end": controller.to_end,
            "faster": partial(self._change_speed, _NOTCH),
            "slower": partial(self._change_speed, -_NOTCH),
            "stop": controller.stop_run,
            "map": self.open_map,
            "swarm": lambda on: controller.set_swarm(on=on),
            "from_here_on": controller.set_from_here_on,
            "compare": controller.set_compare,
            "bench_descend": lambda _=True: controller.open_bench("descend"),
            "bench_learn": lambda _=True: controller.open_bench("learn"),
            "teach": lambda on: controller.set_appearance(teach=on),
            "home_view": partial(self._look, "home"),
            "fit_view": partial(self._look, "fit"),
            "refit_colours": controller.refit_colours,
            "show_left": partial(self._show_column, "left_wanted"),
            "show_right": partial(self._show_column, "right_wanted"),
            "shortcuts": lambda: ShortcutsPage(window).open(),
            "doctor": lambda: DoctorPage(window, controller).open(),
            "log_folder": lambda: _void(QDesktopServices.openUrl(QUrl.fromLocalFile(str(state_dir())))),
            "about": lambda: AboutPage(window).open(),
        }
        choices: tuple[ThemeChoice, ...] = ("system", "light", "dark")
        for choice in choices:
            table[f"theme_{choice}"] = lambda _=True, choice=choice: self.set_theme(choice)
        return table

    def show_state(self, state: AppState, names: set[str]) -> None:
        """Titles and switches of the menus follow the state."""
        menus = self._window.menus
        if names & {"undo_name", "redo_name", "spec"}:
            menus.rename("undo", f"Undo {state.undo_name}".strip(), bool(state.undo_name))
            menus.rename("redo", f"Redo {state.redo_name}".strip(), bool(state.redo_name))
            menus["remove_racer"].setEnabled(len(state.spec.racers) > 1)
        if "playing" in names:
            menus["play"].setText(f"{'Pause' if state.playing else 'Play'}\tSpace")
        for name in ("from_here_on", "compare", "teach"):
            menus.show_check(name, getattr(state, name))
        menus.show_check("swarm", state.swarm.on)
        bench = bench_of(state.spec)
        menus.show_check(f"bench_{bench}", True)
        for name in _OF_FUNCTIONS:
            menus[name].setEnabled(bench == "descend")
        for name in _OF_MODELS:
            menus[name].setEnabled(state.spec.problem.learn is not None)
        menus.show_check(f"theme_{state.theme}", True)
        menus.show_check("show_left", self.left_wanted)
        menus.show_check("show_right", self.right_wanted)

    # -- looks

    def set_theme(self, choice: ThemeChoice) -> None:
        """Light, dark, or as the system is."""
        self._controller.set_appearance(theme=choice, dark=is_dark(choice))

    def switch_theme(self) -> None:
        """The other one of light and dark."""
        self.set_theme("light" if theme_of(self._controller.state).dark else "dark")

    def _show_column(self, name: str, on: bool) -> None:
        setattr(self, name, on)
        self._window.arrange(again=True)

    def _look(self, way: str) -> None:
        view = self._window.centre.hero
        look = getattr(view, way, None)
        if look is not None:
            look()

    # -- search

    def search(self) -> None:
        """The gallery over everything."""
        self._open_gallery("")

    def pick_problem(self) -> None:
        """The gallery with things of the same kind only: functions, data sets, or tasks."""
        only = {"function": "Functions", "model": "Data sets", "policy": "Policy tasks"}
        self._open_gallery(only[self._controller.state.spec.problem.kind])

    def add_racer(self) -> None:
        """The gallery with the optimizers only."""
        self._open_gallery("Optimizers")

    def _open_gallery(self, only: str) -> None:
        gallery = Gallery(self._controller, self._window, only)
        gallery.commandPicked.connect(self._window.menus.run)
        gallery.open()

    def edit_formula(self) -> None:
        """Put the cursor into the formula, on the bench for functions."""
        self.left_wanted = True
        self._controller.open_bench("descend")
        self._controller.set_appearance(teach=False)
        self._window.arrange(again=True)
        self._window.problem.focus_formula()

    # -- maps

    def open_map(self) -> None:
        """Ask for a swarm, a basin map or a sweep."""
        self._ask_map("")

    def open_sweep(self) -> None:
        """The same, at the page of sweeps."""
        self._ask_map("sweep")

    def _ask_map(self, kind: str) -> None:
        dialog = MapDialog(self._controller, self._window)
        if kind:
            dialog.choose(kind)
        dialog.accepted.connect(lambda: self._show_map(dialog.kind))
        dialog.open()

    def _show_map(self, kind: str) -> None:
        for view in MAPS:
            if view.map_kind == kind:
                self._window.centre.bring(view)

    # -- small things

    def _focus_racer(self, by: int) -> None:
        state = self._controller.state
        self._controller.select((state.selected + by) % len(state.spec.racers))

    def _change_speed(self, by: float) -> None:
        position = position_of(self._controller.state.speed)
        speed = speed_of(min(1.0, max(0.0, round((position + by) / _NOTCH) * _NOTCH)))
        self._controller.set_speed(speed if math.isinf(speed) or speed >= 10 else round(speed, 1))

    def fill_recent(self, menu: QMenu) -> None:
        """The files opened and saved last."""
        menu.clear()
        for name in self._window.settings.recent:
            path = Path(name)
            action = menu.addAction(path.name.replace("&", "&&"))
            action.setToolTip(name)
            action.triggered.connect(lambda _=False, path=path: self._window.files.open(path))
        if last_run_file().exists():
            menu.addSeparator()
            action = menu.addAction("Unsaved Run of Last Time")
            action.setToolTip("What was in the window when it was closed, never saved under a name")
            action.triggered.connect(lambda: self._window.files.open(last_run_file(), remember=False))
        if menu.isEmpty():
            menu.addAction("Nothing yet").setEnabled(False)


def _void(_: object) -> None:
    """A handler gives nothing back."""
