"""From a spec to what the engine runs: the objective, and one plan per racer.

Parsed formulas and rules are kept, so that moving a slider finds the same graphs and kernels again.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from gdsim import catalogue, objectives
from gdsim.engine.backend import RacerPlan
from gdsim.errors import GdsimError, SpecError
from gdsim.formula import parse_rule
from gdsim.objectives import Objective
from gdsim.optimizers.rule import Rule
from gdsim.optimizers.schedules import Schedule
from gdsim.params import ParamSpec
from gdsim.session.learning import check_learning, network_of, start_of
from gdsim.session.policy import policy_of
from gdsim.session.spec import Problem, Racer, RunSpec

_SAMPLES = 257


def objective_of(spec: RunSpec) -> Objective:
    """The function of a spec, with its parameters' values; FormulaError or SpecError if it cannot be read."""
    return objective_of_problem(spec.problem, spec.start)


def objective_of_problem(problem: Problem, start: tuple[float, ...] = ()) -> Objective:
    """The function of a problem. Of one formula the graphs are derived once, whatever the parameters' values; samples
    are read once."""
    if problem.policy is not None:
        return policy_of(problem)
    if problem.learn is not None:
        check_learning(problem)
        return network_of(problem.learn, problem.name, problem.title)
    parsed = _parsed(problem.formula, problem.variables, problem.dimension)
    unknown = set(problem.parameters) - set(parsed.parameters)
    if unknown:
        raise SpecError(f"the formula has no parameter {min(unknown)!r}", where="parameters")
    return replace(
        parsed,
        name=problem.name,
        title=problem.title,
        parameters={name: float(problem.parameters.get(name, 1.0)) for name in parsed.parameters},
        domain=problem.domain or parsed.domain,
        start=start or parsed.start,
        minima=problem.minima,
    )


@lru_cache(maxsize=64)
def _parsed(formula: str, variables: tuple[str, ...], dimension: int) -> Objective:
    return objectives.from_formula(formula, variables or None, n=dimension, start=(0.0,) * dimension)


def rule_of(racer: Racer) -> Rule:
    """The rule of a racer, from its own text; the catalogue adds words and bounds where its entry is the same.

    Raises:
        FormulaError: the text is no rule. SpecError: no such method.
    """
    shape = tuple((name, len(value) if isinstance(value, tuple) else 0) for name, value in racer.hyper.items())
    return _rule(
        racer.name, racer.rule, racer.method, shape, tuple(racer.init.items()), racer.decoupled, racer.fixed_step
    )


@lru_cache(maxsize=256)
def _rule(
    name: str,
    text: str,
    method: str,
    shape: tuple[tuple[str, int], ...],
    init: tuple[tuple[str, str], ...],
    decoupled: bool,
    fixed_step: bool,
) -> Rule:
    entry = catalogue.optimizers().get(name)
    same = entry is not None and entry.formula == text and entry.method == method
    declared = {spec.name: spec for spec in entry.hyper} if entry is not None else {}
    rule = Rule(
        name=name,
        title=entry.title if entry is not None else "Your own rule" if name == "custom" else name,
        hyper=tuple(_declared(declared.get(key), key, length) for key, length in shape),
        init=dict(init),
        assignments=parse_rule(text) if text else (),
        words=tuple(words for _, words in entry.stages) if entry is not None and same else (),
        decoupled=decoupled,
        fixed_step=fixed_step,
        source=entry.source if entry is not None and same else "",
        method=method,
        text=text,
    )
    if not method:
        rule.graph({key: (0.5,) * length if length else 0.5 for key, length in shape})
    return rule


def _declared(spec: ParamSpec | None, name: str, length: int) -> ParamSpec:
    if spec is not None and (spec.kind == "list") == bool(length):
        return spec
    if length:
        return ParamSpec(name, name, (0.1,) * length, kind="list")
    return ParamSpec(name, name, 0.1)


def plans_of(spec: RunSpec) -> tuple[RacerPlan, ...]:
    """One plan per racer, everything checked; an error names the racer."""
    plans = []
    for index, (label, racer) in enumerate(zip(spec.labels, spec.racers, strict=True)):
        try:
            plans.append(_plan(spec, index, racer))
        except GdsimError as error:
            raise (error if error.where and error.where.startswith(label) else error.inside(label)) from error
    return tuple(plans)


def _plan(spec: RunSpec, index: int, racer: Racer) -> RacerPlan:
    rule = rule_of(racer)
    changes = []
    for change in spec.changes:
        if change.racer == index:
            value = change.value
            if change.name in racer.hyper:
                value = rule.resolve({**racer.hyper, change.name: value})[change.name]
            changes.append((change.after_step, change.name, value))
    schedule = racer.schedule
    plan = RacerPlan(
        rule=rule,
        hyper=rule.resolve(racer.hyper),
        start=start_of(spec),
        steps=spec.steps,
        schedule=None if schedule is None else Schedule(schedule.name, schedule.formula, schedule.params),
        weight_decay=racer.weight_decay,
        clip=racer.clip,
        noise=racer.noise,
        seed=spec.seed,
        racer=index,
        tolerance=spec.tolerance,
        target=spec.target,
        batch=0 if spec.batch == "full" else spec.batch,
        patience=spec.patience,
        changes=tuple(changes),
    )
    plan.rates(0, 1)  # a schedule that cannot be read is told now, not in the engine
    return plan


def check_start(spec: RunSpec, objective: Objective) -> None:
    """SpecError where the function has no finite value or slope at the start; says so if it has none anywhere.

    A network's first row tells that: its batches are the stepper's. A policy has a reward everywhere.
    """
    if spec.problem.kind != "function":
        return
    try:
        objectives.check_start(objective, spec.start)
    except SpecError as error:
        if objective.formula is not None and _nowhere(objective):
            raise SpecError(
                "the function has no finite value anywhere in its domain",
                where="formula",
                hint="Check the formula (a logarithm or root of something negative?) or choose another domain",
            ) from error
        raise


def _nowhere(objective: Objective) -> bool:
    """Whether the function is not finite at any of the points tried in its domain."""
    low, high = np.array(objective.domain).T
    draws = np.random.default_rng(0).random((objective.n, _SAMPLES))
    points = low[:, None] + (high - low)[:, None] * draws
    values = np.asarray(objective.value(points))
    return not any(math.isfinite(value) for value in values.ravel())


def check_texts(spec: RunSpec) -> None:
    """FormulaError or SpecError if the formula, the task or a rule of the spec cannot be read; nothing is run."""
    if spec.problem.learn is None:
        objective_of(spec)
    else:
        check_learning(spec.problem)
    plans_of(spec)
