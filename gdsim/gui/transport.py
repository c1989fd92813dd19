"""Under the hero: scrub, start, step back, play, step, end, speed; "from here on" and "compare with before".

Where a model learns from batches, two more buttons go from epoch to epoch.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gdsim.draw.theme import SPACE, Theme
from gdsim.gui.clock import position_of, speed_of, speed_words
from gdsim.gui.commands import BY_NAME
from gdsim.gui.controller import Controller
from gdsim.gui.fields.labels import ElidedLabel
from gdsim.gui.icons import icon
from gdsim.gui.scrub import Scrub, Track
from gdsim.gui.state import AppState

_FINE = 1000


class StepLabel(ElidedLabel):
    """Says the longest of several texts for which there is room."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: tuple[str, ...] = ("",)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def say(self, *texts: str) -> None:
        """The longest first."""
        if texts != self._texts:
            self._texts = texts
            self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(max(self._width(self._texts[-1]), 72), self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        return QSize(self._width(self._texts[0]), self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose again."""
        super().resizeEvent(event)
        self._fit()

    def _width(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text) + 4

    def _fit(self) -> None:
        fitting = (text for text in self._texts if self._width(text) <= self.width())
        self.setText(next(fitting, self._texts[-1]))
        self.setToolTip(self._texts[0] if self.text() != self._texts[0] else "")


class Transport(QFrame):
    """Moves the cursor; shows which step it is and how fast it plays."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._theme: Theme | None = None
        self._shown_playing = False
        self._small = False
        self._per_epoch = 1
        self.setAccessibleName("Transport")
        self.scrub = Scrub()
        self.scrub.sliderMoved.connect(controller.set_cursor)
        self.scrub.valueChanged.connect(self._scrubbed)
        self._buttons: dict[str, QToolButton] = {}
        self.step_label = StepLabel()
        self.step_label.setAccessibleName("Step shown, of how many")
        self.speed = Track()
        self.speed.setRange(0, _FINE)
        self.speed.setPageStep(_FINE // 12)
        self.speed.setSingleStep(_FINE // 50)
        self.speed.setFixedWidth(104)
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("Steps a second: 1 at the left, as fast as the engine goes at the right (+ and -)")
        self.speed.valueChanged.connect(lambda value: controller.set_speed(speed_of(value / _FINE)))
        self.speed_label = QLabel()
        self.speed_label.setProperty("role", "secondary")
        self.speed_label.setFixedWidth(88)
        self._lay_out()
        controller.stateChanged.connect(self._state_changed)
        controller.published.connect(self._published)
        self._show(controller.state)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        controller = self._controller
        for name, do in (
            ("to_start", controller.to_start),
            ("epoch_back", lambda: controller.step_epoch(-1)),
            ("step_back", lambda: controller.step(-1)),
            ("play", controller.toggle_play),
            ("step", lambda: controller.step(+1)),
            ("epoch", lambda: controller.step_epoch(+1)),
            ("to_end", controller.to_end),
        ):
            button = self._button(name)
            button.clicked.connect(lambda _=False, do=do: do())
            if name.startswith(("step", "epoch")):
                button.setAutoRepeat(True)
                button.setAutoRepeatDelay(350)
                button.setAutoRepeatInterval(60)
            row.addWidget(button)
        row.addSpacing(8)
        row.addWidget(self.step_label, 1)
        for name, set_it in (
            ("from_here_on", controller.set_from_here_on),
            ("compare", controller.set_compare),
        ):
            button = self._button(name)
            button.setCheckable(True)
            button.setProperty("role", "flat")
            button.toggled.connect(set_it)
            row.addWidget(button)
        row.addSpacing(8)
        row.addWidget(self.speed)
        row.addWidget(self.speed_label)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(4)
        column.addWidget(self.scrub)
        column.addLayout(row)

    def _button(self, name: str) -> QToolButton:
        command = BY_NAME[name]
        button = QToolButton()
        button.setObjectName(name)
        button.setToolTip(command.tooltip)
        button.setAccessibleName(command.title)
        button.setFixedSize(QSize(SPACE.control, SPACE.control))
        button.setIconSize(QSize(20, 20))
        button.setProperty("square", True)
        button.setProperty("role", "primary" if name == "play" else "flat")
        self._buttons[name] = button
        return button

    def button(self, name: str) -> QToolButton:
        """The button of a command."""
        return self._buttons[name]

    def show_theme(self, theme: Theme) -> None:
        """Icons in the theme's colours."""
        self._theme = theme
        for name, button in self._buttons.items():
            if name != "play":
                button.setIcon(icon(BY_NAME[name].icon, theme))
        self._show_play(self._controller.state.playing)
        self.scrub.show_theme(theme)
        self.speed.show_theme(theme)
        self._published(self._controller.history)

    def show_compact(self, small: bool) -> None:
        """Height 56 instead of 64, and less room for the speed; epochs take the place of the ends, which have keys."""
        self._small = small
        self.setFixedHeight(56 if small else 64)
        self.layout().setContentsMargins(0, 0 if small else 4, 0, 0 if small else 4)
        self.speed_label.setFixedWidth(80 if small else 88)
        self.speed.setFixedWidth(72 if small else 104)
        self._show_epochs()

    def _show_epochs(self) -> None:
        """The buttons that go with the run: those of epochs where an epoch has several steps."""
        several = self._per_epoch > 1
        for name in ("epoch_back", "epoch"):
            self._buttons[name].setVisible(several)
        for name in ("to_start", "to_end"):
            self._buttons[name].setVisible(not (several and self._small))

    def _show_play(self, playing: bool) -> None:
        self._shown_playing = playing
        if self._theme is not None:
            name = "mdi6.pause" if playing else "mdi6.play"
            self._buttons["play"].setIcon(icon(name, self._theme, self._theme.accent_text))
        self._buttons["play"].setAccessibleName("Pause" if playing else "Play")

    def _scrubbed(self, value: int) -> None:
        if value != self._controller.state.cursor:
            self._controller.set_cursor(value)

    def _state_changed(self, state: AppState, names: set[str]) -> None:
        if names & {"spec"}:
            self._published(self._controller.history)
        if names & {"spec", "cursor", "length", "playing", "speed", "from_here_on", "compare"}:
            self._show(state)

    def _show(self, state: AppState) -> None:
        with QSignalBlocker(self.scrub):
            self.scrub.setRange(0, state.length)
            self.scrub.setPageStep(max(1, state.length // 10))
            self.scrub.setValue(state.cursor)
        self.step_label.say(*self._where(state))
        with QSignalBlocker(self.speed):
            self.speed.setValue(round(position_of(state.speed) * _FINE))
        self.speed_label.setText(speed_words(state.speed, self._per_epoch))
        if state.playing != self._shown_playing:
            self._show_play(state.playing)
        for name, on in (("from_here_on", state.from_here_on), ("compare", state.compare)):
            with QSignalBlocker(self._buttons[name]):
                self._buttons[name].setChecked(on)
        for name in ("to_start", "epoch_back", "step_back"):
            self._buttons[name].setEnabled(state.cursor > 0)
        for name in ("to_end", "epoch", "step"):
            self._buttons[name].setEnabled(not state.at_end)

    def _where(self, state: AppState) -> tuple[str, ...]:
        """Which step is shown, in several lengths; the epoch where a model learns."""
        step, length, per_epoch = state.cursor, state.length, self._per_epoch
        if state.spec.problem.learn is None:
            return (f"Step {step:,} of {length:,}",)
        if per_epoch == 1:
            return (f"Epoch {step:,} of {length:,}",)
        epochs = step / per_epoch
        epoch = f"Epoch {epochs:,.1f}" if epochs < 1000 else f"Epoch {epochs:,.0f}"
        return f"{epoch} · step {step:,} of {length:,}", f"{epoch} · step {step:,}", epoch

    def _published(self, history: Any) -> None:
        theme, spec = self._theme, self._controller.state.spec
        per_epoch = self._controller.benches.epoch_steps(spec)
        if per_epoch != self._per_epoch:
            self._per_epoch = per_epoch
            self._show_epochs()
            self._show(self._controller.state)
        if history is None or theme is None:
            return
        traces = history.traces
        self.scrub.set_marks(
            tuple(
                (trace.last, theme.racer(index))
                for index, trace in enumerate(traces)
                if trace.status.finished and index < len(spec.racers) and spec.racers[index].visible
            )
        )
