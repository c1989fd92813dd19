"""Training at a step: which row knows the losses over all samples, and what its gradient is of. No Qt."""

from __future__ import annotations

from typing import Any

from gdsim.analysis.training_progress import per_epoch_of
from gdsim.objectives.data.samples import steps_per_epoch


def is_training(trace: Any) -> bool:
    """Whether a trace records a model's training."""
    return "train_loss" in getattr(trace, "more", ())


def evaluated_row(trace: Any, step: int) -> int:
    """The last row at or before `step` that knows the losses over all samples: where an epoch began, or a run's end."""
    step = max(0, min(step, trace.last))
    value = float(trace.column("train_loss", step, step + 1)[0])
    return step if value == value else step - step % per_epoch_of(trace)


def gradient_name(history: Any) -> tuple[str, str]:
    """What the gradient of a row of training is called, and a sentence on it: g of a batch, or ∇J of all samples."""
    count, batch = history.objective.samples.count, history.spec.batch
    if steps_per_epoch(count, batch) == 1:
        return "∇J", "Length of the gradient of J over all training samples"
    return "g", f"Length of the gradient of this batch, the {batch:,} of {count:,} training samples that come next"
