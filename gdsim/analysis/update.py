"""The update (theta, state) -> next as a map, and its Jacobian: exact, from the stages of the rule itself.

With z = (theta, s): the gradient g = clip(grad J) + wd theta moves by dg = C H dtheta + wd dtheta, where C is the
clipping's derivative; a tangent pass over the rule's graph carries that through the stages; decoupled decay takes
lr wd dtheta away. Typed rules, clipping and weight decay are in it like everything else.

`frozen` leaves out how scales move: every node that stays the same when theta, the gradient and all that follows their
sign are turned round (g^2, |g|, norm(g), a running mean of squares) is held still. At rest that is exact, since there
scales do not react to a small deviation; on the way it asks whether the scales as they are now would let it come to
rest, as J. Cohen et al., "Adaptive Gradient Methods at the Edge of Stability", arXiv:2207.14484 (2022) do. For a rule
without such scales it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.formula.build import Builder
from gdsim.formula.derive import direction_name
from gdsim.formula.emit_rule import state_layout, state_size
from gdsim.formula.graph import Graph
from gdsim.formula.interpret import interpret
from gdsim.formula.lower_rule import RuleGraph, spread
from gdsim.formula.tangent import tangents
from gdsim.optimizers.compose import CLIP_EPS, composed_gradient

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.objectives import Objective

Floats = NDArray[np.float64]

MAX_SIZE = 400
"""Coordinates and state together, above which no Jacobian is made."""


@dataclass(frozen=True)
class Moment:
    """What the update at one row is made from.

    Attributes:
        theta, raw: position and gradient of the function there, (n,).
        gradient: what the rule gets: clipped, decay added (noise is left out: it has no derivative), (n,).
        t: number of the step, from 1. lr: the rate in force.
        weight_decay, clip: in force. state: flat, as the rule graph lays it out.
    """

    rule: RuleGraph
    hyper: dict[str, float]
    theta: Floats
    raw: Floats
    gradient: Floats
    t: float
    lr: float
    weight_decay: float
    clip: float
    decoupled: bool
    state: Floats

    def values(self) -> dict[str, float | Floats]:
        """The inputs of the rule's graph, by name."""
        n = len(self.theta)
        given: dict[str, float | Floats] = {**self.hyper, "theta": self.theta, "g": self.gradient}
        given.update(t=self.t, lr=self.lr, n=float(n))
        places = state_layout(self.rule.states)
        for state in self.rule.states:
            a, b = places[state.name]
            begin = a * n + b
            given[state.name] = self.state[begin : begin + n] if state.vector else float(self.state[begin])
        return given


def moment(objective: Objective, plan: RacerPlan, step: int, theta: Floats, lr: float, state: Floats) -> Moment | None:
    """The update that leaves row `step`; None for a method that has no stages."""
    if plan.rule.method:
        return None
    settings = plan.at(step)
    theta = np.asarray(theta, dtype=np.float64)
    raw = np.asarray(objective.gradient(theta), dtype=np.float64)
    gradient = composed_gradient(raw, theta, settings.clip, settings.weight_decay, plan.rule.decoupled)
    return Moment(
        rule=plan.rule.graph(settings.hyper, objective.n),
        hyper=spread(settings.hyper),
        theta=theta,
        raw=raw,
        gradient=gradient,
        t=float(step + 1),
        lr=lr,
        weight_decay=settings.weight_decay,
        clip=settings.clip,
        decoupled=plan.rule.decoupled,
        state=np.asarray(state, dtype=np.float64),
    )


def clip_factor(gradient: Floats, clip: float) -> float:
    """What clipping multiplies the gradient by; 1 where it does nothing."""
    norm = float(np.linalg.norm(gradient)) + CLIP_EPS
    return clip / norm if clip > 0 and norm > clip else 1.0


def _clip_derivative(gradient: Floats, clip: float, frozen: bool) -> Floats:
    """d clip(g) / dg: the identity, or (c/|g|)(I - g g^T/|g|^2) where the gradient is clipped; frozen, c/|g| alone."""
    n = len(gradient)
    factor = clip_factor(gradient, clip)
    if factor == 1.0 or frozen:
        return factor * np.eye(n)
    unit = gradient / np.linalg.norm(gradient)
    return np.asarray(factor * (np.eye(n) - np.outer(unit, unit)))


