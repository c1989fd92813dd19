"""What the model sees of each sample: columns and formulas as chips, a formula of one's own below them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from gdsim.draw.theme import Theme
from gdsim.errors import GdsimError
from gdsim.gui.controller import Controller
from gdsim.gui.fields.flow import FlowLayout
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.marked_edit import MarkedEdit
from gdsim.gui.icons import icon
from gdsim.gui.panels.learn_columns import ColumnsDialog
from gdsim.gui.panels.learn_edits import Column, base_inputs, checked_input, offered_inputs, pretty, with_inputs
from gdsim.gui.state import AppState
from gdsim.session.spec import Learning

MOST_CHIPS = 14
"""Inputs that are offered as chips; more of them are chosen from a list."""
_LONGEST = 18
_LAST = "The model needs one input at least"


class InputChips(QWidget):
    """A chip for each input that is offered or chosen; those that are chosen are lit. `ownShown` tells that the line
    for one of one's own is there, or has more to say."""

    ownShown = Signal(object)

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._columns: tuple[Column, ...] = ()
        self.chips: dict[str, QPushButton] = {}
        title = QLabel("Inputs")
        title.setProperty("role", "secondary")
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.choose = QPushButton("Choose…")
        self.choose.setProperty("role", "link")
        self.choose.setToolTip("Choose the inputs from the list of all columns")
        self.choose.clicked.connect(self.open_list)
        self.own = QToolButton()
        self.own.setProperty("role", "flat")
        self.own.setProperty("square", True)
        self.own.setFixedSize(24, 24)
        self.own.setCheckable(True)
        self.own.setToolTip("Add an input of your own: a formula in the columns")
        self.own.setAccessibleName("Add an input of your own")
        self.own.toggled.connect(self._on_own)
        self.edit = MarkedEdit((1, 2))
        self.edit.setAccessibleName("Formula of a new input")
        self.edit.setToolTip("A formula in the columns, such as x*y or exp(-x^2). Enter adds it, Escape clears it.")
        self.edit.setPlaceholderText("A formula, such as x*y; Enter adds it")
        self.edit.committed.connect(self.commit)
        self.edit.abandoned.connect(self._clear)
        self.edit.textChanged.connect(self._on_text)
        self.message = MessageLabel()
        self._own_box = QWidget()
        box = QVBoxLayout(self._own_box)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addWidget(self.edit)
        box.addWidget(self.message)
        self._own_box.hide()
        top = QHBoxLayout()
        top.setSpacing(8)
        for piece in (title, self.count, self.choose):
            top.addWidget(piece)
        top.addStretch(1)
        top.addWidget(self.own)
        self._place = QWidget()
        self._flow = FlowLayout(self._place, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(self._place)
        column.addSpacing(2)
        column.addWidget(self._own_box)
        controller.stateChanged.connect(self._on_state)
        self._show(controller.state)

    def show_columns(self, columns: Sequence[Column]) -> None:
        """The data's columns, as they have been read."""
        self._columns = tuple(columns)
        self._show(self._controller.state)

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self.own.setIcon(icon("mdi6.plus", theme))
        self.edit.theme(theme)

    def commit(self) -> None:
        """Add what stands in the line; what is wrong with it is told, and its place marked."""
        learn, text = self._learn, self.edit.toPlainText().strip()
        if learn is None or not text:
            return
        try:
            made = checked_input(text, learn, self._columns)
        except GdsimError as error:
            self._complain(error)
            return
        self._clear()
        self._take((*base_inputs(learn), made), f"add the input {made}")

    def open_list(self) -> None:
        """All columns, to be ticked."""
        learn = self._learn
        if learn is None:
            return
        dialog = ColumnsDialog(self._columns, learn.data.target, base_inputs(learn), self)
        dialog.taken.connect(lambda inputs: self._take(tuple(inputs), "choose the inputs"))
        dialog.open()

    # -- private -------------------------------------------------------------------------------------------------

    @property
    def _learn(self) -> Learning | None:
        return self._controller.state.spec.problem.learn

    def _take(self, inputs: tuple[str, ...], why: str) -> None:
        learn = self._learn
        if learn is not None:
            self._controller.set_learning(with_inputs(learn, inputs), why)

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if "spec" in names:
            self._show(state)

    def _show(self, state: AppState) -> None:
        learn = state.spec.problem.learn
        if learn is None:
            return
        chosen = base_inputs(learn)
        offered = offered_inputs(self._columns, learn.data.target)
        texts = (*offered, *(text for text in chosen if text not in offered))
        many = len(texts) > MOST_CHIPS
        if tuple(self.chips) != (() if many else texts):
            self._build(() if many else texts)
        reasons = {column.name: column.reason for column in self._columns}
        for text, chip in self.chips.items():
            on = text in chosen
            last = on and len(chosen) == 1
            reason = _LAST if last else "" if on else reasons.get(text, "")
            chip.setChecked(on)
            chip.setEnabled(not reason)
            chip.setToolTip(reason or f"{text}: {'leave this input out' if on else 'give the model this input'}")
        self.choose.setVisible(many)
        self.count.setText(f"{len(chosen)} of {len(texts)}" if many else "")

    def _build(self, texts: Sequence[str]) -> None:
        for chip in self.chips.values():
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = {}
        for text in texts:
            words = pretty(text)
            chip = QPushButton(words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…")
            chip.setProperty("role", "chip")
            chip.setCheckable(True)
            chip.setAccessibleName(f"Input {text}")
            chip.clicked.connect(lambda on, text=text: self._on_chip(text, on))
            self._flow.addWidget(chip)
            chip.show()
            self.chips[text] = chip
        self._place.setVisible(bool(texts))
        self._place.updateGeometry()

    def _on_chip(self, text: str, on: bool) -> None:
        learn = self._learn
        if learn is None:
            return
        chosen = base_inputs(learn)
        if on:
            order = [each for each in self.chips if each in chosen or each == text]
            self._take(tuple(order), f"add the input {text}")
        else:
            self._take(tuple(each for each in chosen if each != text), f"leave the input {text} out")
        self._show(self._controller.state)  # an edit that was refused leaves the chip as it was

    def _on_own(self, on: bool) -> None:
        self._own_box.setVisible(on)
        if on:
            self.edit.setFocus()
            self._reveal()

    def _reveal(self) -> None:
        QTimer.singleShot(0, self, lambda: self.ownShown.emit(self._own_box))  # when it has been laid out

    def _on_text(self) -> None:
        """What is wrong is told while one types, but for a text that has just begun."""
        learn, text = self._learn, self.edit.toPlainText().strip()
        if learn is None or not self.edit.modified:
            return
        self.edit.mark(None)
        self.message.say("")
        if text:
            try:
                checked_input(text, learn, self._columns)
            except GdsimError as error:
                self._complain(error)

    def _complain(self, error: GdsimError) -> None:
        self.edit.mark((error.column, error.length) if error.column is not None else (1, len(self.edit.toPlainText())))
        where = (error.where or "").partition(", ")[2]
        self.message.say(type(error)(error.what, where=where or None, hint=error.hint, column=error.column,
                                     length=error.length).message())  # fmt: skip
        self._reveal()

    def _clear(self) -> None:
        self.edit.set_text("")
        self.message.say("")
