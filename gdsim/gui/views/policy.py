"""The hero of policies: grid world or bandit, one state in numbers, sampled gradients beside the exact one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtWidgets import QToolButton, QWidget

from gdsim.analysis.policy_state import OneEpisode, PolicyState
from gdsim.draw.chart_parts import fixed, short
from gdsim.draw.policy_pictures import title_words
from gdsim.draw.theme import DARK, SPACE, Theme
from gdsim.errors import SpecError
from gdsim.gui.icons import icon
from gdsim.gui.learn.policy_edits import moved, next_letter, with_letter, with_mean
from gdsim.gui.learn.slow import NOTHING_YET
from gdsim.gui.views.policy_canvas import Place, PolicyCanvas
from gdsim.gui.views.view import Scene, View
from gdsim.objectives.policy import Bandit, GridWorld, Policy, PolicyObjective, Task
from gdsim.session.spec import Problem

_EDIT = {
    GridWorld: "Click: wall, trap, goal, free. Drag the start",
    Bandit: "Drag an arm up or down: its mean reward",
}
_LOOK = "Click a cell to look into it, D draws an episode"
_ARMS = "Click an arm to mark it, D pulls one"


class PolicyView(View):
    """The policy of the focused racer at the cursor."""

    title = "Policy"
    short_title = "Policy"
    wants = frozenset({"policy", "policy_clouds"})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = PolicyCanvas(parent)
        self._scene: Scene | None = None
        self._episode = 0
        self._edited: Policy | None = None
        self._look = DARK
        self.dice = self._button("Draw an episode (D)", "Draw an episode")
        self.edit = self._button("Edit the grid or the arms by hand (E)", "Edit")
        self.edit.setCheckable(True)
        self.dice.clicked.connect(self.draw_episode)
        self.edit.toggled.connect(self._edit_toggled)
        canvas = self.canvas
        canvas.placeChosen.connect(lambda place: self.learnRequested.emit({"cell": place}))
        canvas.cellCycled.connect(self._cycle)
        canvas.letterTyped.connect(self._type)
        canvas.startMoved.connect(self._move)
        canvas.meanDragged.connect(self._drag)
        canvas.episodeWanted.connect(self.draw_episode)
        canvas.editWanted.connect(self.edit.toggle)
        canvas.leaveWanted.connect(self._leave)
        canvas.installEventFilter(self)
        self.theme(DARK)

    def _button(self, words: str, name: str) -> QToolButton:
        button = QToolButton(self.canvas)
        button.setProperty("role", "flat")
        button.setProperty("square", True)
        button.setToolTip(words)
        button.setAccessibleName(name)
        return button

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        return problem.kind == "policy"

    @property
    def widget(self) -> QWidget:
        return self.canvas

    # Showing

    def show(self, scene: Scene) -> None:
        self._scene, self._edited = scene, None
        self._episode = scene.state.learn.episode
        policy, picture = scene.state.spec.problem.policy, scene.learn
        if policy is None:
            return
        canvas, choice = self.canvas, scene.state.learn
        canvas.task = policy.task
        known = picture is not None and isinstance(picture.objective, PolicyObjective)
        canvas.state = picture.parts.get("policy") if known else None
        slow = scene.slow.get("policy_clouds", NOTHING_YET)
        canvas.clouds, canvas.old = slow.value, not slow.fresh
        rows, columns = canvas.shape
        cell = choice.cell
        canvas.chosen = cell if cell is not None and cell[0] < rows and cell[1] < columns else None
        canvas.editing = self.edit.isChecked()
        if known and canvas.state is not None:
            label = scene.history.labels[picture.racer] if scene.history is not None else ""
            objective: PolicyObjective = picture.objective
            canvas.title = f"{label} at step {picture.step:,}"
            reward = f"J = {fixed(float(canvas.state.worth.reward))}, best {fixed(objective.best)}"
            canvas.note = f"{title_words(objective)} · {reward}"
        canvas.foot = self._foot(policy.task, canvas.state, choice.episode)
        self.dice.setToolTip("Pull an arm (D)" if isinstance(policy.task, Bandit) else "Draw an episode (D)")
        canvas.update()

    def _foot(self, task: Task, state: PolicyState | None, number: int) -> str:
        if self.edit.isChecked():
            return _EDIT[type(task)]
        one = state.episode if state is not None and number else None
        if one is not None:
            return episode_words(task, one, number)
        return _ARMS if isinstance(task, Bandit) else _LOOK

    # The hand

    def draw_episode(self) -> None:
        """Another episode under the policy at the cursor; the next one each time."""
        self._episode += 1
        self.learnRequested.emit({"episode": self._episode})

    def _edit_toggled(self, on: bool) -> None:
        if self._scene is not None:
            self.show(self._scene)
        self.canvas.setFocus()

    def _leave(self) -> None:
        """Escape: out of editing, else no episode, else no cell."""
        if self.edit.isChecked():
            self.edit.setChecked(False)
        elif self._scene is not None and self._scene.state.learn.episode:
            self.learnRequested.emit({"episode": 0})
        else:
            self.learnRequested.emit({"cell": None})

    @property
    def _policy(self) -> Policy | None:
        """The policy with what was edited since the last frame."""
        if self._edited is not None or self._scene is None:
            return self._edited
        return self._scene.state.spec.problem.policy

    def _cycle(self, place: Place) -> None:
        self.learnRequested.emit({"cell": place})
        self._put("edit the grid", lambda task: next_letter(task, place))

    def _type(self, place: Place, letter: str) -> None:
        self._put("edit the grid", lambda task: with_letter(task, place, letter))

    def _move(self, old: Place, new: Place) -> None:
        self._put("move the start", lambda task: moved(task, old, new))

    def _put(self, why: str, edit: object) -> None:
        policy = self._policy
        if policy is None or not isinstance(policy.task, GridWorld):
            return
        try:
            task = edit(policy.task)  # type: ignore[operator]
        except SpecError as error:
            self.refused.emit(error.message())
            return
        self._edited = policy.replace(task=task)
        self.policyRequested.emit(self._edited, why, True)

    def _drag(self, arm: int, mean: float, final: bool) -> None:
        policy = self._policy
        if policy is not None and isinstance(policy.task, Bandit):
            task = with_mean(policy.task, arm, mean)
            self.policyRequested.emit(policy.replace(task=task), f"change the mean of arm {arm + 1}", final)

    # Looks

    def theme(self, theme: Theme) -> None:
        self._look = self.canvas.look = theme
        side = theme.px(SPACE.button)
        for button, name in ((self.dice, "mdi6.dice-5-outline"), (self.edit, "mdi6.pencil-outline")):
            button.setIcon(icon(name, theme, checked=theme.accent))
            button.setIconSize(QSize(theme.px(18), theme.px(18)))
            button.setFixedSize(side, side)
        self._place_buttons()
        self.canvas.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The buttons stay at the right of the heading."""
        if watched is self.canvas and event.type() == QEvent.Type.Resize:
            self._place_buttons()
        return False

    def _place_buttons(self) -> None:
        right = self.canvas.width() - self._look.px(SPACE.card) + self._look.px(4)
        for button in (self.edit, self.dice):
            right -= button.width() + 2
            button.move(right, self._look.px(4))
        self.canvas.corner = self.canvas.width() - right - self._look.px(SPACE.card) + self._look.px(8)


def episode_words(task: Task, one: OneEpisode, number: int) -> str:
    """One episode in words: ``Episode 3: 9 moves, return 0.61``, or of a bandit what the arm paid."""
    if isinstance(task, Bandit):
        return f"Pull {number}: arm {one.actions[0] + 1} pays {short(one.total)}"
    moves = f"{len(one.actions)} move{'s' if len(one.actions) != 1 else ''}"
    return f"Episode {number}: {moves}, return {short(one.total)}. D draws another, Esc hides it"
