"""The main window: puts header, columns, hero and verdict together, and shows the state in them once per frame."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import msgspec
from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gdsim.gui import edits
from gdsim.gui.centre import MOST_TABS, Centre
from gdsim.gui.controller import Controller
from gdsim.gui.deeds import Deeds
from gdsim.gui.files import Files
from gdsim.gui.header import Header
from gdsim.gui.layout import LARGE, sizes_for, splitter
from gdsim.gui.learn.slow import SLOW
from gdsim.gui.menus import Actions
from gdsim.gui.notice import NoticeBar
from gdsim.gui.panels.learn_panel import TABLES, LearnPanel
from gdsim.gui.panels.policy_panel import PolicyPanel
from gdsim.gui.panels.problem import ProblemPanel
from gdsim.gui.panels.racers import RacersPanel
from gdsim.gui.panels.swarm_strip import SwarmStrip
from gdsim.gui.settings import Settings
from gdsim.gui.sides import Sides
from gdsim.gui.state import AppState
from gdsim.gui.theme import Appearance, is_dark, theme_of, view_theme_of
from gdsim.gui.transport import Transport
from gdsim.gui.verdict import VerdictStrip
from gdsim.gui.views import MAPS, Scene, View
from gdsim.session.documents import SUFFIX

FIRST_SIZE = QSize(1440, 900)
SMALLEST = QSize(960, 600)
_MENU = 28


class MainWindow(QMainWindow):
    """The window; `closed` tells that it is going and with which settings."""

    closed = Signal(object)

    def __init__(self, controller: Controller, appearance: Appearance, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setMinimumSize(SMALLEST)
        self.setAcceptDrops(True)
        self.controller = controller
        self.settings = settings
        self._appearance = appearance
        self._small: bool | None = None
        self._arranged_teach = False
        self.files = Files(controller, self, settings.folder)
        self.header = Header(controller)
        self.problem = ProblemPanel(controller)
        self.learn = LearnPanel(controller)
        self.policy = PolicyPanel(controller)
        self.racers = RacersPanel(controller)
        self.transport = Transport(controller)
        self.centre = Centre(self.transport, SwarmStrip(controller))
        self.centre.viewMade.connect(self._connect_view)
        self.centre.make_heroes()
        self.centre.show_problem(controller.state.spec.problem)
        self.sides = Sides()
        self.sides.show_problem(controller.state.spec.problem)
        self.verdict = VerdictStrip(controller, settings.discovered)
        self._lay_out()
        self.notice = NoticeBar(self, self.centre, LARGE.tabs + 8)
        self.deeds = Deeds(self)
        self.menus = Actions(self, self.deeds.table())
        self.recent = self.menus.submenu_after("open", "Open Recent", "File")
        self.recent.aboutToShow.connect(lambda: self.deeds.fill_recent(self.recent))
        self.menuBar().setFixedHeight(_MENU)
        self._connect()
        self._set_theme()
        self._show_state(controller.state, {"spec", "undo_name", "path", "teach", "theme"})

    # -- making

    def _lay_out(self) -> None:
        self.left: QSplitter = splitter(Qt.Orientation.Vertical, "left")
        self.above = QStackedWidget()
        for panel in (self.problem, self.learn, self.policy):
            self.above.addWidget(panel)
        self._show_panel(self.controller.state)
        self.left.addWidget(self.above)
        self.left.addWidget(self.racers)
        self.left.setStretchFactor(0, 0)
        self.left.setStretchFactor(1, 1)
        self.columns: QSplitter = splitter(Qt.Orientation.Horizontal, "columns")
        for index, widget in enumerate((self.left, self.centre, self.sides)):
            self.columns.addWidget(widget)
            self.columns.setStretchFactor(index, 1 if index == 1 else 0)
        self._body = QWidget()
        self._body_box = QHBoxLayout(self._body)
        self._body_box.addWidget(self.columns)
        whole = QWidget()
        box = QVBoxLayout(whole)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.header)
        box.addWidget(self._body, 1)
        box.addWidget(self.verdict)
        self.setCentralWidget(whole)
        whole.setFocus()  # no field is in use yet: keys go to the window

    def _connect(self) -> None:
        controller = self.controller
        controller.stateChanged.connect(self._show_state)
        controller.frame.connect(self._show_scene)
        controller.failed.connect(self.notice.tell)
        controller.noticed.connect(lambda words: self.notice.tell(words, tone=""))
        self._appearance.changed.connect(self._follow_system)
        self.header.pickerWanted.connect(self.deeds.pick_problem)
        self.header.searchWanted.connect(self.deeds.search)
        self.header.themeWanted.connect(self.deeds.switch_theme)
        self.header.cancelWanted.connect(self.deeds.exports.cancel)
        for panel in (self.problem, self.learn, self.policy):
            panel.galleryWanted.connect(self.deeds.pick_problem)
            panel.foldChanged.connect(self._folded)
        self.verdict.formulaWanted.connect(self.deeds.edit_formula)
        self.verdict.discovered.connect(lambda count: self._keep(discovered=count))
        self.files.used.connect(self._used)
        self.centre.shownChanged.connect(self._show_scene)
        self.centre.mapWanted.connect(self.deeds.open_map)
        self.centre.viewClosed.connect(self._view_closed)
        self.sides.shownChanged.connect(self._show_scene)
        for view in self.sides.views:
            self._connect_view(view)

    def _connect_view(self, view: View) -> None:
        controller = self.controller
        view.viewportRequested.connect(controller.set_viewport)
        view.fieldRequested.connect(controller.want_field)
        view.startRequested.connect(controller.set_start)
        view.cursorRequested.connect(controller.set_cursor)
        view.racerRequested.connect(controller.select)
        view.axesRequested.connect(controller.set_axes)
        view.coloursRequested.connect(controller.refit_colours)
        view.stageRequested.connect(controller.set_stage)
        view.basinsRequested.connect(controller.set_basins)
        view.sweepRequested.connect(controller.set_sweep)
        view.mapViewRequested.connect(controller.maps.look_at)
        view.stopRequested.connect(controller.maps.stop)
        view.stopRequested.connect(controller.learn.stop)
        view.againRequested.connect(self._again)
        view.settingsRequested.connect(controller.take_settings)
        view.dialogRequested.connect(lambda: self.deeds.open_sweep())
        view.closeRequested.connect(lambda: self.centre.drop(type(view)))
        view.learnRequested.connect(lambda fields: controller.set_learn(**fields))
        view.dataRequested.connect(controller.set_data)
        view.modelRequested.connect(controller.set_model)
        view.policyRequested.connect(controller.set_policy)
        view.refused.connect(controller.failed)
        view.swarmRequested.connect(lambda on: controller.set_swarm(on=on))

    # -- showing

    def scene(self) -> Scene:
        """All that the views show now.

        The history may be that of the spec before the last edit until the engine has answered: one of another dimension
        is not shown, and the focus stays among the racers that it has.
        """
        c = self.controller
        state, history, ghost = c.state, c.history, c.ghost
        problem = state.spec.problem
        if history is not None and not edits.same_kind(history.spec.problem, problem):
            history = None
        if ghost is not None and not edits.same_kind(ghost.spec.problem, problem):
            ghost = None
        if history is not None and state.selected >= len(history):
            state = replace(state, selected=len(history) - 1)
        return Scene(
            state=state,
            history=history,
            revision=c.revision,
            surface=c.surface,
            curve=c.curve,
            ghost=ghost,
            stages=c.stages if c.requests.legible else (),
            stage=c.state.stage,
            pulse=c.pulse,
            cloud=c.swarm.cloud,
            basins=c.maps["basins"],
            sweep=c.maps["sweep"],
            learn=c.learn.shown,
            slow=c.learn.slow.states,
        )

    def _show_scene(self) -> None:
        scene = self.scene()
        shown = (*self.centre.shown(), *self.sides.shown())
        self.controller.maps.see(frozenset(view.map_kind for view in shown))
        self.controller.learn.see(name for view in shown for name in view.wants)
        for view in shown:
            view.show(scene)

    def _show_state(self, state: AppState, names: set[str]) -> None:
        if names & {"theme", "dark", "teach"}:
            self._set_theme()
        if "spec" in names:
            self.centre.show_problem(state.spec.problem)
            self.sides.show_problem(state.spec.problem)
            self.centre.show_changes(state.spec)
            self._show_panel(state)
        for view in MAPS:
            if view.map_kind in names:
                self._show_map(view, getattr(state, view.map_kind) is not None)
        if "swarm" in names:
            self.centre.show_strip(state.swarm.on)
        if names & {"path", "modified", "spec"}:
            self._set_title(state)
        self.deeds.show_state(state, names)

    def _show_panel(self, state: AppState) -> None:
        """The panel of the bench, with as much room as it needs folded or open."""
        panel = {"function": self.problem, "model": self.learn, "policy": self.policy}[state.spec.problem.kind]
        if panel is self.above.currentWidget():
            return
        for other in (self.problem, self.learn, self.policy):  # a hidden panel must not ask for room
            room = QSizePolicy.Policy.Preferred if other is panel else QSizePolicy.Policy.Ignored
            other.setSizePolicy(room, room)
        self.above.setCurrentWidget(panel)
        self._folded(panel.folded)

    def _show_map(self, kind: type[View], there: bool) -> None:
        """A map's tab comes with its choice, and goes with it."""
        if not there:
            self.centre.drop(kind)
        elif not self.centre.bring(kind):
            self.controller.close_map(kind.map_kind)
            self.controller.failed.emit(f"{MOST_TABS} tabs are the most. Close one of them first")

    def _again(self, kind: str) -> None:
        """A map, or what takes long on the bench Learn, is to be made anew."""
        (self.controller.learn.slow if kind in SLOW else self.controller.maps).again(kind)

    def _view_closed(self, view: View) -> None:
        if view.map_kind:
            self.controller.close_map(view.map_kind)

    def _set_title(self, state: AppState) -> None:
        problem = state.spec.problem
        name = state.path.name if state.path is not None else problem.title or problem.formula[:60]
        self.setWindowTitle(f"{name}[*] – gdsim")
        self.setWindowModified(state.modified and state.path is not None)

    def _set_theme(self) -> None:
        state = self.controller.state
        theme, view_theme = theme_of(state), view_theme_of(state)
        self._appearance.show(theme)
        self.header.show_theme(theme)
        self.problem.theme(theme)
        self.learn.theme(theme)
        self.policy.theme(theme)
        self.racers.theme(theme)
        self.centre.show_theme(theme, view_theme)
        self.sides.show_theme(view_theme)
        self.menus.show_theme(theme)
        self.arrange(state.teach != self._arranged_teach)

    def _follow_system(self) -> None:
        self.controller.set_appearance(dark=is_dark(self.controller.state.theme))

    # -- sizes

    def arrange(self, again: bool = False) -> None:
        """Sizes for the window's width: the large frame, or the small one with its problem folded."""
        state = self.controller.state
        sizes = sizes_for(self.width())
        small = sizes is sizes_for(0)
        self.verdict.show_theme(view_theme_of(state), small)
        if small == self._small and not again:
            return
        self._small, self._arranged_teach = small, state.teach
        self.header.setFixedHeight(sizes.header)
        self._body_box.setContentsMargins(sizes.margin, 8, sizes.margin, 8)
        self.centre.show_compact(small, sizes.tabs)
        self.problem.set_folded(small)
        self.learn.set_folded(small)
        self.policy.set_folded(small)
        self.left.setVisible(not state.teach and self.deeds.left_wanted)
        self.sides.setVisible(self.deeds.right_wanted)
        self.sides.show_compact(small, state.teach, [sizes.loss, sizes.step], sizes.tabs)
        kept = {} if again else self.settings.splitters
        self.columns.setSizes(kept.get(f"columns{small:d}") or [sizes.left, sizes.centre, sizes.right])
        self.left.setSizes(kept.get(f"left{small:d}") or [sizes.problem, sizes.racers])
        if not small and "right0" in kept:
            self.sides.restore(kept["right0"])

    def _folded(self, folded: bool) -> None:
        """The panel above was folded or unfolded, or is another one: the racers take or give the room."""
        whole = sum(self.left.sizes())
        panel = self.above.currentWidget().sizeHint().height()
        self.left.setSizes([panel, max(0, whole - panel)])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Below 1280 px the small frame."""
        super().resizeEvent(event)
        self.arrange()

    # -- remembering

    def restore_place(self) -> None:
        """Where the window was last time, if that is still on a screen."""
        if self.settings.geometry:
            self.restoreGeometry(QByteArray.fromHex(self.settings.geometry.encode("ascii")))
            return
        screen = QGuiApplication.primaryScreen()
        room = screen.availableSize() if screen is not None else FIRST_SIZE
        self.resize(FIRST_SIZE.boundedTo(room))

    def _keep(self, **fields: object) -> None:
        self.settings = msgspec.structs.replace(self.settings, **fields)

    def _used(self, path: Path) -> None:
        self.settings = self.settings.with_recent(path)

    def settings_now(self) -> Settings:
        """The settings to keep."""
        state = self.controller.state
        speed = self.controller.benches.place("function").speed  # that of training is another for each
        splitters = dict(self.settings.splitters)
        if not state.teach and self.left.isVisible() and self.sides.isVisible():
            splitters[f"columns{bool(self._small):d}"] = self.columns.sizes()
            splitters[f"left{bool(self._small):d}"] = self.left.sizes()
            if not self._small:
                splitters["right0"] = self.sides.sizes()
        return msgspec.structs.replace(
            self.settings,
            theme=state.theme,
            teach=state.teach,
            speed=None if math.isinf(speed) else speed,
            geometry=bytes(self.saveGeometry().toHex().data()).decode("ascii"),
            splitters=splitters,
        )

    # -- events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that the focused widget did not want."""
        if not self.menus.key(event):
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A .gdsim file may be dropped, or a table to learn from."""
        if self._dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open it, or import it."""
        path = self._dropped(event)
        if path is not None:
            event.acceptProposedAction()
            if path.suffix == SUFFIX:
                self.files.open(path)
            else:
                self.learn.import_csv(path)

    @staticmethod
    def _dropped(event: QDropEvent) -> Path | None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        return next((path for path in paths if path.suffix.lower() in (SUFFIX, *TABLES)), None)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved work, remember the place, go."""
        if not self.files.may_close(lambda: self.close()):
            event.ignore()
            return
        self.closed.emit(self.settings_now())
        super().closeEvent(event)
