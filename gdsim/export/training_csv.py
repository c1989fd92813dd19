"""A training run as CSV, in pieces of whole rows.

`racer,step,epoch,samples,loss,test_loss,accuracy,test_accuracy,grad_norm,grad_norm_layer1...,lr,status`, then
`train_loss,evals`, behind it the weights: of a small model by their names, of any as `w0...` where they are asked for.
`loss` is the one that is descended, over the batch and with penalties, and `grad_norm` the length of its gradient: of
the batch that comes next, of all samples only where a batch holds all of them. Losses and accuracies over all samples
are known where an epoch begins and in a run's last row, and their fields are empty elsewhere, or where there is no such
thing (an accuracy of a regression, a test loss without test samples).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from gdsim.engine.network.training import batches_of, columns_of
from gdsim.engine.status import Status
from gdsim.session.weights import thetas

if TYPE_CHECKING:
    from gdsim.objectives.network.network import NetworkObjective
    from gdsim.session.history import History

_JUDGED = ("test_loss", "accuracy", "test_accuracy", "train_loss")
_BLOCK_NUMBERS = 1 << 15


def header(history: History, objective: NetworkObjective, weights: bool) -> list[str]:
    """The columns' names, not quoted."""
    layers = columns_of(objective.net)[6:]
    more = [f"w{place}" for place in range(objective.n)] if weights else list(history.traces[0].names)
    return ["racer", "step", "epoch", "samples", "loss", *_JUDGED[:3], "grad_norm", *layers, "lr", "status",
            "train_loss", "evals", *more]  # fmt: skip


def blocks(
    history: History, objective: NetworkObjective, racer: int, name: str, weights: bool
) -> Iterator[tuple[int, str]]:
    """Pieces of text of one racer, each of whole rows, with the number of rows in it; `name` is quoted already."""
    trace, plan = history.traces[racer], history.plans[racer]
    place = {column: number for number, column in enumerate(trace.columns)}
    each, end, rows = batches_of(objective, plan).per_epoch, trace.status.value, trace.published
    there = {column: _exists(objective, column) for column in _JUDGED}
    floats = [place[column] for column in ("grad_norm", *columns_of(objective.net)[6:], "lr")]
    every: Iterator[Sequence[Any]] = map(list, thetas(history, racer)) if weights and trace.n == 0 else repeat(())
    size = max(1, _BLOCK_NUMBERS // (trace.width + (objective.n if weights else 0)))
    for start in range(0, rows, size):
        stop = min(rows, start + size)
        lines = []
        for step, numbers in enumerate(trace.rows(start, stop).tolist(), start):
            judged = step % each == 0 or step == plan.steps
            known = {column: _field(numbers[place[column]], judged and there[column]) for column in _JUDGED}
            theta = numbers[: trace.n] or next(every)
            status = end if step == rows - 1 else Status.RUNNING.value
            fields = [
                name, str(step), repr(numbers[place["epoch"]]), str(int(numbers[place["samples"]])),
                repr(numbers[place["loss"]]), *(known[column] for column in _JUDGED[:3]),
                *(repr(numbers[number]) for number in floats), status, known["train_loss"],
                str(int(numbers[place["evals"]])), *(repr(float(value)) for value in theta),
            ]  # fmt: skip
            lines.append(",".join(fields))
        yield stop - start, "\n".join(lines) + "\n"


def _exists(objective: NetworkObjective, column: str) -> bool:
    samples = objective.samples
    if column.startswith("test") and not samples.count_test:
        return False
    return bool(samples.classes) or not column.endswith("accuracy")


def _field(value: float, known: bool) -> str:
    """Empty where nothing was evaluated; NaN is a value like any other where it was."""
    return repr(value) if known or not math.isnan(value) else ""
