"""Tasks whose reward a policy climbs, as a part of the run's document: a bandit, a grid world, how it is sampled."""

from __future__ import annotations

from typing import Literal

from gdsim.document import Document
from gdsim.params import ParamSpec

Baseline = Literal["none", "mean", "value"]

BASELINES: dict[Baseline, str] = {
    "none": "No baseline: every return counts as it is",
    "mean": "Mean return of the other episodes from the same move on",
    "value": "Exact value of the state under the current policy",
}
"""What may be subtracted from a return, with a line on each."""

FREE, WALL, START, GOAL, TRAP = ".", "#", "S", "G", "X"
CELLS: dict[str, str] = {
    FREE: "free cell",
    WALL: "wall: whoever moves into it stays",
    START: "free cell in which episodes begin; of several each is as likely",
    GOAL: "ends the episode with the goal's reward",
    TRAP: "ends the episode with the trap's reward",
}
"""The letters of a grid, with a line on each."""

MAX_ARMS = 100
MAX_SIDE = 20
MAX_HORIZON = 10_000
MAX_EPISODES = 10_000

NUMBERS: dict[str, ParamSpec] = {
    spec.name: spec
    for spec in (
        ParamSpec("mean", r"\mu", 0.0, -1e6, 1e6, -2.0, 2.0, doc="Mean reward of an arm"),
        ParamSpec("deviation", r"\sigma", 1.0, 0.0, 1e6, 0.0, 3.0, doc="Standard deviation of every arm's reward"),
        ParamSpec("goal", "r_G", 1.0, -1e6, 1e6, -1.0, 10.0, doc="Reward on reaching a goal"),
        ParamSpec("trap", "r_X", -1.0, -1e6, 1e6, -10.0, 1.0, doc="Reward on falling into a trap"),
        ParamSpec("cost", "c", 0.04, -1e6, 1e6, 0.0, 0.5, doc="Taken from the reward of every move"),
        ParamSpec("slip", "p", 0.2, 0.0, 1.0, doc="Chance that a move goes sideways instead, half to each side"),
        ParamSpec("discount", r"\gamma", 0.95, 0.0, 1.0, 0.5, 1.0, doc="What a reward is worth a move later"),
        ParamSpec("horizon", "T", 0.0, 0.0, MAX_HORIZON, 0.0, 200.0, kind="integer", unit="moves",
                  doc="Moves after which an episode ends anyway; 0 for no such limit"),
        ParamSpec("episodes", "m", 16.0, 0.0, MAX_EPISODES, 0.0, 256.0, kind="integer",
                  doc="Episodes sampled for the gradient of a step; 0 for the exact gradient"),
        ParamSpec("seed", "s", 0.0, 0.0, 2.0**31 - 1, 0.0, 1000.0, kind="integer", doc="Chooses the episodes"),
    )
}  # fmt: skip
"""Every number of the documents below, declared once."""


class Bandit(Document, frozen=True, tag_field="kind", tag="bandit"):
    """One move among k arms; arm a pays a normal reward of mean `means[a]` and standard deviation `deviation`."""

    means: tuple[float, ...] = (0.2, 0.5, 1.0)
    deviation: float = 1.0


class GridWorld(Document, frozen=True, tag_field="kind", tag="grid"):
    """Moves up, right, down and left on a grid, until a goal or a trap is reached.

    Attributes:
        rows: the grid from the top, a text a row, of the letters in `CELLS`.
        goal, trap: reward on entering one.
        cost: taken from the reward of every move, the last one included.
        slip: chance that a move goes to one of the two sides instead of ahead, half to each.
        discount: gamma; below 1 where there is no horizon.
        horizon: moves after which an episode ends; 0 for none.
    """

    rows: tuple[str, ...] = ("...G", ".#.X", "S...")
    goal: float = 1.0
    trap: float = -1.0
    cost: float = 0.04
    slip: float = 0.2
    discount: float = 0.95
    horizon: int = 0


Task = Bandit | GridWorld


class Policy(Document, frozen=True):
    """A softmax policy over a task, and how its gradient is estimated.

    Attributes:
        task: what is rewarded.
        baseline: subtracted from returns; it leaves the mean of the estimates and changes their variance.
        episodes: sampled for the gradient of one step; 0: the exact gradient.
        seed: of the episodes, beside the run's own.
    """

    task: Task = GridWorld()
    baseline: Baseline = "value"
    episodes: int = 16
    seed: int = 0
