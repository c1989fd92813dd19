"""What is not seen at first of a model and its training: loss, initialisation, normalisation, dropout, penalties."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gdsim import catalogue
from gdsim.draw.theme import Theme
from gdsim.gui.controller import Controller
from gdsim.gui.fields.curve import CurveField
from gdsim.gui.fields.hyper import HyperSlider
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.numbers import NumberField
from gdsim.gui.icons import icon
from gdsim.gui.panels.choice_popup import ChoicePopup
from gdsim.gui.panels.choices import activation_choices, loss_choices, preview_activation, preview_loss
from gdsim.gui.panels.learn_edits import loss_reasons, with_all_layers, with_loss
from gdsim.gui.panels.run_settings import RunSettings
from gdsim.gui.state import AppState
from gdsim.objectives.network.chosen import choose_activation, choose_loss
from gdsim.objectives.network.design import Activation, Loss, Model
from gdsim.objectives.network.initial import INITIALISATIONS
from gdsim.params import ParamSpec

LABEL = 64
SCALE = ParamSpec("scale", "", 1.0, low=0, high=100, slider_low=0.01, slider_high=10, scale="log",
                  doc="Factor on all weights at the start.")  # fmt: skip
SEED = ParamSpec("seed", "", 0.0, low=0, high=2**53, kind="integer", doc="Another seed draws other weights.")
DROPOUT = ParamSpec("dropout", "", 0.0, low=0, high=1, open_high=True, slider_low=0, slider_high=0.9,
                    doc="The share of units left out at random in each step, in every hidden layer.")  # fmt: skip
L1 = ParamSpec("L1", "", 0.0, low=0, high=1e6, slider_low=1e-5, slider_high=1, scale="log",
               doc="Added to the loss: this times the sum of all |w|.")  # fmt: skip
L2 = ParamSpec("L2", "", 0.0, low=0, high=1e6, slider_low=1e-5, slider_high=1, scale="log",
               doc="Added to the loss: half of this times the sum of all w^2.")  # fmt: skip
PATIENCE = ParamSpec("patience", "", 0.0, low=0, high=1e6, kind="integer", scale="log",
                     doc="Epochs without a better test loss after which a racer stops; 0: it does not.")  # fmt: skip
NORMS = (("none", "none"), ("batch", "batch"), ("layer", "layer"))
_NO_LAYERS = "The model has no hidden layers"
_MIXED = "differs"


class ModelSettings(QWidget):
    """A form; every good value is an edit at once."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._theme: Theme | None = None
        self.popups: dict[str, ChoicePopup] = {}
        self.loss = CurveField(Loss(), self._read_loss, "Loss")
        self.loss.set_help("A name, or a formula in o (output) and y (target) such as (o - y)^4")
        self.output = CurveField(Activation("identity", "z"), choose_activation, "Activation of the output")
        self.output.set_help("Activation of the outputs: a name, or a formula in z")
        self.init = QComboBox()
        for name, scheme in INITIALISATIONS.items():
            self.init.addItem(scheme.title, name)
            self.init.setItemData(self.init.count() - 1, scheme.doc, Qt.ItemDataRole.ToolTipRole)
        self.norm = QComboBox()
        for name, title in NORMS:
            self.norm.addItem(title, name)
        self.residual = QComboBox()
        self.residual.addItems(["off", "on"])
        self.scale, self.dropout = HyperSlider(SCALE), HyperSlider(DROPOUT)
        self.l1, self.l2 = HyperSlider(L1, zero_word="off"), HyperSlider(L2, zero_word="off")
        self.seed = NumberField.of_spec(SEED)
        self.redraw = QToolButton()
        self.redraw.setProperty("role", "flat")
        self.redraw.setFixedSize(28, 28)
        self.redraw.setToolTip("Draw other weights, with the next seed")
        self.redraw.setAccessibleName("Draw other weights")
        self.patience = NumberField.of_spec(PATIENCE)
        self.patience.set_zero_word("off")
        self.run = RunSettings(controller)
        self.message = MessageLabel()
        self._lay_out()
        self._connect()
        self._show(controller.state)

    def theme(self, theme: Theme) -> None:
        """Icons of another theme."""
        self._theme = theme
        self.redraw.setIcon(icon("mdi6.refresh", theme))
        for field in (self.loss, self.output):
            field.button.setIcon(icon("mdi6.chevron-down", theme, theme.secondary))
        for popup in self.popups.values():
            popup.theme(theme)

    # -- making --------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        seed = QWidget()
        line = QHBoxLayout(seed)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self.seed, 1)
        line.addWidget(self.redraw)
        for name, widget, words in (
            ("loss", self.loss, "What is made small: the loss of a sample"),
            ("output", self.output, "The activation of the outputs"),
            ("weights", self.init, "How weights begin"),
            ("seed", seed, SEED.doc),
            ("norm", self.norm, "Normalisation in every hidden layer: over the batch, or over the layer's units"),
            ("residual", self.residual, "A layer as wide as the one before adds that one's values to its own"),
        ):
            column.addLayout(_row(name, widget, words))
        for slider in (self.scale, self.dropout, self.l1, self.l2):
            slider.set_label_width(LABEL)
        column.insertWidget(3, self.scale)
        for slider in (self.dropout, self.l1, self.l2):
            column.addWidget(slider)
        column.addLayout(_row("patience", self.patience, PATIENCE.doc))
        column.addWidget(self.message)
        column.addWidget(self.run)
        self.seed.setAccessibleName("Seed of the weights")
        self.init.setToolTip("How weights begin")
        for box, name in ((self.init, "Initialisation"), (self.norm, "Normalisation"), (self.residual, "Residual")):
            box.setAccessibleName(name)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.patience.setAccessibleName("Patience, epochs")

    def _connect(self) -> None:
        controller = self._controller
        self.loss.valueChanged.connect(self._on_loss)
        self.loss.listWanted.connect(lambda: self.open_list("loss"))
        self.output.valueChanged.connect(lambda value: self._edit("change the output's activation", True, output=value))
        self.output.listWanted.connect(lambda: self.open_list("output"))
        self.init.activated.connect(self._on_init)
        self.scale.valueChanged.connect(lambda value: self._init("change the weights' scale", scale=value))
        self.seed.valueChanged.connect(lambda value: self._init("change the weights' seed", seed=int(value)))
        self.redraw.clicked.connect(self.draw_again)
        self.norm.activated.connect(lambda row: self._layers("normalisation", norm=self.norm.itemData(row)))
        self.residual.activated.connect(lambda row: self._layers("residual", residual=row == 1))
        self.dropout.valueChanged.connect(lambda value: self._layers("dropout", False, dropout=value))
        self.l1.valueChanged.connect(lambda value: self._edit("change L1", l1=value))
        self.l2.valueChanged.connect(lambda value: self._edit("change L2", l2=value))
        self.patience.valueChanged.connect(lambda value: controller.set_run("change the patience", patience=int(value)))
        for slider in (self.scale, self.dropout, self.l1, self.l2, self.seed):
            slider.settled.connect(controller.finish_edit)
        for field in (self.loss, self.output, self.seed, self.patience):
            field.messageChanged.connect(self.message.say)
        controller.stateChanged.connect(self._on_state)

    # -- intents -------------------------------------------------------------------------------------------------

    def draw_again(self) -> None:
        """Other weights at the start."""
        model = self._model
        if model is not None:
            self._init("draw other weights", True, seed=model.init.seed + 1)

    def open_list(self, what: str) -> None:
        """The popup of losses ("loss") or of activations ("output")."""
        field = self.loss if what == "loss" else self.output
        if what not in self.popups:
            loss = what == "loss"
            popup = ChoicePopup(
                preview_loss if loss else preview_activation, "Search losses" if loss else "Search activations",
                "Type a formula", parent=self,
            )  # fmt: skip
            popup.chosen.connect(self._on_loss_name if loss else self._on_output_name)
            popup.extraChosen.connect(lambda: self._on_typing(field))
            if self._theme is not None:
                popup.theme(self._theme)
            self.popups[what] = popup
        choices = loss_choices(loss_reasons(self._classes)) if what == "loss" else activation_choices()
        self.popups[what].open_under(field, choices, field.value.name)

    # -- private -------------------------------------------------------------------------------------------------

    @property
    def _model(self) -> Model | None:
        learn = self._controller.state.spec.problem.learn
        return None if learn is None else learn.model

    @property
    def _classes(self) -> int:
        learn = self._controller.state.spec.problem.learn
        return 0 if learn is None else len(learn.data.classes)

    def _read_loss(self, text: str) -> Loss:
        return choose_loss(text, self._classes)

    def _edit(self, why: str, final: bool = False, **fields: Any) -> None:
        model = self._model
        if model is not None:
            self._controller.set_model(model.replace(**fields), why, final)

    def _init(self, why: str, final: bool = False, **fields: Any) -> None:
        model = self._model
        if model is not None:
            self._edit(why, final, init=model.init.replace(**fields))

    def _layers(self, what: str, final: bool = True, **fields: Any) -> None:
        model = self._model
        if model is not None:
            self._controller.set_model(with_all_layers(model, **fields), f"change the {what}", final)

    def _on_loss(self, loss: Loss) -> None:
        model = self._model
        if model is not None:
            self._controller.set_model(with_loss(model, loss), "change the loss")

    def _on_loss_name(self, name: str) -> None:
        self._on_loss(choose_loss(name, self._classes))

    def _on_init(self, row: int) -> None:
        self._init("change the initialisation", True, name=self.init.itemData(row))

    def _on_output_name(self, name: str) -> None:
        self._edit("change the output's activation", True, output=Activation(name, catalogue.activation(name).text()))

    @staticmethod
    def _on_typing(field: CurveField) -> None:
        field.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        field.edit.selectAll()

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if "spec" in names:
            self._show(state)

    def _show(self, state: AppState) -> None:
        model = self._model
        if model is None:
            return
        self.loss.set_value(model.loss)
        self.output.set_value(model.output)
        self.scale.set_value(model.init.scale)
        self.seed.set_value(float(model.init.seed))
        self.l1.set_value(model.l1)
        self.l2.set_value(model.l2)
        self.patience.set_value(float(state.spec.patience))
        with QSignalBlocker(self.init):
            self.init.setCurrentIndex(self.init.findData(model.init.name))
        layers = model.layers
        norms, residuals = {layer.norm for layer in layers}, {layer.residual for layer in layers}
        names = [name for name, _ in NORMS]
        _show_common(self.norm, [names.index(norm) for norm in norms])
        _show_common(self.residual, [int(residual) for residual in residuals])
        self.dropout.set_value(max((layer.dropout for layer in layers), default=0.0))
        for box, words in ((self.norm, "over the batch, or over the layer's units"), (self.residual, "off or on")):
            box.setEnabled(bool(layers))
            box.setToolTip(f"In every hidden layer: {words}" if layers else _NO_LAYERS)
        self.dropout.setEnabled(bool(layers))
        self.dropout.setToolTip("" if layers else _NO_LAYERS)


def _show_common(box: QComboBox, rows: list[int]) -> None:
    """The row that all layers have; none, and a word for it, where they differ."""
    with QSignalBlocker(box):
        box.setPlaceholderText(_MIXED if len(rows) > 1 else "none")
        box.setCurrentIndex(rows[0] if len(rows) == 1 else -1)


def _row(name: str, widget: QWidget, words: str) -> QHBoxLayout:
    label = QLabel(name)
    label.setProperty("role", "secondary")
    label.setFixedWidth(LABEL)
    label.setToolTip(words)
    label.setBuddy(widget)
    row = QHBoxLayout()
    row.setSpacing(4)
    row.addWidget(label)
    row.addWidget(widget, 1)
    return row
