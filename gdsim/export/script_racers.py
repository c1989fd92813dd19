"""What the scripts of functions and of models share: a racer's entry, its rule and schedule, sources brought along."""

from __future__ import annotations

import ast
import importlib
import inspect
import keyword
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gdsim.formula import parse_formula, spread
from gdsim.formula.script import rule_function_source, value_source

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan

_METHODS = "gdsim.optimizers.methods"
_CLASSES = {"newton": "Newton", "lbfgs": "LBFGS", "cg": "ConjugateGradient", "armijo": "Armijo"}
_NEEDS = {"cg": ("wolfe",)}


def safe(text: str) -> str:
    """A text that may stand in a docstring or a comment, whatever is in it."""
    return "".join(sign if sign.isprintable() and sign not in '"\\' else " " for sign in text).strip()


def racer_entry(
    label: str,
    index: int,
    plan: RacerPlan,
    known: dict[tuple[object, ...], str],
    pieces: list[str],
    more: Sequence[str] = (),
) -> str:
    """The racer's entry in the table; what it calls is appended to `pieces`, once for all that share it.

    Args:
        known: what has been appended, by what it is made of. more: further fields, as text.
    """
    rule = plan.rule
    lines = [f'"name": {label!r}', f'"number": {index}', f'"decoupled": {rule.decoupled}']
    if rule.method:
        key: tuple[object, ...] = ("method", rule.method)
        if key not in known:
            modules = ["problem", *_NEEDS.get(rule.method, ()), rule.method]
            known[key] = f"make_{rule.method}"
            names = [f"{_METHODS}.{module}" for module in modules]
            pieces.append(embedded(names, known[key], f"{_CLASSES[rule.method]}(), Problem, Here"))
        lines.append(f'"method": {known[key]}')
        lines.append(f'"hyper": {dict(plan.hyper)!r}')
    else:
        graph = rule.graph(plan.hyper)
        key = ("rule", id(graph))
        values = spread(plan.hyper)
        if key not in known:
            wanted = free_name(rule.name, known.values())
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
    lines += [f'"changes": {changes!r}', *more]
    return "    {\n" + "".join(f"        {line},\n" for line in lines) + "    },\n"


def free_name(name: str, taken: Iterable[str]) -> str:
    """An identifier like `name` that is not taken."""
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
        name = known[key] = free_name(f"{schedule.name}_rate", known.values())
        graph = parse_formula(schedule.formula, variables=("t", "T", "lr", *params)).graph()
        pieces.append(value_source(graph, f"{name}_formula", 3 + len(params)))
        given = "".join(f", {value!r}" for value in params.values())
        pieces.append(
            f"def {name}(t, T, lr):\n"
            f'    """The learning rate at step t of T: {safe(schedule.name)}."""\n'
            f"    warmup = min({warmup!r}, max(T - 1, 0))\n"
            f"    if t <= warmup:\n"
            f"        return lr * t / (warmup + 1.0)\n"
            f"    return float({name}_formula([max(t - warmup, 1.0), float(max(T - warmup, 1)), lr{given}]))\n"
        )
    return known[key]


def noise_source(names: Sequence[str]) -> str:
    """The functions `names` of gdsim's counter-based random numbers, written out."""
    listed = ", ".join(names)
    return f"{embedded(['gdsim.engine.noise'], 'make_noise', listed, names)}\n\n{listed} = make_noise()\n"


def embedded(modules: Sequence[str], name: str, result: str, wanted: Sequence[str] = ()) -> str:
    """A function that holds the source of gdsim's own modules and returns `result` of it.

    Args:
        wanted: names in the modules; of these and what they read alone the source is taken, of everything if empty.
    """
    texts = [_source(module, wanted) for module in modules]
    body = textwrap.indent("\n\n".join(texts), "    ").replace("\n    \n", "\n\n")
    return f"def {name}():\n{body.rstrip()}\n\n    return {result}\n"


def _source(module: str, wanted: Sequence[str]) -> str:
    """A module's source without its docstring and what it imports from gdsim."""
    text = inspect.getsource(importlib.import_module(module))
    lines, body = text.splitlines(), ast.parse(text).body
    needed = _needed(body, wanted) if wanted else None
    for node in reversed(body):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        foreign = isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("gdsim", "__future__")
        if docstring or foreign or (needed is not None and _defined(node) and not _defined(node) & needed):
            del lines[node.lineno - 1 : node.end_lineno]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines).strip())


def _defined(node: ast.stmt) -> set[str]:
    """The names that a statement of a module defines; none for imports."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return set()


def _needed(body: Sequence[ast.stmt], wanted: Iterable[str]) -> set[str]:
    """The names that `wanted` lead to within a module."""
    where = {name: node for node in body for name in _defined(node)}
    found, waiting = set(), [name for name in wanted if name in where]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        reads = {part.id for part in ast.walk(where[name]) if isinstance(part, ast.Name)}
        waiting += [each for each in reads if each in where]
    return found
