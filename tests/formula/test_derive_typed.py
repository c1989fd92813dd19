"""Typed formulas: gradients and Hessians against differences in 60 digits, and the price of the gradient."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from formula_oracles import in_high_precision, mp

from gdsim.formula import interpret, parse_formula
from gdsim.formula.derive import count_operations, hessian, hessian_vector, value_gradient

FORMULAS = [
    "x^4-3x^3+2", "|x|^2.5+y^2", "x^y+y^x", "sin(x y)/(1+x^2)", "exp(-x^2-y^2)(x-y)", "log(1+e^(x+y))",
    "sqrt(1+x^2 y^2)+cbrt(y)", "tan(x/3)atan(y)", "sinh(x)cosh(y)-tanh(x y)", "asin(x/4)acos(y/4)", "atan2(y,x)",
    "max(x^2,y)+min(x,y^2)", "if(x<y, x^3 y, sin(x)y)", "relu(x-y)^2+softplus(x y)", "gelu(x)sigmoid(y)",
    "erf(x y)+sinc(3x)", "xlogy(x,y)", "log(x,2)+log10(y)+log2(x y)", "mod(x,1)y^2+floor(y)x",
    "(1.5-x+x y)^2+(2.25-x+x y^2)^2+(2.625-x+x y^3)^2", "-cos x cos y e^(-((x-pi)^2+(y-pi)^2))",
    "(x^2+y^2)^0.25(sin(50(x^2+y^2)^0.1)^2+1)", "clip(x y,-1,1)exp(x)", "1/x+1/(x y)-x/y^3", "2^x 3^-y",
    "0.0001(|sin x sin y exp(|100-sqrt(x^2+y^2)/pi|)|+1)^0.1", "step(x)y+|x-y||x+y|", "x^-2.5+y^-1", "x^40+y^33",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_gradient_and_hessian_in_high_precision(text: str) -> None:
    graph = parse_formula(text).graph()
    names = [entry.name for entry in graph.coordinates]
    slopes, curves, along = value_gradient(graph), hessian(graph), hessian_vector(graph)
    n = len(names)

    def exact(*point: mpmath.mpf) -> mpmath.mpf:
        return in_high_precision(graph, dict(zip(names, point, strict=True)))

    for point in np.random.default_rng(len(text)).uniform(0.2, 2.3, size=(6, n)):
        given = dict(zip(names, point, strict=True))
        at = tuple(map(mp.mpf, point))
        value, *gradient = interpret(slopes, given)
        assert value == pytest.approx(float(exact(*at)), rel=1e-12, abs=1e-14)
        matrix = np.reshape(interpret(curves, given), (n, n))
        wanted = np.empty((n, n))
        for row in range(n):
            order = [int(k == row) for k in range(n)]
            first = float(mpmath.diff(exact, at, tuple(order), h=mp.mpf(10) ** -20))
            assert gradient[row] == pytest.approx(first, rel=1e-10, abs=1e-12)
            for column in range(n):
                second = list(order)
                second[column] += 1
                wanted[row, column] = float(mpmath.diff(exact, at, tuple(second), h=mp.mpf(10) ** -15))
        np.testing.assert_allclose(matrix, wanted, rtol=1e-9, atol=1e-10 * (1 + np.abs(wanted).max()))
        direction = np.arange(1.0, n + 1)
        pushed = interpret(along, {**given, **{f"v_{name}": direction[k] for k, name in enumerate(names)}})
        np.testing.assert_allclose(pushed, matrix @ direction, rtol=1e-9, atol=1e-9 * (1 + np.abs(wanted).max()))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_gradient_costs_at_most_five_times_the_formula(text: str) -> None:
    graph = parse_formula(text).graph()
    assert count_operations(value_gradient(graph)) <= 5 * count_operations(graph)


@pytest.mark.parametrize(
    ("text", "point", "slopes"),
    [
        ("sqrt(x^2+y^2)", (0, 0), (0, 0)),
        ("(x^2+y^2)^(1/2)", (0, 0), (0, 0)),
        ("(x^2+y^2)^0.3", (0, 0), (0, 0)),
        ("|x|+|y|", (0, -1), (0, -1)),
        ("if(x>0, log x, 0)+y", (0, 1), (0, 1)),
        ("if(x==0, 1, sin(x)/x)+y", (0, 1), (0, 1)),
        ("if(x^2+y^2==0, 0, x y/(x^2+y^2))", (0, 0), (0, 0)),
        ("max(x,y)", (1, 1), (1, 0)),
        ("x y", (0, 0), (0, 0)),
        ("x^2 y^3", (0, 0), (0, 0)),
        ("relu(x)+relu(-y)", (0, 0), (0, 0)),
        ("|x|^1.5+|y|^0.5", (0, 0), (0, 0)),
    ],
)
def test_singular_points(text: str, point: tuple[float, float], slopes: tuple[float, float]) -> None:
    graph = parse_formula(text).graph()
    found = interpret(value_gradient(graph), {"x": point[0], "y": point[1]})[1:]
    assert found == tuple(map(float, slopes))
    interpret(hessian(graph), {"x": point[0], "y": point[1]})  # whatever comes, nothing is raised
