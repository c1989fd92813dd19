"""This step: the arithmetic of the focused racer's update, stage by stage, with this step's numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import qtawesome
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gdsim.draw.fonts import font
from gdsim.draw.markers import paint_head
from gdsim.draw.theme import DARK, SPACE, TYPE, Theme
from gdsim.draw.ticks import number_label
from gdsim.engine.network.training import kept_coordinates
from gdsim.gui.math_label import MathLabel
from gdsim.gui.views.view import Scene, View
from gdsim.session.spec import Problem

_LINES = 4  # coordinates whose arithmetic is written out
_SHOWN = 3  # numbers of a vector that are written out


def numbers_words(values: Any) -> str:
    """A stage's result: ``−0.53``, ``(1.2, −3.4)``, or the first three of many and their length."""
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if array.size == 1:
        return number_label(float(array[0]))
    shown = ", ".join(number_label(float(value)) for value in array[: _SHOWN if array.size > _SHOWN + 1 else None])
    if array.size <= _SHOWN + 1:
        return f"({shown})"
    with np.errstate(all="ignore"):
        length = float(np.sqrt((array**2).sum()))
    return f"({shown}, …)   length {number_label(length)}"


def _ink(label: QLabel, colour: str) -> None:
    palette = label.palette()
    palette.setColor(label.foregroundRole(), QColor(colour))
    label.setPalette(palette)


class HeadMark(QWidget):
    """The focused racer's head, so that one sees of whom the numbers speak."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.racer = 0
        self.look = DARK
        self.setFixedSize(22, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        middle = QPointF(self.width() / 2, self.height() / 2)
        paint_head(painter, middle, self.racer, self.look.scaled(1.0), 12.0)
        painter.end()


class StageRow(QFrame):
    """One stage: what it computes, the result; its sentence while it is the current one."""

    chosen = Signal(int)

    def __init__(self, number: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.number = number
        self.current = False
        self._look = DARK
        self.formula = MathLabel(self)
        self.lines = [MathLabel(self, TYPE.mathematics - 2) for _ in range(_LINES)]
        self.result = QLabel(self)
        self.words = QLabel(self)
        for label in (self.result, self.words):
            label.setWordWrap(True)
        self.words.setProperty("role", "muted")
        for label in (self.result, self.words):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.card, 6, SPACE.gutter, 6)
        column.setSpacing(2)
        column.addWidget(self.formula)
        for line in self.lines:
            column.addWidget(line)
        column.addWidget(self.result)
        column.addWidget(self.words)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_stage(self, stage: Any, current: bool) -> None:
        """The stage's formula, number and words; `current` opens it."""
        plain = stage.text or stage.name
        self.formula.set_formula(stage.latex, plain)
        result = f"= {numbers_words(stage.values)}"
        numbers = stage.numbers if current else ()
        for k, line in enumerate(self.lines):
            line.setVisible(k < len(numbers))
            if k < len(numbers):
                line.set_formula(numbers[k], result if k == 0 else "")
        self.result.setText(result)
        self.result.setVisible(not numbers)
        self.words.setText(stage.words)
        self.words.setVisible(current and bool(stage.words))
        self.setAccessibleName(f"Stage {self.number + 1}: {plain}, {result}")
        if current != self.current:
            self.current = current
            self.theme(self._look)

    def theme(self, theme: Theme) -> None:
        """Ink, type and the mark of the current stage."""
        self._look = theme
        self.formula.theme(theme, theme.text if self.current else theme.secondary)
        for line in self.lines:
            line.theme(theme, theme.text)
        self.result.setFont(font(TYPE.body, 500 if self.current else 400, theme.scale))
        self.words.setFont(font(TYPE.secondary, 400, theme.scale))
        _ink(self.result, theme.text if self.current else theme.secondary)
        _ink(self.words, theme.secondary)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.current:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._look.raised))
            painter.drawRoundedRect(self.rect().adjusted(0, 1, 0, -1), 4, 4)
            painter.setBrush(QColor(self._look.accent))
            painter.drawRoundedRect(0, 1, 3, self.height() - 2, 1.5, 1.5)
            painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.number)


