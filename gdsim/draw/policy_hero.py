"""A policy as the large picture: its grid world or its arms, one state in numbers, the clouds of gradient estimates."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.analysis.policy_state import Clouds, PolicyState, baseline_words, signal_words
from gdsim.draw.bandit import Bandit, bandit_layout, paint_bandit
from gdsim.draw.chart_parts import paint_nothing, paint_title, put_text
from gdsim.draw.fonts import font
from gdsim.draw.gradient_cloud import paint_cloud_view
from gdsim.draw.grid_world import GridLayout, grid_layout, paint_grid_world
from gdsim.draw.markers import paint_ring
from gdsim.draw.policy_details import Details, details_height, details_of, paint_details
from gdsim.draw.policy_pictures import bandit_of, cloud_of, grid_of, starts_of
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme
from gdsim.objectives.policy import Bandit as BanditTask
from gdsim.objectives.policy import GridWorld, Task

_HEAD = 32
_FOOT = 22


@dataclass(frozen=True, slots=True)
class PolicyLayout:
    """Where the parts lie: the heading, the world (with the line below it), one state in numbers, the clouds.

    `grid` is where the cells of a grid are, None for a bandit.
    """

    head: QRectF
    world: QRectF
    foot: QRectF
    details: QRectF
    clouds: QRectF
    grid: GridLayout | None


def policy_layout(box: QRectF, task: Task, details: Details | None, theme: Theme) -> PolicyLayout:
    """The layout in `box`: numbers and clouds below the world, or to its right where its cells are larger then."""
    gap = float(theme.px(16))
    head = QRectF(box.left(), box.top(), box.width(), float(theme.px(_HEAD)))
    body = QRectF(box.left(), head.bottom(), box.width(), box.bottom() - head.bottom())
    strip = min(max(0.4 * body.height(), float(theme.px(176))), float(theme.px(300)))
    above = QRectF(body.left(), body.top(), body.width(), body.height() - strip - gap)
    side = min(max(0.34 * body.width(), float(theme.px(216))), float(theme.px(320)))
    beside = QRectF(body.left(), body.top(), body.width() - side - gap, body.height())
    foot = float(theme.px(_FOOT))
    shape = (len(task.rows), len(task.rows[0])) if isinstance(task, GridWorld) else None
    right = False
    if shape is not None:
        lower, wider = (grid_layout(each.adjusted(0, 0, 0, -foot), shape).side for each in (above, beside))
        right = wider > 1.06 * lower
    world = beside if right else above
    if right:
        column = QRectF(beside.right() + gap, body.top(), side, body.height())
        need = details_height(details, theme) if details is not None else 0.0
        high = min(max(need, float(theme.px(124))), 0.5 * column.height())
        numbers = QRectF(column.left(), column.top(), column.width(), high)
        clouds = QRectF(column.left(), numbers.bottom() + gap, column.width(), column.bottom() - numbers.bottom() - gap)
    else:
        row = QRectF(body.left(), above.bottom() + gap, body.width(), strip)
        half = (row.width() - gap) / 2
        numbers = QRectF(row.left(), row.top(), half, row.height())
        clouds = QRectF(numbers.right() + gap, row.top(), half, row.height())
    cells = world.adjusted(0, 0, 0, -foot)
    grid = grid_layout(cells, shape) if shape is not None else None
    at = grid.box.bottom() + theme.px(4) if grid is not None else cells.bottom() + theme.px(4)
    line = QRectF(world.left(), min(at, world.bottom() - foot), world.width(), foot)
    return PolicyLayout(head, cells, line, numbers, clouds, grid)


def paint_world(
    painter: QPainter, layout: PolicyLayout, task: Task, state: PolicyState | None, theme: Theme,
    hovered: tuple[int, int] | None = None, chosen: tuple[int, int] | None = None,
) -> None:  # fmt: skip
    """The grid or the arms; `hovered` and `chosen` are cells (row, column), or (0, arm)."""
    if isinstance(task, BanditTask):
        one = state.episode if state is not None else None
        arm = one.actions[0] if one is not None else None
        marked = hovered[1] if hovered is not None else chosen[1] if chosen is not None else None
        note = "" if state is None or state.pulls is None else f"{int(state.pulls.sum()):,} pulls in this step"
        paint_bandit(
            painter, layout.world, bandit_picture(task, state), theme, marked, arm, "Rewards of the arms", note
        )
        return
    assert layout.grid is not None
    paint_grid_world(painter, layout.grid, grid_of(task, state), theme, hovered)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for start in starts_of(task)[1:]:
        paint_ring(painter, layout.grid.cell(*start).center(), theme.scaled(min(theme.scale, layout.grid.side / 40)))
    if chosen is not None and chosen != hovered:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.accent), theme.line(2.0)))
        painter.drawRect(layout.grid.cell(*chosen).adjusted(1, 1, -1, -1))
    painter.restore()


def bandit_picture(task: BanditTask, state: PolicyState | None) -> Bandit:
    """The arms as `paint_world` paints them."""
    return bandit_of(task, state)


def arm_at(layout: PolicyLayout, task: BanditTask, state: PolicyState | None, at: QPointF, theme: Theme) -> int | None:
    """The arm under a pixel."""
    return bandit_layout(layout.world, bandit_of(task, state), theme).arm_at(at, len(task.means))


def suits(task: Task, state: PolicyState | None) -> bool:
    """Whether a state can be painted over a task that may have been edited since: a grid of that size, as many arms."""
    if state is None:
        return False
    own = state.objective.world.task
    if isinstance(task, GridWorld):
        return isinstance(own, GridWorld) and (len(own.rows), len(own.rows[0])) == (len(task.rows), len(task.rows[0]))
    return isinstance(own, BanditTask) and len(own.means) == len(task.means)


def paint_policy_hero(
    painter: QPainter, box: QRectF, task: Task, state: PolicyState | None, clouds: Clouds | None, theme: Theme,
    title: str, note: str, foot: str = "", hovered: tuple[int, int] | None = None,
    chosen: tuple[int, int] | None = None, old: bool = False, corner: float = 0.0,
) -> PolicyLayout:  # fmt: skip
    """Everything.

    Args:
        state: suits the task, or None.
        foot: the line below the world.
        old: the clouds are of another step.
        corner: pixels that the heading leaves free at its right.

    Returns the layout, for the hand.
    """
    details = details_of(state, chosen) if state is not None else None
    layout = policy_layout(box, task, details, theme)
    paint_title(painter, layout.head.adjusted(0, 0, -corner, 0), title, note, theme)
    paint_world(painter, layout, task, state, theme, hovered, chosen)
    if foot:
        put_text(painter, layout.foot, foot, theme.secondary, font(TYPE.secondary, 400, theme.scale), "centre")
    if details is not None:
        paint_details(painter, layout.details, details, theme)
    paint_clouds(painter, layout.clouds, clouds, theme, old)
    return layout


def paint_clouds(painter: QPainter, box: QRectF, clouds: Clouds | None, theme: Theme, old: bool = False) -> None:
    """The clouds under what the baseline does to them."""
    if clouds is None:
        paint_title(painter, box, "Gradient estimates", "", theme)
        paint_nothing(painter, box, "Sampling…", theme)
        return
    painter.save()
    painter.setOpacity(0.45 if old else 1.0)
    title, note = baseline_words(clouds), signal_words(clouds)
    wide = text_width(title, font(TYPE.body, 600, theme.scale)) + text_width(
        note, font(TYPE.secondary, 400, theme.scale)
    )
    note = note if wide + theme.px(16) <= box.width() else ""
    paint_cloud_view(painter, box, cloud_of(clouds, theme), theme, title, note)
    painter.restore()
