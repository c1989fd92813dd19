"""Advances all racers of a run side by side, in slices short enough to stop, and says how each of them ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from gdsim.analysis.outcome import outcome
from gdsim.engine.select import choose
from gdsim.engine.status import Status
from gdsim.errors import SpecError
from gdsim.session.history import History
from gdsim.session.resolve import check_start, objective_of, plans_of

if TYPE_CHECKING:
    from gdsim.engine.backend import Backend, Cancel, RacerPlan
    from gdsim.objectives import Objective
    from gdsim.session.spec import Change, RunSpec

_FIRST_SLICE = 16  # steps, before a racer's speed is known
_LONGEST_SLICE = 1 << 20


class Runner:
    """Computes a run; owned by one thread.

    Args:
        spec: the run; checked.
        backend: computes it; None: as the spec says.
        objective: in place of the spec's formula (a Python function).

    Raises:
        GdsimError: a text that is no formula or rule, numbers that do not fit, a start where the function has no
            value, a backend that is not there.
    """

    def __init__(self, spec: RunSpec, backend: Backend | None = None, objective: Objective | None = None) -> None:
        spec.check()
        objective = objective_of(spec) if objective is None else objective
        plans = plans_of(spec)
        check_start(spec, objective)
        self.backend = choose(spec.backend, objective) if backend is None else backend
        self.history = History(spec, objective, plans, self.backend)
        self._steppers = [self.backend.stepper(objective, plan, spec.dtype) for plan in plans]
        self._speeds = [0.0] * len(plans)  # steps per second

    @property
    def spec(self) -> RunSpec:
        """What is being run."""
        return self.history.spec

    def advance(self, budget_seconds: float = 0.010, cancel: Cancel | None = None) -> bool:
        """Compute for about `budget_seconds`, furthest-behind racer first; True when the run has finished.

        When `cancel` is set, it returns within 0.1 s, and the racers that were under way are marked cancelled; a
        later call goes on with them.
        """
        began = time.perf_counter()
        deadline = began + budget_seconds
        try:
            while True:
                racing = [i for i, trace in enumerate(self.history.traces) if not trace.status.finished]
                if not racing:
                    return True
                if cancel is not None and cancel.is_set():
                    self._mark_cancelled(racing)
                    return False
                now = time.perf_counter()
                if now >= deadline:
                    return False
                behind = min(racing, key=lambda i: self.history.traces[i].last)
                self._slice(behind, (deadline - now) / len(racing), cancel)
        finally:
            self.history.seconds += time.perf_counter() - began

    def run(
        self, cancel: Cancel | None = None, progress: Callable[[int, int], None] | None = None
    ) -> History:
        """Compute until every racer has ended or `cancel` is set. `progress` gets (steps done, steps in all)."""
        total = self.spec.steps * len(self.history.traces)
        while not self.advance(0.05, cancel) and not (cancel is not None and cancel.is_set()):
            if progress is not None:
                progress(self._done(), total)
        if progress is not None:
            progress(self._done(), total)
        return self.history

    def _done(self) -> int:
        return sum(
            self.spec.steps if trace.status.finished else max(0, trace.last) for trace in self.history.traces
        )

    def _slice(self, racer: int, seconds: float, cancel: Cancel | None) -> None:
        trace = self.history.traces[racer]
        speed = self._speeds[racer]
        count = int(speed * seconds) if speed else _FIRST_SLICE
        before, began = trace.last, time.perf_counter()
        status = self._steppers[racer].advance(trace, max(1, min(count, _LONGEST_SLICE)), cancel)
        taken = time.perf_counter() - began
        steps = trace.last - before
        if steps > 0 and taken > 0:
            fresh = steps / taken
            # the first slice holds one-off costs; from then on a moving average
            self._speeds[racer] = fresh if not speed else 0.5 * (speed + fresh)
        if status is not None and status is not Status.CANCELLED:
            self._conclude(racer, status)

    def _conclude(self, racer: int, status: Status) -> None:
        trace = self.history.traces[racer]
        trace.status, trace.message = outcome(self.history.objective, self.history.plans[racer], trace, status)

    def _mark_cancelled(self, racing: list[int]) -> None:
        for index in racing:
            trace = self.history.traces[index]
            trace.status = Status.CANCELLED
            trace.message = f"stopped when asked to, after step {max(0, trace.last)}"

    def fork(self, step: int, changes: tuple[Change, ...]) -> None:
        """"From here on": the run goes on from row `step` with `changes` (all at or after it) in place of later ones.

        Only the racers that are meant are taken back; the others keep their rows.
        """
        early = [change for change in changes if change.after_step < step]
        if early:
            raise SpecError(f"a change after step {early[0].after_step} lies before step {step}", where="changes")
        spec = self.spec.replace(changes=tuple(old for old in self.spec.changes if old.after_step < step))
        for change in changes:
            spec = spec.with_change(change)
        self.adopt(spec)

    def adopt(self, spec: RunSpec) -> None:
        """Go on as `spec`, which may differ from the present one in its changes, number of steps, labels and what
        is visible: each racer is taken back to where its settings part, rows before stay, bit for bit.

        Raises:
            SpecError: it differs in more than that; make a new Runner.
        """
        if not self.can_adopt(spec):
            raise SpecError("this is another run, not the same one from some step on", where="spec")
        spec.check()
        old_plans, plans = self.history.plans, plans_of(spec)
        self.history.spec, self.history.plans = spec, plans
        for racer, (old, plan) in enumerate(zip(old_plans, plans, strict=True)):
            if old.changes != plan.changes or old.steps != plan.steps:
                self._take_back(racer, old, plan)

    def can_adopt(self, spec: RunSpec) -> bool:
        """Whether `adopt` would go on from the rows that are there."""
        old = self.spec
        if len(old.racers) != len(spec.racers):
            return False
        same_racers = all(
            before.replace(label="", visible=True) == after.replace(label="", visible=True)
            for before, after in zip(old.racers, spec.racers, strict=True)
        )
        # a schedule stretches with the number of steps, so that every row would differ
        stretched = old.steps != spec.steps and any(racer.schedule is not None for racer in old.racers)
        rest = {"racers": (), "changes": (), "steps": 1}
        return same_racers and not stretched and old.replace(**rest) == spec.replace(**rest)

    def _take_back(self, racer: int, old: RacerPlan, plan: RacerPlan) -> None:
        """Make racer `racer` stand where its settings part from the old ones, its later rows dropped."""
        trace = self.history.traces[racer]
        parting = [change[0] for change in set(old.changes) ^ set(plan.changes)]
        step = min([plan.steps, trace.last, *parting])
        longer = trace.status is Status.STEP_LIMIT and plan.steps > old.steps
        self._steppers[racer] = self.backend.stepper(self.history.objective, plan, self.spec.dtype)
        self._speeds[racer] = 0.0
        # what has ended stays ended, unless it is taken back to before that, or is allowed more steps
        if trace.published and (step < trace.last or longer or not trace.status.finished):
            self._steppers[racer].rewind(trace, step)
            trace.truncate(step)
