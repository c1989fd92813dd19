"""One iteration of one member of a swarm, as one graph: gradient, composition, rule, and whether it has arrived.

The graph is all that the backends need: NumPy interprets it for all members at once, Numba gets it as a loop over a
block of members, CUDA as the body of a thread. It stands at row r of the member's history and takes the step that
leaves it, unless the member has ended there:

    ended = not finite | J <= target | (|g| <= tolerance and the last step was small)

The order of noise, clipping, weight decay and step is that of `optimizers.compose`; what "small" means that of the
engine's steppers: |step| <= tolerance (1 + |theta|).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gdsim.formula.build import Builder
from gdsim.formula.emit_rule import state_layout
from gdsim.formula.graph import Graph
from gdsim.formula.lower_rule import RuleGraph
from gdsim.formula.newton import NewtonStep, newton_direction
from gdsim.formula.term import Term
from gdsim.formula.unroll import TooLarge, unrolled

MOST_NODES = 2000
"""Nodes of an iteration above which compiling it would take longer than a few seconds."""
CLIP_EPS = 1e-6
"""What torch.nn.utils.clip_grad_norm_ adds to the norm."""

SMALL, TARGET, NONFINITE = 1.0, 2.0, 3.0
"""Values of the row `code`; 0 while the member is under way. The engine's steppers number their ends alike."""

SETTINGS = ("clip", "weight_decay", "noise", "tolerance", "target", "limit")
"""Numbers of the run that an iteration may read besides the rule's hyper-parameters."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Which parts an iteration has.

    Attributes:
        tracked: whether it looks at each row if the member has ended there; otherwise it steps on for ever.
        clip, weight_decay: whether the gradient is clipped, weights decay.
        noise: "" for none, "shared" when all members get the same draws, "own" when each has its own.
        decoupled: whether weight decay multiplies theta instead of joining the gradient.
        swept: names of hyper-parameters (or clip, weight_decay, noise) that each member has for itself.
    """

    tracked: bool = True
    clip: bool = False
    weight_decay: bool = False
    noise: Literal["", "shared", "own"] = ""
    decoupled: bool = False
    swept: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Rate:
    """The schedule of a learning rate that each member has for itself.

    Attributes:
        graph: the rate over t, T, lr and the parameters. total: the steps of the run.
        params: the parameters' values, "warmup" among them or 0.
    """

    graph: Graph
    total: int
    params: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class MemberGraph:
    """An iteration.

    Attributes:
        graph: without axes. Inputs by name: the rows (one value per member), "noise[i]" in standard normal numbers,
            and what is the same for all members: "r" (the row it stands at, from 0), "lr", the formula's parameters,
            hyper-parameters and `SETTINGS`.
        rows: names of what a member carries, in order: "theta[1]" ... "theta[n]", the rule's state flat as
            `emit.state_layout` has it, then (tracked) "code", "steps", "small", "loss", then the swept settings.
        written: how many of the rows (the first ones) are outputs of the graph, in this order.
        parameters, hyper: names of the formula's parameters and of the hyper-parameters that all members share, in the
            order of the arrays that kernels get.
        n: the number of coordinates.
    """

    graph: Graph
    rows: tuple[str, ...]
    written: int
    parameters: tuple[str, ...]
    hyper: tuple[str, ...]
    n: int
    variant: Variant


def parameter_input(name: str) -> str:
    """How the formula's free letter `name` is called in a member's graph; a rule may have one of the same name."""
    return f"p:{name}"


def hyper_input(name: str) -> str:
    """How the hyper-parameter `name` is called there; "lr" is the scheduled rate, or where it is swept the row of base
    rates."""
    return name if name == "lr" else f"h:{name}"


def setting_input(name: str) -> str:
    """How one of `SETTINGS` is called there; a rule may have a hyper-parameter of the same name."""
    return f"set:{name}"


