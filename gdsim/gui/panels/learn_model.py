"""The model: what kind it is, its layers, how many samples a step sees; the rest folded."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gdsim.draw.theme import SPACE, Theme
from gdsim.gui.controller import Controller
from gdsim.gui.fields.hyper import HyperSlider
from gdsim.gui.panels.learn_batch import BatchRow
from gdsim.gui.panels.learn_edits import KIND_TITLES, KIND_WORDS, kind_reasons, with_kind
from gdsim.gui.panels.learn_facts import DataFacts, Facts
from gdsim.gui.panels.learn_layers import LayerRows
from gdsim.gui.panels.learn_more import ModelSettings
from gdsim.gui.state import AppState
from gdsim.objectives.network.design import Kind, Layer
from gdsim.params import ParamSpec
from gdsim.session.spec import Learning

LABEL = 60
DEGREE = ParamSpec("degree", "", 2.0, low=1, high=30, kind="integer", doc="The highest power of each input.")


class ModelPart(QWidget):
    """The tab Model of the panel; every good value is an edit at once. `moreShown` tells that the rest was unfolded."""

    moreShown = Signal(object)

    def __init__(self, controller: Controller, facts: DataFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._facts = facts
        self._layers: tuple[Layer, ...] = ()  # of the last network, for when it is one again
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind of model")
        self.kind.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for name, title in KIND_TITLES.items():
            self.kind.addItem(title, name)
        self.kind.activated.connect(self._on_kind)
        self.layers = LayerRows(controller)
        self.degree = HyperSlider(DEGREE, label="degree")
        self.degree.set_label_width(LABEL)
        self.degree.valueChanged.connect(self._on_degree)
        self.degree.settled.connect(controller.finish_edit)
        self.batch = BatchRow(LABEL)
        self.batch.batchChanged.connect(lambda batch: controller.set_batch(batch, final=False))
        self.batch.settled.connect(controller.finish_edit)
        self.more = QPushButton("More")
        self.more.setProperty("role", "link")
        self.more.setCheckable(True)
        self.more.setToolTip("Loss, initialisation, normalisation, dropout, penalties; steps, early stop, precision")
        self.more.toggled.connect(self._on_more)
        self.settings = ModelSettings(controller)
        self.settings.hide()
        links = QHBoxLayout()
        links.addWidget(self.more)
        links.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.grid)
        for row in (self.kind, self.layers, self.degree, self.batch):
            column.addWidget(row)
        column.addLayout(links)
        column.addWidget(self.settings)
        column.addStretch(1)
        facts.changed.connect(self._show_facts)
        controller.stateChanged.connect(self._on_state)
        self._show(controller.state)

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self.layers.theme(theme)
        self.settings.theme(theme)

    # -- private -------------------------------------------------------------------------------------------------

    @property
    def _learn(self) -> Learning | None:
        return self._controller.state.spec.problem.learn

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if "spec" in names:
            self._show(state)

    def _show(self, state: AppState) -> None:
        learn = state.spec.problem.learn
        if learn is None:
            return
        model = learn.model
        self._layers = model.layers or self._layers
        reasons = kind_reasons(len(learn.data.classes))
        for row in range(self.kind.count()):
            name: Kind = self.kind.itemData(row)
            item = self.kind.model().item(row)
            item.setEnabled(not reasons[name])
            item.setToolTip(reasons[name] or KIND_WORDS[name])
        with QSignalBlocker(self.kind):
            self.kind.setCurrentIndex(list(KIND_TITLES).index(model.kind))
        self.kind.setToolTip(f"{KIND_WORDS[model.kind]}. Click to choose another kind of model")
        self.layers.setVisible(model.kind == "mlp")
        self.degree.setVisible(model.kind == "poly")
        self.degree.set_value(float(model.degree))
        self.batch.show_batch(state.spec.batch, self._facts.facts.count)

    def _show_facts(self, facts: Facts) -> None:
        self.batch.show_batch(self._controller.state.spec.batch, facts.count)

    def _on_kind(self, row: int) -> None:
        learn, name = self._learn, self.kind.itemData(row)
        if learn is not None and name != learn.model.kind:
            title = KIND_TITLES[name].lower()
            self._controller.set_learning(with_kind(learn, name, self._layers), f"choose {title}")
        self._show(self._controller.state)

    def _on_degree(self, value: float) -> None:
        learn = self._learn
        if learn is not None:
            made = with_kind(learn, "poly", degree=int(value))
            self._controller.set_learning(made, "change the degree", final=False)

    def _on_more(self, on: bool) -> None:
        self.settings.setVisible(on)
        self.more.setText("Less" if on else "More")
        if on:
            QTimer.singleShot(0, lambda: self.moreShown.emit(self.settings))  # when it has been laid out
