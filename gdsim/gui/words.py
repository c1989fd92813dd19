"""Work for the engine thread: the verdict on the focused racer and the stages of its update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gdsim.gui.learn.epochs import is_training
from gdsim.gui.state import Proposal, Verdict


def verdict(history: Any, racer: int, step: int) -> Verdict:
    """The two lines of the strip for `racer` of `history` standing at row `step`."""
    objective, plan, trace = history.objective, history.plans[racer], history.traces[racer]
    if is_training(trace):
        from gdsim.analysis.training_verdict import judged_by_curvature, training_verdict

        state = history.state(racer, step) if judged_by_curvature(objective, plan) else None
        said = training_verdict(objective, plan, trace, step, lambda: history.weights(racer, step), state)
        return _told(racer, step, said, said.limit)
    if history.spec.problem.kind == "policy":
        from gdsim.analysis.policy_verdict import policy_verdict

        return _told(racer, step, policy_verdict(objective, plan, trace, step), None)
    from gdsim.analysis.verdict import verdict as judge

    judged = judge(objective, plan, trace, step, history.state(racer, step))
    return _told(racer, step, judged, judged.stability.limit)


def _told(racer: int, step: int, said: Any, limit: float | None) -> Verdict:
    """A verdict of the analysis as the window shows it."""
    happened, advice = said.lines
    proposal = None
    if said.edit is not None:
        words = f"Set {said.edit.name} = {said.edit.value:g}"
        proposal = Proposal(racer, said.edit.name, said.edit.value, words)
    return Verdict(racer, step, said.kind, "" if said.tone == "plain" else said.tone, happened, advice, proposal, limit)


def stages(history: Any, racer: int, step: int) -> Sequence[Any]:
    """The update that leaves row `step`, stage by stage, with its numbers; none of a model with many weights, whose
    rows go without them."""
    from gdsim.analysis.explain import explain

    if is_training(history.traces[racer]) and not _written_out(history, racer):
        return ()
    return explain(history, racer, step)


def _written_out(history: Any, racer: int) -> bool:
    """Whether a model's rows hold its weights, and its rule takes them all at once."""
    from gdsim.engine.network.training import groups_of

    objective, plan = history.objective, history.plans[racer]
    if history.traces[racer].n != objective.n or plan.rule.method:
        return False
    return len(groups_of(plan.rule.graph(plan.hyper, objective.n), objective.net)) == 1
