"""Derivatives against high precision, against autograd, at kinks, at zeros, at singular points; and what they cost."""

from __future__ import annotations

import itertools
import math

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
from formula_oracles import EXACT, ackley, chained_rosenbrock, mp, scalars, summed
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import rosen, rosen_der, rosen_hess

from gdsim.formula.build import Builder
from gdsim.formula.derive import (
    count_operations,
    direction_name,
    gradient,
    hessian,
    hessian_vector,
    jacobian_vector,
    value_gradient,
)
from gdsim.formula.interpret import interpret
from gdsim.formula.ops import ARITY, OPERATORS
from gdsim.formula.term import Term

POSITIVE = {"log", "log10", "log2", "sqrt", "pow", "pow_slope", "root_slope"}
UNIT = {"asin", "acos", "atanh"}


def _points(op: str) -> np.ndarray:
    generator = np.random.default_rng(sum(map(ord, op)))
    points = generator.normal(scale=3.0, size=(25, ARITY[op]))
    if op in UNIT:
        return np.tanh(points)
    if op == "acosh":
        return np.cosh(points)
    if op in POSITIVE:
        return np.abs(points) + 1e-3
    if op == "xlogy":
        points[:, 1] = np.abs(points[:, 1])
    return points


def _graph(op: str):
    names = "xyz"[: ARITY[op]]
    return scalars(lambda *terms: terms[0].call(op, *terms[1:]), names), names


@pytest.mark.parametrize("op", sorted(set(ARITY) - {"powi"}))
def test_value_and_gradient_of_every_operator(op: str) -> None:
    graph, names = _graph(op)
    derived = value_gradient(graph)
    for point in _points(op):
        value, *slopes = interpret(derived, dict(zip(names, point, strict=True)))
        exact = EXACT[op](*map(mp.mpf, point))
        assert value == pytest.approx(float(exact), rel=2e-13, abs=1e-290)
        for k, slope in enumerate(slopes):
            if op == "select" and k == 0:
                assert slope == 0.0
                continue
            order = tuple(int(j == k) for j in range(len(point)))
            wanted = mpmath.diff(EXACT[op], tuple(map(mp.mpf, point)), order, h=mp.mpf(10) ** -20)
            assert slope == pytest.approx(float(wanted), rel=1e-11, abs=1e-15), (point, k)


SMOOTH = sorted(op for op in ARITY if op not in {"powi", "mod", "sinc_curve"} and (op == "gelu" or (
    op in OPERATORS and bool(OPERATORS[op].rules))))  # fmt: skip


@pytest.mark.parametrize("op", SMOOTH)
def test_hessian_of_every_operator(op: str) -> None:
    graph, names = _graph(op)
    derived = hessian(graph)
    n = len(names)
    for point in _points(op)[:12]:
        entries = interpret(derived, dict(zip(names, point, strict=True)))
        for row in range(n):
            for column in range(n):
                order = [0] * n
                order[row] += 1
                order[column] += 1
                wanted = mpmath.diff(EXACT[op], tuple(map(mp.mpf, point)), tuple(order), h=mp.mpf(10) ** -15)
                assert entries[row * n + column] == pytest.approx(float(wanted), rel=1e-9, abs=1e-13), point


@pytest.mark.parametrize("op", ["tanh", "sigmoid", "softplus", "erf", "normal_mass", "gelu", "sech2", "sinc", "exp"])
@pytest.mark.parametrize("x", [-36.0, -9.0, -1e-4, -1e-9, 1e-9, 1e-4, 0.99, 1.01, 9.0, 36.0])
def test_slopes_keep_their_digits_where_closed_forms_cancel(op: str, x: float) -> None:
    graph, _ = _graph(op)
    for order, value in (
        (1, interpret(value_gradient(graph), {"x": x})[1]),
        (2, interpret(hessian(graph), {"x": x})[0]),
    ):
        wanted = mpmath.diff(EXACT[op], mp.mpf(x), order, h=mp.mpf(10) ** -22)
        assert value == pytest.approx(float(wanted), rel=1e-11, abs=1e-25)


