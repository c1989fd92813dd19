"""One picture of a policy's run: what it does and earns, the rewards over the steps, how each racer ended."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from gdsim.analysis.policy_state import clouds_at, policy_state
from gdsim.draw.chart_parts import fixed
from gdsim.draw.picture_parts import title_of, visible_racers
from gdsim.draw.policy_hero import paint_policy_hero
from gdsim.draw.policy_pictures import title_words
from gdsim.draw.reward_curves import RewardCurve, paint_rewards
from gdsim.draw.run_page import begin_page, paint_page_heading, paint_page_table
from gdsim.draw.series import RowDigest
from gdsim.draw.theme import Theme


def paint_policy_page(
    painter: QPainter, history: Any, cursor: int | None, theme: Theme, size: tuple[int, int], selected: int = 0
) -> None:
    """Paints the whole page.

    Args:
        cursor: the step shown; None for the last one.
        selected: the racer whose policy is shown.
    """
    page = begin_page(painter, history, cursor, theme, size)
    paint_page_heading(painter, page, title_of(history), f"step {page.step:,}", _task_words(history.objective))
    hero, charts, table = page.parts(0.58, 0.62)
    _paint_hero(painter, history, page.step, selected, hero, page.theme)
    _paint_curves(painter, history, page.step, selected, charts, page.theme)
    paint_page_table(painter, page, history, table, ("reward J", "returned"), _earned, 76)


def _task_words(objective: Any) -> str:
    states, actions = objective.world.shape
    size = f"{actions} arms" if states == 1 else f"{states} states, {actions} actions"
    most = "no policy earns more than" if objective.world.horizon > 1 else "the best policy earns"
    return f"{size} · {title_words(objective)} · {most} {objective.best:.4g}"


def _paint_hero(painter: QPainter, history: Any, step: int, selected: int, box: QRectF, theme: Theme) -> None:
    row, seed = history.row(selected, step), history.spec.seed
    state = policy_state(history.objective, row.theta, row.step, seed)
    clouds = clouds_at(history.objective, row.theta, row.gradient, row.step, seed)
    reward = f"J = {fixed(-row.loss)}"
    title = f"The policy of {history.labels[selected]}"
    task = history.objective.world.task
    paint_policy_hero(painter, box, task, state, clouds, theme, title, reward)


def _paint_curves(painter: QPainter, history: Any, step: int, selected: int, box: QRectF, theme: Theme) -> None:
    """J of every visible racer up to `step`, exact, with the best there is."""
    curves = []
    for k in visible_racers(history):
        trace = history.traces[k]
        rows, loss = RowDigest("loss").curve(trace, min(trace.published, step + 1))
        curves.append(RewardCurve(history.labels[k], k, rows, -loss))
    paint_rewards(painter, box, curves, theme, history.objective.best, selected, None, "Expected reward J", "", "step")


def _earned(trace: Any, row: int) -> tuple[str, str]:
    """The expected reward, and what the sampled episodes returned."""
    there = trace.row(row)
    sampled = "–" if there.extra[0] != there.extra[0] else fixed(there.extra[0])
    return fixed(-there.loss), sampled
