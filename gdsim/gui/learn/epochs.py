"""Training at a step in an epoch's terms: which row knows the losses over all samples, and what it says. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Standing:
    """A model over all samples, as of the last row at which that was looked at.

    Attributes:
        epoch: epochs done at the step that was asked for.
        train, test: mean losses without penalties; test is NaN without test samples.
        right, right_test: shares of samples whose class is right; NaN for a regression.
    """

    epoch: float
    train: float
    test: float
    right: float
    right_test: float


def is_training(trace: Any) -> bool:
    """Whether a trace records a model's training."""
    return "train_loss" in trace.more


def evaluated_row(trace: Any, step: int) -> int:
    """The last row at or before `step` that knows the losses over all samples: where an epoch began, or a run's end."""
    step = max(0, min(step, trace.last))
    epochs = float(trace.column("epoch", step, step + 1)[0])
    value = float(trace.column("train_loss", step, step + 1)[0])
    if value == value or epochs <= 0:
        return step
    per_epoch = max(1, round(step / epochs))
    return step - step % per_epoch


def standing_at(trace: Any, step: int) -> Standing:
    """The model at `step` over all samples."""
    step = max(0, min(step, trace.last))
    row = evaluated_row(trace, step)
    names = ("train_loss", "test_loss", "accuracy", "test_accuracy")
    train, test, right, right_test = (float(trace.column(name, row, row + 1)[0]) for name in names)
    return Standing(float(trace.column("epoch", step, step + 1)[0]), train, test, right, right_test)


def epochs_words(epochs: float) -> str:
    """``epoch 49.4``, in as many digits as do not dance."""
    return f"epoch {epochs:,.1f}" if epochs < 1000 else f"epoch {epochs:,.0f}"


def share_words(share: float) -> str:
    """``98.4 %``; 100 % only where all are right."""
    return "100 %" if share == 1.0 else f"{min(100 * share, 99.9):.1f} %"
