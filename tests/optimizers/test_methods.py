"""Newton, L-BFGS, conjugate gradient, Armijo: what theory promises of them."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import rosen

from gdsim import catalogue, objectives
from gdsim.errors import SpecError
from gdsim.objectives import Objective
from gdsim.optimizers import METHODS, method, method_step, parse_racer
from gdsim.optimizers.methods.wolfe import C1, C2, Trial, strong_wolfe


def run(racer: str, objective: Objective, start: np.ndarray, steps: int, tolerance: float = 1e-9) -> list[np.ndarray]:
    settings = parse_racer(racer)
    state = method(settings.rule.method).start(objective.n, settings.hyper)
    path, theta = [start], start
    for _ in range(steps):
        loss, gradient = objective.value_gradient(theta)
        if np.abs(gradient + settings.weight_decay * theta).max() < tolerance:
            break
        _, theta, state, evals = method_step(
            settings.rule,
            objective,
            theta,
            float(loss),
            gradient,
            float(settings.hyper["lr"]),  # type: ignore[arg-type]
            settings.hyper,
            state,
            clip=settings.clip,
            weight_decay=settings.weight_decay,
        )
        assert evals >= 0
        if np.array_equal(theta, path[-1]):
            break
        path.append(theta)
    return path


def quadratic(n: int) -> tuple[Objective, np.ndarray]:
    text = "sum((x[i] - 1)^2*i, i=1..n) + sum(x[i]*x[i-1], i=2..n)/4"
    return objectives.from_formula(text, n=n), np.linspace(-2, 3, n)


@pytest.mark.parametrize("n", [2, 7, 64, 80])
def test_newton_takes_one_step_on_a_quadratic(n: int) -> None:
    objective, start = quadratic(n)
    path = run("newton", objective, start, 40)
    assert len(path) <= (2 if n <= 64 else 40) + 1
    assert np.linalg.norm(objective.gradient(path[1 if n <= 64 else -1])) < 1e-6


def test_newton_with_damping_solves_the_damped_system() -> None:
    objective = objectives.from_entry(catalogue.function("rosenbrock"))
    start = np.array([-1.2, 1.0])
    path = run("newton,damping=3,lr=0.5", objective, start, 1)
    expected = -0.5 * np.linalg.solve(objective.hessian(start) + 3 * np.eye(2), objective.gradient(start))
    np.testing.assert_allclose(path[1] - start, expected, rtol=1e-12)


def test_newton_on_a_flat_hessian_takes_no_step() -> None:
    objective = objectives.from_formula("|x| + 2|y|")
    path = run("newton", objective, np.array([1.0, 2.0]), 1)
    assert len(path) == 1


@pytest.mark.parametrize("n", [2, 3, 6])
def test_conjugate_gradient_takes_n_line_searches_on_a_quadratic(n: int) -> None:
    objective, start = quadratic(n)
    path = run("cg", objective, start, 50, tolerance=1e-7)
    assert len(path) - 1 <= n


@pytest.mark.parametrize("racer", ["cg", "armijo", "armijo,c1=0.3,shrink=0.7", "cg,weight_decay=0.1"])
@pytest.mark.parametrize("name", ["rosenbrock", "himmelblau", "beale", "log_sum_exp", "wavy_parabola"])
def test_line_searches_never_raise_the_loss(racer: str, name: str) -> None:
    objective = objectives.from_entry(catalogue.function(name))
    decay = parse_racer(racer).weight_decay
    path = run(racer, objective, np.array(objective.start), 200, tolerance=1e-7)
    losses = [float(objective.value(theta)) + decay / 2 * float(theta @ theta) for theta in path]
    assert all(later <= earlier for earlier, later in pairwise(losses))
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("racer", ["cg", "lbfgs", "newton", "newton,damping=0.01"])
def test_rosenbrock_is_solved(racer: str) -> None:
    objective = objectives.from_entry(catalogue.function("rosenbrock"))
    path = run(racer, objective, np.array([-1.2, 1.0]), 120)
    assert np.linalg.norm(path[-1] - 1) < 1e-4
    assert len(path) < 120


@pytest.mark.parametrize("racer", ["cg", "lbfgs"])
def test_twenty_coordinates(racer: str) -> None:
    objective = objectives.from_entry(catalogue.function("dixon_price"), 20)
    path = run(racer, objective, np.full(20, 1.5), 600, tolerance=1e-6)
    assert objective.value(path[-1]) < objective.value(path[0]) * 1e-3


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("function", ["absolute", "ackley", "cone", "square_root_kink", "saddle", "cubic", "easom"])
def test_kinks_and_bottomless_functions_are_survived(name: str, function: str) -> None:
    objective = objectives.from_entry(catalogue.function(function))
    path = run(name, objective, np.array(objective.start), 60)
    assert path[-1].shape == (objective.n,)


@pytest.mark.parametrize("name", METHODS)
def test_the_state_has_a_fixed_size_and_is_not_changed_in_place(name: str) -> None:
    settings = parse_racer(name)
    made = method(name)
    objective, theta = quadratic(5)
    state = made.start(5, settings.hyper)
    assert len(state) == made.state_size(5, settings.hyper)
    for _ in range(4):
        loss, gradient = objective.value_gradient(theta)
        kept = state.copy()
        _, theta, after, _ = method_step(
            settings.rule, objective, theta, float(loss), gradient, 1.0, settings.hyper, state
        )
        np.testing.assert_array_equal(state, kept)
        assert after.shape == state.shape
        assert after.dtype == np.float64
        state = after


def test_a_python_function_will_do() -> None:
    objective = objectives.from_callable(rosen, 2)
    path = run("cg", objective, np.array([-1.2, 1.0]), 100, tolerance=1e-4)
    assert np.linalg.norm(path[-1] - 1) < 1e-2


def test_armijo_counts_its_trials() -> None:
    objective = objectives.from_formula("50x^2")
    settings = parse_racer("armijo,lr=1,shrink=0.1")
    loss, gradient = objective.value_gradient(np.array([1.0]))
    step, _, _, evals = method_step(
        settings.rule, objective, np.array([1.0]), float(loss), gradient, 1.0, settings.hyper, np.zeros(0)
    )
    np.testing.assert_allclose(step, [-1.0])
    assert evals == 2  # 1 and 0.1 are too long; the third trial is the new point's own evaluation


@pytest.mark.parametrize("first", [1e-4, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("phi", ["quadratic", "wavy", "quartic"])
def test_strong_wolfe_holds(first: float, phi: str) -> None:
    def quadratic_along(a: float) -> tuple[float, float]:
        return (a - 2) ** 2, 2 * (a - 2)

    def wavy(a: float) -> tuple[float, float]:
        return (a - 2) ** 2 + 0.3 * math.sin(9 * a), 2 * (a - 2) + 2.7 * math.cos(9 * a)

    def quartic(a: float) -> tuple[float, float]:
        return (a - 1) ** 4, 4 * (a - 1) ** 3

    function = {"quadratic": quadratic_along, "wavy": wavy, "quartic": quartic}[phi]
    zero = Trial(0.0, *function(0.0))
    found = strong_wolfe(function, zero, first)
    assert found is not None
    assert found.value <= zero.value + C1 * found.length * zero.slope
    assert abs(found.slope) <= C2 * abs(zero.slope)


def test_unknown_methods_are_told() -> None:
    with pytest.raises(SpecError, match="no method"):
        method("simplex")
