"""The line in which a function is typed: checked while one types, shown typeset with its gradient."""

from __future__ import annotations

import threading

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gdsim.draw.theme import TYPE, Theme
from gdsim.gui.controller import Controller
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.marked_edit import MarkedEdit
from gdsim.gui.panels.math_lines import MathLines
from gdsim.gui.panels.reading import FormulaReading, read_formula
from gdsim.gui.state import AppState

PAUSE = 150
"""Milliseconds without a key after which the text is read."""


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
            "A function of x and y (or x alone, or x[i]). Other letters become sliders.\n"
            "Enter uses it, Escape goes back."
        )
        self.message = MessageLabel()
        self.use = QPushButton("Use it  ↵")
        self.use.setProperty("role", "primary")
        self.use.setToolTip("Race on this function (Enter)")
        self.use.hide()
        self.maths = MathLines("The function and its gradient", strong_size=TYPE.title)
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

    def line_height(self, width: int) -> int:
        """Height of the line and of what is said about it, without the typeset formulas."""
        said = 0 if self.message.isHidden() else self.message.heightForWidth(width)
        offered = 0 if self.use.isHidden() else self.use.sizeHint().height()
        return self.edit.height() + max(said, offered) + 4

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
        problem = state.spec.problem
        if "spec" not in names or problem.kind != "function":
            return
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
        if spec.problem.kind != "function":  # there is nothing to read
            return
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
        self.edit.document().clearUndoRedoStacks()
        self._running = reading.problem.formula
        if reading.problem.formula != self._controller.state.spec.problem.formula:
            self._controller.set_problem(reading.problem, "type a function", start=reading.start)
