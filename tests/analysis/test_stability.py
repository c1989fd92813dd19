"""The verdict is right for the rule: limits that are known on paper come out of the rules' own stages."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim import catalogue
from gdsim.analysis.curvature import curvature
from gdsim.analysis.stability import Stability, stability
from gdsim.analysis.update import jacobians, moment
from gdsim.analysis.verdict import verdict
from gdsim.engine.trace import Row
from gdsim.objectives import from_formula
from gdsim.optimizers.compose import compose_step
from gdsim.session.resolve import objective_of, plans_of
from gdsim.session.runner import Runner
from gdsim.session.spec import Hyper, Problem, Racer, RunSpec

BOWL = Problem(formula="(x^2 + 10y^2)/2", variables=("x", "y"), dimension=2)
GD = Racer(name="gd", rule="step = -lr*g", hyper={"lr": 0.1})
HEAVY = Racer(name="custom", rule="v = beta*v + g; step = -lr*v", hyper={"lr": 0.1, "beta": 0.9})
NESTEROV = Racer(name="custom", rule="v = beta*v + g; step = -lr*(g + beta*v)", hyper={"lr": 0.1, "beta": 0.9})


def from_catalogue(name: str, **hyper: Hyper) -> Racer:
    entry = catalogue.optimizer(name)
    values: dict[str, Hyper] = {spec.name: spec.default for spec in entry.hyper}
    return Racer(
        name=name,
        rule=entry.formula,
        method=entry.method,
        hyper={**values, **hyper},
        init=dict(entry.init),
        decoupled=entry.decoupled,
        fixed_step=entry.fixed_step,
        weight_decay=entry.weight_decay,
    )


def spec_of(racer: Racer, problem: Problem = BOWL, start: tuple[float, ...] = (1.0, 1.0), steps: int = 30) -> RunSpec:
    return RunSpec(problem=problem, racers=(racer,), start=start, steps=steps, tolerance=0.0, backend="numpy")


def at(racer: Racer, step: int = 0, problem: Problem = BOWL) -> Stability:
    runner = Runner(spec_of(racer, problem))
    runner.run()
    history = runner.history
    row: Row = history.row(0, step)
    return stability(history.objective, history.plans[0], row.step, row.theta, row.lr, history.state(0, row.step))


@pytest.mark.parametrize(
    ("racer", "limit"),
    [
        (GD, 2 / 10),
        (HEAVY, 2 * 1.9 / 10),
        (HEAVY.with_setting("beta", 0.5), 2 * 1.5 / 10),
        (from_catalogue("momentum"), 2 * 1.9 / 10),
        (NESTEROV, 2 * 1.9 / (10 * (1 + 2 * 0.9))),
        (GD.replace(weight_decay=2.0), 2 / 12),
        (GD.replace(weight_decay=2.0, decoupled=True), 2 / 12),
    ],
)
def test_limits_known_on_paper(racer: Racer, limit: float) -> None:
    for step in (0, 5):
        assert at(racer, step).limit == pytest.approx(limit, rel=1e-3)


@pytest.mark.parametrize(
    ("rate", "kind"),
    [(0.001, "crawls"), (0.1, "good"), (0.16, "bounces"), (0.199, "bounces"), (0.201, "overshoots"), (0.3, "diverges")],
)
def test_descent_in_a_bowl(rate: float, kind: str) -> None:
    found = at(GD.with_setting("lr", rate), 0)
    assert found.kind == kind
    if kind in ("bounces", "overshoots", "diverges"):
        assert found.radius == pytest.approx(abs(1 - rate * 10))


def test_sign_rules_have_a_fixed_step_and_methods_their_own() -> None:
    assert at(from_catalogue("signsgd"), 2).kind == "fixed step"
    assert at(from_catalogue("lion"), 2).kind == "fixed step"


@pytest.mark.parametrize("name", ["adam", "adamax", "rmsprop", "yogi"])
def test_adaptive_rules_are_descent_preconditioned_by_their_scale(name: str) -> None:
    """Cohen et al. (2022): Adam is stable up to 2 (1 + beta1)/((1 - beta1) lambda_max(P^-1 H)), P its scale now."""
    racer = from_catalogue(name, lr=0.01)
    runner = Runner(spec_of(racer, steps=60))
    runner.run()
    history = runner.history
    row, state, plan = history.row(0, 50), history.state(0, 50), history.plans[0]
    found = stability(history.objective, plan, 50, row.theta, row.lr, state)
    beta = racer.hyper.get("beta1", 0.0)
    assert isinstance(beta, float)
    here = moment(history.objective, plan, 50, row.theta, row.lr, state)
    assert here is not None
    hessian = np.diag([1.0, 10.0])
    reach = jacobians(here, hessian, np.array([row.lr]), frozen=True)[0][:2, :2]  # I - lr (1 - beta) P^-1 H
    sharpness = float(np.max(np.linalg.eigvals(np.eye(2) - reach).real)) / (row.lr * (1 - beta))
    if name == "adam":
        bias = 1 - beta**51
        scale = np.sqrt(0.999 * state[2:4] + 0.001 * row.gradient**2) / np.sqrt(1 - 0.999**51) + 1e-8
        assert sharpness == pytest.approx(float(np.max(np.diag(hessian) / scale)) / bias, rel=1e-6)
    assert found.limit == pytest.approx(2 * (1 + beta) / ((1 - beta) * sharpness), rel=2e-3)


def test_clipping_makes_a_wild_rate_bearable_far_out() -> None:
    far = RunSpec(problem=BOWL, racers=(GD.replace(clip=0.1),), start=(0.0, 5.0), steps=5, backend="numpy")
    objective, plan = objective_of(far), plans_of(far)[0]
    clipped = stability(objective, plan, 0, np.array([0.0, 5.0]), 0.3, np.empty(0))
    assert clipped.kind != "diverges"


def test_rolling_off_a_ridge_is_no_instability() -> None:
    ridge = Problem(formula="x^2 - y^2", variables=("x", "y"), dimension=2)
    found = at(GD, 2, ridge)
    assert found.rolling
    assert found.kind == "good"


@pytest.mark.parametrize("name", [name for name, entry in catalogue.optimizers().items() if not entry.method])
def test_jacobians_of_all_rules_are_those_of_the_step_taken(name: str) -> None:
    """Central differences of the composed step in NumPy, an independent path, against the tangent pass."""
    racer = from_catalogue(name).replace(clip=3.0, weight_decay=0.1)
    spec = spec_of(racer, Problem(formula="x^4 + 2y^2 + x*y + sin(3x)", variables=("x", "y"), dimension=2))
    runner = Runner(spec.replace(steps=6))
    runner.run()
    history = runner.history
    row, state, plan = history.row(0, 5), history.state(0, 5), history.plans[0]
    if not np.isfinite(row.theta).all():
        pytest.skip("it has left the finite numbers")
    objective = history.objective
    here = moment(objective, plan, 5, row.theta, row.lr, state)
    assert here is not None
    exact = jacobians(here, np.asarray(objective.hessian(row.theta)), np.array([row.lr]))[0]
    z = np.concatenate([row.theta, state])

    def after(z: np.ndarray) -> np.ndarray:
        theta = z[:2]
        gradient = np.asarray(objective.gradient(theta))
        _, moved, carried = compose_step(
            plan.rule, theta, gradient, 6, row.lr, plan.hyper, z[2:], clip=3.0, weight_decay=0.1
        )
        return np.concatenate([moved, carried])

    for column in range(len(z)):
        if z[column] == 0:
            continue  # at a kink of max or sqrt a difference sees both sides
        h = 1e-6 * abs(z[column])
        shift = np.eye(len(z))[column] * h
        difference = (after(z + shift) - after(z - shift)) / (2 * h)
        scale = max(1.0, float(np.abs(exact[:, column]).max()))
        assert np.allclose(exact[:, column], difference, atol=2e-4 * scale), f"column {column}"


def test_the_advice_is_an_edit_that_helps() -> None:
    for rate in (0.21, 0.001):
        spec = spec_of(GD.with_setting("lr", rate), steps=20)
        runner = Runner(spec)
        runner.run()
        history = runner.history
        said = verdict(history.objective, history.plans[0], history.traces[0], 3, history.state(0, 3))
        assert said.edit is not None
        assert said.edit.name == "lr"
        better = Runner(spec.with_racer(0, GD.with_setting("lr", said.edit.value)))
        better.run()
        assert better.history.loss(0)[-1] < history.loss(0)[-1]
        assert all(said.lines)


def test_going_round_in_circles_is_told_and_remedied() -> None:
    problem = Problem(formula="(x^2 + y - 11)^2 + (x + y^2 - 7)^2", variables=("x", "y"), dimension=2)
    runner = Runner(spec_of(GD.with_setting("lr", 0.022), problem, (0.5, 4.5), 400))
    runner.run()
    history = runner.history
    assert "circles" in history.message(0)
    said = verdict(history.objective, history.plans[0], history.traces[0], 400, history.state(0, 400))
    assert said.edit is not None
    assert said.edit.value < 0.022


def test_eigenvalues_and_the_largest_rate() -> None:
    bowl = from_formula("(x^2 + 10y^2)/2")
    found = curvature(bowl, np.array([1.0, 1.0]))
    assert found.eigenvalues == pytest.approx([1, 10])
    assert found.max_stable_lr == pytest.approx(0.2)
    assert found.condition == pytest.approx(10)
    assert curvature(from_formula("-x^2"), np.array([1.0])).max_stable_lr is None
    assert not curvature(from_formula("log(x)"), np.array([-1.0])).known


def test_lanczos_finds_both_ends_of_a_large_spectrum() -> None:
    valley = from_formula("sum(i*x[i]^2/2, i=1..n) - x[1]^2", n=100)
    found = curvature(valley, np.ones(100))
    assert found.lowest == pytest.approx(-1, abs=1e-3)
    assert found.highest == pytest.approx(100, rel=1e-6)
