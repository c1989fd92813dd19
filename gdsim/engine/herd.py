"""What one iteration of many members needs besides their number: the graph, the first rows, and numbers that all share.

Rows are the members' memory: for each name in `MemberGraph.rows` one number per member. How they lie (in blocks, along
threads) is the backend's affair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import noise
from gdsim.engine.backend import DType, Floats, Settings
from gdsim.engine.swarm import Indices, Members
from gdsim.formula import RuleGraph, interpret, spread
from gdsim.formula.emit import state_layout
from gdsim.formula.member import SETTINGS, MemberGraph, Rate, Variant, member_graph
from gdsim.formula.newton import MOST_COORDINATES, NewtonStep
from gdsim.objectives.network.network import NetworkObjective
from gdsim.optimizers.schedules import schedule_graph

if TYPE_CHECKING:
    from gdsim.objectives import Objective

LONGEST = 1 << 16
"""Iterations for which shared numbers are made at once."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What all members share for some iterations, in the dtype of the run but for `rates` and `settings`.

    Attributes:
        first, count: the row at which the first iteration stands, and how many there are.
        rates: (count,) learning rate on leaving each row. noise: (count * n,) shared draws, or empty.
        hyper: shared hyper-parameters. settings: as `formula.member.SETTINGS`, float64.
    """

    first: int
    count: int
    rates: Floats
    noise: NDArray[Any]
    hyper: NDArray[Any]
    settings: Floats

    def part(self, start: int, count: int) -> Stretch:
        """`count` of its iterations from number `start` on."""
        n = len(self.noise) // self.count
        return replace(
            self,
            first=self.first + start,
            count=count,
            rates=self.rates[start : start + count],
            noise=self.noise[start * n : (start + count) * n],
        )


class Herd:
    """The members of one objective, rule and dtype, ready to be stepped.

    Attributes:
        member: the iteration, None where it would be too long to write out (see `why`).
    """

    def __init__(self, objective: Objective, members: Members, dtype: DType, tracked: bool) -> None:
        members.check(objective)
        self.objective, self.members, self.dtype = objective, members, np.dtype(dtype)
        self.limit = members.plan.steps
        self.variant = variant_of(members, tracked)
        self.key = noise.member_key(members.plan.seed, members.plan.racer)
        self.rule = _rule(objective, members)
        self.member = self._member()

    def _member(self) -> MemberGraph | None:
        plan, objective = self.members.plan, self.objective
        if self.rule is None or objective.formula is None:
            return None
        rate = None
        if plan.schedule is not None and "lr" in self.variant.swept:
            rate = Rate(schedule_graph(plan.schedule), plan.steps, plan.schedule.params)
        return member_graph(objective.gradient_graph, self.rule, objective.n, self.variant, rate)

    @property
    def why(self) -> str:
        """Why there is no iteration, in words; "" when there is one."""
        rule = self.members.plan.rule
        if self.rule is None:
            return f"{rule.name} is not made of stages"
        if isinstance(self.objective, NetworkObjective):
            return "models are trained one after the other"
        if self.objective.formula is None:
            return "a Python function has no formula to write out"
        if self.member is None:
            return f"a step of {rule.name} in {self.objective.n:,} coordinates is too long to be written out for many"
        return ""

    @property
    def rows(self) -> int:
        """How many rows a member has, the number of the member (own noise) included."""
        assert self.member is not None
        return len(self.member.rows) + (self.variant.noise == "own")

    def row(self, name: str) -> int:
        """The place of a row."""
        assert self.member is not None
        return self.member.rows.index(name)

    def first_rows(self, indices: Indices) -> NDArray[Any]:
        """The rows of the members of these numbers at their starts, (rows, m)."""
        assert self.member is not None
        assert self.rule is not None
        members, n, m = self.members, self.objective.n, len(indices)
        rows = np.zeros((self.rows, m), dtype=self.dtype)
        rows[:n] = members.starts.take(indices)
        given: dict[str, Any] = {"n": float(n), **spread(members.plan.at(0).hyper)}
        given |= {name: values[indices] for name, values in members.swept.items()}
        layout = state_layout(self.rule.states)
        for state in self.rule.states:
            vectors, scalars = layout[state.name]
            begin = n + vectors * n + scalars
            constant = state.init.constant(state.init.outputs[0])
            reads = {entry.name: given[entry.name] for entry in state.init.inputs if entry.name in given}
            value = interpret(state.init, reads)[0] if constant is None else constant
            rows[begin : begin + (n if state.vector else 1)] = value
        first_swept = len(self.member.rows) - len(self.variant.swept)
        for place, name in enumerate(self.variant.swept):
            rows[first_swept + place] = members.swept[name][indices]
        if self.variant.noise == "own":
            rows[-1] = indices
        return rows

    def stretch(self, first: int, most: int) -> Stretch:
        """What is shared from row `first` on, for at most `most` iterations; ends where settings change.

        The iteration that stands at the step limit looks at the row and takes no step.
        """
        plan = self.members.plan
        change = plan.next_change(first)
        count = min(most, LONGEST, self.limit + 1 - first)
        if change is not None:
            count = min(count, change - first)
        settings = plan.at(first)
        draws: NDArray[Any] = np.empty(0, self.dtype)
        if self.variant.noise == "shared":
            draws = noise.normals(plan.seed, plan.racer, first, count, self.objective.n).ravel().astype(self.dtype)
        rates = plan.rates(first, count)
        return Stretch(first, count, rates, draws, self._hyper(settings), self._settings(settings))

    def _hyper(self, settings: Settings) -> NDArray[Any]:
        assert self.member is not None
        flat = spread(settings.hyper)
        return np.array([flat[name] for name in self.member.hyper], dtype=self.dtype)

    def _settings(self, settings: Settings) -> Floats:
        plan = self.members.plan
        target = -np.inf if plan.target is None else plan.target
        known = {
            "clip": settings.clip, "weight_decay": settings.weight_decay, "noise": settings.noise,
            "tolerance": plan.tolerance, "target": target, "limit": self.limit,
        }  # fmt: skip
        return np.array([known[name] for name in SETTINGS], dtype=np.float64)


def _rule(objective: Objective, members: Members) -> RuleGraph | NewtonStep | None:
    """What steps, where it can be written as a graph."""
    rule = members.plan.rule
    if rule.method == "newton" and objective.formula is not None and objective.n <= MOST_COORDINATES:
        graph = objective.hessian_graph
        return None if graph is None else NewtonStep(graph)
    return None if rule.method else rule.graph(members.plan.hyper, objective.n)


def variant_of(members: Members, tracked: bool) -> Variant:
    """Which parts the members' iteration needs."""
    plan = members.plan
    settings = [plan.at(step) for step in (0, *(after for after, _, _ in plan.changes))]
    swept = members.swept
    noisy = "noise" in swept or any(each.noise for each in settings)
    return Variant(
        tracked=tracked,
        clip="clip" in swept or any(each.clip for each in settings),
        weight_decay="weight_decay" in swept or any(each.weight_decay for each in settings),
        noise="" if not noisy else "own" if members.own_noise else "shared",
        decoupled=plan.rule.decoupled,
        swept=tuple(swept),
    )
