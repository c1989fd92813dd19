"""Policies as a part of the document: made from texts, checked in words, run, saved and opened again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gdsim.engine.backend import Slice
from gdsim.engine.select import backend, choose, new_trace
from gdsim.engine.status import Status
from gdsim.errors import CatalogueError, DocumentError, EngineError, GdsimError, SpecError
from gdsim.objectives.data.tables import default_data
from gdsim.objectives.policy import Bandit, GridWorld, Policy, from_policy, tasks
from gdsim.session.documents import from_toml, load, save, to_toml
from gdsim.session.make import spec_for
from gdsim.session.make_learning import learning_problem, make_model
from gdsim.session.opening import opening_policy_spec
from gdsim.session.policy import NamedPolicy, named_policy, policy_of, policy_problem, policy_spec, policy_text
from gdsim.session.resolve import objective_of, plans_of
from gdsim.session.runner import Runner
from gdsim.session.spec import Change, Problem, RunSpec

SPEC = policy_spec("classic_grid", racers=["gd,lr=0.5", "adam,lr=0.1"], steps=12)


@pytest.mark.parametrize("name", tasks())
def test_every_shipped_task_makes_a_run_and_a_document(name: str) -> None:
    spec = policy_spec(name, steps=2)
    assert spec.problem.kind == "policy"
    assert spec.problem.name == name
    assert spec.problem.policy == Policy(tasks()[name].task)
    assert spec.start == ()
    assert from_toml(to_toml(spec)) == spec
    history = Runner(spec).run()
    assert [history.status(racer) for racer in history.labels] == [Status.STEP_LIMIT] * 2
    assert not history.theta(0)[0].any()
    assert history.traces[0].columns[-1] == "mean_return"


def test_a_run_is_what_its_stepper_makes_of_it() -> None:
    history = Runner(SPEC).run()
    objective = from_policy(SPEC.problem.policy)
    theta = np.zeros(objective.n)
    for step in range(4):
        row = history.row("gd", step)
        np.testing.assert_array_equal(row.theta, theta)
        loss, gradient = objective.stochastic(theta, step, SPEC.seed)
        np.testing.assert_array_equal(row.gradient, gradient)
        assert row.loss == pytest.approx(objective.value(theta), rel=1e-14)
        assert row.extra == (-loss,)
        theta = theta - 0.5 * gradient


def test_a_policy_starts_where_it_is_told() -> None:
    start = tuple(np.linspace(-1, 1, 3).tolist())
    spec = policy_spec("three_arms", start=start, steps=1)
    assert plans_of(spec)[0].start == start
    assert plans_of(policy_spec("three_arms"))[0].start == (0.0, 0.0, 0.0)
    assert policy_spec("three_arms", start="-1,0,1").start == start


TEXTS = {
    "classic_grid": NamedPolicy(Policy(tasks()["classic_grid"].task), "classic_grid", "The 4 x 3 grid"),
    "three_arms,baseline=mean,episodes=2,seed=7,means=1:2,deviation=1/2": NamedPolicy(
        Policy(Bandit((1.0, 2.0), 0.5), "mean", 2, 7), "three_arms", "Three arms"
    ),
    " cliff , slip=0.3 , horizon=40 , discount=1, goal=2, trap=-3, cost=0.1": NamedPolicy(
        Policy(GridWorld(("......", "......", "......", "SXXXXG"), 2.0, -3.0, 0.1, 0.3, 1.0, 40)), "cliff", "The cliff"
    ),
    "bandit:0.5:-1,episodes=0": NamedPolicy(Policy(Bandit((0.5, -1.0)), episodes=0)),
    "grid:S.G/.#X,slip=0": NamedPolicy(Policy(GridWorld(("S.G", ".#X"), slip=0.0))),
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_says_a_policy(text: str) -> None:
    found = named_policy(text)
    assert found == TEXTS[text]
    assert named_policy(policy_text(found.policy, found.name)).policy == found.policy
    assert named_policy(policy_text(found.policy)).policy == found.policy


WRONG = {
    "clif": (CatalogueError, "cliff"),
    "cliff,slipp=0.2": (SpecError, "Did you mean 'slip'"),
    "cliff,means=1:2": (SpecError, "no setting 'means'"),
    "three_arms,slip=0.1": (SpecError, "no setting 'slip'"),
    "cliff,slip": (SpecError, "not a setting"),
    "cliff,slip=0.1,slip=0.2": (SpecError, "twice"),
    "cliff,slip=much": (SpecError, "slip.*'much' is not a number"),
    "cliff,slip=2": (SpecError, "slip.*out of range"),
    "cliff,episodes=1.5": (SpecError, "not a whole number"),
    "cliff,episodes=1000000": (SpecError, "episodes"),
    "cliff,baseline=best": (SpecError, "no baseline 'best'"),
    "three_arms,baseline=mean,episodes=1": (SpecError, "one episode has no others"),
    "maze:S.G": (SpecError, "no kind of task"),
    "grid:...": (SpecError, "no start"),
    "grid:S#G": (SpecError, "no way leads"),
    "bandit:1": (SpecError, "1 arm"),
    "classic_grid,discount=1": (SpecError, "horizon"),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_is_told(text: str) -> None:
    kind, words = WRONG[text]
    with pytest.raises(kind, match=words):
        policy_spec(text)


def test_a_problem_is_one_thing_only() -> None:
    policy = SPEC.problem.policy
    data = default_data("spiral")
    model = learning_problem(data, make_model("mlp:3", 2))
    for problem, words in (
        (SPEC.problem.replace(formula="x^2"), "a formula and a policy are both given"),
        (model.replace(policy=policy), "a model and a policy are both given"),
        (model.replace(policy=policy, formula="x"), "all given"),
        (SPEC.problem.replace(dimension=0), "dimension"),
    ):
        with pytest.raises(SpecError, match=words):
            SPEC.replace(problem=problem).check()
    assert (Problem(formula="x").kind, model.kind, SPEC.problem.kind) == ("function", "model", "policy")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start": (1.0, 2.0)}, "the start has 2 numbers, the policy 36"),
        ({"batch": 4}, "a policy has no data"),
        ({"steps": 10_000_000}, "memory"),
    ],
)
def test_counts_that_do_not_fit_are_told(change: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        SPEC.replace(**change).check()


def test_a_document_with_another_task_is_told(tmp_path: Path) -> None:
    text = to_toml(SPEC)
    with pytest.raises(DocumentError, match=r"the policy has 40 numbers, the document says 36"):
        from_toml(text.replace('".#.X"', '"...X"'))
    with pytest.raises(DocumentError, match="no goal"):
        from_toml(text.replace('"...G"', '"...."'))
    with pytest.raises(DocumentError, match="kind"):
        from_toml(text.replace('kind = "grid"', 'kind = "maze"'))
    path = tmp_path / "run.gdsim"
    save(SPEC, path)
    assert load(path) == SPEC


def test_numpy_runs_policies_whatever_is_asked_for() -> None:
    objective = objective_of(SPEC)
    for name in ("auto", "numpy", "cpu"):
        assert choose(name, objective).name == "numpy"
    with pytest.raises(EngineError, match="no backend"):
        choose("gpu", objective)
    trace = new_trace(objective)
    assert "not a formula" in trace.note
    assert trace.more == ("mean_return",)
    history = Runner(SPEC.replace(backend="cpu", steps=1)).run()
    assert history.traces[0].backend == "numpy"


def test_a_surface_takes_whole_tiles() -> None:
    objective = from_policy(Policy(Bandit((0.0, 1.0)), episodes=0))
    where = Slice(base=(0.0, 0.0), axes=(0, 1), x=(-2.0, 2.0), y=(-1.0, 1.0), nx=7, ny=5)
    numpy = backend("numpy")
    values = numpy.surface(objective, where).values
    field = numpy.field(objective, where)
    for row, y in enumerate(where.ys()):
        for column, x in enumerate(where.xs()):
            loss, gradient = objective.value_gradient(np.array([x, y]))
            assert values[row, column] == pytest.approx(loss, rel=1e-13)
            np.testing.assert_allclose(field[:, row, column], gradient, rtol=1e-12, atol=1e-15)


def test_a_target_is_minus_the_reward() -> None:
    spec = policy_spec("three_arms,episodes=0", racers=["gd,lr=5"], steps=200, target=-0.9)
    history = Runner(spec).run()
    assert history.status(0) is Status.TARGET
    assert "target reward" in history.message(0)
    assert -history.loss(0)[-1] >= 0.9


def test_the_message_says_what_was_earned_and_what_to_try() -> None:
    best = Runner(policy_spec("three_arms,episodes=0", racers=["gd,lr=20"], steps=60)).run()
    assert "the best policy earns 1" in best.message(0)
    assert "Allow more" not in best.message(0)
    early = Runner(policy_spec("classic_grid,episodes=0", racers=["gd,lr=0.5"], steps=20)).run()
    assert "still rising. Allow more steps" in early.message(0)
    stuck = Runner(policy_spec("two_exits,episodes=0", racers=["gd,lr=50"], steps=300)).run()
    assert "made up its mind" in stuck.message(0)
    lost = Runner(policy_spec("three_arms,episodes=0", racers=["gd,lr=1e300"], steps=9)).run()
    assert lost.status(0) in (Status.DIVERGED, Status.STEP_LIMIT)
    rest = Runner(policy_spec("two_exits,episodes=0", racers=["gd,lr=1e6"], steps=900, tolerance=1e-3)).run()
    assert rest.status(0) is Status.PLATEAU
    assert "the gradient has vanished" in rest.message(0)


def test_a_change_in_mid_run_keeps_the_path_before_it() -> None:
    runner = Runner(SPEC)
    runner.run()
    before = runner.history.theta(0)[:6].copy()
    runner.adopt(SPEC.with_change(Change(5, 0, "lr", 1e-12)))
    runner.run()
    np.testing.assert_array_equal(runner.history.theta(0)[:6], before)
    assert np.ptp(runner.history.theta(0)[5:], axis=0).max() < 1e-10


def test_the_window_opens_with_a_policy() -> None:
    spec = opening_policy_spec()
    spec.check()
    assert spec.problem == policy_problem(Policy(tasks()["classic_grid"].task), "classic_grid", "The 4 x 3 grid")
    assert len(spec.racers) == 3


def test_a_function_is_no_policy() -> None:
    with pytest.raises(GdsimError):
        policy_of(spec_for(function="sphere").problem)
    assert isinstance(spec_for(function="sphere"), RunSpec)
