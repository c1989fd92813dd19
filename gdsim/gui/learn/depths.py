"""Work for the engine thread: two deep networks on the same data with the same rule, layer by layer."""

from __future__ import annotations

from typing import Any

from gdsim.gui.state import AppState

STEPS = 300


def compare(state: AppState, cancel: Any, told: Any, tell: Any) -> tuple[Any, Any]:
    """`analysis.vanishing.Fading` of both `state.learn.depths`, trained for `STEPS` steps by the focused racer's rule;
    `tell` hears first of both at their starts.

    Raises:
        GdsimError: a network that cannot be. Cancelled.
    """
    tell((_fading(state, 0, 0, cancel, None), _fading(state, 1, 0, cancel, None)))
    return (
        _fading(state, 0, STEPS, cancel, lambda done, total: told(done, 2 * total)),
        _fading(state, 1, STEPS, cancel, lambda done, total: told(total + done, 2 * total)),
    )


def _fading(state: AppState, number: int, steps: int, cancel: Any, progress: Any) -> Any:
    from gdsim.analysis.vanishing import deep_model, fading
    from gdsim.engine.select import backend
    from gdsim.session.learning import problem_of
    from gdsim.session.resolve import objective_of, plans_of

    learn = state.spec.problem.learn
    assert learn is not None
    racer = state.spec.racers[min(state.selected, len(state.spec.racers) - 1)]
    problem = problem_of(learn.data, deep_model(learn.model, state.learn.depths[number]))
    # the schedule, if there is one, is that of the whole comparison
    spec = state.spec.replace(
        problem=problem, racers=(racer,), start=(), steps=max(steps, 1), changes=(), target=None, patience=0
    )
    return fading(objective_of(spec), plans_of(spec)[0], backend(spec.backend), steps, cancel, progress)
