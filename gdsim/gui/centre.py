"""The middle: tabs (only views that fit the problem, five at most, and "+"), the hero, the transport under it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gdsim.draw.theme import SPACE, Theme
from gdsim.gui.commands import BY_NAME
from gdsim.gui.icons import icon
from gdsim.gui.layout import Card
from gdsim.gui.panels.swarm_strip import SwarmStrip
from gdsim.gui.transport import Transport
from gdsim.gui.views import HEROES, SIDES, TABS, View
from gdsim.session.spec import Problem, RunSpec

MOST_TABS = 5


class Centre(QWidget):
    """Makes the views of the middle and shows one of them. `viewMade` lets the window connect a new one, `viewClosed`
    forget one; `mapWanted` asks for the dialog of maps."""

    viewMade = Signal(object)
    viewClosed = Signal(object)
    mapWanted = Signal()
    shownChanged = Signal()

    def __init__(self, transport: Transport, strip: SwarmStrip, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.transport = transport
        self.strip = strip
        self._strip_card = Card(strip, "Swarm")
        self._strip_card.hide()
        self._problem: Problem | None = None
        self._theme: Theme | None = None
        self._heroes: dict[type[View], View] = {}
        self._extra: list[View] = []
        self._tabs: list[tuple[View, QToolButton]] = []
        self._stack = QStackedWidget()
        self._nothing = QWidget()  # where no view fits the problem
        self._stack.addWidget(self._nothing)
        self._group = QButtonGroup(self)
        self._bar = QWidget()
        self._row = QHBoxLayout(self._bar)
        self._row.setContentsMargins(4, 0, 0, 0)
        self._row.setSpacing(4)
        self.note = QLabel()
        self.note.setProperty("role", "muted")
        self._plus = QToolButton()
        self._plus.setProperty("role", "flat")
        self._plus.setProperty("square", True)
        self._plus.setToolTip("Show something else here, in a tab of its own")
        self._plus.setAccessibleName("Add a tab")
        self._plus.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._plus.setIconSize(QSize(18, 18))
        self._plus.setFixedSize(SPACE.button, SPACE.button)
        self._plus.setMenu(QMenu(self._plus))
        self._plus.menu().aboutToShow.connect(self._fill_menu)
        self._row.addWidget(self._plus)
        self._row.addStretch(1)
        self._row.addWidget(self.note)
        self.map_button = QPushButton("Map…")
        self.map_button.setProperty("role", "flat")
        self.map_button.setToolTip(BY_NAME["map"].tooltip)
        self.map_button.setAccessibleName("Map: swarm, basins, sweep")
        self.map_button.clicked.connect(self.mapWanted)
        self._row.addWidget(self.map_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._bar)
        box.addWidget(Card(self._stack, "Stage"), 1)
        self._gap = QWidget()
        self._gap.setFixedHeight(SPACE.gutter)
        self._gap.hide()
        box.addWidget(self._gap)
        box.addWidget(self._strip_card)
        box.addSpacing(SPACE.gutter)
        box.addWidget(transport)

    @property
    def view(self) -> View | None:
        """The view that is shown."""
        index = self._stack.currentIndex()
        return next((view for view, _ in self._tabs if self._stack.indexOf(view.widget) == index), None)

    @property
    def hero(self) -> View | None:
        """The first view: the map or the curve."""
        return self._tabs[0][0] if self._tabs else None

    def make_heroes(self) -> None:
        """All of them at once, so that the Tab key meets each in its place."""
        for kind in HEROES:
            self._heroes[kind] = self._make(kind)

    def show_problem(self, problem: Problem) -> None:
        """Only the views that fit the problem; the tab that is shown stays where it fits."""
        self._problem = problem
        views = [view for view in (*self._heroes.values(), *self._extra) if view.fits(problem)][:MOST_TABS]
        before = [view for view, _ in self._tabs]
        if views != before:
            shown = self.view
            same_bench = bool(before) and bool(views) and views[0] is before[0]
            self._show_tabs(views, views.index(shown) if same_bench and shown in views else 0)
        self.map_button.setVisible(problem.kind == "function")

    def _fits(self, kind: type[View]) -> bool:
        return self._problem is not None and kind.fits(self._problem)

    def show_changes(self, spec: RunSpec) -> None:
        """Says at the right end of the bar that settings change in mid-run; which ones, in the tooltip."""
        count = len(spec.changes)
        self.note.setText(f"{count} change{'s' if count > 1 else ''} in mid-run" if count else "")
        lines = [f"after step {c.after_step}: {c.name} of {spec.labels[c.racer]} is {c.value}" for c in spec.changes]
        self.note.setToolTip("\n".join(lines[:12]))

    def show_strip(self, on: bool) -> None:
        """The swarm's strip between the view and the transport."""
        self._gap.setVisible(on)
        self._strip_card.setVisible(on)

    def _make(self, kind: type[View]) -> View:
        view = kind()
        self._stack.addWidget(view.widget)
        if self._theme is not None:
            view.theme(self._theme)
        self.viewMade.emit(view)
        return view

    def _show_tabs(self, views: list[View], current: int) -> None:
        for _, button in self._tabs:
            self._group.removeButton(button)
            self._row.removeWidget(button)
            button.deleteLater()
        self._tabs = []
        for index, view in enumerate(views):
            button = QToolButton()
            button.setText(view.title)
            button.setCheckable(True)
            button.setProperty("role", "tab")
            button.setAccessibleName(f"{view.title}, tab")
            button.setToolTip(f"Show {view.title.lower()} here")
            button.clicked.connect(partial(self.show_tab, index))
            if view in self._extra:
                button.setToolTip(f"{button.toolTip()}; right-click to close")
                button.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
                button.customContextMenuRequested.connect(partial(self._close, view))
            self._group.addButton(button)
            self._row.insertWidget(index, button)
            self._tabs.append((view, button))
        if not views:
            self._stack.setCurrentWidget(self._nothing)
            self.shownChanged.emit()
        self.show_tab(current)

    def show_tab(self, index: int, *_: object) -> None:
        """Show tab number `index`."""
        if not 0 <= index < len(self._tabs):
            return
        view, button = self._tabs[index]
        button.setChecked(True)
        self._stack.setCurrentWidget(view.widget)
        self.shownChanged.emit()

    def _fill_menu(self) -> None:
        menu = self._plus.menu()
        menu.clear()
        menu.setToolTipsVisible(True)
        open_kinds, full = {type(view) for view, _ in self._tabs}, len(self._tabs) >= MOST_TABS
        for kind in (*SIDES, *TABS):
            if kind not in open_kinds and self._fits(kind):
                action = menu.addAction(kind.title, partial(self.add_tab, kind))
                action.setEnabled(not full)
                if full:
                    action.setToolTip(f"{MOST_TABS} tabs are the most: close one of them first")
        for view in self._extra:
            menu.addAction(f"Close {view.title}", partial(self._close, view))

    def add_tab(self, kind: type[View]) -> None:
        """A view of the right column, large, in a tab of its own."""
        view = self._make(kind)
        self._extra.append(view)
        views = [each for each, _ in self._tabs] + [view]
        self._show_tabs(views, len(views) - 1)

    def bring(self, kind: type[View]) -> bool:
        """Show the tab of this kind, made if there is none; False where there are five others already."""
        for index, (view, _) in enumerate(self._tabs):
            if type(view) is kind:
                self.show_tab(index)
                return True
        if len(self._tabs) >= MOST_TABS or not self._fits(kind):
            return False
        self.add_tab(kind)
        return True

    def drop(self, kind: type[View]) -> None:
        """Close the tab of this kind, if there is one."""
        for view in [each for each in self._extra if type(each) is kind]:
            self._close(view)

    def _close(self, view: View, *_: object) -> None:
        self._extra.remove(view)
        shown, left = self.view, [each for each, _ in self._tabs if each is not view]
        self._show_tabs(left, left.index(shown) if shown in left else 0)
        self._stack.removeWidget(view.widget)
        self.viewClosed.emit(view)
        view.widget.deleteLater()
        view.deleteLater()

    def show_theme(self, theme: Theme, view_theme: Theme) -> None:
        """Colours of the bar; the views get the scaled theme."""
        self._theme = view_theme
        self._plus.setIcon(icon("mdi6.plus", theme))
        self.map_button.setIcon(icon("mdi6.map-search-outline", theme))
        self.transport.show_theme(theme)
        self.strip.show_theme(theme, view_theme)
        for view in (*self._heroes.values(), *self._extra):
            view.theme(view_theme)

    def show_compact(self, small: bool, tabs: int) -> None:
        """Height of the tabs and of the transport."""
        self._bar.setFixedHeight(tabs)
        self.transport.show_compact(small)
        self.strip.show_compact(small)

    def shown(self) -> list[View]:
        """The views whose widgets are on screen."""
        view = self.view
        return [view] if view is not None else []
