"""Edits of a run as pure functions: a spec in, the next spec out. No Qt, no state."""

from __future__ import annotations

from gdsim.objectives.policy.design import GridWorld, Policy
from gdsim.session.learning import problem_of
from gdsim.session.policy import policy_problem
from gdsim.session.spec import COMMON_SETTINGS, Change, Hyper, Learning, Problem, Racer, RunSpec


def run_key(spec: RunSpec) -> RunSpec:
    """The spec without what changes no number of the run: labels, visibility, titles, ranges of sliders, home view."""
    racers = tuple(racer.replace(label="", visible=True) for racer in spec.racers)
    problem = spec.problem.replace(name="", title="", ranges={}, domain=(), minima=())
    return spec.replace(racers=racers, problem=problem)


def picture_key(problem: Problem) -> tuple[object, ...]:
    """What the surface depends on."""
    parameters = tuple(sorted(problem.parameters.items()))
    return problem.formula, problem.variables, problem.dimension, parameters, problem.learn, problem.policy


def has_surface(problem: Problem) -> bool:
    """Whether J can be painted over its coordinates: of any function, and of a model with two weights."""
    return problem.kind == "function" or problem.dimension == 2


def same_kind(one: Problem, other: Problem) -> bool:
    """Whether what is recorded of the one can be shown as the other's: as many coordinates, and both functions, both
    models, or policies over the same grid or as many arms."""
    if one.policy is not None and other.policy is not None and grid_of(one.policy) != grid_of(other.policy):
        return False
    return one.dimension == other.dimension and one.kind == other.kind


def grid_of(policy: Policy) -> tuple[str, ...]:
    """The rows of a policy's grid; none for a bandit."""
    return policy.task.rows if isinstance(policy.task, GridWorld) else ()


def with_setting(spec: RunSpec, racer: int, name: str, value: Hyper, from_step: int | None = None) -> RunSpec:
    """A hyper-parameter (or weight_decay, clip, noise) of one racer set to `value`.

    With `from_step` it is a change that holds from that step on, in place of later ones of the same name; without,
    it holds for the whole run, and changes of that name are dropped.
    """
    later = 0 if from_step is None else from_step
    kept = tuple(
        each for each in spec.changes if not (each.racer == racer and each.name == name and each.after_step >= later)
    )
    spec = spec.replace(changes=kept)
    if from_step is None:
        return spec.with_racer(racer, spec.racers[racer].with_setting(name, value))
    return spec.with_change(Change(from_step, racer, name, value))


def with_new_racer(spec: RunSpec, racer: Racer, index: int | None = None) -> RunSpec:
    """One racer more, at `index` (default: the last place)."""
    at = len(spec.racers) if index is None else index
    changes = tuple(each.replace(racer=each.racer + (each.racer >= at)) for each in spec.changes)
    return spec.replace(racers=(*spec.racers[:at], racer, *spec.racers[at:]), changes=changes)


def with_moved_racer(spec: RunSpec, index: int, to: int) -> RunSpec:
    """Racer `index` moved to place `to`; its changes go with it."""
    order = list(range(len(spec.racers)))
    order.insert(to, order.pop(index))
    place = {old: new for new, old in enumerate(order)}
    changes = tuple(each.replace(racer=place[each.racer]) for each in spec.changes)
    return spec.replace(racers=tuple(spec.racers[old] for old in order), changes=changes)


def with_exchanged_racer(spec: RunSpec, index: int, racer: Racer) -> RunSpec:
    """Another racer in place of racer `index`; changes it has no setting for are dropped."""
    known = {*racer.hyper, *COMMON_SETTINGS}
    kept = tuple(each for each in spec.changes if each.racer != index or each.name in known)
    return spec.replace(changes=kept).with_racer(index, racer)


def with_problem(spec: RunSpec, problem: Problem, start: tuple[float, ...] | None = None) -> RunSpec:
    """Another problem; the start is `start`, or the old one where it fits, or the middle of the domain.

    Changes in mid-run belonged to the old landscape and are dropped; so is the target, unless the function is the same.
    """
    same_shape = problem.dimension == spec.problem.dimension
    if start is None:
        start = spec.start if same_shape else tuple((low + high) / 2 for low, high in problem.domain)
    same = problem.formula == spec.problem.formula
    return spec.replace(
        problem=problem,
        start=start,
        changes=spec.changes if same else (),
        target=spec.target if same else None,
    )


def with_learning(spec: RunSpec, learn: Learning) -> RunSpec:
    """Other data or another model. A start of the user's own stays while it fits; a full batch stays full.

    Raises:
        SpecError: a loss that does not fit the data, a network too large.
    """
    problem = problem_of(learn.data, learn.model)
    old = spec.problem.learn
    kept = spec.start if len(spec.start) == problem.dimension and old is not None and old.model == learn.model else ()
    same = problem.dimension == spec.problem.dimension
    return spec.replace(problem=problem, start=kept, changes=spec.changes if same else ())


def with_policy(spec: RunSpec, policy: Policy, name: str = "", title: str = "") -> RunSpec:
    """Another policy or task. A start of the user's own stays while it fits, a target goes with its task.

    Raises:
        SpecError: a task that cannot be, a baseline that so few episodes do not have.
    """
    problem = policy_problem(policy, name, title)
    old = spec.problem.policy
    same = same_kind(spec.problem, problem)
    target = spec.target if old is not None and old.task == policy.task else None
    return spec.replace(
        problem=problem, start=spec.start if same else (), changes=spec.changes if same else (), target=target
    )


def with_parameter(spec: RunSpec, name: str, value: float) -> RunSpec:
    """A free parameter of the formula set to `value`; known minima no longer hold and are dropped."""
    problem = spec.problem
    minima = problem.minima if problem.parameters.get(name) == value else ()
    return spec.replace(problem=problem.replace(parameters={**problem.parameters, name: value}, minima=minima))