@pytest.mark.parametrize("exponent", [-32, -7, -2, -1, 2, 3, 10, 32])
@pytest.mark.parametrize("x", [-2.5, -1.0, 0.3, 1.7])
def test_whole_powers(exponent: int, x: float) -> None:
    graph = scalars(lambda x: x.call("pow", float(exponent)), "x")
    assert not {"pow", "log"} & set(value_gradient(graph).ops)
    assert interpret(value_gradient(graph), {"x": x}) == pytest.approx(
        (x**exponent, exponent * x ** (exponent - 1)), rel=1e-14
    )
    assert interpret(hessian(graph), {"x": x})[0] == pytest.approx(exponent * (exponent - 1) * x ** (exponent - 2))


@pytest.mark.parametrize("exponent", [0.2, 0.5, 1.5, 2.5, -0.5, 40.0])
def test_constant_powers_have_no_logarithm(exponent: float) -> None:
    derived = value_gradient(scalars(lambda x: x.call("abs").call("pow", exponent), "x"))
    assert "log" not in derived.ops
    assert interpret(derived, {"x": -1.7})[1] == pytest.approx(-exponent * 1.7 ** (exponent - 1))


def test_powers_at_zero() -> None:
    power = value_gradient(scalars(lambda x, y: x.call("pow", y)))
    assert interpret(power, {"x": 0.0, "y": 0.0})[0] == 1.0  # 0^0
    assert interpret(power, {"x": 0.0, "y": 3.0}) == (0.0, 0.0, 0.0)
    assert interpret(power, {"x": 0.0, "y": 1.0}) == (0.0, 1.0, 0.0)
    parametric = scalars(lambda x, p: x.call("pow", p), "x", "p")
    for exponent, second in ((1.0, 0.0), (2.0, 2.0), (3.0, 0.0)):
        assert interpret(hessian(parametric), {"x": 0.0, "p": exponent})[0] == second


def test_conventions_at_kinks() -> None:
    at_zero = {
        "abs": 0.0, "relu": 0.0, "sqrt": 0.0, "sign": 0.0, "floor": 0.0, "ceil": 0.0, "step": 0.0,
        "softplus": 0.5, "gelu": 0.5, "sinc": 0.0,
    }  # fmt: skip
    for op, slope in at_zero.items():
        graph, _ = _graph(op)
        assert interpret(value_gradient(graph), {"x": 0.0})[1] == slope, op
    for op in ("max", "min"):
        graph, _ = _graph(op)
        assert interpret(value_gradient(graph), {"x": 2.0, "y": 2.0})[1:] == (1.0, 0.0)
    clipped = scalars(lambda x: x.call("clip", -1.0, 1.0), "x")
    assert [interpret(value_gradient(clipped), {"x": x})[1] for x in (-2.0, 0.0, 2.0)] == [0.0, 1.0, 0.0]


def test_ackley_at_its_minimum() -> None:
    value, *slopes = interpret(value_gradient(ackley()), {"x": 0.0, "y": 0.0})
    assert value == pytest.approx(0.0, abs=1e-14)
    assert slopes == [0.0, 0.0]
    assert not np.isfinite(interpret(hessian(ackley()), {"x": 0.0, "y": 0.0})).all()


