"""The model at the cursor as plain values: what the views of the bench Learn show. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.vanishing import Depth
from gdsim.objectives.policy import PolicyObjective
from gdsim.session.spec import Kind

Directions = Literal["random", "pca", "runs"]


SIGMOID = Depth()
CURED = Depth(activation="relu", init="he", norm="batch", residual=True)
"""What the comparison of depths begins with: the gradient that vanishes, and what cures it."""


@dataclass(frozen=True, slots=True)
class LearnChoice:
    """What is looked at on the bench Learn; a part of the window's state, not of the run.

    Attributes:
        unit: (layer, unit) that the boundary shows instead of the output, layer 0 the inputs; None for the output.
        pinned: the unit stays when the pointer leaves.
        sample: index of the training sample that is walked through the network.
        stage: how far the walk is: 0 the inputs, then layer by layer forward, the loss, and back.
        weight: the weight that is nudged in the walk, -1 for none; nudge: by how much.
        columns: the two raw columns that span the plane; empty: the first two that inputs read and that vary.
        test: whether test samples are drawn.
        gradient: whether edges show gradients instead of weights.
        draws: gradients in the cloud; batch: their batch size, 0 for the run's own.
        directions: of the landscape; reach: how far it goes, in filter norms; resolution: points a side.
        seed: of the landscape's random directions.
        other: the racer at the other end, where the landscape goes between two runs.
        depths: the two deep networks that are compared.
        cell: (row, column) of the grid world that is looked into, (0, arm) of a bandit; None for none.
        episode: the number of the episode that is drawn, 0 for none.
    """

    unit: tuple[int, int] | None = None
    pinned: bool = False
    sample: int = 0
    stage: int = 0
    weight: int = -1
    nudge: float = 0.1
    columns: tuple[int, ...] = ()
    test: bool = False
    gradient: bool = False
    draws: int = 200
    batch: int = 0
    directions: Directions = "random"
    reach: float = 1.0
    resolution: int = 51
    seed: int = 0
    other: int = -1
    depths: tuple[Depth, Depth] = (SIGMOID, CURED)
    cell: tuple[int, int] | None = None
    episode: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class LearnPicture:
    """The focused racer's model at one step.

    Attributes:
        racer, step: whose, and when.
        objective: the `NetworkObjective` it is of: samples, architecture, loss; or the `PolicyObjective`.
        theta: (n,) its weights; buffers: running statistics.
        parts: by name what views asked for, see `gdsim.gui.learn.parts`.
        number: grows with each picture.
    """

    racer: int
    step: int
    objective: Any
    theta: NDArray[np.float64]
    buffers: NDArray[np.float64]
    parts: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0

    @property
    def kind(self) -> Kind:
        """Of the problem that it shows."""
        return "policy" if isinstance(self.objective, PolicyObjective) else "model"
