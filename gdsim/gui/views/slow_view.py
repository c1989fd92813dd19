"""What the tabs whose picture takes longer than a blink have in common: the bar above, and how they stand."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gdsim.draw.theme import Theme
from gdsim.gui.learn.slow import NOTHING_YET, SlowState
from gdsim.gui.panels.slow_bar import SlowBar
from gdsim.gui.views.view import LearnView, Scene


class SlowView(LearnView):
    """Base of such views, of one kind of `gdsim.gui.learn.slow`: the only one of `wants`.

    `what` is what the bar calls it, `under_way` stands where the picture will be. A subclass puts its parts into
    `column`, below the bar.
    """

    what: str = ""
    under_way: str = ""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = QWidget(parent)
        (self.kind,) = self.wants
        self.bar = SlowBar(self.what)
        self.bar.racerChosen.connect(self.racerRequested)
        self.serve(self.bar, self.kind)
        self.column = QVBoxLayout(self._widget)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addWidget(self.bar)

    def slow_of(self, scene: Scene) -> SlowState:
        """How it stands; the bar tells whose it is."""
        state = scene.state
        labels = state.spec.labels
        self.bar.show_racers(labels, min(state.selected, len(labels) - 1))
        self.bar.racer.setVisible(len(labels) > 1)
        return scene.slow.get(self.kind, NOTHING_YET)

    def nothing(self, slow: SlowState) -> str:
        """Why there is no picture."""
        return slow.message if slow.standing == "failed" else self.under_way

    def theme(self, theme: Theme) -> None:
        self.bar.theme(theme)