def test_a_branch_not_taken_leaves_no_trace() -> None:
    points = np.array([-1.0, 0.0, 2.0])

    def slope(make):
        return interpret(value_gradient(scalars(make, "x")), {"x": points})[1]

    # if(x > 0, log x, 0), if(x > 0, sqrt(x)^3, x^2), if(x == 0, 1, sin x/x)
    np.testing.assert_array_equal(slope(lambda x: x.call("gt", 0.0).choose(x.call("log"), 0.0 * x)), [0, 0, 0.5])
    sine = slope(lambda x: x.call("eq", 0.0).choose(1.0, x.call("sin") / x))
    np.testing.assert_allclose(sine, [0.30116867893975674, 0.0, -0.43539777497999165])
    # the same logarithm in two branches under different conditions
    shared = slope(
        lambda x: x.call("gt", 0.0).choose(x.call("log"), 0.0) + x.call("gt", 1.0).choose(x.call("log") * 2.0, x)
    )
    np.testing.assert_allclose(shared, [1.0, 1.0, 1.5])
    # branches within branches, and through max and relu
    nested = slope(
        lambda x: x.call("ge", 0.0).choose(x.call("gt", 1.0).choose(x.call("log"), x.call("sqrt") * 3.0), 1.0 / x)
    )
    np.testing.assert_allclose(nested, [-1.0, 0.0, 0.5])
    np.testing.assert_array_equal(slope(lambda x: x.call("log").call("relu")), [0.0, 0.0, 0.5])
    np.testing.assert_array_equal(slope(lambda x: (x * 0.5 + 7.0).call("max", x.call("log")))[1:], [0.5, 0.5])


def test_a_branch_inside_a_sum() -> None:
    # sum over i of if(x[i] > s, log s, x[i]) with s = x[1], where no i takes the logarithm
    builder = Builder()
    builder.declare("x", "coordinate", vector=True)
    first = Term(builder, builder.gather("x", builder.const(1.0)))
    axis = builder.axis("i", builder.const(1), builder.const(3))
    x = Term(builder, builder.gather("x", builder.index(axis)))
    body = x.call("gt", first).choose(first.call("log"), x)
    derived = value_gradient(builder.build([builder.reduce("sum", body.node, axis)]))
    np.testing.assert_array_equal(interpret(derived, {"x": np.array([0.0, -1.0, -2.0])})[1], [1.0, 1.0, 1.0])
    np.testing.assert_allclose(interpret(derived, {"x": np.array([0.5, 1.0, -2.0])})[1], [1.0 + 2.0, 0.0, 1.0])


# Formulas of several variables against autograd

COMPOSITES = {
    "rosenbrock": (
        lambda x, y: 100.0 * (y - x.power(2)).power(2) + (1.0 - x).power(2),
        lambda x, y: 100.0 * (y - x**2) ** 2 + (1.0 - x) ** 2,
    ),
    "himmelblau": (
        lambda x, y: (x.power(2) + y - 11.0).power(2) + (x + y.power(2) - 7.0).power(2),
        lambda x, y: (x**2 + y - 11.0) ** 2 + (x + y**2 - 7.0) ** 2,
    ),
    "eggholder": (
        lambda x, y: (
            -((y + 47.0) * (y + x * 0.5 + 47.0).call("abs").call("sqrt").call("sin"))
            - x * (x - (y + 47.0)).call("abs").call("sqrt").call("sin")
        ),
        lambda x, y: (
            -((y + 47.0) * anp.sin(anp.sqrt(anp.abs(y + x * 0.5 + 47.0))))
            - x * anp.sin(anp.sqrt(anp.abs(x - (y + 47.0))))
        ),
    ),
    "drop_wave": (
        lambda x, y: (
            -(1.0 + (12.0 * (x.power(2) + y.power(2)).call("sqrt")).call("cos"))
            / (0.5 * (x.power(2) + y.power(2)) + 2.0)
        ),
        lambda x, y: -(1.0 + anp.cos(12.0 * anp.sqrt(x**2 + y**2))) / (0.5 * (x**2 + y**2) + 2.0),
    ),
    "quotients": (
        lambda x, y: (x.call("sin") / (y.power(2) + 1.0)).call("exp") / (x * y + 20.0),
        lambda x, y: anp.exp(anp.sin(x) / (y**2 + 1.0)) / (x * y + 20.0),
    ),
    "powers": (
        lambda x, y: (x.power(2) + 1.0).call("pow", y) + (y.power(2) + 1.0).call("log"),
        lambda x, y: (x**2 + 1.0) ** y + anp.log(y**2 + 1.0),
    ),
    "pieces": (
        lambda x, y: (x * y).call("max", x.call("tanh") + y) * x.call("relu") + (x - y).call("abs"),
        lambda x, y: anp.maximum(x * y, anp.tanh(x) + y) * anp.maximum(x, 0.0) + anp.abs(x - y),
    ),
}


