"""The picture of a policy: every shipped task at every size, laid out without overlaps."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from gdsim.analysis.policy_state import PolicyState, clouds_at, policy_state
from gdsim.draw.chart_parts import fixed
from gdsim.draw.policy_details import details_of
from gdsim.draw.policy_hero import paint_policy_hero, policy_layout, suits
from gdsim.draw.policy_pictures import bandit_of, grid_of, starts_of
from gdsim.draw.theme import DARK, LIGHT, Theme
from gdsim.objectives.policy import Bandit, GridWorld, Policy, from_policy, tasks

SIZES = [(752, 672), (524, 492), (300, 260)]


def state_of(name: str, episode: int = 1) -> PolicyState:
    objective = from_policy(Policy(tasks()[name].task))
    return policy_state(objective, np.linspace(-1, 1, objective.n), episode=episode)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", tasks())
def test_the_parts_do_not_overlap(name: str, size: tuple[int, int], qapp: QApplication) -> None:
    state, box = state_of(name), QRectF(0, 0, *size)
    layout = policy_layout(box, state.objective.world.task, details_of(state, None), DARK)
    parts = [layout.head, layout.world, layout.details, layout.clouds]
    for place, part in enumerate(parts):
        assert box.adjusted(-1, -1, 1, 1).contains(part)
        for other in parts[place + 1 :]:
            assert not part.adjusted(1, 1, -1, -1).intersects(other)
    if layout.grid is not None:
        assert layout.world.adjusted(-1, -1, 1, 1).contains(layout.grid.box)
        assert layout.foot.top() >= layout.grid.box.bottom()


@pytest.mark.parametrize("theme", [DARK, LIGHT, LIGHT.scaled(1.5)], ids=["dark", "light", "teach"])
@pytest.mark.parametrize("name", ["classic_grid", "ten_arms", "four_rooms"])
def test_a_policy_is_painted(name: str, theme: Theme, qapp: QApplication) -> None:
    state = state_of(name)
    clouds = clouds_at(state.objective, state.theta, -state.worth.slope.ravel(), draws=20)
    blank = None
    for there in (None, state):
        image = QImage(700, 600, QImage.Format.Format_RGB32)
        image.fill(QColor(theme.surface))
        painter = QPainter(image)
        paint_policy_hero(painter, QRectF(8, 8, 684, 584), state.objective.world.task, there, clouds if there else None,
                          theme, "gd at step 3", "J = 0.5", "Episode 1", (0, 0), (0, 1))  # fmt: skip
        assert painter.end()
        assert image != blank
        blank = image


def test_the_grid_has_the_policy_where_its_states_are() -> None:
    state = state_of("classic_grid")
    picture = grid_of(state.objective.world.task, state)
    for number, (row, column) in enumerate(state.objective.world.cells):
        np.testing.assert_array_equal(picture.policy[row, column], state.worth.chances[number])
        assert picture.values[row, column] == state.worth.values[number]
    assert np.isnan(picture.values[1, 1])
    assert picture.start == (2, 0)
    assert len(picture.path) == len(state.episode.cells)
    assert starts_of(GridWorld(("S.G", "S.."))) == [(0, 0), (1, 0)]


def test_a_state_suits_only_what_it_can_be_painted_over() -> None:
    grid, arms = state_of("classic_grid"), state_of("three_arms")
    edited = GridWorld(("...G", "...X", "S..."))
    assert suits(edited, grid)
    assert grid_of(edited, grid).values[1, 1] != grid_of(edited, grid).values[1, 1]  # not known yet
    assert not suits(GridWorld(("S.G",)), grid)
    assert not suits(grid.objective.world.task, arms)
    assert not suits(Bandit((0.0, 1.0)), arms)
    assert not suits(edited, None)
    np.testing.assert_array_equal(bandit_of(Bandit((5.0, 0.0, 0.0)), arms).means, (5.0, 0.0, 0.0))


def test_the_numbers_of_a_cell() -> None:
    state = state_of("classic_grid")
    start = details_of(state, None)
    assert start.title == "Start (3, 1)"
    number = state.objective.world.state_of[2, 0]
    for action, (_, chance, (theta, worth, advantage)) in enumerate(start.rows):
        assert chance == state.worth.chances[number, action]
        assert theta == state.theta.reshape(-1, 4)[number, action]
        assert worth == state.worth.action_values[number, action]
        assert advantage == pytest.approx(worth - state.worth.values[number])
    assert details_of(state, (0, 3)).title == "Goal: pays 1"
    assert "nothing to decide" in details_of(state, (1, 1)).words
    arms = details_of(state_of("ten_arms"), (0, 4))
    assert (len(arms.rows), arms.chosen) == (10, 4)
    assert any("∇ ln π" in line for line in arms.lines)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.1234, "0.123"),
        (-0.0001, "0.000"),
        (3.14159, "3.14"),
        (-12.34, "−12.3"),
        (250.4, "250"),
        (float("nan"), "NaN"),
    ],
)
def test_numbers_in_few_signs(value: float, words: str) -> None:
    assert fixed(value) == words
    assert fixed(0.4567, 2) == "0.46"
