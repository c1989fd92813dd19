"""What the plot of losses shows: which columns of the run, over what; digests of them that grow as it goes on."""

from __future__ import annotations

from typing import Any

import numpy as np

from gdsim.draw.series import EpochMeans, Over, Quantity, RowDigest, batching, over_axis
from gdsim.gui.views.view import Scene

QUANTITIES: tuple[tuple[Quantity, str], ...] = (
    ("loss", "Loss"),
    ("gap", "Gap"),
    ("grad_norm", "|∇f|"),
)
OVERS: tuple[tuple[Over, str, str], ...] = (
    ("steps", "Steps", "step"),
    ("evals", "Evaluations", "evaluations"),
    ("time", "Time", "time"),
)
"""Each with its name in the switch, and at the axis."""

LEARN_QUANTITIES: tuple[tuple[Quantity, str], ...] = (
    ("train", "Loss"),
    ("accuracy", "Accuracy"),
    ("batch", "Batch loss"),
    ("grad_norm", "|∇J|"),
)
LEARN_OVERS: tuple[tuple[Over, str, str], ...] = (
    ("epochs", "Epochs", "epoch"),
    ("steps", "Steps", "step"),
    ("samples", "Samples", "samples seen"),
    ("time", "Time", "time"),
)

POLICY_QUANTITIES: tuple[tuple[Quantity, str], ...] = (
    ("reward", "Reward"),
    ("grad_norm", "|∇J|"),
)
POLICY_OVERS: tuple[tuple[Over, str, str], ...] = (
    ("steps", "Steps", "step"),
    ("episodes", "Episodes", "episode"),
    ("time", "Time", "time"),
)

COLUMNS: dict[Quantity, tuple[str, ...]] = {
    "loss": ("loss",),
    "gap": ("loss",),
    "grad_norm": ("grad_norm",),
    "train": ("train_loss", "test_loss"),
    "accuracy": ("accuracy", "test_accuracy"),
    "batch": ("loss",),
    "reward": ("loss",),
}
"""The columns of a trace that a quantity shows: the first one solid, the second one dashed."""
SPARSE = frozenset({"train_loss", "test_loss", "accuracy", "test_accuracy"})
"""Columns that have a number only where an epoch begins."""

Curves = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rows, places on the axis below, values."""


def seconds_per_eval(history: Any) -> float:
    """What one gradient evaluation took, over all racers; a microsecond while nothing is known."""
    evals = sum(float(trace.column("evals", trace.published - 1)[0]) for trace in history.traces if trace.published)
    return float(history.seconds) / evals if evals > 0 and history.seconds > 0 else 1e-6


def visible_racers(history: Any) -> list[int]:
    """Numbers of the racers that are shown and have rows."""
    racers = history.spec.racers
    return [k for k, trace in enumerate(history.traces) if racers[k].visible and trace.published]


def episodes_of(history: Any, over: Over) -> int:
    """Episodes that a step samples, for the axis over them; 1 for other axes and where the gradient is exact."""
    policy = history.spec.problem.policy if over == "episodes" else None
    return 1 if policy is None else max(1, policy.episodes)


def place_of(history: Any, trace: Any, row: int, over: Over) -> float:
    """Where a row lies on the axis below."""
    if over in ("steps", "episodes"):
        return float(row) * episodes_of(history, over)
    if over in ("epochs", "samples"):
        return float(over_axis(trace, np.array([max(row, 0)], dtype=np.float64), over, 0.0)[0])
    evals = float(trace.column("evals", row, row + 1)[0]) if row >= 0 else 0.0
    return evals * seconds_per_eval(history) if over == "time" else evals


def row_at(history: Any, trace: Any, place: float, over: Over) -> float:
    """The row at a place on the axis, the inverse of `place_of`; of evaluations and time only among the rows there."""
    if over in ("steps", "episodes"):
        return place / episodes_of(history, over)
    if over == "epochs":
        return place * batching(trace)[0]
    if over == "samples":
        per_epoch, size, count = batching(trace)
        epoch, rest = divmod(place, count)
        return epoch * per_epoch + min(rest / size, per_epoch)
    evals = place / seconds_per_eval(history) if over == "time" else place
    low, high = 0, max(0, trace.published - 1)
    while low < high:  # evaluations never fall
        middle = (low + high) // 2
        if trace.column("evals", middle, middle + 1)[0] < evals:
            low = middle + 1
        else:
            high = middle
    return float(low)


class CurveStore:
    """The digests of a run's columns; they are made anew where its rows were replaced."""

    def __init__(self) -> None:
        self.stamp: object = None
        self._digests: dict[tuple[int, str], RowDigest] = {}
        self._means: dict[tuple[int, str], EpochMeans] = {}

    def meet(self, scene: Scene) -> None:
        """This run is to be shown."""
        stamp = (id(scene.history), scene.revision)
        if self.stamp != stamp:
            self._digests, self._means, self.stamp = {}, {}, stamp

    def curve(self, history: Any, racer: int, column: str, over: Over, ghost: bool = False) -> Curves:
        """One column of a racer's rows; a `ghost`'s are not kept."""
        trace, sparse = history.traces[racer], column in SPARSE
        fresh = RowDigest(column, sparse)
        digest = fresh if ghost else self._digests.setdefault((racer, column), fresh)
        rows, values = digest.curve(trace, trace.published)
        if column in ("accuracy", "test_accuracy"):
            values = 100.0 * values
        if over == "episodes":
            return rows, rows * float(episodes_of(history, over)), values
        return rows, over_axis(trace, rows, over, seconds_per_eval(history)), values

    def means(self, history: Any, racer: int, column: str, over: Over, ghost: bool = False) -> Curves:
        """The same column's mean over each epoch; over one step where that is a whole epoch."""
        trace = history.traces[racer]
        per_epoch = batching(trace)[0]
        if per_epoch == 1:
            return self.curve(history, racer, column, over, ghost)
        fresh = EpochMeans(column, per_epoch)
        digest = fresh if ghost else self._means.setdefault((racer, column), fresh)
        rows, values = digest.curve(trace, trace.published)
        return rows, over_axis(trace, rows, over, seconds_per_eval(history)), values
