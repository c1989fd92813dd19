"""Above a view whose picture takes longer than a blink: whose it is, how far it has come; stop, again, close."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gdsim.draw.theme import SPACE
from gdsim.gui.learn.slow import SlowState
from gdsim.gui.panels.map_bar import MapBar


class SlowBar(MapBar):
    """A MapBar that shows a SlowState."""

    def show_slow(self, state: SlowState, note: str, old: str = "of the settings before") -> None:
        """How it stands; `note`: what one should know of it, `old`: that it is not of the present settings."""
        under_way = state.standing == "running" and state.long
        self.progress.setVisible(under_way)
        self.progress.setRange(0, 1000 if state.share > 0 else 0)
        self.progress.setValue(round(1000 * state.share))
        known = state.value is not None
        words = note if state.fresh else old if known else ""
        if under_way:
            words = f"{state.share:.0%}".replace("%", " %") if state.share > 0 else "being made"
        elif state.standing == "stopped":
            words = f"stopped; {old}" if known else "stopped"
        elif state.standing == "failed":
            words = state.message
        self.words.setText(words)
        self.words.set_help(note)
        if under_way != self._running:
            self._running = under_way
            self._show_go()


def beside(words: str, widget: QWidget) -> QWidget:
    """A control with its name at its left, as high as other controls."""
    pair, label = QWidget(), QLabel(words)
    label.setProperty("role", "secondary")
    pair.setFixedHeight(SPACE.control)
    row = QHBoxLayout(pair)
    row.setContentsMargins(SPACE.grid, 0, SPACE.grid, 0)
    row.setSpacing(SPACE.grid)
    row.addWidget(label)
    row.addWidget(widget)
    return pair
