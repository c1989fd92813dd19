"""A policy's world under the hand: cells to look into and to edit, arms whose mean is dragged."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.analysis.policy_state import Clouds, PolicyState
from gdsim.draw.bandit import BanditLayout, bandit_layout
from gdsim.draw.markers import paint_focus
from gdsim.draw.policy_hero import PolicyLayout, arm_at, bandit_picture, paint_policy_hero, suits
from gdsim.draw.theme import SPACE
from gdsim.gui.views.canvas import Canvas
from gdsim.objectives.policy import Bandit, GridWorld, Task
from gdsim.objectives.policy.design import START

Place = tuple[int, int]

_WAYS = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
_LETTERS = {"#": "#", "W": "#", ".": ".", "X": "X", "T": "X", "G": "G", "S": "S"}
_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class PolicyCanvas(Canvas):
    """What is shown is set as attributes, then `update`.

    Signals:
        placeChosen(object): look into this cell (row, column) or arm (0, arm); None: into none.
        cellCycled(object): a click while editing: what comes after free, wall, trap, goal.
        letterTyped(object, str): make a cell this.
        startMoved(object, object): the start was dragged from one cell to another.
        meanDragged(int, float, bool): an arm's mean reward; False while the hand still moves.
        episodeWanted(): another episode; leaveWanted(): Escape.
    """

    placeChosen = Signal(object)
    cellCycled = Signal(object)
    letterTyped = Signal(object, str)
    startMoved = Signal(object, object)
    meanDragged = Signal(int, float, bool)
    episodeWanted = Signal()
    editWanted = Signal()
    leaveWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Policy")
        self.setAccessibleDescription(
            "Click a cell or an arm for its numbers; arrow keys go from one to the next. D draws an episode, E edits: "
            "then a click or Enter changes a cell, and W, X, G, S or a full stop make it a wall, trap, goal, start or "
            "free."
        )
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 240)
        self.task: Task | None = None
        self.state: PolicyState | None = None
        self.clouds: Clouds | None = None
        self.old = False
        self.corner = 0.0
        self.title = self.note = self.foot = ""
        self.chosen: Place | None = None
        self.editing = False
        self.keyboard_focus = False
        self._hovered: Place | None = None
        self._pressed: Place | None = None
        self._held: BanditLayout | None = None
        self._layout: PolicyLayout | None = None

    def sizeHint(self) -> QSize:
        return QSize(752, 672)

    @property
    def layout_now(self) -> PolicyLayout | None:
        """Where the parts were painted last."""
        return self._layout

    @property
    def shown(self) -> PolicyState | None:
        """The state, where it can be painted over the task."""
        return self.state if self.task is not None and suits(self.task, self.state) else None

    # Painting

    def paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(self.look.surface))
        if self.task is not None:
            pad = float(self.look.px(SPACE.card))
            box = QRectF(self.rect()).adjusted(pad, self.look.px(6), -pad, -pad)
            self._layout = paint_policy_hero(
                painter, box, self.task, self.shown, self.clouds, self.look, self.title, self.note, self.foot,
                self._hovered, self.chosen, self.old, self.corner,
            )  # fmt: skip
        if self.keyboard_focus and self.hasFocus():
            paint_focus(painter, self.rect(), self.look)

    # Places

    def place_at(self, at: QPointF) -> Place | None:
        """The cell or arm under a pixel."""
        if self._layout is None or self.task is None:
            return None
        if isinstance(self.task, GridWorld):
            return self._layout.grid.cell_at(at) if self._layout.grid is not None else None
        arm = arm_at(self._layout, self.task, self.shown, at, self.look)
        return None if arm is None else (0, arm)

    @property
    def shape(self) -> Place:
        """Rows and columns of the places there are."""
        if isinstance(self.task, Bandit):
            return 1, len(self.task.means)
        return (len(self.task.rows), len(self.task.rows[0])) if self.task is not None else (0, 0)

    def _is_start(self, place: Place | None) -> bool:
        return isinstance(self.task, GridWorld) and place is not None and self.task.rows[place[0]][place[1]] == START

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._pressed = self.place_at(event.position())
        if self.editing and self._pressed is not None and isinstance(self.task, Bandit) and self._layout is not None:
            # the axis stays as it is while the hand moves
            self._held = bandit_layout(self._layout.world, bandit_picture(self.task, self.shown), self.look)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None and self._pressed is not None:
            self.meanDragged.emit(self._pressed[1], _reward_at(self._held, event.position().y()), False)
        place = self.place_at(event.position())
        if place != self._hovered:
            self._hovered = place
            self.update()
        self._show_hand(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, held = self._pressed, self._held
        self._pressed = self._held = None
        if event.button() != Qt.MouseButton.LeftButton or pressed is None:
            return
        place = self.place_at(event.position())
        if held is not None:
            self.meanDragged.emit(pressed[1], _reward_at(held, event.position().y()), True)
        elif self.editing and self._is_start(pressed) and place is not None and place != pressed:
            self.startMoved.emit(pressed, place)
        elif place != pressed:
            return
        elif self.editing and isinstance(self.task, GridWorld):
            self.cellCycled.emit(place)
        else:
            self.placeChosen.emit(None if place == self.chosen else place)

    def _show_hand(self, place: Place | None) -> None:
        kind = Qt.CursorShape.ArrowCursor
        if place is not None:
            kind = Qt.CursorShape.PointingHandCursor
            if self.editing:
                moves = isinstance(self.task, Bandit) or self._is_start(place)
                kind = Qt.CursorShape.SizeVerCursor if isinstance(self.task, Bandit) else kind
                kind = Qt.CursorShape.OpenHandCursor if moves and isinstance(self.task, GridWorld) else kind
        self.setCursor(kind)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = event.key(), not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        letter = _LETTERS.get(event.text().upper()) if plain else None
        if key in _WAYS and plain:
            self._walk(*_WAYS[Qt.Key(key)])
        elif self.editing and self.chosen is not None and letter is not None and isinstance(self.task, GridWorld):
            self.letterTyped.emit(self.chosen, letter)
        elif self.editing and self.chosen is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.cellCycled.emit(self.chosen)
        elif key == Qt.Key.Key_D and plain:
            self.episodeWanted.emit()
        elif key == Qt.Key.Key_E and plain:
            self.editWanted.emit()
        elif key == Qt.Key.Key_Escape and (self.editing or self.chosen is not None or self._drawn):
            self.leaveWanted.emit()
        else:
            event.ignore()

    @property
    def _drawn(self) -> bool:
        return self.state is not None and self.state.episode is not None

    def _walk(self, down: int, right: int) -> None:
        rows, columns = self.shape
        if not rows:
            return
        at = self.chosen
        if at is None:
            starts = self.state.objective.world.cells if self.state is not None else ((0, 0),)
            first = int(self.state.objective.world.start.argmax()) if self.state is not None else 0
            self.placeChosen.emit(starts[first])
            return
        self.placeChosen.emit((min(max(at[0] + down, 0), rows - 1), min(max(at[1] + right, 0), columns - 1)))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.keyboard_focus = event.reason() in _KEYBOARD
        super().focusInEvent(event)


def _reward_at(layout: BanditLayout, y: float) -> float:
    """The mean reward at a height, in steps that suit the axis."""
    share = (y - layout.rewards.top()) / max(layout.rewards.height(), 1.0)
    value = layout.high - min(max(share, 0.0), 1.0) * (layout.high - layout.low)
    step = 0.05 if layout.high - layout.low < 20 else 0.5
    return round(round(value / step) * step, 6)
