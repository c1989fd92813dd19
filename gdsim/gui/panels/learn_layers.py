"""The hidden layers of a network, a row each: units, activation, away with it; and one more."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gdsim import catalogue
from gdsim.draw.theme import Theme
from gdsim.gui.controller import Controller
from gdsim.gui.fields.curve import CurveField
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.numbers import NumberField
from gdsim.gui.fields.tab_order import chain
from gdsim.gui.icons import icon
from gdsim.gui.panels.choice_popup import ChoicePopup
from gdsim.gui.panels.choices import activation_choices, preview_activation
from gdsim.gui.panels.learn_edits import with_layer, with_new_layer
from gdsim.gui.state import AppState
from gdsim.objectives.network.chosen import choose_activation
from gdsim.objectives.network.design import MAX_LAYERS, MAX_WIDTH, Activation, Layer, Model
from gdsim.params import ParamSpec

UNITS = ParamSpec("units", "", 8.0, low=1, high=MAX_WIDTH, kind="integer", scale="log", doc="Units of the layer.")


class LayerRow(QWidget):
    """number, − units +, activation, ×."""

    unitsChanged = Signal(int)
    activationChanged = Signal(object)
    listWanted = Signal()
    removeWanted = Signal()
    settled = Signal()

    def __init__(self, number: int, layer: Layer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = number
        place = number + 1
        self.label = QLabel(str(place))
        self.label.setProperty("role", "muted")
        self.label.setFixedWidth(14)
        self.label.setToolTip(f"Hidden layer {place}, counted from the inputs")
        self.units = NumberField.of_spec(UNITS, float(layer.size))
        self.units.setFixedWidth(44)
        self.units.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.units.setAccessibleName(f"Units of layer {place}")
        self.less = _button("−", f"Layer {place}: one unit less")
        self.more = _button("+", f"Layer {place}: one unit more")
        self.activation = CurveField(layer.activation, choose_activation, f"Activation of layer {place}")
        self.activation.set_help("A name, or a formula in z such as max(z, 0.1 z). The arrow keys open the list.")
        self.remove = QToolButton()
        self.remove.setProperty("role", "flat")
        self.remove.setProperty("square", True)
        self.remove.setFixedSize(24, 28)
        self.remove.setToolTip(f"Take layer {place} out")
        self.remove.setAccessibleName(self.remove.toolTip())
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for piece in (self.label, self.less, self.units, self.more):
            row.addWidget(piece)
        row.addSpacing(4)
        row.addWidget(self.activation, 1)
        row.addWidget(self.remove)
        self.message = MessageLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.message)
        self.less.clicked.connect(lambda: self._step(-1))
        self.more.clicked.connect(lambda: self._step(1))
        self.units.valueChanged.connect(lambda value: self.unitsChanged.emit(int(value)))
        self.units.settled.connect(self.settled)
        self.activation.valueChanged.connect(self.activationChanged)
        self.activation.listWanted.connect(self.listWanted)
        self.remove.clicked.connect(self.removeWanted)
        self.units.messageChanged.connect(self.message.say)
        self.activation.messageChanged.connect(self.message.say)

    def show_layer(self, layer: Layer) -> None:
        """Show it without telling anybody."""
        self.units.set_value(float(layer.size))
        self.activation.set_value(layer.activation)
        self.less.setEnabled(layer.size > 1)
        self.more.setEnabled(layer.size < MAX_WIDTH)

    def theme(self, theme: Theme) -> None:
        """Icons of another theme."""
        self.remove.setIcon(icon("mdi6.close", theme, theme.secondary))
        self.activation.button.setIcon(icon("mdi6.chevron-down", theme, theme.secondary))

    def _step(self, by: int) -> None:
        self.units.step_by(by)
        self.settled.emit()


class LayerRows(QWidget):
    """The rows, and the button below them."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._theme: Theme | None = None
        self._popup: ChoicePopup | None = None
        self._chosen_for = 0
        self.rows: list[LayerRow] = []
        self.add = QPushButton("Add layer")
        self.add.setProperty("role", "link")
        self.add.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.add.setIconSize(QSize(16, 16))
        self.add.clicked.connect(self.add_layer)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self.add)
        controller.stateChanged.connect(self._on_state)
        self._show(controller.state)

    @property
    def popup(self) -> ChoicePopup | None:
        """The popup of activations, once it has been opened."""
        return self._popup

    def add_layer(self) -> None:
        """One more behind the others."""
        model = self._model
        if model is not None:
            self._controller.set_model(with_new_layer(model), "add a layer")

    def open_list(self, number: int) -> None:
        """The popup of activations for layer `number`."""
        if self._popup is None:
            self._popup = ChoicePopup(preview_activation, "Search activations", "Type a formula", parent=self)
            self._popup.chosen.connect(self._on_name)
            self._popup.extraChosen.connect(self._on_typing)
            if self._theme is not None:
                self._popup.theme(self._theme)
        self._chosen_for = number
        field = self.rows[number].activation
        self._popup.open_under(field, activation_choices(), field.value.name)

    def theme(self, theme: Theme) -> None:
        """Icons of another theme."""
        self._theme = theme
        self.add.setIcon(icon("mdi6.plus", theme, theme.accent))
        for row in self.rows:
            row.theme(theme)
        if self._popup is not None:
            self._popup.theme(theme)

    # -- private -------------------------------------------------------------------------------------------------

    @property
    def _model(self) -> Model | None:
        learn = self._controller.state.spec.problem.learn
        return None if learn is None else learn.model

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if "spec" in names:
            self._show(state)

    def _show(self, state: AppState) -> None:
        model = self._model
        if model is None:
            return
        while len(self.rows) < len(model.layers):
            self._append(model.layers[len(self.rows)])
        while len(self.rows) > len(model.layers):
            row = self.rows.pop()
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        for row, layer in zip(self.rows, model.layers, strict=True):
            row.show_layer(layer)
            only = len(model.layers) == 1
            row.remove.setEnabled(not only)
            words = "A network has one hidden layer at least; choose another kind of model for none"
            row.remove.setToolTip(words if only else f"Take layer {row.number + 1} out")
        full = len(model.layers) >= MAX_LAYERS
        self.add.setEnabled(not full)
        self.add.setToolTip(f"{MAX_LAYERS} layers are the most" if full else "One more hidden layer behind the others")

    def _append(self, layer: Layer) -> None:
        row = LayerRow(len(self.rows), layer)
        row.unitsChanged.connect(lambda size: self._edit(row.number, "units", size=size))
        row.activationChanged.connect(lambda value: self._take(row.number, value))
        row.settled.connect(self._controller.finish_edit)
        row.listWanted.connect(lambda: self.open_list(row.number))
        row.removeWanted.connect(lambda: self._remove(row.number))
        if self._theme is not None:
            row.theme(self._theme)
        before = self.rows[-1] if self.rows else None
        self._column.insertWidget(len(self.rows), row)
        self.rows.append(row)
        if before is not None:
            chain(before.remove, row)

    def _edit(self, number: int, what: str, final: bool = False, **fields: object) -> None:
        model = self._model
        if model is not None:
            layer = model.layers[number].replace(**fields)
            why = f"change the {what} of layer {number + 1}"
            self._controller.set_model(with_layer(model, number, layer), why, final)

    def _remove(self, number: int) -> None:
        model = self._model
        if model is not None:
            self._controller.set_model(with_layer(model, number, None), f"take layer {number + 1} out")

    def _take(self, number: int, activation: Activation) -> None:
        self._edit(number, "activation", True, activation=activation)

    def _on_name(self, name: str) -> None:
        self._take(self._chosen_for, Activation(name, catalogue.activation(name).text()))

    def _on_typing(self) -> None:
        edit = self.rows[self._chosen_for].activation.edit
        edit.setFocus(Qt.FocusReason.OtherFocusReason)
        edit.selectAll()


def _button(sign: str, words: str) -> QToolButton:
    button = QToolButton()
    button.setText(sign)
    button.setProperty("role", "flat")
    button.setProperty("square", True)
    button.setFixedSize(24, 28)
    button.setAutoRepeat(True)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setToolTip(words)
    button.setAccessibleName(words)
    return button
