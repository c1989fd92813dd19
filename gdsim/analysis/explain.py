"""One update of one racer, stage by stage, with this step's numbers: what the panel "This step" shows.

The order is that of the composition: gradient, noise, clipping, weight decay, the rule's own stages, decoupled decay,
the new position.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.numbers import latex_with_numbers
from gdsim.analysis.update import clip_factor
from gdsim.engine import noise
from gdsim.errors import GdsimError
from gdsim.formula import interpret, spread
from gdsim.formula.emit_rule import state_layout
from gdsim.formula.lower_rule import RuleGraph
from gdsim.formula.tree import Name, Num, Tree, free_names
from gdsim.formula.typeset import latex_name, latex_number, latex_of_tree
from gdsim.objectives.policy import PolicyObjective
from gdsim.optimizers.methods import Here, Problem, method

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan, Settings
    from gdsim.engine.trace import Row, Trace
    from gdsim.objectives import Objective

Floats = NDArray[np.float64]

_WRITTEN_OUT = 4  # coordinates whose arithmetic is written out


class Recorded(Protocol):
    """What is needed of a History."""

    objective: Objective
    plans: tuple[RacerPlan, ...]
    traces: list[Trace]

    def state(self, racer: str | int, step: int) -> Floats: ...


@dataclass(frozen=True, slots=True)
class StageValue:
    """One stage of an update.

    Attributes:
        name: what is computed: g, m, v_hat, step, ...; "theta" for the new position.
        latex: the stage as it is written, ``m = \\beta_{1} m + ...``.
        numbers: the same with this step's numbers, one line of LaTeX per coordinate (the first four), or one in all.
        words: a sentence on it; empty for a typed rule.
        values: the result, (n,), or (1,) where it is one number for all coordinates.
        text: the stage as plain text.
        arrow: whether the result is a direction, to be drawn as an arrow.
    """

    name: str
    latex: str
    numbers: tuple[str, ...]
    words: str
    values: Floats
    text: str
    arrow: bool = True


def explain(history: Recorded, racer: int, step: int) -> list[StageValue]:
    """The update with which `racer` leaves row `step` (its last row, if it ended before): its stages in order.

    After the last row it is the update that would have come next.
    """
    trace = history.traces[racer]
    row = trace.row(max(0, min(step, trace.last)))
    state = history.state(racer, row.step)
    return explain_update(history.objective, history.plans[racer], row, state)


def explain_update(objective: Objective, plan: RacerPlan, row: Row, state: Floats) -> list[StageValue]:
    """The stages of the update that leaves `row`, with the optimizer's `state` there."""
    settings = plan.at(row.step)
    names = objective.coordinates
    stages = [_gradient(row.gradient, names, objective)]
    g = row.gradient
    free = bool(plan.rule.method) and method(plan.rule.method).searches
    if settings.noise and not free:
        added = settings.noise * noise.normals(plan.seed, plan.racer, row.step, 1, objective.n)[0]
        g = g + added
        words = "Noise of its own for every step and coordinate."
        stages.append(_stage("g", "g = g + \\xi", "g = g + noise", words, g, names))
    if settings.clip and not free:
        factor = clip_factor(g, settings.clip)
        g = g * factor
        words = "The gradient is short enough to stay." if factor == 1 else "The gradient is shortened to this length."
        latex = f"g = g \\min\\left(1, \\frac{{{latex_number(settings.clip)}}}{{\\left\\|g\\right\\|}}\\right)"
        stages.append(_stage("g", latex, f"g = g*min(1, {settings.clip:g}/norm(g))", words, g, names))
    if settings.weight_decay and not plan.rule.decoupled:
        g = g + settings.weight_decay * row.theta
        latex = f"g = g + {latex_number(settings.weight_decay)}\\,\\theta"
        text = f"g = g + {settings.weight_decay:g}*theta"
        stages.append(_stage("g", latex, text, "Weight decay pulls to the origin.", g, names))
    if plan.rule.method:
        own, move = _method_stages(objective, plan, settings, row, g, state)
    else:
        own, move = _rule_stages(plan, settings, row, g, state, names)
    return [*stages, *own, _arrival(plan, settings, row, move, names)]


def _gradient(gradient: Floats, names: Sequence[str], objective: Objective) -> StageValue:
    if isinstance(objective, PolicyObjective):
        return _policy_gradient(gradient, names, objective)
    words = "The gradient: how steeply the function rises along each coordinate."
    return _stage("g", "g = \\nabla f(\\theta)", "g = gradient of f", words, gradient, names)


