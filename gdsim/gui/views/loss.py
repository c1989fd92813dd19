"""Loss and gradient over the steps, with a playhead that can be dragged.

Of a model over epochs, with the test loss; of a policy the reward.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gdsim.draw.fonts import font
from gdsim.draw.theme import DARK, SPACE, TYPE, Theme
from gdsim.gui.learn.epochs import gradient_name
from gdsim.gui.views.loss_canvas import LossCanvas
from gdsim.gui.views.loss_curves import (
    LEARN_OVERS,
    LEARN_QUANTITIES,
    OVERS,
    POLICY_OVERS,
    POLICY_QUANTITIES,
    QUANTITIES,
)
from gdsim.gui.views.view import Scene, View
from gdsim.session.spec import Kind, Problem

_OF_FUNCTIONS = (
    "What is plotted: the loss, its distance from the known minimum, or the length of the gradient",
    "Over what: steps, gradient evaluations (the fair axis when a step takes several), or the time these took",
)
_OF_MODELS = (
    "What is plotted: the loss over all training samples (solid) and test samples (dashed), the share of them that is "
    "right, the loss that each batch had (penalties included), or the length of the gradient: |g| of each batch, "
    "|∇J| where a batch is all samples",
    "Over what: epochs, steps, samples seen (the fair axis between batches of other sizes), or the time they took",
)
_OF_POLICIES = (
    "What is plotted: the expected reward J, exact (solid), the mean return of each step's episodes (thin) and the "
    "most that any policy can earn (dashed); or the length of the gradient: |g| of a step's episodes, |∇J| where it is "
    "exact",
    "Over what: steps, episodes sampled (the fair axis between other numbers of them a step), or the time they took",
)
_OFFERED: dict[Kind, tuple[Any, Any, tuple[str, str]]] = {
    "function": (QUANTITIES, OVERS, _OF_FUNCTIONS),
    "model": (LEARN_QUANTITIES, LEARN_OVERS, _OF_MODELS),
    "policy": (POLICY_QUANTITIES, POLICY_OVERS, _OF_POLICIES),
}
_LINEAR = {"accuracy": "Shares have a linear axis", "reward": "Rewards may be negative: they have a linear axis"}
_LOG = "Logarithmic axis: equal heights are equal ratios"


@dataclass(slots=True)
class _Choice:
    """How the switches stand for functions, models or policies; `chosen` by hand, so that nothing changes them."""

    quantity: int = 0
    over: int = 0
    log: bool = True
    chosen: bool = False


class LossView(View):
    """The plot with its three switches: what, over what, logarithmic or not."""

    title = "Loss"
    short_title = "Loss"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = QWidget(parent)
        self._widget.setObjectName("lossView")
        self.canvas = LossCanvas(self._widget)
        self.quantity = self._combo("What is plotted")
        self.over = self._combo("Over what")
        self.log = QToolButton(self._widget)
        self.log.setText("log")
        self.log.setCheckable(True)
        self.log.setAccessibleName("Logarithmic axis")
        self.log.setToolTip(_LOG)
        self._choices: dict[Kind, _Choice] = {kind: _Choice(log=kind != "policy") for kind in _OFFERED}
        self._kind: Kind = "function"
        self._gap_failed = False
        self._problem: object = None
        row = QHBoxLayout()
        row.setContentsMargins(SPACE.card, SPACE.grid, SPACE.card, 0)
        row.setSpacing(SPACE.gutter)
        row.addWidget(self.quantity, 3)
        self._over_word = QLabel("over", self._widget)
        row.addWidget(self._over_word)
        row.addWidget(self.over, 3)
        row.addStretch(1)
        row.addWidget(self.log)
        column = QVBoxLayout(self._widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.canvas, 1)
        self._offer("function")
        self.quantity.currentIndexChanged.connect(self._switched)
        self.over.currentIndexChanged.connect(self._switched)
        self.log.clicked.connect(self._was_chosen)
        self.quantity.activated.connect(self._was_chosen)
        self.canvas.cursorDragged.connect(self.cursorRequested)
        self.theme(DARK)

    def _combo(self, name: str) -> QComboBox:
        box = QComboBox(self._widget)
        # The longest entry must not decide how narrow the column can be.
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(3)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.setMaximumWidth(150)
        box.setAccessibleName(name)
        return box

    def _offer(self, kind: Kind) -> None:
        """The switches of functions, models or policies, as they stood when they were seen last."""
        self._kind = kind
        quantities, overs, told = _OFFERED[kind]
        choice = self._choices[kind]
        lines = ([words for _, words in quantities], [words for _, words, _ in overs])
        places = (choice.quantity, choice.over)
        for box, entries, place, words in zip((self.quantity, self.over), lines, places, told, strict=True):
            with QSignalBlocker(box):
                box.clear()
                box.addItems(entries)
                box.setCurrentIndex(place)
            box.setToolTip(words)
        self._over_word.setVisible(kind == "function" or self.canvas.look.scale == 1.0)
        self.log.setChecked(choice.log)
        self._switched()

    @classmethod
    def named(cls, problem: Problem) -> str:
        return "Reward" if problem.kind == "policy" else cls.title

    @property
    def widget(self) -> QWidget:
        return self._widget

    def show(self, scene: Scene) -> None:
        self.canvas.scene = scene
        problem = scene.state.spec.problem
        learn = problem.learn
        if problem.kind != self._kind:
            self._offer(problem.kind)
            self._problem = None
        self._name_gradient(scene)
        if problem.policy is not None:
            self.canvas.update()
            return
        chosen = self._choices[self._kind].chosen
        key: object = (problem.formula, problem.minima) if learn is None else (learn.model.loss, learn.data.classes)
        if key != self._problem:
            self._problem = key
            self._gap_failed = False
            if learn is None:
                self._allow(1, self.canvas.best_loss() is not None)  # the gap needs a known minimum
            else:
                self._allow(1, bool(learn.data.classes))  # only a class can be right
            if not chosen:
                self._choose(below_zero=learn is None and (self.canvas.best_loss() or 1.0) < 0)
        elif self.canvas.missing and not chosen:
            self._choose(below_zero=True)
        self.canvas.update()

    def _name_gradient(self, scene: Scene) -> None:
        """∇J is the gradient of J itself; what a batch, or some episodes, say of it is g."""
        policy, history = scene.state.spec.problem.policy, scene.history
        if policy is not None:
            name = "g" if policy.episodes else "∇J"
        elif history is not None and history.spec.problem.learn is not None:
            name, _ = gradient_name(history)
        else:
            return
        place = [quantity for quantity, _ in _OFFERED[self._kind][0]].index("grad_norm")
        if self._kind != "function" and self.quantity.itemText(place) != f"|{name}|":
            self.quantity.setItemText(place, f"|{name}|")

    def _allow(self, place: int, allowed: bool) -> None:
        """Whether a quantity can be chosen."""
        self.quantity.model().item(place).setEnabled(allowed)
        if not allowed and self.quantity.currentIndex() == place:
            self.quantity.setCurrentIndex(0)

    def _choose(self, below_zero: bool) -> None:
        """While nobody has chosen: the loss on a logarithmic axis; where that cannot be, the gap; else linear."""
        known = self._kind == "function" and self.canvas.best_loss() is not None
        gap = below_zero and known and not self._gap_failed
        self._gap_failed = self._gap_failed or gap
        self.quantity.setCurrentIndex(1 if gap else 0)
        self.log.setChecked(gap or not below_zero)
        self._switched()

    def _was_chosen(self) -> None:
        self._choices[self._kind].chosen = True
        self._switched()

    def _switched(self) -> None:
        quantities, overs, _ = _OFFERED[self._kind]
        choice = self._choices[self._kind]
        choice.quantity, choice.over = self.quantity.currentIndex(), self.over.currentIndex()
        self.canvas.quantity = quantities[choice.quantity][0]
        self.canvas.over = overs[choice.over][0]
        linear = _LINEAR.get(self.canvas.quantity, "")
        if self.log.isEnabled():
            choice.log = self.log.isChecked()
        self.log.setEnabled(not linear)
        self.log.setChecked(choice.log and not linear)
        self.log.setToolTip(linear or _LOG)
        self.canvas.log = self.log.isChecked()
        self.canvas.update()

    def theme(self, theme: Theme) -> None:
        self.canvas.look = theme
        self._over_word.setVisible(self._kind == "function" or theme.scale == 1.0)  # large names need its room
        for piece in (self.quantity, self.over, self.log, self._over_word):
            piece.setFont(font(TYPE.secondary, 400, theme.scale))
            piece.setFixedHeight(theme.px(SPACE.button + 2))
        self.canvas.update()
