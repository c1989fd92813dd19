"""What is printed of a training run: the racers' ends as JSON, or as a table for a person."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, Literal, cast

from gdsim.cli.text import short

if TYPE_CHECKING:
    from gdsim.session.history import History

_HEADS = {"train_loss": "loss", "test_loss": "on test", "accuracy": "accuracy", "test_accuracy": "on test"}

_NAMED = 6

MOST_WEIGHTS = 10_000
"""Weights of a racer up to which they are printed; `--weights` writes any number."""


def report(history: History) -> dict[str, Any]:
    """What `--json` prints: of a model also the losses and accuracies where they were last known."""
    import msgspec

    racers = []
    for index, label in enumerate(history.labels):
        trace = history.traces[index]
        row = history.row(index, trace.last)
        few = history.objective.n <= MOST_WEIGHTS
        theta = history.weights(index, trace.last)[0] if few else ()
        racers.append(
            {
                "racer": label, "status": history.status(index).value, "message": history.message(index),
                "steps": row.step, "epochs": float(trace.column("epoch", trace.last)[0]), "theta": theta,
                "loss": row.loss, "grad_norm": row.grad_norm, **ends(history, index),
            }
        )  # fmt: skip
    spec = cast(dict[str, Any], msgspec.to_builtins(history.spec))
    backends = dict.fromkeys(trace.backend for trace in history.traces if trace.backend)
    return {
        "spec": spec, "racers": racers, "weights": list(history.objective.coordinates), "notes": notes_of(history),
        "backend": "+".join(backends), "seconds": history.seconds,
    }  # fmt: skip


def ends(history: History, index: int) -> dict[str, float | None]:
    """The last train_loss, test_loss, accuracy and test_accuracy of a racer; None where there is none."""
    trace = history.traces[index]
    found: dict[str, float | None] = {}
    last = last_known(history, index)
    for name in ("train_loss", "test_loss", "accuracy", "test_accuracy"):
        value = float(trace.column(name, last, last + 1)[0])
        gone = math.isnan(value) and (not _has(history, name))
        found[name] = None if gone else value
    return found


def last_known(history: History, index: int) -> int:
    """The last row of a racer in which the losses over all samples are known."""
    from gdsim.engine.network.training import batches_of

    trace, plan = history.traces[index], history.plans[index]
    if trace.last == plan.steps:
        return trace.last
    each = batches_of(cast(Any, history.objective), plan).per_epoch
    return trace.last // each * each


def _has(history: History, name: str) -> bool:
    """Whether the run can have such a number at all."""
    samples = cast(Any, history.objective).samples
    tested = samples.count_test > 0 or not name.startswith("test")
    return tested and (samples.task == "classes" or not name.endswith("accuracy"))


def notes_of(history: History) -> list[str]:
    """What is to be said of the data."""
    return list(cast(Any, history.objective).samples.notes)


def print_notes(history: History) -> None:
    """What is to be said of the data on stderr, where the steps are on stdout."""
    for note in notes_of(history):
        print(f"gdsim: {note.rstrip('.')}.", file=sys.stderr)


def predicts_of(history: History) -> str:
    """``Predicts price from size and 2 more``: what a file's columns were taken for."""
    learn = history.spec.problem.learn
    assert learn is not None
    names = learn.data.inputs[:: learn.model.degree] if learn.model.kind == "poly" else learn.data.inputs
    shown = [*names[:_NAMED], *([f"{len(names) - _NAMED:,} more"] if len(names) > _NAMED else [])]
    joined = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    kind = f", one of {len(learn.data.classes)} classes," if learn.data.classes else ""
    return f"Predicts {learn.data.target}{kind} from {joined}"


def print_table(history: History) -> None:
    """The racers' ends for a person, with what to try."""
    from rich.console import Console
    from rich.table import Table

    right: Literal["right"] = "right"
    names = [name for name in ("train_loss", "test_loss", "accuracy", "test_accuracy") if _has(history, name)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("racer", no_wrap=True)
    for name in ("epochs", *(_HEADS[name] for name in names), _gradient(history)):
        table.add_column(name, justify=right, no_wrap=True)
    table.add_column("status", no_wrap=True)
    messages = []
    for index, label in enumerate(history.labels):
        trace = history.traces[index]
        row = history.row(index, trace.last)
        epochs = float(trace.column("epoch", trace.last)[0])
        known = ends(history, index)
        cells = [_cell(name, known[name]) for name in names]
        table.add_row(label, f"{epochs:.4g}", *cells, short(row.grad_norm), history.status(index).value)
        messages.append(f"{label}: {history.message(index)}.")
    console = Console(markup=False, highlight=False)
    console.print(f"{history.objective.title}, {history.objective.n:,} weights", style="bold")
    console.print(table)
    lines = [*messages, predicts_of(history), *notes_of(history)]
    console.print("\n".join(f"{line.rstrip('.')}." for line in lines), style="dim")


def _gradient(history: History) -> str:
    """The head over the gradients' lengths: of a batch, or of all samples."""
    from gdsim.objectives.data.samples import steps_per_epoch

    count = cast(Any, history.objective).samples.count
    return "|gradient|" if steps_per_epoch(count, history.spec.batch) == 1 else "|g|, batch"


def _cell(name: str, value: float | None) -> str:
    if value is None or math.isnan(value):
        return "-" if value is None else "nan"
    return f"{100 * value:.4g} %" if name.endswith("accuracy") else short(value)
