"""Diagnostics of a model at the cursor: how its numbers are spread, and what it gets wrong."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from gdsim.draw.fonts import font
from gdsim.draw.theme import DARK, SPACE, TYPE, Theme
from gdsim.gui.views.diagnostics_canvas import DiagnosticsCanvas
from gdsim.gui.views.step import HeadMark
from gdsim.gui.views.view import LearnView, Scene


class DiagnosticsView(LearnView):
    """The pictures with their two switches: which samples are counted, one scale for all layers or not."""

    title = "Diagnostics"
    short_title = "Diagnostics"
    wants = frozenset({"histograms", "scores"})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = QWidget(parent)
        self._widget.setObjectName("diagnosticsView")
        self.canvas = DiagnosticsCanvas(self._widget)
        self._mark = HeadMark(self._widget)
        self._title = QLabel(self._widget)
        self._title.setAccessibleName("Whose model, and when")
        self.shared = QToolButton(self._widget)
        self.shared.setText("One scale")
        self.shared.setCheckable(True)
        self.shared.setAccessibleName("One scale for all layers")
        self.shared.setToolTip("One scale for all layers of a column, so that they can be compared")
        self.shared.toggled.connect(self._switched)
        self._segments = QFrame(self._widget)
        self._segments.setProperty("segments", True)
        self._group = QButtonGroup(self._segments)
        inner = QHBoxLayout(self._segments)
        inner.setContentsMargins(2, 2, 2, 2)
        inner.setSpacing(0)
        self.train = self._segment("Train", "Count the training samples", inner)
        self.test = self._segment("Test", "Count the test samples, which are not learnt from", inner)
        self.test.setChecked(True)
        row = QHBoxLayout()
        row.setContentsMargins(SPACE.card, SPACE.gutter, SPACE.card, 0)
        row.setSpacing(SPACE.grid)
        row.addWidget(self._mark)
        row.addWidget(self._title)
        row.addStretch(1)
        row.addWidget(self.shared)
        row.addSpacing(SPACE.grid)
        row.addWidget(self._segments)
        column = QVBoxLayout(self._widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.grid)
        column.addLayout(row)
        column.addWidget(self.canvas, 1)
        self.theme(DARK)

    def _segment(self, words: str, help_text: str, row: QHBoxLayout) -> QPushButton:
        button = QPushButton(words, self._segments)
        button.setCheckable(True)
        button.setProperty("role", "segment")
        button.setAccessibleName(f"{words} samples")
        button.setToolTip(help_text)
        button.toggled.connect(self._switched)
        self._group.addButton(button)
        row.addWidget(button)
        return button

    def show(self, scene: Scene) -> None:
        picture, history, canvas = scene.learn, scene.history, self.canvas
        racer = scene.state.selected
        if history is None or racer >= len(history.labels):
            return
        canvas.racer = racer
        if self._mark.racer != racer:
            self._mark.racer = racer
            self._mark.update()
        if picture is not None:
            whose = history.labels[min(picture.racer, len(history.labels) - 1)]
            self._title.setText(f"{whose} at step {picture.step:,}")
            canvas.spread = picture.parts.get("histograms", canvas.spread)
            canvas.scores = picture.parts.get("scores", canvas.scores)
        scores = canvas.scores
        counted = scores is not None and bool(scores.classes)
        tested = scores is not None and scores.test is not None
        self._segments.setVisible(counted and tested)
        canvas.setAccessibleDescription(canvas.description())
        canvas.renew_tip()
        canvas.update()

    def _switched(self) -> None:
        self.canvas.test = self.test.isChecked()
        self.canvas.shared = self.shared.isChecked()
        self.canvas.update()

    def theme(self, theme: Theme) -> None:
        self.canvas.look = theme
        self._title.setFont(font(TYPE.body, 600, theme.scale))
        for button in (self.shared, self.train, self.test):
            button.setFont(font(TYPE.secondary, 400, theme.scale))
        self._mark.look = theme
        self._mark.update()
        self.canvas.update()
