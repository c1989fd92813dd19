"""Menus and actions, made of the table of commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from gdsim.draw.theme import Theme
from gdsim.gui.commands import COMMANDS, MENUS, Command
from gdsim.gui.icons import icon


class Actions:
    """One QAction per command, in the window's menu bar. `run(name)` does what the menu would."""

    def __init__(self, window: QMainWindow, handlers: Mapping[str, Callable[..., None]]) -> None:
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._soft: dict[str, str] = {}
        self._menus: dict[str, QMenu] = {}
        self._groups: dict[str, QActionGroup] = {}
        for title in MENUS:
            menu = window.menuBar().addMenu(f"&{title}")
            menu.setToolTipsVisible(True)
            self._menus[title] = menu
        for command in COMMANDS:
            self._add(command, handlers[command.name])

    def _add(self, command: Command, handler: Callable[..., None]) -> None:
        menu = self._menus[command.menu]
        if command.line:
            menu.addSeparator()
        if command.submenu:
            menu = self.submenu(command.menu, command.submenu)
        action = QAction(command.title, self._window)
        action.setToolTip(command.words)
        action.setStatusTip("")
        action.setIconVisibleInMenu(True)
        if command.soft and command.keys:
            # Shown as text only: the key goes to the focused widget first, to the window when that does not want it.
            action.setText(f"{command.title}\t{command.keys[0]}")
            for key in command.keys:
                self._soft[key] = command.name
        elif command.keys:
            action.setShortcuts([QKeySequence(key) for key in command.keys])
        if command.check:
            action.setCheckable(True)
            action.triggered.connect(lambda on=False: handler(on))
        else:
            action.triggered.connect(lambda _=False: handler())
        if command.group:
            group = self._groups.setdefault(command.group, QActionGroup(self._window))
            group.addAction(action)
        menu.addAction(action)
        self._window.addAction(action)
        self._actions[command.name] = action

    def submenu(self, menu: str, title: str) -> QMenu:
        """The submenu of this name; made on first use, where it is asked for."""
        if title not in self._menus:
            made = self._menus[menu].addMenu(title)
            made.setToolTipsVisible(True)
            self._menus[title] = made
        return self._menus[title]

    def submenu_after(self, name: str, title: str, menu: str) -> QMenu:
        """A new submenu right behind the command `name`."""
        made = QMenu(title, self._window)
        made.setToolTipsVisible(True)
        entries = self._menus[menu].actions()
        at = entries.index(self._actions[name]) + 1
        if at < len(entries):
            self._menus[menu].insertMenu(entries[at], made)
        else:
            self._menus[menu].addMenu(made)
        self._menus[title] = made
        return made

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def run(self, name: str) -> None:
        """Do it, if it can be done now."""
        self._actions[name].trigger()

    def show_check(self, name: str, on: bool) -> None:
        """Set a switch without doing anything."""
        self._actions[name].setChecked(on)

    def rename(self, name: str, title: str, enabled: bool) -> None:
        """Another title ("Undo change lr of adam") and whether it can be done."""
        action = self._actions[name]
        action.setText(title.replace("&", "&&"))
        action.setEnabled(enabled)

    def show_theme(self, theme: Theme) -> None:
        """Icons in the theme's colours."""
        for command in COMMANDS:
            if command.icon:
                self._actions[command.name].setIcon(icon(command.icon, theme))

    def key(self, event: QKeyEvent) -> bool:
        """A key that no widget wanted: True when a command has it."""
        text = QKeySequence(event.keyCombination()).toString(QKeySequence.SequenceFormat.PortableText)
        if event.text() in ("+", "=", "-", "[", "]", ",", "."):
            text = event.text()
        name = self._soft.get(text.removeprefix("Num+"))
        if name is None:
            return False
        self.run(name)
        return True

    def runner(self, name: str) -> Callable[[], None]:
        """`run(name)` as a function."""
        return partial(self.run, name)