@pytest.mark.parametrize("name", COMPOSITES)
def test_composites_against_autograd(name: str) -> None:
    make, reference = COMPOSITES[name]
    graph = scalars(make)
    slopes, curves, along = value_gradient(graph), hessian(graph), hessian_vector(graph)
    by_point = autograd.grad(lambda p: reference(p[0], p[1]))
    second = autograd.hessian(lambda p: reference(p[0], p[1]))
    for point in np.random.default_rng(1).normal(scale=2.0, size=(20, 2)):
        given = {"x": point[0], "y": point[1]}
        np.testing.assert_allclose(interpret(slopes, given)[1:], by_point(point), rtol=1e-10, atol=1e-12)
        matrix = np.reshape(interpret(curves, given), (2, 2))
        np.testing.assert_allclose(matrix, second(point), rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(
            interpret(along, {**given, "v_x": 0.3, "v_y": -2.0}), matrix @ [0.3, -2.0], rtol=1e-10, atol=1e-10
        )
    assert count_operations(slopes) <= 5 * count_operations(graph)


UNARY = {"sin": anp.sin, "cos": anp.cos, "tanh": anp.tanh, "exp": anp.exp, "atan": anp.arctan, "neg": lambda u: -u}
BINARY = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "max": anp.maximum,
}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=12
    ),
    point=st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5)),
)
def test_random_graphs_against_autograd(steps, point) -> None:
    def build(x, y, apply):
        pool = [x, y]
        for op, first, second in steps:
            pool.append(apply(op, pool[first % len(pool)], pool[second % len(pool)]))
        return pool[-1]

    def as_term(op, a, b):
        return (a.call(op) if op in UNARY else a.call(op, b)).call("tanh")

    def as_array(op, a, b):
        return anp.tanh(UNARY[op](a) if op in UNARY else BINARY[op](a, b))

    ties = []
    build(*point, lambda op, a, b: ties.append(op == "max" and a == b) or as_array(op, a, b))
    assume(not any(ties))  # autograd shares a tie of max
    graph = scalars(lambda x, y: build(x, y, as_term))
    found = interpret(value_gradient(graph), {"x": point[0], "y": point[1]})
    wanted = autograd.grad(lambda p: build(p[0], p[1], as_array) + 0.0 * p[0])(np.array(point))
    np.testing.assert_allclose(found[1:], wanted, rtol=1e-7, atol=1e-9)


# Sums and products over an index


@pytest.mark.parametrize("n", [2, 5, 40])
def test_chained_rosenbrock(n: int) -> None:
    graph = chained_rosenbrock(n)
    point = np.random.default_rng(n).normal(size=n)
    value, slopes = interpret(value_gradient(graph), {"x": point})
    assert value == pytest.approx(rosen(point))
    np.testing.assert_allclose(slopes, rosen_der(point), rtol=1e-12, atol=1e-10)
    (matrix,) = interpret(hessian_vector(graph), {"x": point[:, None], "v": np.eye(n)})
    np.testing.assert_allclose(matrix, rosen_hess(point), rtol=1e-11, atol=1e-9)
    assert count_operations(value_gradient(graph)) <= 5 * count_operations(graph)


def _triangular(n: int):
    """sum over i of (sum over j=1..i of j x[j]^2)^2, times x[1]."""
    builder = Builder()
    builder.declare("x", "coordinate", vector=True)
    i = builder.axis("i", builder.const(1), builder.const(n))
    j = builder.axis("j", builder.const(1), builder.index(i))
    element = Term(builder, builder.gather("x", builder.index(j)))
    inner = Term(builder, builder.reduce("sum", (Term(builder, builder.index(j)) * element.power(2)).node, j))
    outer = Term(builder, builder.reduce("sum", inner.power(2).node, i))
    return builder.build([(outer * Term(builder, builder.gather("x", builder.const(1.0)))).node])


