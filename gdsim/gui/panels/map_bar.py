"""Above a map in its tab: whose map it is, how fine, how far it has come; stop, again, close."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QProgressBar, QToolButton, QWidget

from gdsim.draw.theme import SPACE, Theme
from gdsim.gui.fields.labels import ElidedLabel
from gdsim.gui.icons import icon
from gdsim.gui.maps import MapState


class MapBar(QWidget):
    """The racer, what a subclass or view puts behind it (`add`), the state of the map."""

    racerChosen = Signal(int)
    stopWanted = Signal()
    againWanted = Signal()
    closeWanted = Signal()

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._what = what
        self._theme: Theme | None = None
        self._running = False
        self.racer = self.choice(f"Racer of the {what}", f"Whose {what} this is")
        self.racer.activated.connect(self.racerChosen)
        self.words = ElidedLabel("", role="secondary")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(72)
        self.progress.setAccessibleName(f"How much of the {what} is known")
        self.go = self._button("Stop", "")
        self.go.clicked.connect(self._went)
        self.close_button = self._button("Close this tab", "Close this tab; what is under way is stopped")
        self.close_button.clicked.connect(self.closeWanted)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(SPACE.gutter, SPACE.grid, SPACE.grid, SPACE.grid)
        self._row.setSpacing(SPACE.grid + 2)
        self._row.addWidget(self.racer)
        for widget in (self.words, self.progress, self.go, self.close_button):
            self._row.addWidget(widget, 1 if widget is self.words else 0)

    def choice(self, name: str, words: str, lines: Sequence[str] = ()) -> QComboBox:
        """A combo of the bar's size."""
        box = QComboBox()
        box.addItems(list(lines))
        box.setAccessibleName(name)
        box.setToolTip(words)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.setMaximumWidth(160)
        return box

    def _button(self, name: str, words: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "flat")
        button.setProperty("square", True)
        button.setFixedSize(SPACE.control, SPACE.control)
        button.setIconSize(QSize(18, 18))
        button.setAccessibleName(name)
        button.setToolTip(words)
        return button

    def add(self, widget: QWidget) -> None:
        """One more choice behind the racer."""
        self._row.insertWidget(self._row.indexOf(self.words), widget)

    def show_racers(self, labels: Sequence[str], index: int) -> None:
        """The racers there are, and the one that is meant."""
        with QSignalBlocker(self.racer):
            if [self.racer.itemText(k) for k in range(self.racer.count())] != list(labels):
                self.racer.clear()
                self.racer.addItems(list(labels))
            self.racer.setCurrentIndex(index)

    def show_map(self, state: MapState, note: str) -> None:
        """How far it has come; `note`: what one should know of it."""
        running = state.standing == "running"
        self.progress.setVisible(running)
        self.progress.setValue(round(1000 * state.share))
        words = {
            "waiting": "" if state.news is None or state.fresh else "of the settings before",
            "running": f"{state.share:.0%}".replace("%", " %"),
            "stopped": f"stopped at {state.share:.0%}".replace("%", " %"),
            "failed": state.message,
            "done": note,
        }[state.standing]
        self.words.setText(words)
        self.words.set_help(note)
        if running != self._running:
            self._running = running
            self._show_go()

    def _show_go(self) -> None:
        self.go.setAccessibleName("Stop" if self._running else "Make it anew")
        self.go.setToolTip("Stop; what is known stays (Esc)" if self._running else f"Make the {self._what} anew")
        if self._theme is not None:
            self.go.setIcon(icon("mdi6.stop" if self._running else "mdi6.refresh", self._theme))

    def _went(self) -> None:
        if self._running:
            self.stopWanted.emit()
        else:
            self.againWanted.emit()

    def theme(self, theme: Theme) -> None:
        """Icons in the theme's colours."""
        self._theme = theme
        self.close_button.setIcon(icon("mdi6.close", theme))
        self._show_go()