def member_graph(
    gradient: Graph,
    rule: RuleGraph | NewtonStep,
    n: int,
    variant: Variant,
    rate: Rate | None = None,
    most: int = MOST_NODES,
) -> MemberGraph | None:
    """The iteration of a rule on an objective, or None where it would have more than `most` nodes.

    Args:
        gradient: of `derive.value_gradient`, coordinates as numbers or as one vector.
        rule: what steps, a rule or Newton's method. n: the number of coordinates.
        rate: the schedule, where "lr" is swept; else the input "lr" is the scheduled rate.
    """
    try:
        return _Member(gradient, rule, n, variant, rate, most).build()
    except TooLarge:
        return None


class _Member:
    def __init__(
        self, gradient: Graph, rule: RuleGraph | NewtonStep, n: int, variant: Variant, rate: Rate | None, most: int
    ) -> None:
        self.builder = Builder()
        self.objective, self.rule = gradient, rule
        self.n, self.variant, self.most = n, variant, most
        self.parameters = tuple(entry.name for entry in gradient.parameters)
        self.theta = [self._input(f"theta[{k + 1}]") for k in range(n)]
        self.rate = self._input("lr") if rate is None else self._scheduled(rate)
        layout = state_layout(rule.states)
        self.states = sorted(rule.states, key=lambda state: layout[state.name])
        self.state_rows = [
            f"s:{state.name}[{k + 1}]" if state.vector else f"s:{state.name}"
            for state in self.states
            for k in range(n if state.vector else 1)
        ]

    def build(self) -> MemberGraph | None:
        variant, builder = self.variant, self.builder
        loss, *slopes = self._written_out(self.objective)
        g = self._composed(slopes)
        step, news = self._stepped(g)
        before = list(self.theta)
        if variant.decoupled and variant.weight_decay:
            shrink = 1.0 - self.rate * self._input(setting_input("weight_decay"))
            before = [here * shrink for here in before]
        after = [here + move for here, move in zip(before, step, strict=True)]
        outputs = [*after, *news]
        tracked: list[str] = []
        if variant.tracked:
            tracked = ["code", "steps", "small", "loss"]
            outputs = self._tracked(loss, slopes, after, news)
        graph = builder.build([term.node for term in outputs], prune=True)
        if len(graph) > self.most:
            return None
        own = {"lr", *self.rule.hyper_names}
        swept = [hyper_input(name) if name in own else setting_input(name) for name in variant.swept]
        known = [name for name in self.rule.hyper_names if name not in variant.swept]
        return MemberGraph(
            graph,
            (*[f"theta[{k + 1}]" for k in range(self.n)], *self.state_rows, *tracked, *swept),
            self.n + len(self.state_rows) + len(tracked),
            self.parameters,
            tuple(known),
            self.n,
            variant,
        )

    def _input(self, name: str) -> Term:
        return Term(self.builder, self.builder.input(name))

    def _scheduled(self, rate: Rate) -> Term:
        """`Schedule.rates` for the step that leaves row r."""
        builder, base = self.builder, self._input("lr")
        warmup = min(rate.params.get("warmup", 0.0), max(rate.total - 1, 0))
        t = self._input("r") + 1.0
        given = {"t": (t - warmup).call("max", 1.0).node, "lr": base.node}
        constants = {**rate.params, "T": float(max(rate.total - warmup, 1))}

        def element(name: str, index: int | None) -> int:
            return given[name] if name in given else builder.const(constants[name])

        ((node,),) = unrolled(rate.graph, builder, element, self.n, self.most)
        return t.call("le", warmup).choose(base * t / (warmup + 1.0), Term(builder, node))

    def _written_out(self, graph: Graph) -> list[Term]:
        """The outputs of one of the objective's graphs at the member's position."""
        places = {entry.name: k for k, entry in enumerate(graph.coordinates)}

        def element(name: str, index: int | None) -> int:
            if name in places:
                return self.theta[places[name] if index is None else index - 1].node
            return self.builder.input(parameter_input(name))

        found = unrolled(graph, self.builder, element, self.n, self.most)
        return [Term(self.builder, node) for nodes in found for node in nodes]

    def _composed(self, slopes: Sequence[Term]) -> list[Term]:
        g = list(slopes)
        if self.variant.noise:
            sigma = self._input(setting_input("noise"))
            g = [slope + sigma * self._input(f"noise[{k + 1}]") for k, slope in enumerate(g)]
        if self.variant.clip:
            clip = self._input(setting_input("clip"))
            factor = clip / (_total([slope * slope for slope in g]).call("sqrt") + CLIP_EPS)
            used = clip.call("gt", 0.0).call("and", factor.call("lt", 1.0)).choose(factor, 1.0)
            g = [slope * used for slope in g]
        if self.variant.weight_decay and not self.variant.decoupled:
            decay = self._input(setting_input("weight_decay"))
            g = [slope + decay * here for slope, here in zip(g, self.theta, strict=True)]
        return g

    def _newton(self, hessian: Graph, g: Sequence[Term]) -> list[Term]:
        """The step of Newton's method, n terms."""
        shift = self._input(hyper_input("damping"))
        if self.variant.weight_decay and not self.variant.decoupled:
            shift = shift + self._input(setting_input("weight_decay"))
        curvatures = [
            entry + shift if k % (self.n + 1) == 0 else entry for k, entry in enumerate(self._written_out(hessian))
        ]
        return [self.rate * direction for direction in newton_direction(curvatures, g)]

    def _stepped(self, g: Sequence[Term]) -> tuple[list[Term], list[Term]]:
        """The step, n terms, and the new state in the order of the rows."""
        if isinstance(self.rule, NewtonStep):
            return self._newton(self.rule.hessian, g), []
        builder = self.builder
        scalars = {"t": (self._input("r") + 1.0).node, "lr": self.rate.node, "n": builder.const(float(self.n))}
        hypers = set(self.rule.hyper_names)

        def element(name: str, index: int | None) -> int:
            if name in ("theta", "g") and index is not None:
                return (self.theta if name == "theta" else g)[index - 1].node
            if name in hypers:
                return self._input(hyper_input(name)).node
            if name in scalars:
                return scalars[name]
            return builder.input(f"s:{name}" if index is None else f"s:{name}[{index}]")

        step, *news = unrolled(self.rule.graph, builder, element, self.n, self.most)
        by_name = {state.name: nodes for state, nodes in zip(self.rule.states, news, strict=True)}
        wide = [*step] * (1 if len(step) == self.n else self.n)
        ordered = [
            node
            for state in self.states
            for node in (by_name[state.name] * (self.n if state.vector and len(by_name[state.name]) == 1 else 1))
        ]
        return [Term(builder, node) for node in wide], [Term(builder, node) for node in ordered]

    def _tracked(
        self, loss: Term, slopes: Sequence[Term], after: Sequence[Term], news: Sequence[Term]
    ) -> list[Term]:
        builder, variant = self.builder, self.variant
        one, zero = (Term(builder, builder.const(value)) for value in (1.0, 0.0))
        code, row, tolerance = self._input("code"), self._input("r"), self._input(setting_input("tolerance"))
        finite = loss.call("abs").call("lt", math.inf)
        for value in (*slopes, *self.theta):
            finite = finite.call("and", value.call("abs").call("lt", math.inf))
        flat = list(slopes)
        if variant.weight_decay and not variant.decoupled:
            decay = self._input(setting_input("weight_decay"))
            flat = [slope + decay * here for slope, here in zip(flat, self.theta, strict=True)]
        level = tolerance * tolerance
        settled = _total([slope * slope for slope in flat]).call("le", level).call("and", self._input("small"))
        settled = settled.call("and", tolerance.call("gt", 0.0))
        reached = loss.call("le", self._input(setting_input("target")))
        end = finite.choose(reached.choose(TARGET, settled.choose(SMALL, 0.0)), NONFINITE)
        alive = code.call("eq", 0.0)
        now = alive.choose(end, code)
        going = now.call("eq", 0.0).call("and", row.call("lt", self._input(setting_input("limit"))))
        moved = _total([(new - here) * (new - here) for new, here in zip(after, self.theta, strict=True)])
        size = one + _total([new * new for new in after]).call("sqrt")
        small = moved.call("le", level * (size * size)).choose(one, zero)
        return [
            *[going.choose(new, here) for new, here in zip(after, self.theta, strict=True)],
            *news,
            now,
            alive.choose(row, self._input("steps")),
            small,
            alive.choose(loss, self._input("loss")),
        ]


def _total(terms: Sequence[Term]) -> Term:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
