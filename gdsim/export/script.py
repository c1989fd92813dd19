"""The run as a stand-alone Python script: NumPy alone, readable, the same steps as gdsim takes.

The function, its gradient and every rule's stages come out as plain code from the same graphs that the kernels are
made from; a method that is no rule (L-BFGS, ...) and the noise bring their own source along.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gdsim.export.policy_script import policy_script
from gdsim.export.script_parts import HESSIAN_BY_DIFFERENCES, loop
from gdsim.export.script_racers import noise_source, racer_entry, safe
from gdsim.export.training_script import training_script
from gdsim.formula.build import Builder
from gdsim.formula.script import function_source, with_header
from gdsim.objectives.network.network import NetworkObjective
from gdsim.objectives.policy import PolicyObjective
from gdsim.session.atomic import write_text
from gdsim.session.resolve import objective_of, plans_of

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.objectives import Objective
    from gdsim.session.spec import RunSpec

_EXACT_HESSIAN = 8  # above so many coordinates n^2 second derivatives are too long to read


def write_script(spec: RunSpec, path: str | Path) -> None:
    """Write `script_text(spec)` to `path`, atomically; ExportError if it cannot be written."""
    write_text(Path(path), script_text(spec))


def script_text(spec: RunSpec) -> str:
    """The whole script. It prints where the racers end, and writes the CSV if a file is named on its command line."""
    objective, plans = objective_of(spec), plans_of(spec)
    if isinstance(objective, NetworkObjective):
        return training_script(spec, objective, plans)
    if isinstance(objective, PolicyObjective):
        return policy_script(spec, objective, plans)
    pieces = [_functions(objective)]
    entries = []
    known: dict[tuple[object, ...], str] = {}
    for index, (label, plan) in enumerate(zip(spec.labels, plans, strict=True)):
        entries.append(racer_entry(label, index, plan, known, pieces))
    methods = any(plan.rule.method for plan in plans)
    if methods:
        pieces.append(_second_derivatives(objective, plans))
    noisy = any(plan.at(step).noise for plan in plans for step in (0, *(change[0] for change in plan.changes)))
    pieces.append(noise_source(["normals"]) if noisy else "")
    pieces.append(_settings(spec, objective, entries))
    pieces.append(loop(methods))
    body = with_header("\n\n".join(piece for piece in pieces if piece))
    title = spec.problem.title or spec.problem.name or "a function"
    top = f'"""Gradient descent on {safe(title)}, written by gdsim: python THIS_FILE.py [OUT.csv]"""\n\n'
    float32 = "# The run was made in float32; here everything is float64.\n" if spec.dtype == "float32" else ""
    imports = "import math\nimport sys\n" if "import math\n" not in body and "math." in body else "import sys\n"
    return f"{top}from __future__ import annotations\n\n{float32}{imports}\n{body}"


def _functions(objective: Objective) -> str:
    formula = objective.formula
    text = "" if formula is None else f"f = {formula.text}"
    return function_source(objective.graph, "loss", objective.n, parameters=objective.parameters, comment=text)


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