def test_triangular_sums() -> None:
    n = 6
    counts = np.arange(1, n + 1)

    def reference(x):
        return anp.sum(anp.array([anp.sum(counts[:i] * x[:i] ** 2) ** 2 for i in range(1, n + 1)])) * x[0]

    point = np.random.default_rng(2).normal(size=n)
    value, slopes = interpret(value_gradient(_triangular(n)), {"x": point})
    assert value == pytest.approx(reference(point))
    np.testing.assert_allclose(slopes, autograd.grad(reference)(point), rtol=1e-12)
    (matrix,) = interpret(hessian_vector(_triangular(n)), {"x": point[:, None], "v": np.eye(n)})
    np.testing.assert_allclose(matrix, autograd.hessian(reference)(point), rtol=1e-11, atol=1e-12)


def test_double_sum_over_independent_indices() -> None:
    n = 5
    builder = Builder()
    builder.declare("x", "coordinate", vector=True)
    i = builder.axis("i", builder.const(1), builder.const(n))
    j = builder.axis("j", builder.const(2), builder.const(n))
    x_i, x_j = (Term(builder, builder.gather("x", builder.index(axis))) for axis in (i, j))
    body = ((x_i - x_j).call("sin") * x_j.call("exp")).node
    graph = builder.build([builder.reduce("sum", builder.reduce("sum", body, j), i)])
    point = np.random.default_rng(3).normal(size=n)

    def reference(x):
        return anp.sum(anp.sin(x[:, None] - x[None, 1:]) * anp.exp(x[None, 1:]))

    value, slopes = interpret(value_gradient(graph), {"x": point})
    assert value == pytest.approx(reference(point))
    np.testing.assert_allclose(slopes, autograd.grad(reference)(point), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_products_with_zero_factors(zeros: int) -> None:
    n = 6
    graph = summed(n, lambda i, x: x(i) * (1.0 + x(i)), op="prod")
    point = np.random.default_rng(zeros).normal(size=n)
    point[:zeros] = 0.0

    def reference(x):
        result = 1.0
        for k in range(n):
            result = result * (x[k] * (1.0 + x[k]))
        return result

    value, slopes = interpret(value_gradient(graph), {"x": point})
    assert value == pytest.approx(reference(point))
    np.testing.assert_allclose(slopes, autograd.grad(reference)(point), rtol=1e-12, atol=1e-15)
    (matrix,) = interpret(hessian_vector(graph), {"x": point[:, None], "v": np.eye(n)})
    np.testing.assert_allclose(matrix, autograd.hessian(reference)(point), rtol=1e-11, atol=1e-14)
    assert np.isfinite(matrix).all()


def test_unrolled_products_with_zero_factors() -> None:
    graph = scalars(lambda x, y, z: x * y * z, "xyz")
    assert interpret(value_gradient(graph), {"x": 0.0, "y": 2.0, "z": 3.0}) == (0.0, 6.0, 0.0, 0.0)
    matrix = np.reshape(interpret(hessian(graph), {"x": 0.0, "y": 0.0, "z": 3.0}), (3, 3))
    np.testing.assert_array_equal(matrix, [[0, 3, 0], [3, 0, 0], [0, 0, 0]])


# Structure


def test_exact_zeros_of_the_users_text_stay() -> None:
    graph = scalars(lambda x, y: 0.0 * x.call("log") + y / y)
    assert math.isnan(interpret(graph, {"x": -1.0, "y": 1.0})[0])
    assert math.isnan(interpret(graph, {"x": 1.0, "y": 0.0})[0])


def test_what_does_not_occur_has_the_constant_derivative_zero() -> None:
    derived = value_gradient(scalars(lambda x, y: x.call("log")))
    assert derived.constant(derived.outputs[2]) == 0.0
    assert set(hessian(scalars(lambda x, y: x + 3.0 * y)).ops) == {"const"}


def test_gradient_by_a_parameter() -> None:
    graph = scalars(lambda x, a: a * x.power(2), "x", "a")
    assert interpret(gradient(graph, ["a", "x"]), {"x": 3.0, "a": 2.0}) == (18.0, 9.0, 12.0)


def test_directions_avoid_names_in_use() -> None:
    graph = scalars(lambda x, v: x * v, ["x"], ["v_x"])
    assert direction_name(graph, "x") == "v_x_"
    assert interpret(hessian_vector(scalars(lambda x: x.power(3), "x")), {"x": 2.0, "v_x": 5.0}) == (60.0,)


def test_the_gradient_of_a_vector_is_refused() -> None:
    builder = Builder()
    theta = builder.input("theta", "coordinate", vector=True)
    with pytest.raises(ValueError, match="single number"):
        value_gradient(builder.build([theta]))


def test_tangents_of_an_update_rule() -> None:
    builder = Builder()
    theta, g, m = (Term(builder, builder.input(name, vector=True)) for name in ("theta", "g", "m"))
    size = Term(builder, builder.reduce("sum", (g * g).node, 0)).call("sqrt")
    new = 0.9 * m + g / size
    graph = builder.build([(theta - new).node, new.node, size.node])
    moved = jacobian_vector(graph, ["theta", "g", "m"])
    rng = np.random.default_rng(0)
    given = {name: rng.normal(size=4) for name in ("theta", "g", "m")}
    ways = {f"v_{name}": rng.normal(size=4) for name in given}
    found = interpret(moved, {**given, **ways})
    h = 1e-6
    ahead, behind = (
        interpret(graph, {name: value + sign * h * ways[f"v_{name}"] for name, value in given.items()})
        for sign in (1, -1)
    )
    for slope, up, down in zip(found, ahead, behind, strict=True):
        np.testing.assert_allclose(slope, (up - down) / (2 * h), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("n", [64])
def test_large_hessian_is_symmetric_and_sparse(n: int) -> None:
    names = [f"x{k}" for k in range(1, n + 1)]

    def make(*x):
        total = (1.0 - x[0]).power(2)
        for a, b in itertools.pairwise(x):
            total = total + 100.0 * (b - a.power(2)).power(2) + (1.0 - b).power(2)
        return total

    graph = scalars(make, names)
    derived = hessian(graph)
    zeros = sum(derived.constant(node) == 0.0 for node in derived.outputs)
    assert zeros == n * n - (3 * n - 2)
    with pytest.raises(ValueError, match="hessian_vector"):
        hessian(scalars(lambda *x: x[0], [*names, "x65"]))


def test_twenty_thousand_terms_without_recursion() -> None:
    def make(x, y):
        total = x
        for k in range(20_000):
            total = total + (x * float(k) + y).call("sin")
        return total

    graph = scalars(make)
    derived = value_gradient(graph)
    assert count_operations(derived) <= 5 * count_operations(graph)
    assert interpret(derived, {"x": 0.0, "y": 0.0})[1] == 1.0 + sum(range(20_000))


def test_a_deep_chain_of_branches() -> None:
    def make(x):
        result = x
        for k in range(150):
            result = x.call("gt", float(k)).choose(result * 1.5, x.call("log"))
        return result

    found = interpret(value_gradient(scalars(make, "x")), {"x": 10.5})[1]
    assert found == pytest.approx(1 / 10.5)


def test_a_maximum_of_thousands() -> None:
    def make(x):
        result = x
        for k in range(5000):
            result = result.call("max", (x * float(k)).call("log"))
        return result

    graph = scalars(make, "x")
    assert interpret(value_gradient(graph), {"x": 2.0})[1] == 0.5
    assert interpret(value_gradient(graph), {"x": 50.0})[1] == 1.0
    assert count_operations(value_gradient(graph)) <= 5 * count_operations(graph)
