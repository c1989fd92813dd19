"""The strip at the bottom: what happened, why, what to try; at its end the next discovery."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gdsim.draw.fonts import font
from gdsim.draw.theme import DARK, TYPE, Theme
from gdsim.gui.controller import Controller
from gdsim.gui.discoveries import DISCOVERIES, perform
from gdsim.gui.state import AppState, Verdict

_FIRST_NETWORK = "What trains networks is compiled for this machine the first time, which takes some seconds"


class ToneMark(QWidget):
    """A bar in the verdict's tone at the left edge; never the only sign, the words say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(4)
        self._colour = QColor(Qt.GlobalColor.transparent)

    def show_colour(self, colour: str) -> None:
        """Paint it so; "" for none."""
        self._colour = QColor(colour) if colour else QColor(Qt.GlobalColor.transparent)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A rounded bar."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawRoundedRect(self.rect().adjusted(0, 3, 0, -3), 2, 2)
        painter.end()


class ElidedLabel(QLabel):
    """One line that ends in an ellipsis where it must; the whole of it in the tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(80)

    def say(self, words: str) -> None:
        """Show `words`."""
        if words == self._whole:
            return
        self._whole = words
        self.setAccessibleName(words)
        self.updateGeometry()
        self._elide()

    def sizeHint(self) -> QSize:
        """Wide enough for all the words."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._whole) + 4, metrics.height())

    @property
    def whole(self) -> str:
        """All of the words."""
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the words again."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(0, self.width()))
        self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")


class VerdictStrip(QFrame):
    """Two lines in 36 px; a link at their end does what they propose."""

    formulaWanted = Signal()
    discovered = Signal(int)

    def __init__(self, controller: Controller, discovered: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("verdict")
        self.setAccessibleName("Verdict")
        self._controller = controller
        self._theme = DARK
        self._discovery = discovered
        self._rested = False
        self._mark = ToneMark()
        self.headline = ElidedLabel()
        self.advice = ElidedLabel()
        self.advice.setProperty("role", "secondary")
        self.link = QPushButton()
        self.link.setProperty("role", "link")
        self.link.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.link.clicked.connect(self._apply)
        self.chip = QPushButton()
        self.chip.setProperty("role", "chip")
        self.chip.clicked.connect(self._discover)
        self.dismiss = QPushButton("×")
        self.dismiss.setProperty("role", "link")
        self.dismiss.setToolTip("No more suggestions")
        self.dismiss.setAccessibleName("No more suggestions")
        self.dismiss.clicked.connect(lambda: self._advance(len(DISCOVERIES)))
        self._lay_out()
        controller.verdictReady.connect(self._show)
        controller.stateChanged.connect(self._state_changed)
        controller.pulsed.connect(self._rest)
        self._show(controller.verdict)
        self._show_chip()

    def _lay_out(self) -> None:
        lines = QVBoxLayout()
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        lines.addStretch(1)
        second = QHBoxLayout()
        second.setContentsMargins(0, 0, 0, 0)
        second.setSpacing(8)
        second.addWidget(self.advice)
        second.addWidget(self.link)
        second.addStretch(1)
        lines.addWidget(self.headline)
        lines.addLayout(second)
        lines.addStretch(1)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 0, 12, 0)
        self._row.setSpacing(8)
        self._row.addWidget(self._mark)
        self._row.addLayout(lines, 1)
        self._row.addSpacing(8)
        self._row.addWidget(self.chip)
        self._row.addWidget(self.dismiss)

    def show_theme(self, theme: Theme, small: bool) -> None:
        """Colours and heights; on Teach the verdict is 18 px and larger."""
        self._theme = theme
        teach = theme.scale > 1
        self.setFixedHeight(56 if teach else 32 if small else 36)
        self.headline.setFont(font(TYPE.verdict if teach else TYPE.body, 600))
        self.advice.setFont(font(TYPE.title if teach else TYPE.secondary))
        self._show(self._controller.verdict)

    def _state_changed(self, state: AppState, names: set[str]) -> None:
        if "spec" in names and self._rested:
            self._check(state)
        if names & {"cursor", "selected"} and self._rested:
            self._check(state)
        if names & {"spec", "selected"} and state.selected != getattr(self._controller.verdict, "racer", -1):
            self.link.hide()

    def _show(self, verdict: Verdict | None) -> None:
        spec = self._controller.state.spec
        if verdict is None or verdict.racer >= len(spec.racers):
            self.headline.say("Computing the first steps…")
            self.advice.say(_FIRST_NETWORK if spec.problem.kind == "model" else "")
            self._mark.show_colour("")
            self.link.hide()
            return
        label = spec.labels[verdict.racer]
        said = f"{label}: {verdict.headline[:1].lower()}{verdict.headline[1:]}"
        self.headline.say(said if verdict.kind else verdict.headline)
        self.advice.say(verdict.advice)
        self._mark.show_colour(self._theme.tone(verdict.tone) if verdict.tone else self._theme.border)
        self.link.setVisible(verdict.proposal is not None)
        if verdict.proposal is not None:
            self.link.setText(verdict.proposal.words)
            self.link.setToolTip(f"Do it: {verdict.proposal.words} for {label}")
            self.link.setAccessibleName(self.link.toolTip())

    def _apply(self) -> None:
        verdict = self._controller.verdict
        if verdict is not None and verdict.proposal is not None:
            self._controller.apply(verdict.proposal)

    # -- discoveries

    def _rest(self) -> None:
        self._rested = True
        self._show_chip()

    def _show_chip(self) -> None:
        offered = self._rested and self._discovery < len(DISCOVERIES)
        self.chip.setVisible(offered)
        self.dismiss.setVisible(offered)
        if offered:
            discovery = DISCOVERIES[self._discovery]
            self.chip.setText(discovery.words)
            self.chip.setToolTip(discovery.why)
            self.chip.setAccessibleName(f"Try: {discovery.words}")

    def _check(self, state: AppState) -> None:
        if self._discovery >= len(DISCOVERIES):
            return
        if state.spec.problem.name != "himmelblau":
            self._rested = False
            self._show_chip()
        elif DISCOVERIES[self._discovery].done(state):
            self._advance(self._discovery + 1)

    def _discover(self) -> None:
        discovery = DISCOVERIES[self._discovery]
        if discovery.edit is None:
            self._advance(self._discovery + 1)
            self.formulaWanted.emit()
            return
        at = self._discovery
        perform(self._controller, discovery)
        if self._discovery == at:
            self._advance(at + 1)

    def _advance(self, to: int) -> None:
        self._discovery = to
        self.discovered.emit(to)
        self._show_chip()
