"""The run as a stand-alone Python script: NumPy alone, readable, the same steps as gdsim takes.

The function, its gradient and every rule's stages come out as plain code from the same graphs that the kernels are
made from; a method that is no rule (L-BFGS, ...) and the noise bring their own source along.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import keyword
import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gdsim.export.script_parts import HESSIAN_BY_DIFFERENCES, loop
from gdsim.formula import parse_formula, spread
from gdsim.formula.build import Builder
from gdsim.formula.script import function_source, rule_function_source, value_source, with_header
from gdsim.session.atomic import write_text
from gdsim.session.resolve import objective_of, plans_of

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.objectives import Objective
    from gdsim.session.spec import RunSpec

_METHODS = "gdsim.optimizers.methods"
_CLASSES = {"newton": "Newton", "lbfgs": "LBFGS", "cg": "ConjugateGradient", "armijo": "Armijo"}
_NEEDS = {"cg": ("wolfe",)}
_EXACT_HESSIAN = 8  # above so many coordinates n^2 second derivatives are too long to read


def write_script(spec: RunSpec, path: str | Path) -> None:
    """Write `script_text(spec)` to `path`, atomically; ExportError if it cannot be written."""
    write_text(Path(path), script_text(spec))


def script_text(spec: RunSpec) -> str:
    """The whole script. It prints where the racers end, and writes the CSV if a file is named on its command line."""
    objective, plans = objective_of(spec), plans_of(spec)
    pieces = [_functions(objective)]
    entries = []
    known: dict[tuple[object, ...], str] = {}
    for index, (label, plan) in enumerate(zip(spec.labels, plans, strict=True)):
        entries.append(_racer(label, index, plan, objective, known, pieces))
    methods = any(plan.rule.method for plan in plans)
    if methods:
        pieces.append(_second_derivatives(objective, plans))
    noisy = any(plan.at(step).noise for plan in plans for step in (0, *(change[0] for change in plan.changes)))
    pieces.append(_embedded(["gdsim.engine.noise"], "make_noise", "normals") if noisy else "")
    pieces.append(_settings(spec, objective, entries))
    pieces.append(loop(methods))
    body = with_header("\n\n".join(piece for piece in pieces if piece))
    title = spec.problem.title or spec.problem.name or "a function"
    top = f'"""Gradient descent on {_safe(title)}, written by gdsim: python THIS_FILE.py [OUT.csv]"""\n\n'
    float32 = "# The run was made in float32; here everything is float64.\n" if spec.dtype == "float32" else ""
    imports = "import math\nimport sys\n" if "import math\n" not in body and "math." in body else "import sys\n"
    return f"{top}from __future__ import annotations\n\n{float32}{imports}\n{body}"


def _safe(text: str) -> str:
    """A text that may stand in a docstring or a comment, whatever is in it."""
    return "".join(sign if sign.isprintable() and sign not in '"\\' else " " for sign in text).strip()


def _functions(objective: Objective) -> str:
    formula = objective.formula
    text = "" if formula is None else f"f = {formula.text}"
    return function_source(objective.graph, "loss", objective.n, parameters=objective.parameters, comment=text)


def _racer(
    label: str,
    index: int,
    plan: RacerPlan,
    objective: Objective,
    known: dict[tuple[object, ...], str],
    pieces: list[str],
) -> str:
    """The racer's entry in the table; what it calls is appended to `pieces`, once for all that share it."""
    rule = plan.rule
    lines = [f'"name": {label!r}', f'"number": {index}', f'"decoupled": {rule.decoupled}']
    if rule.method:
        key: tuple[object, ...] = ("method", rule.method)
        if key not in known:
            modules = ["problem", *_NEEDS.get(rule.method, ()), rule.method]
            known[key] = f"make_{rule.method}"
            names = [f"{_METHODS}.{module}" for module in modules]
            pieces.append(_embedded(names, known[key], f"{_CLASSES[rule.method]}(), Problem, Here"))
        lines.append(f'"method": {known[key]}')
        lines.append(f'"hyper": {dict(plan.hyper)!r}')
    else:
        graph = rule.graph(plan.hyper)
        key = ("rule", id(graph))
        values = spread(plan.hyper)
        if key not in known:
            wanted = _free_name(rule.name, known.values())
            source = rule_function_source(graph, wanted, hyper=values, comment=f"{rule.name}: {rule.text}")
            found = re.search(r"def (\w+)_state\(", source)
            known[key] = found[1] if found else wanted  # a name that is taken in scripts is changed there
            pieces.append(source)
        lines.append(f'"state": {known[key]}_state, "step": {known[key]}_step')
        lines.append(f'"hyper": {({name: values[name] for name in graph.hyper_names})!r}')
    lines.append(f'"lr": {plan.hyper.get("lr", 1.0)!r}, "schedule": {_schedule(plan, known, pieces)}')
    lines.append(f'"weight_decay": {plan.weight_decay!r}, "clip": {plan.clip!r}, "noise": {plan.noise!r}')
    changes = [
        (after, name, value)
        for after, whole, given in plan.changes
        for name, value in (spread({whole: given}).items() if not rule.method else ((whole, given),))
    ]
    lines.append(f'"changes": {changes!r}')
    return "    {\n" + "".join(f"        {line},\n" for line in lines) + "    },\n"