def _policy_gradient(gradient: Floats, names: Sequence[str], objective: PolicyObjective) -> StageValue:
    if not objective.sampled:
        words = "Minus the gradient of the reward J, exact: to go down it is to climb J."
        return _stage("g", "g = -\\nabla J(\\theta)", "g = -(gradient of J)", words, gradient, names)
    m = objective.policy.episodes
    count = "the step's episode" if m == 1 else f"the step's {m:,} episodes"
    words = f"Minus REINFORCE's estimate of the gradient of J, the mean over {count}: to go down it is to climb J."
    latex = f"g = -\\frac{{1}}{{{m}}}\\sum_i \\sum_t \\gamma^t (G_t - b_t)\\,\\nabla \\ln \\pi(a_t|s_t)"
    return _stage("g", latex, "g = -(REINFORCE's estimate)", words, gradient, names)


def _stage(name: str, latex: str, text: str, words: str, values: Floats, names: Sequence[str]) -> StageValue:
    """A stage whose numbers are its result alone."""
    return StageValue(name, latex, _results(name, values, names), words, np.atleast_1d(values), text)


def _results(name: str, values: Floats, names: Sequence[str]) -> tuple[str, ...]:
    flat = np.atleast_1d(values)
    if len(flat) != len(names) or len(names) == 1:
        return (f"{latex_name(name)} = {latex_number(float(flat[0]))}",)
    shown = zip(names[:_WRITTEN_OUT], flat.tolist(), strict=False)
    return tuple(f"{_component(name, coordinate)} = {latex_number(value)}" for coordinate, value in shown)


def _component(name: str, coordinate: str) -> str:
    """``m_{x}``; a name that has a subscript already is put in brackets first."""
    written = latex_name(name)
    if "_{" in written:
        written = f"\\left({written}\\right)"
    return f"{written}_{{{latex_name(coordinate)}}}"


def _arrival(
    plan: RacerPlan, settings: Settings, row: Row, move: Floats, names: Sequence[str]
) -> StageValue:
    theta = row.theta
    latex, text, words = "\\theta = \\theta + \\Delta\\theta", "theta = theta + step", "The step is taken."
    kept = 1.0
    if plan.rule.decoupled and settings.weight_decay:
        kept = 1.0 - row.lr * settings.weight_decay
        shrink = f"\\left(1 - \\eta \\cdot {latex_number(settings.weight_decay)}\\right)"
        latex = f"\\theta = {shrink} \\theta + \\Delta\\theta"
        text = f"theta = (1 - lr*{settings.weight_decay:g})*theta + step"
        words = "Decoupled weight decay shrinks theta, then the step is taken."
    after = kept * theta + move
    lines = []
    for coordinate, old, step, new in zip(names[:_WRITTEN_OUT], theta, move, after, strict=False):
        factor = "" if kept == 1.0 else f"{latex_number(kept, 6)} \\cdot "
        sign = "-" if step < 0 else "+"
        left = _component("theta", coordinate) if len(names) > 1 else "\\theta"
        old_text = latex_number(float(old)) if not factor or old >= 0 else f"\\left({latex_number(float(old))}\\right)"
        sum_text = f"{factor}{old_text} {sign} {latex_number(abs(float(step)))}"
        lines.append(f"{left} = {sum_text} = {latex_number(float(new))}")
    return StageValue("theta", latex, tuple(lines), words, after, text, arrow=False)


def _rule_stages(
    plan: RacerPlan, settings: Settings, row: Row, g: Floats, state: Floats, names: Sequence[str]
) -> tuple[list[StageValue], Floats]:
    rule, n = plan.rule.graph(settings.hyper, len(row.theta)), len(row.theta)
    given: dict[str, float | Floats] = {**spread(settings.hyper), "theta": row.theta, "g": g}
    given.update(t=float(row.step + 1), lr=row.lr, n=float(n))
    places = state_layout(rule.states)
    for entry in rule.states:
        a, b = places[entry.name]
        begin = a * n + b
        given[entry.name] = state[begin : begin + n] if entry.vector else float(state[begin])
    results = interpret(rule.graph, given, nodes=[rule.graph.outputs[0], *(stage.node for stage in rule.stages)])
    known = dict(given)
    stages = []
    words = _words(plan, rule)
    for stage, value, sentence in zip(rule.stages, results[1:], words, strict=True):
        values = np.atleast_1d(np.asarray(value, dtype=np.float64))
        tree, index = stage.tree, _list_index(plan, stage.text, stage.name)
        head = latex_name(stage.name)
        lines = _arithmetic(stage.name, tree, known, values, names, index)
        latex = f"{head} = {latex_of_tree(tree)}"
        stages.append(StageValue(stage.name, latex, lines, sentence, values, stage.text))
        known[stage.name] = values if len(values) == n and np.ndim(value) else float(values[0])
    return stages, np.broadcast_to(np.asarray(results[0], dtype=np.float64), (n,))


