"""Work for the engine thread: the focused racer's model at a step, with the parts that are wanted. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gdsim.errors import Cancelled
from gdsim.gui.learn.parts import Context, parts_of
from gdsim.gui.learn.picture import LearnChoice, LearnPicture


def make_picture(
    history: Any, racer: int, step: int, wants: Iterable[str], choice: LearnChoice, number: int, cancel: Any
) -> LearnPicture:
    """The picture of `racer` at row `step`; Cancelled when nobody waits for it any more."""
    theta, buffers = history.weights(racer, step)
    known = parts_of(history.spec.problem.kind)
    context = Context(history, racer, step, history.objective, theta, buffers, choice, cancel)
    parts: dict[str, Any] = {}
    for name in wants:
        if cancel.is_set():
            raise Cancelled("another picture is wanted")
        parts[name] = known[name](context)
    return LearnPicture(racer, step, history.objective, theta, buffers, parts, number)
