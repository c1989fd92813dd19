"""Loss and gradient over the steps, with a playhead that can be dragged."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gdsim.draw.fonts import font
from gdsim.draw.theme import DARK, SPACE, TYPE, Theme
from gdsim.gui.views.loss_canvas import OVERS, QUANTITIES, LossCanvas
from gdsim.gui.views.view import Scene, View


class LossView(View):
    """The plot with its three switches: what, over what, logarithmic or not."""

    title = "Loss"
    short_title = "Loss"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = QWidget(parent)
        self._widget.setObjectName("lossView")
        self.canvas = LossCanvas(self._widget)
        self.quantity = self._combo(
            "What is plotted",
            "What is plotted: the loss, its distance from the known minimum, or the length of the gradient",
            [words for _, words in QUANTITIES],
        )
        self.over = self._combo(
            "Over what",
            "Over what: steps, gradient evaluations (the fair axis when a step takes several), or the time these took",
            [words for _, words, _ in OVERS],
        )
        self.log = QToolButton(self._widget)
        self.log.setText("log")
        self.log.setCheckable(True)
        self.log.setChecked(True)
        self.log.setAccessibleName("Logarithmic axis")
        self.log.setToolTip("Logarithmic axis: equal heights are equal ratios")
        self._chosen = False
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
        self.quantity.currentIndexChanged.connect(self._switched)
        self.over.currentIndexChanged.connect(self._switched)
        self.log.clicked.connect(self._was_chosen)
        self.quantity.activated.connect(self._was_chosen)
        self.canvas.cursorDragged.connect(self.cursorRequested)
        self.theme(DARK)

    def _combo(self, name: str, help_text: str, lines: list[str]) -> QComboBox:
        box = QComboBox(self._widget)
        box.addItems(lines)
        # The longest entry must not decide how narrow the column can be.
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(3)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.setMaximumWidth(150)
        box.setAccessibleName(name)
        box.setToolTip(help_text)
        return box

    @property
    def widget(self) -> QWidget:
        return self._widget

    def show(self, scene: Scene) -> None:
        self.canvas.scene = scene
        problem = (scene.state.spec.problem.formula, scene.state.spec.problem.minima)
        if problem != self._problem:
            self._problem = problem
            self._gap_failed = False
            self._offer_gap()
            if not self._chosen:
                self._choose(below_zero=(self.canvas.best_loss() or 1.0) < 0)
        elif self.canvas.missing and not self._chosen:
            self._choose(below_zero=True)
        self.canvas.update()

    def _offer_gap(self) -> None:
        """The gap can be chosen only where a minimum is known."""
        known = self.canvas.best_loss() is not None
        item = self.quantity.model().item(1)
        item.setEnabled(known)
        if not known and self.quantity.currentIndex() == 1:
            self.quantity.setCurrentIndex(0)

    def _choose(self, below_zero: bool) -> None:
        """While nobody has chosen: the loss on a logarithmic axis; where that cannot be, the gap; else linear."""
        gap = below_zero and self.canvas.best_loss() is not None and not self._gap_failed
        self._gap_failed = self._gap_failed or gap
        self.quantity.setCurrentIndex(1 if gap else 0)
        self.log.setChecked(gap or not below_zero)
        self._switched()

    def _was_chosen(self) -> None:
        self._chosen = True
        self._switched()

    def _switched(self) -> None:
        self.canvas.quantity = QUANTITIES[self.quantity.currentIndex()][0]
        self.canvas.over = OVERS[self.over.currentIndex()][0]
        self.canvas.log = self.log.isChecked()
        self.canvas.update()

    def theme(self, theme: Theme) -> None:
        self.canvas.look = theme
        for piece in (self.quantity, self.over, self.log, self._over_word):
            piece.setFont(font(TYPE.secondary, 400, theme.scale))
            piece.setFixedHeight(theme.px(SPACE.button + 2))
        self.canvas.update()
