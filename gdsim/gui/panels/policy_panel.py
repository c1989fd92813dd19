"""The card on top of the left column for policies: which task, how its gradient is estimated, its numbers."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gdsim.draw.theme import SPACE
from gdsim.gui.controller import Controller
from gdsim.gui.fields.hyper import HyperSlider
from gdsim.gui.fields.segments import Segments
from gdsim.gui.panels.learn_picker import TaskPicker
from gdsim.gui.panels.left_panel import LeftPanel, more_link, scroll_of
from gdsim.gui.panels.policy_numbers import TaskNumbers
from gdsim.gui.panels.run_settings import RunSettings
from gdsim.gui.state import AppState
from gdsim.objectives.policy import BASELINES, NUMBERS
from gdsim.objectives.policy.design import MAX_EPISODES
from gdsim.params import ParamSpec

LABEL = 60
_NARROW = 290
EPISODES = ParamSpec("episodes", "", 0.0, low=0, high=MAX_EPISODES, slider_low=1, slider_high=256, scale="log",
                     doc="Episodes sampled for a step's gradient; at the left end none: the exact one.")  # fmt: skip


class PolicyPanel(LeftPanel):
    """Picker and baseline, below them the rest; folded, picker and baseline are left."""

    picker: TaskPicker

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(controller, "policyPanel", TaskPicker(controller), SPACE.grid + 2, parent)
        self.baseline = Segments([(name, name, f"{words}.") for name, words in BASELINES.items()], "Baseline")
        self.episodes = HyperSlider(EPISODES, label="episodes", zero_word="exact")
        self.episodes.set_label_width(LABEL)
        self.seed = HyperSlider(NUMBERS["seed"], label="seed")
        self.seed.set_label_width(LABEL)
        self.numbers = TaskNumbers(controller, LABEL)
        self.settings = RunSettings(controller)
        self.more = more_link(self.settings)
        self.teaches = QLabel()
        self.teaches.setProperty("role", "muted")
        self.teaches.setWordWrap(True)
        self._lay_out()
        self._connect()
        self.begin()

    def fold_parts(self, folded: bool) -> None:
        self._scroll.setHidden(folded)

    def show_state(self, state: AppState) -> None:
        policy = state.spec.problem.policy
        if policy is None:
            return
        self.baseline.show_choice(policy.baseline)
        self.baseline.setEnabled(policy.episodes > 0)
        self.episodes.set_value(float(policy.episodes))
        self.seed.set_value(float(policy.seed))
        self.teaches.setText(self.picker.teaches)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow the three baselines need all the room."""
        super().resizeEvent(event)
        self._label.setVisible(self.width() >= _NARROW)

    # -- private -------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setContentsMargins(SPACE.card, 0, SPACE.card, SPACE.grid)
        line.setSpacing(SPACE.grid)
        label = self._label = QLabel("baseline")
        label.setProperty("role", "secondary")
        label.setFixedWidth(LABEL)
        label.setToolTip(
            "What is subtracted from returns: it leaves the mean of the estimates and changes their variance"
        )
        line.addWidget(label)
        line.addWidget(self.baseline, 1)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(SPACE.card, 0, SPACE.card, SPACE.gutter)
        column.setSpacing(SPACE.grid)
        for row in (self.episodes, self.seed, self.numbers):
            column.addWidget(row)
        links = QHBoxLayout()
        links.addWidget(self.more)
        links.addStretch(1)
        column.addLayout(links)
        column.addWidget(self.settings)
        column.addWidget(self.teaches)
        column.addStretch(1)
        self._scroll = scroll_of(inside)
        self._scroll.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.column.addLayout(line)
        self.column.addWidget(self._scroll, 1)

    def _connect(self) -> None:
        controller = self._controller
        self.baseline.chosen.connect(self._on_baseline)
        self.episodes.valueChanged.connect(self._on_episodes)
        self.seed.valueChanged.connect(lambda value: self._edit("change the seed of the episodes", seed=int(value)))
        for row in (self.episodes, self.seed):
            row.settled.connect(controller.finish_edit)

    def _edit(self, why: str, final: bool = False, **fields: object) -> None:
        policy = self._controller.state.spec.problem.policy
        if policy is not None:
            self._controller.set_policy(policy.replace(**fields), why, final)

    def _on_baseline(self, name: str) -> None:
        policy = self._controller.state.spec.problem.policy
        if policy is None:
            return
        alone = name == "mean" and policy.episodes == 1  # one episode has no others
        self._edit(f"take the baseline {name}", True, baseline=name, episodes=2 if alone else policy.episodes)

    def _on_episodes(self, value: float) -> None:
        policy = self._controller.state.spec.problem.policy
        if policy is not None:
            least = 2 if policy.baseline == "mean" and value >= 0.5 else 0
            self._edit("change the number of episodes", episodes=max(least, round(value)))
