"""Training at a step: which row knows the losses over all samples. No Qt."""

from __future__ import annotations

from typing import Any

from gdsim.analysis.training_progress import per_epoch_of


def is_training(trace: Any) -> bool:
    """Whether a trace records a model's training."""
    return "train_loss" in getattr(trace, "more", ())


def evaluated_row(trace: Any, step: int) -> int:
    """The last row at or before `step` that knows the losses over all samples: where an epoch began, or a run's end."""
    step = max(0, min(step, trace.last))
    value = float(trace.column("train_loss", step, step + 1)[0])
    return step if value == value else step - step % per_epoch_of(trace)
