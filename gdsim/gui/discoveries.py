"""What the opening offers to find out, one chip at a time; each is done by the chip or by the person's own hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gdsim.gui.controller import Controller
from gdsim.gui.state import AppState
from gdsim.session.opening import opening_spec
from gdsim.session.spec import RunSpec

FORMULA = "formula"
"""The last discovery has no edit: the window puts the cursor into the formula."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """`words` on the chip, `why` as its tooltip; `done` sees from a state that it happened; `edit` makes the spec."""

    words: str
    why: str
    done: Callable[[AppState], bool]
    edit: Callable[[RunSpec], RunSpec] | None = None
    cursor: int | None = None
    select: int | None = None


def _rate(low: float, high: float) -> Callable[[AppState], bool]:
    def done(state: AppState) -> bool:
        lr = state.spec.racers[0].hyper.get("lr", 0.0)
        return isinstance(lr, float) and low <= lr <= high

    return done


def _with_rate(lr: float) -> Callable[[RunSpec], RunSpec]:
    def edit(spec: RunSpec) -> RunSpec:
        first = opening_spec()
        return first.with_racer(0, first.racers[0].with_setting("lr", lr))

    return edit


DISCOVERIES: tuple[Discovery, ...] = (
    Discovery(
        "Drag the start 0.6 to the left",
        "A little to the left all three fall into one valley",
        lambda state: -0.35 < state.spec.start[0] < 0.2,
        lambda spec: spec.replace(start=(spec.start[0] - 0.6, *spec.start[1:])),
    ),
    Discovery(
        "Give gd a tenth of its rate",
        "With lr = 0.001 it takes 164 steps",
        _rate(0.0, 0.002),
        _with_rate(0.001),
    ),
    Discovery(
        "… and nearly twice its rate", "With lr = 0.018 it takes 7 steps", _rate(0.015, 0.0199), _with_rate(0.018)
    ),
    Discovery("… and a little more", "With lr = 0.022 it never settles", _rate(0.021, 1.0), _with_rate(0.022)),
    Discovery(
        "Step through momentum's way",
        "It points past the valley; the numbers of This step say why",
        lambda state: state.selected == 1 and not state.at_end,
        lambda spec: opening_spec(),
        cursor=12,
        select=1,
    ),
    Discovery("Type a function of your own", "Anything in x and y: x^2 + 3 sin(y)", lambda state: False),
)


def perform(controller: Controller, discovery: Discovery) -> None:
    """Do what the chip says."""
    if discovery.edit is not None:
        controller.set_spec(discovery.edit(controller.state.spec), discovery.words.strip("… "))
        controller.finish_edit()
    if discovery.select is not None:
        controller.select(discovery.select)
    if discovery.cursor is not None:
        controller.set_cursor(discovery.cursor)
    else:
        controller.to_end()
