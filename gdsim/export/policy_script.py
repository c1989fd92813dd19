"""The run of a policy as a stand-alone script: the task as arrays, its exact worth and REINFORCE with NumPy alone.

What is exact and how episodes are sampled is gdsim's own source, brought along; the steps are those of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gdsim.export.script_parts import HESSIAN_BY_DIFFERENCES, loop
from gdsim.export.script_racers import embedded, noise_source, racer_entry, safe
from gdsim.formula.script import with_header
from gdsim.objectives.policy import BASELINES, GridWorld, PolicyObjective
from gdsim.objectives.policy.design import MAX_EPISODES

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.session.spec import RunSpec

_MODULES = ("gdsim.objectives.policy.exact", "gdsim.objectives.policy.episodes")
_WANTED = ("evaluate", "sample", "gradients")

_WORLD = '''class World:
    """The task: where each outcome of an action leads (the number of states: the episode ends), what it pays."""

    targets, rewards, chances, start = np.array(TARGETS), np.array(REWARDS), np.array(CHANCES), np.array(BEGINS)
    deviation, discount, horizon, depth = DEVIATION, DISCOUNT, HORIZON, DEPTH
    shape, size = targets.shape[:2], targets.shape[0] * targets.shape[1]
    places = np.zeros((*targets.shape, 2), dtype=int)
    expected = rewards @ chances
    transitions = np.zeros((*shape, shape[0] + 1))
    for k in range(len(CHANCES)):
        np.add.at(transitions, (*np.ogrid[: shape[0], : shape[1]], targets[:, :, k]), CHANCES[k])
    transitions = np.ascontiguousarray(transitions[:, :, : shape[0]])
'''

_LOOK = '''def loss(theta):
    """Minus J, the expected reward of the softmax policy theta, exact."""
    return -float(evaluate(World, theta.reshape(1, *World.shape)).reward[0])


def loss_gradient(theta):
    """The gradient of -J, exact."""
    return -evaluate(World, theta.reshape(1, *World.shape)).slope.ravel()


def look(theta, step, exact):
    """-J at theta, the gradient that the step from there takes, the mean return of the episodes behind it."""
    worth = evaluate(World, theta.reshape(1, *World.shape)).at(0)
    if exact or not EPISODES or not np.isfinite(theta).all():
        return -float(worth.reward), -worth.slope.ravel(), math.nan
    happened = sample(World, theta.reshape(World.shape), EPISODES, (POLICY_SEED, SEED), step)
    found = gradients(happened, worth, BASELINE)
    return -float(worth.reward), -found.mean(axis=0), float(happened.returns.mean())
'''

_CHANGES = (
    (
        "here, slope = float(loss(theta)), loss_gradient(theta)\n    evals = 1",
        'here, slope, earned = look(theta, 0, "method" in racer)\n    evals = 1',
    ),
    (
        "rows = [(theta, here, slope, rate(racer, 0), evals)]",
        "rows = [(theta, here, slope, rate(racer, 0), evals, earned)]",
    ),
    (
        "here, slope = float(loss(theta)), loss_gradient(theta)\n        evals += 1",
        'here, slope, earned = look(theta, k + 1, "method" in racer)\n        evals += 1',
    ),
    (
        "rows.append((theta, here, slope, rate(racer, k + 1), evals))",
        "rows.append((theta, here, slope, rate(racer, k + 1), evals, earned))",
    ),
    ("if TOLERANCE > 0 and ", 'if TOLERANCE > 0 and (not EPISODES or "method" in racer) and '),
    ('"lr", "evals", "status"]', '"lr", "evals", "status", "reward", "mean_return"]'),
    (
        "for k, (theta, here, slope, lr, evals) in enumerate(rows):",
        "for k, (theta, here, slope, lr, evals, earned) in enumerate(rows):",
    ),
    (
        "print(name, k, *(repr(float(number)) for number in numbers), evals, word, sep=\",\", file=file)",
        "more = [repr(-here), \"\" if math.isnan(earned) else repr(earned)]\n                "
        "print(name, k, *(repr(float(number)) for number in numbers), evals, word, *more, sep=\",\", file=file)",
    ),
    ('        place = ", ".join(repr(float(value)) for value in theta)\n', ""),
    (
        'print(f"{name}: {status} after {len(rows) - 1} steps at ({place}), loss {here!r}")',
        'print(f"{name}: {status} after {len(rows) - 1} steps, reward {-here!r}")',
    ),
    (
        "(theta, loss, gradient, lr, evaluations) per step",
        "(theta, loss, gradient, lr, evaluations, mean return) per step",
    ),
    (
        'print(",".join(names), file=file)',
        'print(",".join(f\'"{name}"\' if "," in name else name for name in names), file=file)',
    ),
)  # fmt: skip


def policy_script(spec: RunSpec, objective: PolicyObjective, plans: Sequence[RacerPlan]) -> str:
    """The whole script. It prints what the racers earn, and writes the CSV if a file is named on its command line."""
    pieces = [_task(objective), _WORLD, _worth(), _LOOK]
    entries, known = [], {}  # type: ignore[var-annotated]
    for index, (label, plan) in enumerate(zip(spec.labels, plans, strict=True)):
        entries.append(racer_entry(label, index, plan, known, pieces))
    methods = any(plan.rule.method for plan in plans)
    if methods:
        pieces.append(HESSIAN_BY_DIFFERENCES)
    noisy = any(plan.at(step).noise for plan in plans for step in (0, *(change[0] for change in plan.changes)))
    pieces += [noise_source(["normals"])] if noisy else []
    pieces += [_settings(spec, objective, plans[0].start, entries), _loop(methods)]
    body = with_header("\n\n".join(pieces))
    title = safe(objective.title)
    top = f'"""Policy gradient on {title}, written by gdsim: python THIS_FILE.py [OUT.csv]"""\n\n'
    float32 = "# The run was made in float32; here everything is float64.\n" if spec.dtype == "float32" else ""
    imports = "import sys\n" if "import math\n" in body.split("\n\n\n")[0] else "import math\nimport sys\n"
    return f"{top}from __future__ import annotations\n\n{float32}{imports}\n{body}"


def _task(objective: PolicyObjective) -> str:
    world, task = objective.world, objective.world.task
    drawn = "".join(f"#     {row}\n" for row in task.rows) if isinstance(task, GridWorld) else ""
    what = "# The grid: # wall, S start, G goal, X trap\n" if drawn else "# The arms of a bandit.\n"
    return (
        f"{what}{drawn}"
        f"TARGETS = {_table(world.targets)}\n"
        f"REWARDS = {_table(world.rewards)}\n"
        f"CHANCES = {world.chances.tolist()!r}  # of the outcomes of an action\n"
        f"BEGINS = {world.start.tolist()!r}  # chance that an episode begins in a state\n"
        f"DEVIATION = {world.deviation!r}  # of a reward\n"
        f"DISCOUNT = {world.discount!r}\n"
        f"HORIZON = {world.horizon}  # moves of an episode at most; 0: no limit\n"
        f"DEPTH = {world.depth}  # moves that are sampled at most\n"
    )


def _table(values: Any) -> str:
    """Numbers (states, actions, outcomes) as text, a line a state."""
    return "[\n" + "".join(f"    {row!r},\n" for row in values.tolist()) + "]"


def _worth() -> str:
    own = (
        "    class SpecError(ValueError):\n"
        "        def __init__(self, what, where=None, hint=None):\n"
        "            super().__init__(what)\n\n"
        f"    BASELINES, MAX_EPISODES = {tuple(BASELINES)!r}, {MAX_EPISODES}\n\n"
    )
    source = embedded(_MODULES, "make_policy", ", ".join(_WANTED), _WANTED)
    head, line, rest = source.partition("\n")
    return f"{head}{line}{own}{rest}\n\n{', '.join(_WANTED)} = make_policy()\n"


def _settings(spec: RunSpec, objective: PolicyObjective, start: Sequence[float], entries: Sequence[str]) -> str:
    policy = objective.policy
    began = (
        f"[0.0] * {objective.n}  # every action is equally likely"
        if not any(start)
        else repr([float(v) for v in start])
    )
    names = ",\n".join(f"    {name!r}" for name in objective.coordinates)
    return (
        f"COORDINATES = [\n{names},\n]\n"
        f"START = {began}\n"
        f"STEPS = {spec.steps}\n"
        f"TOLERANCE = {spec.tolerance!r}  # a racer has settled when its gradient and its step are this small\n"
        f"TARGET = {spec.target!r}  # or when its loss is\n"
        f"SEED = {spec.seed}\n"
        f"EPISODES = {policy.episodes}  # sampled for the gradient of a step; 0: the exact gradient\n"
        f"BASELINE = {policy.baseline!r}\n"
        f"POLICY_SEED = {policy.seed}\n"
        f"RACERS = [\n{''.join(entries)}]\n"
    )


def _loop(methods: bool) -> str:
    text = loop(methods)
    for old, new in _CHANGES:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text
