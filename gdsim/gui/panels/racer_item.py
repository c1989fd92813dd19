"""One racer in the list: its row, and the card below it while it has the focus."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from gdsim.draw.theme import Theme
from gdsim.gui.fields.tab_order import chain
from gdsim.gui.panels.racer_card import RacerCard
from gdsim.gui.panels.racer_row import RacerRow
from gdsim.gui.panels.standings import Standing
from gdsim.gui.theme import restyle
from gdsim.optimizers.rule import Rule
from gdsim.session.spec import Racer


class RacerItem(QFrame):
    """Holds the row always, the card only while `open`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("racerItem")
        self.setProperty("focused", False)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.row = RacerRow()
        self.card: RacerCard | None = None
        self._key: object = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.row)

    def open(self, racer: Racer, rule: Rule, theme: Theme) -> bool:
        """Unfold the card for `racer`; True when it was made anew and has to be connected."""
        key = (racer.name, rule, tuple(racer.hyper))
        if self.card is not None and key == self._key:
            return False
        self.close_card()
        self._key = key
        self.card = RacerCard(racer, rule, theme)
        self._column.addWidget(self.card)
        chain(self.row.eye, self.card)
        restyle(self, "focused", True)
        return True

    def close_card(self) -> None:
        """Fold the card away."""
        if self.card is not None:
            self._column.removeWidget(self.card)
            self.card.hide()
            self.card.deleteLater()
            self.card = None
        restyle(self, "focused", False)

    def show_standing(self, standing: Standing, of: int) -> None:
        """How the racer stands now."""
        self.row.show_standing(standing)
        if self.card is not None:
            self.card.show_standing(standing, of)

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self.row.theme(theme)
        if self.card is not None:
            self.card.theme(theme)
