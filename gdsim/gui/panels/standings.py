"""How the racers stand at the cursor, as short texts: loss, place, what has become of each. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from gdsim.engine.status import Status
from gdsim.gui.learn.epochs import evaluated_row, is_training

_SHORT = {
    Status.RUNNING: ("", ""),
    Status.CONVERGED: ("arrived", "good"),
    Status.TARGET: ("target", "good"),
    Status.SADDLE: ("saddle", "warn"),
    Status.STATIONARY: ("flat?", "warn"),
    Status.PLATEAU: ("stuck", "warn"),
    Status.DIVERGED: ("diverged", "bad"),
    Status.STEP_LIMIT: ("ended", "muted"),
    Status.CANCELLED: ("stopped", "muted"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One racer at the cursor.

    Attributes:
        loss: its loss in five digits (of a policy its reward), "" before there is a row; called: which of them it is.
        place: 1 for the leader; 0 when nothing can be said.
        word, tone: what has become of it in a word ("" while it runs), and the colour of that.
        sentence: the same as a sentence.
        step: the row shown.
    """

    loss: str = ""
    place: int = 0
    word: str = ""
    tone: str = ""
    sentence: str = ""
    step: int = 0
    called: str = "loss"


def standings(history: Any, cursor: int) -> tuple[Standing, ...]:
    """One `Standing` per racer of `history` at step `cursor`; a racer that ended earlier shows its last row."""
    rows = []
    for number, trace in enumerate(history.traces):
        last = trace.last
        if last < 0:
            rows.append((number, math.inf, 0, Status.RUNNING, ""))
            continue
        step = min(cursor, last)
        loss = _loss_at(trace, step)
        ended = step == last and trace.status is not Status.RUNNING
        status = trace.status if ended else Status.RUNNING
        rows.append((number, loss, step, status, trace.message if ended else ""))
    order = sorted((row for row in rows if history.traces[row[0]].published), key=_merit)
    places = {row[0]: place for place, row in enumerate(order, 1)}
    climbs = any("mean_return" in getattr(trace, "more", ()) for trace in history.traces)
    called, sign = ("reward", -1.0) if climbs else ("loss", 1.0)
    return tuple(
        Standing(loss_text(sign * loss), places[number], *_SHORT[status], message or _sentence(status), step, called)
        if number in places
        else Standing()
        for number, loss, step, status, message in rows
    )


def _loss_at(trace: Any, step: int) -> float:
    """The loss at a step; of a model that over all training samples, for a batch's dances."""
    if is_training(trace):
        row = evaluated_row(trace, step)
        return float(trace.column("train_loss", row, row + 1)[0])
    return float(trace.column("loss", step, step + 1)[0])


def loss_text(loss: float) -> str:
    """A loss in a width that does not dance: ``12.345``, ``0.00123``, ``1.2e+09``."""
    if not math.isfinite(loss):
        return "nan" if math.isnan(loss) else "∞" if loss > 0 else "−∞"
    size = abs(loss)
    text = f"{loss:.1e}" if size >= 1e5 or (0 < size < 1e-4) else f"{loss:.4f}" if size < 100 else f"{loss:.1f}"
    return text.replace("-", "−")


def place_words(place: int, of: int) -> str:
    """``1st of 3``; "" for a place that is not known."""
    if not place:
        return ""
    ending = "th" if 10 <= place % 100 <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending} of {of}"


def _merit(row: tuple[int, float, int, Status, str]) -> tuple[int, float, int]:
    """Who reached the target stands first, the quickest in front; then by loss; what is not finite comes last."""
    number, loss, step, status, _ = row
    if status is Status.TARGET:
        return 0, float(step), number
    return (1, loss, number) if math.isfinite(loss) or loss == -math.inf else (2, 0.0, number)


def _sentence(status: Status) -> str:
    return "" if status is Status.RUNNING else status.words
