"""Work for the engine thread: two deep networks on the same data with the same rule, layer by layer."""

from __future__ import annotations

from typing import Any

from gdsim.gui.state import AppState

STEPS = 300


def compare(state: AppState, cancel: Any, told: Any) -> tuple[Any, Any]:
    """`analysis.vanishing.Fading` of both `state.learn.depths`, trained for `STEPS` steps by the focused racer's rule.

    Raises:
        GdsimError: a network that cannot be. Cancelled.
    """
    from gdsim.analysis.vanishing import deep_model, fading
    from gdsim.engine.select import backend
    from gdsim.session.learning import problem_of
    from gdsim.session.resolve import objective_of, plans_of

    learn, found = state.spec.problem.learn, []
    assert learn is not None
    racer = state.spec.racers[min(state.selected, len(state.spec.racers) - 1)]
    for number, depth in enumerate(state.learn.depths):
        problem = problem_of(learn.data, deep_model(learn.model, depth))
        spec = state.spec.replace(
            problem=problem, racers=(racer,), start=(), steps=STEPS, changes=(), target=None, patience=0
        )

        def progress(done: int, total: int, number: int = number) -> None:
            told(number * total + done, 2 * total)

        found.append(fading(objective_of(spec), plans_of(spec)[0], backend(spec.backend), cancel, progress))
    return found[0], found[1]