class StageList(QWidget):
    """The rows; Up and Down go from stage to stage."""

    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Stages of the update")
        self.rows: list[StageRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addStretch(1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        else:
            event.ignore()

    def set_count(self, count: int, chosen: Any, theme: Theme) -> None:
        """As many rows as there are stages."""
        while len(self.rows) > count:
            row = self.rows.pop()
            self._column.removeWidget(row)
            row.deleteLater()
        while len(self.rows) < count:
            row = StageRow(len(self.rows), self)
            row.chosen.connect(chosen)
            row.theme(theme)
            self._column.insertWidget(len(self.rows), row)
            self.rows.append(row)


class StepView(View):
    """The update's arithmetic, with buttons from stage to stage; the hero draws the current stage's arrow."""

    title = "This step"
    short_title = "Step"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = QWidget(parent)
        self._widget.setObjectName("stepView")
        self._look = DARK
        self._scene: Scene | None = None
        self._stage = -1
        self._mark = HeadMark(self._widget)
        self._title = QLabel(self._widget)
        self._title.setAccessibleName("Whose step")
        self._empty = QLabel("No step yet", self._widget)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._empty.setContentsMargins(SPACE.card, 0, SPACE.card, 0)
        self._back = self._button("Stage back", "The stage before (Up)", -1)
        self._on = self._button("Stage on", "The next stage (Down)", 1)
        self._where = QLabel(self._widget)
        top = QHBoxLayout()
        top.setContentsMargins(SPACE.card, SPACE.gutter, SPACE.card, SPACE.grid)
        top.setSpacing(SPACE.grid)
        top.addWidget(self._mark)
        top.addWidget(self._title)
        top.addStretch(1)
        for piece in (self._back, self._where, self._on):
            top.addWidget(piece)
        self._list = StageList()
        self._list.moved.connect(self._move)
        self._scroll = QScrollArea(self._widget)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._list)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._widget.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self._widget)
        column.setContentsMargins(0, 0, 0, SPACE.gutter)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._empty)
        inner = QHBoxLayout()
        inner.setContentsMargins(SPACE.gutter, 0, SPACE.gutter, 0)
        inner.addWidget(self._scroll)
        column.addLayout(inner, 1)
        self.theme(DARK)

    def _button(self, name: str, help_text: str, by: int) -> QToolButton:
        button = QToolButton(self._widget)
        button.setAccessibleName(name)
        button.setToolTip(help_text)
        button.setAutoRaise(True)
        button.setProperty("role", "flat")
        button.clicked.connect(lambda: self._move(by))
        return button

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        """Any function, and models whose weights lie in every row."""
        return problem.learn is None or kept_coordinates(problem.dimension) > 0

    @property
    def widget(self) -> QWidget:
        return self._widget

    def show(self, scene: Scene) -> None:
        before, self._scene = self._scene, scene
        if before is None or before.stage != scene.stage:
            self._stage = scene.stage
        history, state = scene.history, scene.state
        stages = scene.stages
        self._empty.setVisible(not stages)
        self._scroll.setVisible(bool(stages))
        for piece in (self._back, self._on, self._where):
            piece.setVisible(bool(stages))
        if history is None or state.selected >= len(history.traces):
            self._title.setText("This step")
            return
        last = history.traces[state.selected].published - 1
        step = min(state.cursor, max(last, 0))
        self._title.setText(f"{history.labels[state.selected]}: step {step} → {step + 1}")
        if not stages:
            too_fast = "Pause, or play no faster than 4 steps a second, to see the numbers of each step."
            soon = "The numbers of a step appear as soon as it has been computed."
            self._empty.setText(too_fast if state.playing else soon)
        if self._mark.racer != state.selected:
            self._mark.racer = state.selected
            self._mark.update()
        self._fill(stages)

    def _fill(self, stages: Any) -> None:
        self._list.set_count(len(stages), self._choose, self._look)
        current = self._current()
        for row, stage in zip(self._list.rows, stages, strict=True):
            row.show_stage(stage, row.number == current)
        self._where.setText(f"{current + 1} of {len(stages)}" if stages else "")
        self._back.setEnabled(current > 0)
        self._on.setEnabled(current < len(stages) - 1)

    def _current(self) -> int:
        return replace(self._scene, stage=self._stage).current_stage if self._scene is not None else -1

    def _move(self, by: int) -> None:
        count = len(self._scene.stages) if self._scene is not None else 0
        if count:
            self._choose(min(max(self._current() + by, 0), count - 1))

    def _choose(self, number: int) -> None:
        self._stage = number
        if self._scene is not None:
            self._fill(self._scene.stages)
            self._scroll.ensureWidgetVisible(self._list.rows[number])
        self.stageRequested.emit(number)

    def theme(self, theme: Theme) -> None:
        self._look = theme
        self._title.setFont(font(TYPE.body, 600, theme.scale))
        for label in (self._where, self._empty):
            label.setFont(font(TYPE.secondary, 400, theme.scale))
        for button, icon in ((self._back, "mdi6.chevron-up"), (self._on, "mdi6.chevron-down")):
            button.setIcon(qtawesome.icon(icon, color=theme.text, color_disabled=theme.border))
            button.setIconSize(QSize(theme.px(16), theme.px(16)))
            button.setFixedSize(theme.px(SPACE.button), theme.px(SPACE.button))
        self._mark.look = theme
        self._mark.update()
        for area in (self._scroll, self._list, self._scroll.viewport()):
            palette = area.palette()
            palette.setColor(area.backgroundRole(), QColor(theme.surface))
            area.setPalette(palette)
        for row in self._list.rows:
            row.theme(theme)
