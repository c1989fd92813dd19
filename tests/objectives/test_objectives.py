"""Objectives against independent oracles: autograd's derivatives, differences, scipy."""

from __future__ import annotations

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der, rosen_hess, rosen_hess_prod

from gdsim import catalogue, objectives
from gdsim.errors import CatalogueError, SpecError


def beale(v: np.ndarray) -> float:
    x, y = v[0], v[1]
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def ackley(v: np.ndarray) -> float:
    n = len(v)
    mean = anp.sum(anp.cos(2 * anp.pi * v)) / n
    return -20 * anp.exp(-0.2 * anp.sqrt(anp.sum(v**2) / n)) - anp.exp(mean) + 20 + anp.e


def griewank(v: np.ndarray) -> float:
    return anp.sum(v**2) / 4000 - anp.prod(anp.cos(v / anp.sqrt(anp.arange(1, len(v) + 1)))) + 1


def mccormick(v: np.ndarray) -> float:
    x, y = v[0], v[1]
    return anp.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1


@pytest.mark.parametrize(
    ("function", "n"), [(beale, 2), (ackley, 2), (ackley, 7), (griewank, 2), (griewank, 6), (mccormick, 2)]
)
def test_derivatives_agree_with_autograd(function: object, n: int) -> None:
    objective = objectives.from_entry(catalogue.function(function.__name__), n)  # type: ignore[attr-defined]
    slope, curvature = autograd.grad(function), autograd.hessian(function)
    for theta in np.random.default_rng(n).uniform(-2, 2, size=(5, n)):
        loss, gradient = objective.value_gradient(theta)
        assert loss == pytest.approx(function(theta), rel=1e-12)  # type: ignore[operator]
        np.testing.assert_allclose(gradient, slope(theta), rtol=1e-10, atol=1e-11)
        hessian = objective.hessian(theta)
        np.testing.assert_allclose(hessian, curvature(theta), rtol=1e-9, atol=1e-9)
        direction = np.linspace(-1, 2, n)
        np.testing.assert_allclose(objective.hvp(theta, direction), hessian @ direction, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n", [2, 5, 63, 65, 400])
def test_rosenbrock_of_any_size_agrees_with_scipy(n: int) -> None:
    objective = objectives.from_entry(catalogue.function("rosenbrock"), n)
    theta = np.random.default_rng(n).uniform(-1.5, 1.5, size=n)
    direction = np.cos(np.arange(n))
    assert objective.value(theta) == pytest.approx(rosen(theta), rel=1e-12)
    np.testing.assert_allclose(objective.gradient(theta), rosen_der(theta), rtol=1e-11, atol=1e-10)
    np.testing.assert_allclose(
        objective.hvp(theta, direction), rosen_hess_prod(theta, direction), rtol=1e-10, atol=1e-9
    )
    if n <= 65:
        np.testing.assert_allclose(objective.hessian(theta), rosen_hess(theta), rtol=1e-10, atol=1e-9)


def test_batches_and_float32() -> None:
    objective = objectives.from_entry(catalogue.function("himmelblau"))
    points = np.random.default_rng(0).normal(size=(2, 3, 4))
    loss, gradient = objective.value_gradient(points)
    assert loss.shape == (3, 4)
    assert gradient.shape == (2, 3, 4)
    assert objective.hessian(points).shape == (2, 2, 3, 4)
    one = objective.value_gradient(points[:, 1, 2])
    assert loss[1, 2] == one[0]
    np.testing.assert_array_equal(gradient[:, 1, 2], one[1])
    small, slope = objective.value_gradient(np.array([1, 2], dtype=np.float32))
    assert slope.dtype == np.float32
    assert small == pytest.approx(68.0)


def test_parameters_move_the_function_and_keep_minima_that_stay() -> None:
    entry = catalogue.function("ill_conditioned")
    moved = objectives.from_entry(entry, parameters={"kappa": 7})
    assert moved.value(np.array([1.0, 1.0])) == 4.0
    assert moved.minima == (((0.0, 0.0), 0.0),)
    well = catalogue.function("double_well")
    assert len(objectives.from_entry(well).minima) == 2
    assert objectives.from_entry(well, parameters={"a": 1}).minima == ()


def test_wrong_parameters_and_dimensions_are_told() -> None:
    entry = catalogue.function("ill_conditioned")
    with pytest.raises(SpecError, match="Did you mean 'kappa'"):
        objectives.from_entry(entry, parameters={"kapa": 7})
    with pytest.raises(SpecError, match="out of range"):
        objectives.from_entry(entry, parameters={"kappa": -1})
    with pytest.raises(SpecError, match="2 coordinates, not 3"):
        objectives.from_entry(entry, 3)
    with pytest.raises(SpecError, match="no parameter 'b'"):
        objectives.from_formula("a x^2", parameters={"b": 1})
    with pytest.raises(SpecError, match="not 3"):
        objectives.from_formula("x^2 + y^2", n=3)
    with pytest.raises(SpecError, match="3 coordinates, the function 2"):
        objectives.from_formula("x^2 + y^2").value(np.zeros(3))
    with pytest.raises(CatalogueError):
        catalogue.function("nothing_like_it")


@pytest.mark.parametrize(
    ("formula", "start", "words"),
    [
        ("log(x) + y", (-1.0, 2.0), r"log\(x\) does not exist"),
        ("sqrt(x - 3) + y", (1.0, 2.0), r"sqrt\(x - 3\) does not exist"),
        ("1/x + y", (0.0, 1.0), "is infinite"),
        ("exp(exp(x)) + y", (10.0, 1.0), "is infinite"),
        ("x + y", (1.0,), "1 coordinate, the function 2 coordinates"),
        ("x + y", (float("nan"), 1.0), "not a finite number"),
        ("cbrt(x) + y", (0.0, 1.0), "no finite slope"),
    ],
)
def test_starts_outside_the_domain_are_refused(formula: str, start: tuple[float, ...], words: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        objectives.check_start(objectives.from_formula(formula), start)
    assert caught.value.where == "start"


def test_a_typed_formula_gets_a_start_where_it_has_a_value() -> None:
    for text in ("log(x) + sqrt y", "log(-x)", "x^2 + y^2", "sqrt(x-4.6)", "sum(x[i]^2, i=1..n)"):
        objective = objectives.from_formula(text)
        objectives.check_start(objective, objective.start)


def test_a_python_function_with_its_gradient() -> None:
    objective = objectives.from_callable(rosen, 4, rosen_der)
    theta = np.array([-1.2, 1.0, 0.5, 2.0])
    loss, gradient = objective.value_gradient(theta)
    assert loss == rosen(theta)
    np.testing.assert_array_equal(gradient, rosen_der(theta))
    np.testing.assert_allclose(objective.hessian(theta), rosen_hess(theta), rtol=1e-6, atol=1e-4)
    with pytest.raises(SpecError, match="no formula"):
        _ = objective.graph


def test_a_python_function_without_gradient_is_differenced() -> None:
    objective = objectives.from_callable(lambda v: float(np.sin(v[0]) * np.exp(v[1] / 100)), 2)
    theta = np.array([2.0, 300.0])
    exact = np.array([np.cos(2.0), np.sin(2.0) / 100]) * np.exp(3.0)
    np.testing.assert_allclose(objective.gradient(theta), exact, rtol=1e-8)
    assert objective.coordinates == ("x", "y")
    batch = np.array([[2.0, 1.0], [300.0, 0.0]])
    loss, gradient = objective.value_gradient(batch)
    assert loss.shape == (2,)
    np.testing.assert_allclose(gradient[:, 0], exact, rtol=1e-8)
    hessian = objectives.from_callable(rosen, 2).hessian(np.array([0.5, 0.5]))
    np.testing.assert_allclose(hessian, rosen_hess(np.array([0.5, 0.5])), rtol=1e-4, atol=1e-3)


def test_python_functions_that_do_not_fit_are_told() -> None:
    with pytest.raises(SpecError, match="not a Python function"):
        objectives.from_callable(3, 2)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="at least one"):
        objectives.from_callable(rosen, 0)
    with pytest.raises(SpecError, match="shape"):
        objectives.from_callable(rosen, 2, lambda theta: np.zeros(3)).gradient(np.zeros(2))
