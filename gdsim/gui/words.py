"""Work for the engine thread: the verdict on the focused racer and the stages of its update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gdsim.gui.state import Proposal, Verdict


def verdict(history: Any, racer: int, step: int) -> Verdict:
    """The two lines of the strip for `racer` of `history` standing at row `step`."""
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


def stages(history: Any, racer: int, step: int) -> Sequence[Any]:
    """The update that leaves row `step`, stage by stage, with its numbers."""
    from gdsim.analysis.explain import explain

    return explain(history, racer, step)
