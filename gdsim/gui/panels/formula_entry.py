"""The line in which a function is typed: checked while one types, shown typeset with its gradient."""

from __future__ import annotations

import threading

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gdsim.draw.theme import TYPE, Theme
from gdsim.gui.controller import Controller
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.marked_edit import MarkedEdit
from gdsim.gui.math_label import MathLabel
from gdsim.gui.panels.reading import FormulaReading, Line, read_formula
from gdsim.gui.state import AppState

PAUSE = 150
"""Milliseconds without a key after which the text is read."""


class MathLines(QScrollArea):
    """Typeset lines below one another; longer ones than there is room shrink a little, then scroll sideways."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._labels: list[MathLabel] = []
        self._theme: Theme | None = None
        self.setWidget(self._inside)

    def set_lines(self, lines: tuple[Line, ...], first: float = TYPE.title, others: float = TYPE.body) -> None:
        """Show these lines, the first in type of `first` pixels."""
        while len(self._labels) < len(lines):
            label = MathLabel(size=first if not self._labels else others)
            label.installEventFilter(self)
            if self._theme is not None:
                label.theme(self._theme, self._theme.text if not self._labels else self._theme.secondary)
            self._labels.append(label)
            self._column.addWidget(label)
        for label, line in zip(self._labels, [*lines, *[None] * len(self._labels)], strict=False):
            label.setVisible(line is not None)
            if line is not None:
                label.set_formula(line.latex, line.plain)
        self._fit()

    def theme(self, theme: Theme) -> None:
        """Ink of another theme."""
        self._theme = theme
        for number, label in enumerate(self._labels):
            label.theme(theme, theme.text if number == 0 else theme.secondary)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest or event.type() == QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        shown = [label for label in self._labels if not label.isHidden()]
        widest = 0
        for label in shown:
            hint = label.sizeHint()
            label.setMinimumWidth(round(hint.width() * 0.62))
            widest = max(widest, label.minimumWidth())
        height = sum(label.sizeHint().height() for label in shown) + 2 * max(0, len(shown) - 1)
        bar = 10 if widest > self.width() else 0
        if self.height() != height + bar or self.minimumHeight() != height + bar:
            self.setFixedHeight(height + bar)


class FormulaEntry(QWidget):
    """The editor, its message, and the typeset reading of what stands in it.

    The function that runs stays while the text is wrong or unfinished; Enter (or the button that then appears) uses
    the new one, Escape goes back.
    """

    readingChanged = Signal(object)  # the FormulaReading of what stands in the editor

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._reading: FormulaReading | None = None
        self._commit_when_read = ""
        self._running = ""  # the formula that ran when the editor was last in step with it
        self.edit = MarkedEdit((1, 3))
        self.edit.setAccessibleName("Formula")
        self.edit.setPlaceholderText("Type a function, such as x^2 + 3y^2")
        self.edit.setToolTip(
            "A function of x and y (or x alone, or x[i]). Other letters become sliders.\nEnter uses it, Escape goes back."
        )
        self.message = MessageLabel()
        self.use = QPushButton("Use it  ↵")
        self.use.setProperty("role", "primary")
        self.use.setToolTip("Race on this function (Enter)")
        self.use.hide()
        self.maths = MathLines("The function and its gradient")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.message, 1)
        row.addWidget(self.use, 0, Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.edit)
        column.addLayout(row)
        column.addWidget(self.maths)
        self.edit.textChanged.connect(self._on_text)
        self.edit.committed.connect(self.commit)
        self.edit.abandoned.connect(self.restore)
        self.use.clicked.connect(self.commit)
        self._timer.timeout.connect(self._read)
        controller.stateChanged.connect(self._on_state)
        self.restore()

    @property
    def reading(self) -> FormulaReading | None:
        """What stands in the editor, read; None before the first reading."""
        return self._reading

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self.edit.theme(theme)
        self.maths.theme(theme)

    def set_folded(self, folded: bool) -> None:
        """Folded, only the line itself and its message are there."""
        self.maths.setHidden(folded)

    def commit(self) -> None:
        """Use what stands in the editor, as soon as it has been read."""
        text = self.edit.toPlainText()
        if self._reading is not None and self._reading.text == text:
            self._use(self._reading)
        else:
            self._commit_when_read = text
            self._read()

    def restore(self) -> None:
        """Back to the function that runs."""
        self._commit_when_read = ""
        self.edit.set_text(self._controller.state.spec.problem.formula)
        self._read()

    # -- private -------------------------------------------------------------------------------------------------

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if "spec" not in names:
            return
        problem = state.spec.problem
        if problem.formula != self._running:
            self.restore()
        elif self._reading is not None and self._reading.dimension != problem.dimension and not self.edit.modified:
            self._read()

    def _on_text(self) -> None:
        if self.edit.modified:
            self._commit_when_read = ""
            self.use.hide()
            self._timer.start()

    def _read(self) -> None:
        self._timer.stop()
        text = self.edit.toPlainText()
        spec = self._controller.state.spec
        if not self.edit.modified:
            self._running = spec.problem.formula
        problem, start = spec.problem, spec.start

        def work(_cancel: threading.Event) -> FormulaReading:
            return read_formula(text, problem, start)

        self._controller.ask("reading", work, self._on_reading, self._on_failure)

    def _on_failure(self, error: Exception) -> None:
        self.message.say(f"This cannot be read: {error}")

    def _on_reading(self, reading: FormulaReading) -> None:
        if reading.text != self.edit.toPlainText():
            return  # typed on in the meantime: the next reading is on its way
        self._reading = reading
        if reading.error is not None:
            self.edit.mark((reading.error.column or 1, reading.error.length))
            self.message.say(reading.error.message())
            self.use.hide()
        else:
            self.edit.mark(None)
            self.message.say("")
            assert reading.value is not None
            self.maths.set_lines((reading.value, *reading.slopes))
            self.use.setVisible(self.edit.modified and reading.text != self._controller.state.spec.problem.formula)
        self.readingChanged.emit(reading)
        if self._commit_when_read == reading.text:
            self._use(reading)

    def _use(self, reading: FormulaReading) -> None:
        self._commit_when_read = ""
        if reading.problem is None:
            return
        self.use.hide()
        self.edit.document().setModified(False)
        self._running = reading.problem.formula
        if reading.problem.formula != self._controller.state.spec.problem.formula:
            self._controller.set_problem(reading.problem, "type a function", start=reading.start)
