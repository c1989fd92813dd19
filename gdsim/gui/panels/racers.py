"""The racers: a row each, the focused one unfolded; added, copied, reordered, hidden and removed here."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gdsim import catalogue
from gdsim.draw.theme import SPACE, Theme
from gdsim.errors import GdsimError
from gdsim.gui.controller import Controller
from gdsim.gui.icons import icon
from gdsim.gui.intents import FULL, MOST_RACERS
from gdsim.gui.panels.racer_dialogs import RacerDialogs
from gdsim.gui.panels.racer_item import RacerItem
from gdsim.gui.panels.racer_menu import racer_menu
from gdsim.gui.panels.racer_row import RacerRow
from gdsim.gui.panels.standings import standings
from gdsim.gui.state import AppState, Verdict
from gdsim.gui.theme import theme_of
from gdsim.optimizers.rule import Rule
from gdsim.session.resolve import rule_of
from gdsim.session.spec import Racer

_HEADER = 46
"""Title line, margins and frame, pixels."""


class RacersPanel(QFrame):
    """The card below the problem. `show_standings` is called by the controller's `frame`."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setObjectName("racersPanel")
        self._controller = controller
        self._theme = theme_of(controller.state)
        self._unfolded = False
        self._shown: tuple[Any, ...] = ()
        self.dialogs = RacerDialogs(controller, self._theme, self)
        self.items: list[RacerItem] = []
        self._lay_out()
        controller.stateChanged.connect(self._on_state)
        controller.published.connect(self.show_standings)
        controller.frame.connect(self.show_standings)
        controller.verdictReady.connect(self._on_verdict)
        self.theme(self._theme)
        self._show(controller.state)

    def _lay_out(self) -> None:
        title = QLabel("Racers")
        title.setProperty("role", "title")
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.add = QPushButton("Add")
        self.add.setToolTip("Put one more optimizer into the race (Ctrl+R)")
        self.add.setAccessibleName("Add a racer")
        self.add.clicked.connect(self.open_add)
        header = QHBoxLayout()
        header.setContentsMargins(SPACE.card, 0, SPACE.card - 4, 0)
        header.setSpacing(SPACE.gutter)
        header.addWidget(title)
        header.addWidget(self.count)
        header.addStretch(1)
        header.addWidget(self.add)
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(4, 0, 4, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._inside)
        self._marker = QFrame(self._inside)  # where a dragged racer would come to lie
        self._marker.setFrameShape(QFrame.Shape.HLine)
        self._marker.setObjectName("dropMarker")
        self._marker.setFixedHeight(2)
        self._marker.hide()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 3, 0, 3)
        outer.setSpacing(1)
        outer.addLayout(header)
        outer.addWidget(self._scroll, 1)

    # -- intents from outside ------------------------------------------------------------------------------------

    def open_add(self) -> None:
        """Choose an optimizer to add."""
        self.dialogs.open_add(self.add)

    def open_exchange(self, index: int) -> None:
        """Choose another optimizer for racer `index`."""
        self.dialogs.open_exchange(self.items[index].row, index)

    def move(self, index: int, by: int) -> None:
        """Move a racer up (-1) or down (+1), the keyboard's focus with it."""
        to = index + by
        if 0 <= to < len(self.items):
            self._controller.move_racer(index, to)
            self.items[to].row.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self._theme = theme
        self.add.setIcon(icon("mdi6.plus", theme))
        for item in self.items:
            item.theme(theme)
        self.dialogs.theme(theme)

    def sizeHint(self) -> QSize:
        return QSize(304, 456)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 200)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._give_room()

    # -- what is shown -------------------------------------------------------------------------------------------

    def show_standings(self, _history: Any = None) -> None:
        """Losses, places and words at the cursor; nothing is touched when nothing has changed."""
        history = self._controller.history
        if history is None:
            return
        cursor = self._controller.state.cursor
        rows = tuple((trace.published, trace.status) for trace in history.traces)
        now = (self._controller.revision, cursor, rows)
        if now == self._shown:
            return
        self._shown = now
        for item, standing in zip(self.items, standings(history, cursor), strict=False):
            item.show_standing(standing, len(self.items))

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if names & {"dark", "teach"}:
            self.theme(theme_of(state))
        if names & {"spec", "selected"} or ("cursor" in names and state.spec.changes):
            self._show(state)

    def _on_verdict(self, verdict: Verdict) -> None:
        for index, item in enumerate(self.items):
            if item.card is not None and verdict is not None and verdict.racer == index:
                item.card.show_limit(verdict.max_stable_lr)

    def _show(self, state: AppState) -> None:
        spec = state.spec
        while len(self.items) < len(spec.racers):
            self._append()
        while len(self.items) > len(spec.racers):
            item = self.items.pop()
            self._column.removeWidget(item)
            item.hide()
            item.deleteLater()
        self.count.setText(f"{len(spec.racers)} of {MOST_RACERS}")
        self.add.setEnabled(len(spec.racers) < MOST_RACERS)
        self.add.setToolTip(FULL if not self.add.isEnabled() else "Put one more optimizer into the race (Ctrl+R)")
        entries = catalogue.optimizers()
        for index, (item, racer, label) in enumerate(zip(self.items, spec.racers, spec.labels, strict=True)):
            entry = entries.get(racer.name)
            title = entry.title if entry is not None else "your own rule"
            focused = index == state.selected
            item.row.show_racer(index, len(self.items), label, title, racer.visible, focused)
            if focused:
                self._open(item, index, state)
            else:
                item.close_card()
        self._shown = ()
        self.show_standings()
        self._give_room()

    def _open(self, item: RacerItem, index: int, state: AppState) -> None:
        racer = state.spec.racer_at(index, state.cursor)
        rule = _rule(racer)
        if item.open(racer, rule, self._theme):
            card = item.card
            assert card is not None
            card.hyperChanged.connect(self._on_hyper)
            card.scheduleChanged.connect(self._on_schedule)
            card.settled.connect(self._controller.finish_edit)
            card.ruleWanted.connect(self._on_rule_wanted)
            card.unfold(self._unfolded)
            card.moreToggled.connect(self._on_more)
        assert item.card is not None
        lr = racer.hyper.get("lr", 1.0)
        item.card.show_racer(racer, lr if isinstance(lr, float) else 1.0, state.spec.steps)
        verdict = self._controller.verdict
        item.card.show_limit(verdict.max_stable_lr if verdict is not None and verdict.racer == index else None)

    def _append(self) -> None:
        item = RacerItem()
        row = item.row
        row.clicked.connect(self._on_clicked)
        row.menuWanted.connect(self._on_menu)
        row.visibleWanted.connect(self._on_visible)
        row.renamed.connect(self._on_renamed)
        row.moveWanted.connect(self._on_move)
        row.walkWanted.connect(self._on_walk)
        row.removeWanted.connect(self._on_remove)
        row.dragged.connect(self._on_dragged)
        row.dropped.connect(self._on_dropped)
        item.theme(self._theme)
        self._column.insertWidget(self._column.count() - 1, item)
        self.items.append(item)

    def _give_room(self) -> None:
        """As many typeset stages as fit without scrolling."""
        for item in self.items:
            if item.card is not None:
                # of the panel: the scroll area inside is laid out only later
                spare = self.height() - _HEADER - SPACE.row * len(self.items)
                rows = 2 if len(item.card.rows) > 1 else 1
                item.card.show_stages(spare - 30 - 33 * rows)

    # -- rows ----------------------------------------------------------------------------------------------------

    def _index(self) -> int:
        sender = self.sender()
        assert isinstance(sender, RacerRow)
        return sender.number

    def _on_clicked(self) -> None:
        self._controller.select(self._index())

    def _on_visible(self, visible: bool) -> None:
        self._controller.edit_racer(self._index(), visible=visible)

    def _on_renamed(self, label: str) -> None:
        index = self._index()
        racer = self._controller.state.spec.racers[index]
        self._controller.edit_racer(index, label="" if label == racer.name else label)

    def _on_move(self, by: int) -> None:
        self.move(self._index(), by)

    def _on_walk(self, by: int) -> None:
        to = self._index() + by
        if 0 <= to < len(self.items):
            self.items[to].row.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._controller.select(to)

    def _on_remove(self) -> None:
        self._controller.remove_racer(self._index())

    def _on_menu(self, place: QPoint) -> None:
        index = self._index()
        self._controller.select(index)
        racer_menu(self, index, self._controller, self._theme).popup(place)

    def _on_dragged(self, y: int) -> None:
        to = self._gap_at(y)
        top = self.items[to].y() if to < len(self.items) else self.items[-1].geometry().bottom()
        self._marker.setGeometry(8, max(0, top - 1), self._inside.width() - 16, 2)
        self._marker.show()
        self._marker.raise_()

    def _on_dropped(self, y: int) -> None:
        self._marker.hide()
        index, gap = self._index(), self._gap_at(y)
        to = gap - (gap > index)
        if to != index:
            self._controller.move_racer(index, to)

    def _gap_at(self, y: int) -> int:
        """The gap between racers at global height `y`: 0 above the first."""
        inside = self._inside.mapFromGlobal(QPoint(0, y)).y()
        return sum(inside > item.y() + item.height() / 2 for item in self.items)

    # -- the card ------------------------------------------------------------------------------------------------

    def _on_hyper(self, name: str, value: Any) -> None:
        self._controller.set_hyper(self._controller.state.selected, name, value)

    def _on_schedule(self, schedule: Any) -> None:
        self._controller.edit_racer(self._controller.state.selected, schedule=schedule)

    def _on_more(self, on: bool) -> None:
        self._unfolded = on
        self._give_room()

    def _on_rule_wanted(self) -> None:
        self.dialogs.edit_rule(self._controller.state.selected)


def _rule(racer: Racer) -> Rule:
    """The rule of a racer; one without stages where a file's text cannot be read (the run itself tells why)."""
    try:
        return rule_of(racer)
    except GdsimError:
        return Rule(racer.name, racer.name, (), {}, (), text=racer.rule)
