"""Where racers come from: the popup of optimizers, the rule editor, the dialog that keeps a rule."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from gdsim.draw.theme import Theme
from gdsim.gui.controller import Controller
from gdsim.gui.intents import FULL, MOST_RACERS
from gdsim.gui.panels.choice_popup import ChoicePopup
from gdsim.gui.panels.choices import optimizer_choices, preview_optimizer
from gdsim.gui.panels.keep_dialogs import KeepOptimizerDialog
from gdsim.gui.panels.rule_editor import RuleEditor
from gdsim.session.make import racer_from_text


class RacerDialogs(QObject):
    """Opens what asks, and turns the answers into intents of the controller.

    Attributes:
        popup: the popup of optimizers, once it has been opened.
        editor: the rule editor, once it has been opened.
    """

    def __init__(self, controller: Controller, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._controller = controller
        self._theme = theme
        self._window = parent
        self._exchange = -1  # which racer the popup exchanges; -1: it adds one
        self._kept = -1  # which racer's rule is being kept
        self.popup: ChoicePopup | None = None
        self.editor: RuleEditor | None = None

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self._theme = theme
        if self.popup is not None:
            self.popup.theme(theme)
        if self.editor is not None:
            self.editor.theme(theme)

    def open_add(self, anchor: QWidget) -> None:
        """Choose an optimizer to add."""
        if len(self._controller.state.spec.racers) >= MOST_RACERS:
            self._controller.failed.emit(FULL)
            return
        self._open(anchor, -1)

    def open_exchange(self, anchor: QWidget, index: int) -> None:
        """Choose another optimizer for racer `index`."""
        self._open(anchor, index)

    def choose(self, name: str) -> None:
        """The catalogue's optimizer `name`: added, or in place of the racer that the popup was opened for."""
        racer = racer_from_text(name)
        if self._exchange < 0:
            self._controller.add_racer(racer)
        else:
            old = self._controller.state.spec.racers[self._exchange]
            self._controller.exchange_racer(self._exchange, racer.replace(visible=old.visible))

    def edit_rule(self, index: int = -1) -> None:
        """Open the editor on the rule of racer `index`; -1: on a new one."""
        if self.editor is not None:
            self.editor.close()
            self.editor.deleteLater()
        racer = self._controller.state.spec.racers[index] if index >= 0 else None
        if racer is not None and racer.method:
            racer = None  # a method has no stages: the editor begins with some, in its place
        self.editor = RuleEditor(self._controller, index if racer is not None else -1, racer, self._theme, self._window)
        self.editor.addWanted.connect(self._controller.add_racer)
        self.editor.show()

    def keep_rule(self, index: int) -> None:
        """Keep a racer's rule in the personal catalogue."""
        self._kept = index
        dialog = KeepOptimizerDialog(self._controller.state.spec.racers[index], self._window)
        dialog.kept.connect(self._on_kept)
        dialog.open()

    # -- private -------------------------------------------------------------------------------------------------

    def _open(self, anchor: QWidget, exchange: int) -> None:
        self._exchange = exchange
        if self.popup is None:
            self.popup = ChoicePopup(preview_optimizer, "Search optimizers", "Type your own rule…", self._window)
            self.popup.chosen.connect(self.choose)
            self.popup.extraChosen.connect(self._on_own_rule)
            self.popup.theme(self._theme)
        current = self._controller.state.spec.racers[exchange].name if exchange >= 0 else ""
        self.popup.open_under(anchor, optimizer_choices(), current)

    def _on_own_rule(self) -> None:
        self.edit_rule(self._exchange)

    def _on_kept(self, name: str, title: str) -> None:
        racer = self._controller.state.spec.racers[self._kept]
        self._controller.exchange_racer(self._kept, racer.replace(name=name, label=""))
        self._controller.noticed.emit(f"{title} is in your catalogue now")
