"""What the engine's tests run: plans, whole traces, a small table of functions and where to start on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gdsim import catalogue
from gdsim.engine.backend import Backend, DType, RacerPlan, Stepper
from gdsim.engine.status import Status
from gdsim.engine.trace import Trace
from gdsim.objectives import Objective, from_formula
from gdsim.optimizers.rule import Rule, rule_from_text
from gdsim.optimizers.rule import rule as catalogue_rule

ROSENBROCK = "(1-x)^2 + 100(y-x^2)^2"
ADAM = """m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g^2; a = m/(1-beta1^t); b = v/(1-beta2^t);
step = -lr*a/(sqrt(b)+eps)"""

# (formula, start, learning rate, or None for the optimizer's own): nothing chaotic within 200 steps
FUNCTIONS: Mapping[str, tuple[str, tuple[float, ...], float | None]] = {
    "bowl": ("x^2 + 3y^2 + x y", (1.5, -1.0), 1e-2),
    "rosenbrock": (ROSENBROCK, (-1.2, 1.0), 1e-4),
    "elementary": ("log(1 + x^2) + cosh(y/2) + sin(x) exp(-y^2) + sqrt(1 + x^2 y^2)", (1.0, 0.7), 1e-2),
    "one_dimension": ("x^2/4 + sin x", (2.0,), 1e-2),
    "three_dimensions": ("x^2 + 2y^2 + 3z^2 + x y z/5", (1.0, -0.5, 0.7), 1e-2),
}


def optimizer_names() -> list[str]:
    """All of the catalogue."""
    return list(catalogue.optimizers())


def adam() -> Rule:
    """A typed Adam with torch's defaults."""
    return rule_from_text(ADAM, hyper={"lr": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8})


def plan_of(
    rule: Rule | str, start: tuple[float, ...], steps: int = 200, hyper: Mapping[str, Any] | None = None, **rest: Any
) -> RacerPlan:
    """A plan with defaults for what is not given."""
    made = catalogue_rule(rule) if isinstance(rule, str) else rule
    rest.setdefault("weight_decay", made.weight_decay)
    return RacerPlan(made, made.resolve(hyper or {}), start, steps, **rest)


def run(
    backend: Backend, objective: Objective, plan: RacerPlan, dtype: DType = "float64", at_once: int = 10**9
) -> tuple[Trace, Stepper]:
    """The whole run, `at_once` steps a call."""
    stepper = backend.stepper(objective, plan, dtype)
    trace = Trace(objective.n, objective.coordinates)
    while trace.status is Status.RUNNING:
        stepper.advance(trace, at_once)
    return trace, stepper


def objective(name: str) -> Objective:
    """One of FUNCTIONS."""
    return from_formula(FUNCTIONS[name][0])