def _free_name(name: str, taken: Iterable[str]) -> str:
    base = re.sub(r"[\W_]+", "_", name, flags=re.ASCII).strip("_") or "rule"
    if keyword.iskeyword(base) or not base[0].isalpha() or base == "loss":
        base = f"rule_{base}"
    used, found, number = set(taken), base, 2
    while found in used:
        found, number = f"{base}_{number}", number + 1
    return found


def _schedule(plan: RacerPlan, known: dict[tuple[object, ...], str], pieces: list[str]) -> str:
    """The name of a function of (t, T, lr), or None."""
    schedule = plan.schedule
    if schedule is None:
        return "None"
    params = {name: value for name, value in schedule.params.items() if name != "warmup"}
    warmup = schedule.params.get("warmup", 0.0)
    key = ("schedule", schedule.formula, tuple(schedule.params.items()))
    if key not in known:
        name = known[key] = _free_name(f"{schedule.name}_rate", known.values())
        graph = parse_formula(schedule.formula, variables=("t", "T", "lr", *params)).graph()
        pieces.append(value_source(graph, f"{name}_formula", 3 + len(params)))
        given = "".join(f", {value!r}" for value in params.values())
        pieces.append(
            f"def {name}(t, T, lr):\n"
            f'    """The learning rate at step t of T: {_safe(schedule.name)}."""\n'
            f"    warmup = min({warmup!r}, max(T - 1, 0))\n"
            f"    if t <= warmup:\n"
            f"        return lr * t / (warmup + 1.0)\n"
            f"    return float({name}_formula([max(t - warmup, 1.0), float(max(T - warmup, 1)), lr{given}]))\n"
        )
    return known[key]


def _second_derivatives(objective: Objective, plans: Sequence[RacerPlan]) -> str:
    """`hessian(theta)`, exact for a few coordinates if a method asks for it, else by differences of the gradient."""
    newton = any(plan.rule.method == "newton" for plan in plans)
    if not newton or objective.is_vector or objective.n > _EXACT_HESSIAN:
        return HESSIAN_BY_DIFFERENCES
    gradient, parts = objective.gradient_graph, []
    for number, output in enumerate(gradient.outputs[1:]):
        slope = Builder.upon(gradient).build((output,), prune=True)
        source = function_source(slope, f"slope_{number}", objective.n, parameters=objective.parameters)
        parts.append(source[source.index(f"def slope_{number}_gradient") :])
    rows = ", ".join(f"slope_{number}_gradient(theta)" for number in range(objective.n))
    parts.append(
        f'def hessian(theta):\n    """All second derivatives at theta."""\n    return np.array([{rows}])\n'
    )
    return "\n\n".join(parts)


def _embedded(modules: Sequence[str], name: str, result: str) -> str:
    """A function that holds the source of gdsim's own modules and returns `result` of it."""
    texts = [_source(module) for module in modules]
    body = textwrap.indent("\n\n".join(texts), "    ").replace("\n    \n", "\n\n")
    return f"def {name}():\n{body.rstrip()}\n\n    return {result}\n" + (
        "\n\nnormals = make_noise()\n" if name == "make_noise" else ""
    )


def _source(module: str) -> str:
    """A module's source without its docstring and what it imports from gdsim."""
    text = inspect.getsource(importlib.import_module(module))
    lines = text.splitlines()
    for node in reversed(ast.parse(text).body):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        foreign = isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("gdsim", "__future__")
        if docstring or foreign:
            del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines).strip()


def _settings(spec: RunSpec, objective: Objective, entries: Sequence[str]) -> str:
    start = ", ".join(repr(float(value)) for value in spec.start)
    return (
        f"COORDINATES = {list(objective.coordinates)!r}\n"
        f"START = [{start}]\n"
        f"STEPS = {spec.steps}\n"
        f"TOLERANCE = {spec.tolerance!r}  # a racer has settled when its gradient and its step are this small\n"
        f"TARGET = {spec.target!r}  # or when its loss is\n"
        f"SEED = {spec.seed}\n"
        f"RACERS = [\n{''.join(entries)}]\n"
    )
