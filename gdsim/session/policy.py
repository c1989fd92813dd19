"""Policies as a part of the document: named, put together, turned into objectives.

A task is a shipped one's name with what is to differ, ``classic_grid,slip=0.1,baseline=mean,episodes=32``, or written
out: ``bandit:0.2:0.5:1`` (the arms' means), ``grid:...G/.#.X/S...`` (the rows from the top).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gdsim.errors import FormulaError, SpecError
from gdsim.formula import did_you_mean
from gdsim.formula.number import parse_number, split_point
from gdsim.objectives.policy import BASELINES, Bandit, GridWorld, Policy, PolicyObjective, Task, from_policy, task
from gdsim.session.make import parse_start, spec_racers
from gdsim.session.spec import BackendName, Dtype, Problem, RunSpec

DEFAULT_STEPS = 300
DEFAULT_RACERS = ("gd,lr=1", "adam,lr=0.1")
_OF_POLICY = ("baseline", "episodes", "seed")


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy with the name and title of its task; both empty for one that was written out."""

    policy: Policy
    name: str = ""
    title: str = ""


@lru_cache(maxsize=16)
def _objective(policy: Policy, name: str, title: str) -> PolicyObjective:
    return from_policy(policy, name=name, title=title)


def policy_of(problem: Problem) -> PolicyObjective:
    """The objective of a problem's policy; SpecError where the task cannot be, or theta has not as many numbers as the
    problem says."""
    if problem.policy is None:
        raise SpecError("there is no policy", where="problem")
    found = _objective(problem.policy, problem.name, problem.title)
    if found.n != problem.dimension:
        what = f"the policy has {found.n:,} numbers, the document says {problem.dimension:,}"
        raise SpecError(what, where="dimension", hint="Make the run anew from its task")
    return found


def policy_problem(policy: Policy, name: str = "", title: str = "") -> Problem:
    """The problem of a policy; SpecError where it cannot be (see `objectives.policy.from_policy`)."""
    found = _objective(policy, name, title)
    domain = found.domain if found.n == 2 else ()
    return Problem(name=name, title=found.title, policy=policy, dimension=found.n, domain=domain)


def named_policy(text: str) -> NamedPolicy:
    """The policy that a text describes (see the module).

    Raises:
        CatalogueError: no such task. SpecError: no such setting, a value that cannot be read or is out of range.
    """
    name, *parts = (part.strip() for part in split_point(text))
    kind, written, rest = name.partition(":")
    if written:
        found = NamedPolicy(Policy(_written(kind, rest)))
    else:
        entry = task(name)
        found = NamedPolicy(Policy(entry.task), entry.name, entry.title)
    given: dict[str, str] = {}
    for part in parts:
        key, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or not key:
            raise SpecError(f"{part!r} is not a setting", where="task", hint="Write name=value, such as episodes=32")
        if key in given:
            raise SpecError(f"{key!r} is given twice", where="task")
        given[key] = value
    return NamedPolicy(_with(found.policy, given), found.name, found.title)


def _written(kind: str, text: str) -> Task:
    if kind == "grid":
        return GridWorld(rows=tuple(text.split("/")))
    if kind == "bandit":
        return Bandit(means=tuple(_number("means", part) for part in text.split(":")))
    raise SpecError(f"{kind!r} is no kind of task", where="task", hint="Write bandit:0.2:0.5:1 or grid:...G/.#.X/S...")


def _with(policy: Policy, given: dict[str, str]) -> Policy:
    fields: dict[str, Any] = {}
    more: dict[str, Any] = {}
    known = settings_of(policy.task)
    for key, text in given.items():
        if key not in known:
            near = did_you_mean(key, known)
            hint = f"Did you mean {near!r}?" if near else f"There are {', '.join(known)}"
            raise SpecError(f"the task has no setting {key!r}", where="task", hint=hint)
        if key == "baseline":
            if text not in BASELINES:
                hint = "Use " + ", ".join(BASELINES)
                raise SpecError(f"there is no baseline {text!r}", where="task, baseline", hint=hint)
            fields[key] = text
        elif key in _OF_POLICY:
            fields[key] = _whole(key, text)
        elif key == "horizon":
            more[key] = _whole(key, text)
        elif key == "means":
            more[key] = tuple(_number(key, part) for part in text.split(":"))
        else:
            more[key] = _number(key, text)
    return policy.replace(task=policy.task.replace(**more), **fields)


def settings_of(task: Task) -> tuple[str, ...]:
    """Names of what can be set of a policy on such a task, in the texts of the command line."""
    own = (
        ("means", "deviation") if isinstance(task, Bandit) else ("goal", "trap", "cost", "slip", "discount", "horizon")
    )
    return (*_OF_POLICY, *own)


def _number(name: str, text: str) -> float:
    try:
        return parse_number(text)
    except FormulaError as error:
        raise SpecError(f"{text!r} is not a number: {error.what}", where=f"task, {name}") from error


def _whole(name: str, text: str) -> int:
    value = _number(name, text)
    if value != int(value):
        raise SpecError(f"{value:g} is not a whole number", where=f"task, {name}")
    return int(value)


def policy_text(policy: Policy, name: str = "") -> str:
    """The text that `named_policy` reads as this policy: with the shipped task's name where there is one."""
    task_ = policy.task
    if name:
        began = Policy(task(name).task)
        parts = [name]
    elif isinstance(task_, Bandit):
        began = Policy(Bandit(means=task_.means))
        parts = [f"bandit:{':'.join(map(repr, task_.means))}"]
    else:
        began = Policy(GridWorld(rows=task_.rows))
        parts = [f"grid:{'/'.join(task_.rows)}"]
    for key in settings_of(task_):
        before, value = (getattr(each if key in _OF_POLICY else each.task, key) for each in (began, policy))
        if value != before:
            parts.append(f"{key}={':'.join(map(repr, value)) if isinstance(value, tuple) else value}")
    return ",".join(parts)


def policy_spec(
    task: str | Policy,
    *,
    racers: Sequence[str] = DEFAULT_RACERS,
    rules: Sequence[str] = (),
    start: str | Sequence[float] | None = None,
    steps: int = DEFAULT_STEPS,
    tolerance: float = 0.0,
    target: float | None = None,
    seed: int = 0,
    dtype: Dtype = "float64",
    backend: BackendName = "auto",
) -> RunSpec:
    """A checked spec of a policy that climbs its reward.

    Args:
        task: its text (see the module), or the policy.
        racers, rules: see `make.spec_for`.
        start: theta at step 0, or its text; by default zeros: every action is equally likely.
        target: minus the reward at which a racer stops, as the loss of every run.

    Raises:
        GdsimError: what is wrong, where, what to do.
    """
    named = named_policy(task) if isinstance(task, str) else NamedPolicy(task)
    problem = policy_problem(named.policy, named.name, named.title)
    spec = RunSpec(
        problem=problem, racers=spec_racers(racers, rules), start=_start(start, problem.dimension), steps=steps,
        tolerance=tolerance, target=target, seed=seed, dtype=dtype, backend=backend,
    )  # fmt: skip
    spec.check()
    return spec


def _start(start: str | Sequence[float] | None, n: int) -> tuple[float, ...]:
    if start is None:
        return ()
    return parse_start(start, n) if isinstance(start, str) else tuple(float(value) for value in start)
