"""Work for the engine thread: the verdict on the focused racer and the stages of its update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gdsim.engine.status import Status
from gdsim.gui.learn.epochs import epochs_words, is_training, share_words, standing_at
from gdsim.gui.state import Proposal, Verdict

_TONES = {
    Status.TARGET: "good",
    Status.CONVERGED: "good",
    Status.PLATEAU: "warn",
    Status.DIVERGED: "bad",
}


def verdict(history: Any, racer: int, step: int) -> Verdict:
    """The two lines of the strip for `racer` of `history` standing at row `step`."""
    if is_training(history.traces[racer]):
        return _training(history.traces[racer], racer, step)
    from gdsim.analysis.verdict import verdict as judge

    state = history.state(racer, step)
    said = judge(history.objective, history.plans[racer], history.traces[racer], step, state)
    happened, advice = said.lines
    proposal = None
    if said.edit is not None:
        words = f"Set {said.edit.name} = {said.edit.value:g}"
        proposal = Proposal(racer, said.edit.name, said.edit.value, words)
    tone = "" if said.tone == "plain" else said.tone
    return Verdict(racer, step, said.kind, tone, happened, advice, proposal, said.stability.limit)


def _training(trace: Any, racer: int, step: int) -> Verdict:
    """How well a model does over all samples; at a run's end what has become of it."""
    now = standing_at(trace, step)
    test = f", test loss {now.test:.4g}" if now.test == now.test else ""
    words = epochs_words(now.epoch)
    headline = f"{words[:1].upper()}{words[1:]}: training loss {now.train:.4g}{test}"
    right = f"{share_words(now.right)} of the training samples are right" if now.right == now.right else ""
    if right and now.right_test == now.right_test:
        right += f", {share_words(now.right_test)} of the test samples"
    ended = step >= trace.last and trace.status.finished
    advice = f"{trace.message[:1].upper()}{trace.message[1:]}" if ended else right
    if ended and right:
        headline += f" · {right}"
    return Verdict(racer, step, "trains", _TONES.get(trace.status, "") if ended else "", headline, advice)


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