@lru_cache(maxsize=128)
def _tangent_graph(graph: Graph, moving: tuple[str, ...], still: frozenset[int]) -> Graph:
    """How all outputs move with the inputs `moving`, the nodes `still` held; see `formula.derive.jacobian_vector`."""
    builder = Builder.upon(graph)
    vectors = {entry.name: entry.vector for entry in graph.inputs}
    seeds: dict[str, int | str] = {}
    for name in moving:
        direction = direction_name(graph, name)
        builder.declare(direction, vector=vectors[name])
        seeds[name] = direction if vectors[name] else builder.input(direction)
    among = [node for node in graph.needed(graph.outputs) if node not in still]
    moved = tangents(builder, graph, seeds, among)
    zero = builder.const(0.0)
    return builder.build([moved.get(output, zero) for output in graph.outputs], prune=True)


_ROUNDS = 4


@lru_cache(maxsize=128)
def scales(rule: RuleGraph, hyper: tuple[tuple[str, float], ...]) -> frozenset[int]:
    """The nodes of a rule's graph that do not follow the sign of the gradient, but its size.

    Found by running the rule on random gradients and on the same turned round: these nodes have the same values.
    """
    graph, n = rule.graph, 3
    draw = np.random.default_rng(1)
    nodes = [node for node in graph.needed(graph.outputs) if graph.ops[node] != "const"]
    same = dict.fromkeys(nodes, True)
    given = {**dict(hyper), "lr": dict(hyper).get("lr", 0.1), "n": float(n)}
    states: dict[str, float | Floats] = {}
    for state in rule.states:
        value = float(interpret(state.init, given)[0])
        states[state.name] = np.full(n, value) if state.vector else value
    both = [dict(states), dict(states)]
    for t in range(1, _ROUNDS + 1):
        theta, slope = draw.standard_normal(n), draw.standard_normal(n)
        results = []
        for sign, carried in zip((1.0, -1.0), both, strict=True):
            values = {**given, **carried, "theta": sign * theta, "g": sign * slope, "t": float(t)}
            found = interpret(graph, values, nodes=[*graph.outputs[1:], *nodes])
            carried.update(zip((state.name for state in rule.states), found, strict=False))
            results.append(found[len(rule.states) :])
        for node, one, other in zip(nodes, *results, strict=True):
            same[node] = same[node] and bool(np.array_equal(one, other, equal_nan=True))
    return frozenset(node for node, still in same.items() if still)


def jacobians(at: Moment, hessian: Floats, rates: Floats, frozen: bool = False) -> Floats:
    """d(next theta, next state) / d(theta, state), (rates, size, size), for each learning rate in `rates`.

    Args:
        hessian: of the function at the point, (n, n).
        frozen: hold the scales still, see the module.
    """
    n, rule = len(at.theta), at.rule
    size = n + state_size(rule.states, n)
    names = ("theta", "g", *(state.name for state in rule.states))
    still = scales(rule, tuple(at.hyper.items())) if frozen else frozenset()
    graph = _tangent_graph(rule.graph, names, still)
    values: dict[str, float | Floats] = {}
    for name, value in at.values().items():
        values[name] = value[:, None, None] if isinstance(value, np.ndarray) else value
    values["lr"] = np.asarray(rates, dtype=np.float64)[None, :]
    unit = np.eye(size)
    slope = _clip_derivative(at.raw, at.clip, frozen) @ hessian
    if not at.decoupled:
        slope = slope + at.weight_decay * np.eye(n)
    values[direction_name(rule.graph, "theta")] = unit[:n, :, None]
    values[direction_name(rule.graph, "g")] = (slope @ unit[:n])[:, :, None]
    places = state_layout(rule.states)
    for state in rule.states:
        a, b = places[state.name]
        begin = n + a * n + b
        block = unit[begin : begin + n] if state.vector else unit[begin]
        values[direction_name(rule.graph, state.name)] = block[..., None]
    step, *news = interpret(graph, values)
    result = np.empty((len(rates), size, size))
    rows = np.broadcast_to(step, (n, size, len(rates))) + unit[:n, :, None]
    if at.decoupled:
        rows = rows - at.weight_decay * np.asarray(rates) * unit[:n, :, None]
    result[:, :n, :] = np.moveaxis(rows, 2, 0)
    for state, new in zip(rule.states, news, strict=True):
        a, b = places[state.name]
        begin = n + a * n + b
        count = n if state.vector else 1
        block = np.broadcast_to(new, (*((n,) if state.vector else ()), size, len(rates)))
        result[:, begin : begin + count, :] = np.moveaxis(block.reshape(count, size, len(rates)), 2, 0)
    return result
