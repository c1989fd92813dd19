"""One full step in NumPy: the order in which noise, clipping, weight decay and the rule act. The reference.

    g = clip(grad J + noise)                    clip: g * min(1, clip/(|g| + 1e-6)), as torch.nn.utils.clip_grad_norm_
    g = g + wd*theta                            where the rule is not decoupled
    step, state = rule(theta, g, t, lr, state)
    theta = theta*(1 - lr*wd) + step            where it is; theta + step otherwise

The rule sees theta before it is decayed. Line searches work on J + wd/2 |theta|^2 without noise and clipping.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.formula import RuleGraph, interpret, spread
from gdsim.formula.emit import state_layout, state_size
from gdsim.optimizers.methods import Here, Problem, method
from gdsim.optimizers.methods.problem import Differentiable
from gdsim.optimizers.rule import Rule
from gdsim.params import Value

Array = NDArray[Any]

CLIP_EPS = 1e-6
"""What torch.nn.utils.clip_grad_norm_ adds to the norm."""


def initial_state(graph: RuleGraph, n: int, hyper: Mapping[str, Value]) -> Array:
    """The flat state before the first step, float64; its layout is `formula.emit.state_layout`."""
    state = np.zeros(state_size(graph.states, n))
    layout = state_layout(graph.states)
    for item in graph.states:
        value = item.init.constant(item.init.outputs[0])
        if value is None:
            given = {"n": float(n), **spread(hyper)}
            reads = {entry.name: given[entry.name] for entry in item.init.inputs if entry.name in given}
            value = interpret(item.init, reads)[0]
        vectors, scalars = layout[item.name]
        begin = vectors * n + scalars
        state[begin : begin + (n if item.vector else 1)] = value
    return state


def composed_gradient(
    gradient: Array, theta: Array, clip: float, weight_decay: float, decoupled: bool, noise: Array | None = None
) -> Array:
    """What the rule gets as g, (n,); `clip` 0 clips nothing, `noise` is added before clipping, sigma included."""
    real = theta.dtype.type
    g = gradient if noise is None else gradient + noise.astype(theta.dtype)
    if clip:
        with np.errstate(over="ignore", invalid="ignore"):
            factor = real(clip) / (np.sqrt(np.sum(g * g)) + real(CLIP_EPS))
            if factor < 1:
                g = g * factor
    if weight_decay and not decoupled:
        g = g + real(weight_decay) * theta
    return g


def compose_step(
    rule: Rule,
    theta: Array,
    gradient: Array,
    t: int,
    lr: float,
    hyper: Mapping[str, Value],
    state: Array,
    *,
    clip: float = 0.0,
    weight_decay: float = 0.0,
    noise: Array | None = None,
) -> tuple[Array, Array, Array]:
    """One step of a staged rule.

    Args:
        theta, gradient: (n,), float64 or float32, which the result keeps.
        t: number of the step, from 1. lr: the scheduled learning rate of this step.
        hyper: all hyper-parameters, checked. state: flat, as `initial_state` gives it.

    Returns:
        (step, theta after it, state after it); the inputs stay as they are.
    """
    graph = rule.graph(hyper)
    n, real = len(theta), theta.dtype.type
    g = composed_gradient(gradient, theta, clip, weight_decay, rule.decoupled, noise)
    layout = state_layout(graph.states)
    given: dict[str, Any] = {name: real(value) for name, value in spread(hyper).items()}
    given |= {"theta": theta, "g": g, "t": real(t), "lr": real(lr), "n": real(n)}
    for item in graph.states:
        vectors, scalars = layout[item.name]
        begin = vectors * n + scalars
        part = state[begin : begin + n].astype(theta.dtype) if item.vector else real(state[begin])
        given[item.name] = part
    results = interpret(graph.graph, given)
    step = np.broadcast_to(np.asarray(results[0], dtype=theta.dtype), theta.shape)
    after = np.array(state)
    for item, value in zip(graph.states, results[1:], strict=True):
        vectors, scalars = layout[item.name]
        begin = vectors * n + scalars
        after[begin : begin + (n if item.vector else 1)] = value
    return step, apply_step(rule, theta, step, lr, weight_decay), after


def apply_step(rule: Rule, theta: Array, step: Array, lr: float, weight_decay: float) -> Array:
    """theta after `step`, shrunk first where the rule's weight decay is decoupled."""
    real = theta.dtype.type
    if rule.decoupled and weight_decay:
        return np.asarray(theta * (real(1) - real(lr) * real(weight_decay)) + step)
    return np.asarray(theta + step)


def method_step(
    rule: Rule,
    objective: Differentiable,
    theta: Array,
    loss: float,
    gradient: Array,
    lr: float,
    hyper: Mapping[str, Value],
    state: Array,
    *,
    clip: float = 0.0,
    weight_decay: float = 0.0,
    noise: Array | None = None,
) -> tuple[Array, Array, Array, int]:
    """One step of a method (see `gdsim.optimizers.methods`).

    Args:
        objective: J, asked for values, gradients, Hessians as the method needs them.
        loss, gradient: J and its gradient at theta.
        The rest as in `compose_step`; a line search goes without `clip` and `noise`.

    Returns:
        (step, theta after it, state after it, evaluations besides the gradient at theta).
    """
    made = method(rule.method)
    if made.searches:
        clip, noise = 0.0, None
    g = composed_gradient(gradient, theta, clip, weight_decay, rule.decoupled, noise)
    problem = Problem(objective, weight_decay)
    total = float(loss) + (0.5 * weight_decay * float(theta @ theta) if weight_decay else 0.0)
    with np.errstate(all="ignore"):
        answer = made.advance(problem, Here(theta, total, g, lr), hyper, state)
    return answer.step, apply_step(rule, theta, answer.step, lr, weight_decay), answer.state, answer.evals
