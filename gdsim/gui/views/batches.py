"""Gradients of mini-batches at the present weights: how far they lie from the full one, what a larger batch buys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from gdsim.analysis.gradient_cloud import GradientCloud
from gdsim.draw.chart_parts import three
from gdsim.draw.theme import SPACE, Theme
from gdsim.errors import SpecError
from gdsim.gui.fields.numbers import NumberField
from gdsim.gui.fields.slider import TrackSlider
from gdsim.gui.views.batches_canvas import BatchesCanvas
from gdsim.gui.views.sentence import Sentence
from gdsim.gui.views.slow_view import SlowView
from gdsim.gui.views.view import Scene


class BatchesView(SlowView):
    """The batch size above, both pictures, a sentence below."""

    title = "Batches"
    short_title = "Batches"
    wants = frozenset({"gradient_cloud"})
    what = "cloud of gradients"
    under_way = "Gradients are being computed"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 2
        self._own = 1
        self.slider = TrackSlider(1, 2, "log")
        self.slider.setAccessibleName("Samples in a batch of the cloud")
        self.field = NumberField(1.0, check=self._checked, scale="log", integer=True)
        self.field.setFixedWidth(64)
        self.field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.field.setAccessibleName("Samples in a batch of the cloud, exactly")
        self.fitted = QToolButton()
        self.fitted.setText("Fit")
        self.fitted.setCheckable(True)
        self.fitted.setToolTip("Look at the cloud from as near as it allows (F), not from as far as single samples (H)")
        row = QHBoxLayout()
        row.setContentsMargins(SPACE.card, 0, SPACE.card, SPACE.grid + 2)
        row.setSpacing(SPACE.gutter)
        self._of = QLabel()
        self._of.setProperty("role", "muted")
        name = QLabel("Batch B")
        name.setProperty("role", "secondary")
        for piece in (name, self.slider, self.field, self._of, self.fitted):
            row.addWidget(piece, 1 if piece is self.slider else 0)
        self.canvas = BatchesCanvas()
        self.words = Sentence("What the cloud shows")
        self.words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.column.addLayout(row)
        self.column.addWidget(self.canvas, 1)
        self.column.addWidget(self.words)
        self._connect()
        self.theme(self.canvas.look)

    def _connect(self) -> None:
        self.slider.moved.connect(lambda value: self._choose(round(value)))
        self.slider.resetRequested.connect(lambda: self._choose(0))
        self.field.valueChanged.connect(lambda value: self._choose(int(value)))
        self.canvas.batchDragged.connect(self._choose)
        self.fitted.toggled.connect(self._fit)

    def show(self, scene: Scene) -> None:
        state, slow, history = scene.state, self.slow_of(scene), scene.history
        if history is not None and history.spec.problem.learn is not None:
            self._count = max(history.objective.samples.count, 2)
        self._own = self._count if state.spec.batch == "full" else min(state.spec.batch, self._count)
        batch = min(state.learn.batch or self._own, self._count)
        self.slider.set_range(1, self._count)
        self.slider.set_mark(float(self._own))
        self.slider.set_value(float(batch))
        words = f"Samples in each batch; the run's own batch is {self._own:,}. Double-click: that"
        self.slider.setToolTip(words)
        self.field.set_help(words)
        self.field.set_value(float(batch))
        self._of.setText(f"of {self._count:,}")
        cloud: GradientCloud | None = slow.value
        self.canvas.cloud = cloud if slow.standing != "failed" else None
        self.canvas.nothing = self.nothing(slow)
        shown = self.canvas.cloud
        self.words.setText(_words(shown, self.canvas.roomy) if shown is not None else "")
        self.bar.show_slow(slow, f"at the weights of step {min(state.cursor, state.length):,}", "of a step before")
        self.canvas.update()

    def theme(self, theme: Theme) -> None:
        super().theme(theme)
        self.canvas.look = theme
        self.words.theme(theme)
        self.words.setMinimumHeight(theme.px(44))
        self.canvas.update()

    def home(self) -> None:
        self.fitted.setChecked(False)

    def fit(self) -> None:
        self.fitted.setChecked(True)

    def _fit(self, on: bool) -> None:
        self.canvas.fitted = on
        self.canvas.update()

    def _checked(self, value: float) -> float:
        if not 1 <= value <= self._count:
            raise SpecError(f"a batch has 1 to {self._count:,} samples")
        return value

    def _choose(self, batch: int) -> None:
        self.learnRequested.emit({"batch": batch})


def _words(cloud: GradientCloud, roomy: bool) -> str:
    """What the cloud says; the numbers too where the picture has no room for them."""
    length = float(cloud.full_point[0])
    if cloud.batch >= cloud.count or not length > 0 or cloud.expected <= 0:
        return cloud.words
    if roomy:
        return f"{cloud.words} Four times as many samples at least halve the noise, and take four times the work."
    return (
        f"{cloud.words} They lie {three(cloud.spread)} from the full gradient (the law says {three(cloud.expected)}): "
        f"{three(cloud.spread / length)} times its length, {three(length)}."
    )