def _words(plan: RacerPlan, rule: RuleGraph) -> list[str]:
    """A sentence per stage of the graph: a list's assignment is one sentence and several stages."""
    said = dict(zip((entry.text for entry in plan.rule.assignments), plan.rule.words, strict=False))
    return [said.get(stage.text, "") for stage in rule.stages]


def _list_index(plan: RacerPlan, text: str, name: str) -> dict[str, float]:
    """The value of a list's index in the stage ``v[2]`` of ``v[k] = ...``: {"k": 2}."""
    if not name.endswith("]"):
        return {}
    index = next((entry.index for entry in plan.rule.assignments if entry.text == text), None)
    return {} if index is None else {index: float(name[name.index("[") + 1 : -1])}


def _arithmetic(
    name: str,
    tree: Tree,
    known: dict[str, float | Floats],
    values: Floats,
    names: Sequence[str],
    index: dict[str, float],
) -> tuple[str, ...]:
    """One line per coordinate: name = expression with numbers = result."""
    if isinstance(tree, Num | Name) and not any(True for _ in free_names(tree)):
        return _results(name, values, names)
    lines = []
    single = len(values) != len(names) or len(names) == 1
    for place, value in enumerate(values.tolist()[: 1 if single else _WRITTEN_OUT]):
        numbers = {
            key: float(entry[place]) if isinstance(entry, np.ndarray) else float(entry)
            for key, entry in known.items()
            if not isinstance(entry, np.ndarray) or place < len(entry)
        }
        left = latex_name(name) if single else _component(name, names[place])
        written = latex_with_numbers(tree, {**numbers, **index})
        result = latex_number(float(value))
        lines.append(f"{left} = {written}" if written == result else f"{left} = {written} = {result}")
    return tuple(lines)


_METHOD_WORDS: dict[str, tuple[str, str, str]] = {
    "newton": (
        "p = -(H + \\mu I)^{-1} g",
        "p = -(H + damping I)^(-1) g",
        "The way to where the parabola through this point has no slope.",
    ),
    "lbfgs": ("p = -B g", "p = -B g", "B, the inverse Hessian as the last steps and turns of the gradient suggest it."),
    "cg": ("p = -g + \\beta p", "p = -g + beta p", "The new direction bends the last one by the gradient."),
    "armijo": ("p = -g", "p = -g", "Straight downhill; how far, the search says."),
}


def _method_stages(
    objective: Objective, plan: RacerPlan, settings: Settings, row: Row, g: Floats, state: Floats
) -> tuple[list[StageValue], Floats]:
    """The direction and its length, as the method takes them; the direction is the step over its length."""
    names, nothing = objective.coordinates, np.full(len(g), math.nan)
    if not np.isfinite(row.loss) or not np.isfinite(g).all():
        return [], nothing
    problem = Problem(objective, 0.0 if plan.rule.decoupled else settings.weight_decay)
    loss = row.loss + 0.5 * problem.weight_decay * float(row.theta @ row.theta)
    chosen = method(plan.rule.method)
    try:
        move = chosen.advance(problem, Here(row.theta, loss, g, row.lr), settings.hyper, state).step
    except GdsimError:  # a Python function may have no second derivatives; the step is not to be had then
        return [], nothing
    stages = []
    if plan.rule.method == "newton" and objective.n <= _WRITTEN_OUT:
        hessian = problem.hessian(row.theta)
        rows = " \\\\ ".join(" & ".join(latex_number(float(entry)) for entry in line) for line in hessian)
        written = f"H = \\begin{{pmatrix}} {rows} \\end{{pmatrix}}"
        values = np.linalg.eigvalsh(hessian)
        words = "The Hessian: how the slope changes; shown are its eigenvalues."
        stages.append(StageValue("H", "H = \\nabla^2 f(\\theta)", (written,), words, values, "H = Hessian of f", False))
    latex, text, words = _METHOD_WORDS[plan.rule.method]
    fixed = not chosen.searches and plan.rule.method == "newton" and row.lr > 0
    length = row.lr if fixed else float(np.linalg.norm(move)) / max(float(np.linalg.norm(g)), 1e-300)
    direction = move / length if length > 0 else -g
    stages.append(_stage("p", latex, text, words, direction, names))
    step_words = "How far along that direction."
    factor = "\\eta" if fixed else latex_number(length)
    move = np.asarray(move, dtype=np.float64)
    text = f"step = {'lr' if fixed else f'{length:.4g}'}*p"
    stages.append(_stage("step", f"\\Delta\\theta = {factor}\\, p", text, step_words, move, names))
    return stages, move
