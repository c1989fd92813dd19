"""The verdict on a racer that climbs a policy's reward: what it earns by this step, how sure it is, what to try.

It speaks of what the rows say: J is exact at every step, whatever gradient was taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from gdsim.analysis.outcome import nice
from gdsim.analysis.policy_outcome import certainty, reward_words, way_made
from gdsim.analysis.verdict import Edit, Tone
from gdsim.engine.status import Status
from gdsim.objectives.policy import PolicyObjective

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.engine.trace import Trace

Kind = Literal["start", "climbs", "crawls", "arrived", "settled", "wavers", "diverges"]

_WINDOW = 20
"""Steps that a trend is read from."""
_THERE = 0.98
_SURE = 0.85
_SLOW = 0.004
"""Share of what is left to earn that is gained a step, below which it crawls."""
_TONES: dict[Kind, Tone] = {"climbs": "good", "arrived": "good", "crawls": "warn", "settled": "warn", "wavers": "warn",
                            "diverges": "bad", "start": "plain"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PolicyVerdict:
    """Two lines about one racer at one step, and an edit that the second one proposes."""

    kind: Kind
    happened: str
    advice: str
    edit: Edit | None = None

    @property
    def tone(self) -> Tone:
        """How to colour it."""
        return _TONES[self.kind]

    @property
    def lines(self) -> tuple[str, str]:
        """What happened; why, and what to try."""
        return self.happened, self.advice


def policy_verdict(objective: PolicyObjective, plan: RacerPlan, trace: Trace, step: int) -> PolicyVerdict:
    """The verdict on a racer at row `step` (its last row if it ended before)."""
    step = max(0, min(step, trace.last))
    row = trace.row(step)
    if not np.isfinite(row.theta).all() or not np.isfinite(row.loss):
        lower = nice(row.lr / 3)
        advice = f"Lower the learning rate from {row.lr:.3g}, or clip the gradient"
        return PolicyVerdict(
            "diverges", f"Left the range of finite numbers at step {step:,}", advice, Edit("lr", lower)
        )
    earned = reward_words(objective, -row.loss)
    sure = certainty(objective, row.theta)
    why = f"The likeliest action has {100 * sure:.0f} % on average{_returned(objective, row.extra[0])}"
    if step == 0:
        return PolicyVerdict("start", f"At the start {earned}", why)
    made = way_made(objective, trace, step)
    happened = f"{_share(made)}: {earned}"
    end = step >= trace.last and trace.status.finished and trace.status is not Status.STEP_LIMIT
    reward = -trace.column("loss", max(0, step - _WINDOW), step + 1)
    gain = float(np.polyfit(np.arange(len(reward)), reward, 1)[0]) if len(reward) > 2 else float(reward[-1] - reward[0])
    left = max(objective.best + row.loss, 1e-300)
    if made >= _THERE:
        return PolicyVerdict("arrived", happened, why)
    if sure > _SURE and gain < _SLOW * left:
        why = f"The policy has made up its mind: the likeliest action has {100 * sure:.0f} %, the gradient is gone"
        advice = f"{why}. Lower the learning rate, so that it tries longer"
        return PolicyVerdict("settled", happened, advice, Edit("lr", nice(row.lr / 3)))
    if end:
        return PolicyVerdict("settled", happened, why)
    if gain < -_SLOW * left and objective.sampled:
        advice = f"{why}. J goes down for now: sample more episodes a step, or lower the learning rate"
        return PolicyVerdict("wavers", happened, advice, Edit("lr", nice(row.lr / 2)))
    if step >= _WINDOW and gain < _SLOW * left:
        advice = f"{why}. A step gains {100 * max(gain, 0.0) / left:.2g} % of what is left: raise the learning rate"
        return PolicyVerdict("crawls", happened, advice, Edit("lr", nice(3 * row.lr)))
    return PolicyVerdict("climbs", happened, why)


def _share(made: float) -> str:
    return "Below where it began" if made < 0 else f"{100 * min(made, 1.0):.0f} % of the way up"


def _returned(objective: PolicyObjective, sampled: float) -> str:
    """What the step's episodes gave, where it has any."""
    if sampled != sampled:
        return ""
    count = objective.policy.episodes
    return f"; this step's {'episode returns' if count == 1 else f'{count:,} episodes return'} {sampled:.3g}"
