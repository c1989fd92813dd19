"""What is unfolded under the focused racer's row: learning rate and one more slider, its place, its rule; then More."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gdsim.draw.theme import TYPE, Theme
from gdsim.gui.fields.hyper import HyperSlider
from gdsim.gui.fields.labels import ElidedLabel
from gdsim.gui.panels.math_lines import MathLines
from gdsim.gui.panels.reading import stage_lines
from gdsim.gui.panels.schedule_box import ScheduleBox
from gdsim.gui.panels.standings import Standing, place_words
from gdsim.optimizers.racer import COMMON
from gdsim.optimizers.rule import Rule
from gdsim.params import ParamSpec, Value
from gdsim.session.spec import Racer

LABEL_WIDTH = 64
_LABELS = {"weight_decay": "decay λ", "clip": "clip", "noise": "noise σ"}
_FIRST = 2  # hyper-parameters that are always shown


class RacerCard(QWidget):
    """The body of one racer; edits go out by signal, `show_racer` brings the values back."""

    hyperChanged = Signal(str, object)  # a hyper-parameter, or weight_decay, clip, noise
    scheduleChanged = Signal(object)
    settled = Signal()
    moreToggled = Signal(bool)
    ruleWanted = Signal()

    def __init__(self, racer: Racer, rule: Rule, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rule = rule
        self._theme = theme
        self.rows: dict[str, HyperSlider] = {}
        first, rest = _order(rule.hyper)
        self.standing = ElidedLabel(role="secondary")
        self.more = QPushButton("More")
        self.more.setProperty("role", "link")
        self.more.setCheckable(True)
        self.more.setToolTip("The other settings: schedule, clipping, weight decay, noise")
        self.more.toggled.connect(self._on_more)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self.standing, 1)
        top.addWidget(self.more)
        self.maths = MathLines("The update rule", TYPE.body, strong=-1)
        self.maths.set_lines(stage_lines(rule.assignments))
        self.rest = QWidget()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(10, 0, 8, 3)
        self._column.setSpacing(3)
        self._column.addLayout(top)
        for spec in first:
            self._column.addWidget(self._row(spec))
        self._column.addWidget(self.maths)
        self._column.addWidget(self.rest)
        self._fill_rest(rest)
        self.rest.hide()
        if rule.method:
            self.maths.hide()
        self.theme(theme)

    def show_racer(self, racer: Racer, lr: float, total: int) -> None:
        """The racer's values, as they hold at the cursor; `lr` is the base rate, `total` the steps of the run."""
        for name, row in self.rows.items():
            row.set_value(racer.setting(name))
        self.schedule.show_schedule(racer.schedule, lr, total)

    def show_standing(self, standing: Standing, of: int) -> None:
        """Place and what has become of it; only a changed text is set."""
        running = f"step {standing.step:,}" if standing.loss else "starting"
        ended = f"{standing.word} after {standing.step:,} steps"
        parts = [place_words(standing.place, of), ended if standing.word else running]
        self.standing.setText(" · ".join(part for part in parts if part))
        self.standing.set_help(standing.sentence)

    def show_limit(self, limit: float | None) -> None:
        """The largest stable learning rate, marked on its slider."""
        if "lr" in self.rows:
            self.rows["lr"].set_limit(limit)

    def show_stages(self, room: int) -> None:
        """Typeset the rule in `room` pixels of height: all stages where they fit, else the last ones."""
        self.maths.set_room(None if self.more.isChecked() else room)

    def unfold(self, on: bool) -> None:
        """Show or hide the rest."""
        self.more.setChecked(on)

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self._theme = theme
        self.maths.theme(theme)
        self.schedule.theme(theme)

    def sizeHint(self) -> QSize:
        return QSize(264, super().sizeHint().height())

    # -- private -------------------------------------------------------------------------------------------------

    def _row(self, spec: ParamSpec, zero: str = "") -> HyperSlider:
        row = HyperSlider(spec, label=_LABELS.get(spec.name, ""), zero_word=zero)
        row.set_label_width(LABEL_WIDTH)
        row.valueChanged.connect(self._on_hyper)
        row.settled.connect(self.settled)
        self.rows[spec.name] = row
        return row

    def _fill_rest(self, hyper: tuple[ParamSpec, ...]) -> None:
        column = QVBoxLayout(self.rest)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(3)
        for spec in hyper:
            column.addWidget(self._row(spec))
        self.schedule = ScheduleBox(LABEL_WIDTH)
        self.schedule.changed.connect(self.scheduleChanged)
        self.schedule.settled.connect(self.settled)
        column.addWidget(self.schedule)
        for spec in COMMON:
            if spec.name not in self.rows:
                column.addWidget(self._row(spec, "off"))
        edit = QPushButton("Edit the rule…")
        edit.setProperty("role", "link")
        edit.setToolTip("Type this racer's update rule yourself")
        edit.setVisible(not self._rule.method)
        edit.clicked.connect(self.ruleWanted)
        self.edit_rule = edit
        line = QHBoxLayout()
        line.addWidget(edit)
        line.addStretch(1)
        column.addLayout(line)

    def _on_hyper(self, value: Value) -> None:
        sender = self.sender()
        assert isinstance(sender, HyperSlider)
        self.hyperChanged.emit(sender.spec.name, value)

    def _on_more(self, on: bool) -> None:
        self.rest.setVisible(on)
        self.more.setText("Less" if on else "More")
        self.moreToggled.emit(on)


def _order(hyper: tuple[ParamSpec, ...]) -> tuple[tuple[ParamSpec, ...], tuple[ParamSpec, ...]]:
    """The learning rate and one more number (the first that is none of the tiny constants), and the rest."""
    plain = [spec for spec in hyper if spec.kind in ("real", "list") and spec.name not in ("lr", "eps")]
    lr = [spec for spec in hyper if spec.name == "lr"]
    first = (lr + plain + [spec for spec in hyper if spec not in lr and spec not in plain])[:_FIRST]
    if lr and not plain:
        first = lr
    return tuple(first), tuple(spec for spec in hyper if spec not in first)
