"""Generated kernels: the same numbers as NumPy, in float64 and float32, compiled and plain; safe and stable text."""

from __future__ import annotations

import ast
import re
from types import SimpleNamespace

import numba
import numpy as np
import pytest
from formula_oracles import ackley, chained_rosenbrock, loaded, scalars, summed
from numba import cuda

from gdsim.formula import parse_formula
from gdsim.formula.build import Builder
from gdsim.formula.derive import hessian_vector, value_gradient
from gdsim.formula.emit import (
    block_source,
    block_width,
    header,
    objective_source,
    rule_source,
    state_layout,
    state_size,
)
from gdsim.formula.graph import Graph
from gdsim.formula.interpret import interpret
from gdsim.formula.ops import OPERATORS
from gdsim.formula.term import Term

INLINE = "numba.njit(error_model='numpy')"
EXTREMES = [-np.inf, -1e300, -710.0, -3.5, -1.0, -1e-9, -0.0, 0.0, 0.3, 1.0, 2.0, 2.5, 710.0, 1e300, np.inf, np.nan]


def compiled(function):
    return numba.njit(error_model="numpy")(function)


def plain_values(graph: Graph, n: int, point: np.ndarray, parameters=()) -> tuple[float, np.ndarray]:
    """Value and gradient by running the generated text in plain Python on NumPy numbers."""
    module = loaded(objective_source(graph, n))
    slopes = np.full(n, 7.0)
    with np.errstate(all="ignore"):
        value = module["value_gradient"](np.array(point), np.array(parameters, dtype=float), slopes)
        assert value == module["value"](np.array(point), np.array(parameters, dtype=float))
    return value, slopes


def block_values(
    graph: Graph, points: np.ndarray, parameters: np.ndarray, real: str = "float64", *, gradient: bool = True
) -> np.ndarray:
    """Rows of the value and, with `gradient`, of the derivatives at the columns of `points`, by the compiled kernel."""
    n, count = points.shape
    width = block_width((2 if gradient else 1) * n + 1)
    source = block_source(value_gradient(graph) if gradient else graph, n, width, gradient=gradient)
    kernel = compiled(loaded(source, real, INLINE)["block"])
    found = []
    for start in range(0, count, width):
        block = np.full((2 * n + 1 if gradient else n + 1, width), 7.0, real)
        part = points[:, start : start + width]
        block[:n, : part.shape[1]] = part
        assert kernel(block.reshape(-1), parameters.astype(real)) == 0
        found.append(block[n:, : part.shape[1]])
    return np.concatenate(found, axis=1)


def test_every_operator_at_every_extreme() -> None:
    """One block kernel with all operators as coordinates' functions, summed up one by one through a chooser."""
    names = [name for name in OPERATORS if name != "powi"]

    def make(x: Term, y: Term, chosen: Term) -> Term:
        values = [x.call(name, *[y, x][: OPERATORS[name].arity - 1]) for name in names]
        values += [x.power(k) for k in (2, 3, 7, -1, -4)]
        result = Term(x.maker, x.maker.const(0.0))
        for k, value in enumerate(values):
            result = chosen.call("eq", float(k)).choose(value, result)
        return result

    graph = scalars(make, "xyc")
    grid = np.array([(x, y, c) for x in EXTREMES for y in EXTREMES for c in range(len(names) + 5)]).T.copy()
    (found,) = block_values(graph, grid, np.zeros(0), gradient=False)
    (wanted,) = interpret(graph, {"x": grid[0], "y": grid[1], "c": grid[2]})
    with np.errstate(invalid="ignore"):
        same = (found == wanted) | (np.isnan(found) & np.isnan(wanted)) | (abs(found - wanted) < 4e-15 * abs(wanted))
    assert same.all(), [(names[int(c)] if c < len(names) else "powi", x, y) for x, y, c in grid[:, ~same].T]


@pytest.mark.parametrize("real", ["float64", "float32"])
def test_compiled_ackley(real: str) -> None:
    module = loaded(objective_source(ackley(), 2), real, INLINE)
    points = np.random.default_rng(0).normal(size=(2, 50)).astype(real)
    points[:, 0] = 0.0
    parameters = np.zeros(0, real)
    out, *slopes = block_values(ackley(), points, parameters, real)
    assert out.dtype == real
    wanted = interpret(value_gradient(ackley()), {"x": points[0], "y": points[1]})
    tolerance = 1e-13 if real == "float64" else 3e-6
    np.testing.assert_allclose(out, wanted[0], rtol=tolerance, atol=tolerance * 20)
    np.testing.assert_allclose(slopes, wanted[1:], rtol=tolerance, atol=tolerance * 20)
    np.testing.assert_array_equal([slope[0] for slope in slopes], 0.0)
    value = compiled(module["value"])
    assert value(points[:, 1].copy(), parameters) == pytest.approx(float(out[1]), rel=tolerance)
    assert str(value.nopython_signatures[0].return_type) == real


def test_ten_thousand_coordinates_in_one_fused_loop() -> None:
    n = 10_000
    source = objective_source(chained_rosenbrock(n), n)
    gradient = source.split("def value_gradient(")[1].split("\ndef ")[0]
    assert gradient.count("for i1 in") == 1
    assert len(source) < 10_000
    module = loaded(source, device=INLINE)
    point, slopes = np.linspace(-1, 1, n), np.empty(n)
    value = compiled(module["value_gradient"])(point, np.zeros(0), slopes)
    wanted = interpret(value_gradient(chained_rosenbrock(n)), {"x": point})
    assert value == pytest.approx(wanted[0], rel=1e-12)
    np.testing.assert_allclose(slopes, wanted[1], rtol=1e-12, atol=1e-12)


def _nested(n: int) -> Graph:
    """(sum_i (sum_{j<=i} j sin x_j)^2) exp(prod_i (x_i - mean x)/n) + a x_1."""
    builder = Builder()
    builder.declare("x", "coordinate", vector=True)

    def x(node: int) -> Term:
        return Term(builder, builder.gather("x", node))

    i = builder.axis("i", builder.const(1), builder.const(n))
    j = builder.axis("j", builder.const(1), builder.index(i))
    inner = builder.reduce("sum", (Term(builder, builder.index(j)) * x(builder.index(j)).call("sin")).node, j)
    squares = Term(builder, builder.reduce("sum", Term(builder, inner).power(2).node, i))
    builder.axis("k", builder.const(1), builder.const(n))
    mean = Term(builder, builder.reduce("sum", x(builder.index(i)).node, i)) / float(n)
    builder.axis("k", builder.const(1), builder.const(n))
    product = Term(builder, builder.reduce("prod", ((x(builder.index(i)) - mean) / float(n)).node, i))
    a = Term(builder, builder.input("a", "parameter"))
    return builder.build([(squares * product.call("exp") + a * x(builder.const(1.0))).node])


def _mixed(n: int) -> Graph:
    """sum_i sum_j sin(x_i - x_j) e^(x_j), indices independent of each other."""
    builder = Builder()
    builder.declare("x", "coordinate", vector=True)
    i = builder.axis("i", builder.const(1), builder.const(n))
    j = builder.axis("j", builder.const(2), builder.const(n))
    x_i, x_j = (Term(builder, builder.gather("x", builder.index(axis))) for axis in (i, j))
    body = ((x_i - x_j).call("sin") * x_j.call("exp")).node
    return builder.build([builder.reduce("sum", builder.reduce("sum", body, j), i)])


def _odd_places(n: int) -> Graph:
    """sum_i x[(i+1)/2] x[i^2] where these exist, to be checked in the kernel."""
    return summed(n, lambda i, x: ((i + 1.0) / 2.0).call("eq", ((i + 1.0) / 2.0).call("floor")).choose(
        x((i + 1.0) / 2.0), 2.0) * i.call("le", 2.0).choose(x(i * i), 1.0))  # fmt: skip


@pytest.mark.parametrize("make", [_nested, _mixed, _odd_places, chained_rosenbrock])
@pytest.mark.parametrize("zeros", [0, 3])
def test_loops_in_plain_python(make, zeros: int) -> None:
    n = 7
    graph = make(n)
    point = np.random.default_rng(5).normal(size=n)
    point[:zeros] = 0.0
    given = {"x": point, "a": 1.7}
    value, slopes = plain_values(graph, n, point, [1.7])
    wanted = interpret(value_gradient(graph), given)
    assert value == pytest.approx(wanted[0], rel=1e-12)
    np.testing.assert_allclose(slopes, wanted[1], rtol=1e-11, atol=1e-14)
    points = np.stack([point, point + 0.1], axis=1)
    out, *both = block_values(graph, points, np.array([1.7]))
    np.testing.assert_allclose(out[0], value)
    np.testing.assert_allclose([slope[0] for slope in both], slopes, rtol=1e-12, atol=1e-15)
    (values,) = block_values(graph, points, np.array([1.7]), gradient=False)
    np.testing.assert_allclose(values, out)


def test_parameters_are_read_before_the_loop() -> None:
    graph = scalars(lambda x, a, b: (a * b).call("exp") * x + b, "x", "ab")
    before, inside = block_source(graph, 1, 16, gradient=False).split("for k in")
    assert "exp(" in before
    assert "exp(" not in inside
    assert plain_values(graph, 1, np.array([2.0]), [0.5, 3.0])[0] == pytest.approx(2 * np.exp(1.5) + 3)


def test_a_gradient_that_is_constant_or_missing() -> None:
    value, slopes = plain_values(scalars(lambda x, y: 3.0 * x), 2, np.array([1.0, 2.0]))
    assert (value, *slopes) == (3.0, 3.0, 0.0)
    value, slopes = plain_values(scalars(lambda x: x.call("gt", 0.0), "x"), 1, np.array([1.0]))
    assert (value, *slopes) == (1.0, 0.0)


def test_no_name_of_a_user_gets_into_the_source() -> None:
    hostile = "__import__('os').system('true')"
    graph = scalars(lambda x, lambda_: x * lambda_ + 2.5, [hostile], ["lambda"])
    source = objective_source(graph, 1) + block_source(graph, 1, 16, 9.0, gradient=False)
    assert "import" not in source
    allowed = re.compile(r"[vCe][0-9_]+|[xpgkB]|i\d+|far|value\w*|range|REAL|ZERO|ONE|NAN")
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    assert all(allowed.fullmatch(name) for name in names), names


def test_the_text_is_the_same_for_the_same_graph() -> None:
    one, two = objective_source(_nested(6), 6), objective_source(_nested(6), 6)
    assert one == two


def test_constants_that_are_not_finite() -> None:
    graph = scalars(lambda x: x.call("min", np.inf) + x.call("max", -np.inf) * 0.1, "x")
    assert plain_values(graph, 1, np.array([2.0]))[0] == pytest.approx(2.2)


@pytest.mark.parametrize("single", [False, True])
def test_cuda_device_functions_compile(single: bool) -> None:
    """With no device there: small functions are inlined, so that none is asked for (see engine.cuda.texts)."""
    real = "float32" if single else "float64"
    graph = scalars(
        lambda x, y: x.call("cbrt") + y.call("mod", x).call("floor") + x.call("sigmoid") * y.call("erf")
        + x.call("pow", y) + x.call("sinc") + x.call("sign") + y.call("log2") + x.call("gelu")
    )  # fmt: skip
    inlined = 'cuda.jit(device=True, inline="always")'
    lines = f"import numpy\nfrom numba import cuda\nREAL = numpy.{real}\nDEVICE = {inlined}\n"
    for source in (objective_source(graph, 2, "cuda"), objective_source(_nested(5), 5, "cuda")):
        module: dict[str, object] = {}
        exec(compile(lines + header("cuda", single=single) + source, "<generated>", "exec"), module)  # noqa: S102
        array = getattr(numba, real)[::1]
        text, _ = cuda.compile_ptx(module["value_gradient"], (array, array, array), device=True, cc=(8, 0))
        assert ".func" in text
        assert ".extern" not in text


# Update rules


def _rule() -> SimpleNamespace:
    builder = Builder()
    theta, g = (Term(builder, builder.input(name, vector=True)) for name in ("theta", "g"))
    t, lr, n = (Term(builder, builder.input(name)) for name in ("t", "lr", "n"))
    beta, eps = (Term(builder, builder.input(name, "hyper")) for name in ("beta", "eps"))
    m, seen, r = (
        Term(builder, builder.input(name, "state", vector=vector))
        for name, vector in (("m", True), ("seen", False), ("r", True))
    )

    def norm(u: Term) -> Term:
        return Term(builder, builder.reduce("sum", (u * u).node, 0)).call("sqrt")

    new_m = beta * m + (1.0 - beta) * g
    new_seen = seen.call("max", norm(new_m)) + 1.0 / t
    new_r = r.call("max", m.call("abs"))  # the old m
    step = -(lr * new_m / (new_seen + eps)) + r / n - norm(theta) * 1e-3
    states = [
        SimpleNamespace(name="m", vector=True),
        SimpleNamespace(name="seen", vector=False),
        SimpleNamespace(name="r", vector=True),
    ]
    return SimpleNamespace(graph=builder.build([step.node, new_m.node, new_seen.node, new_r.node]), states=states)


@pytest.mark.parametrize("jit", [False, True])
def test_a_rule_steps_in_place(jit: bool) -> None:
    rule, n = _rule(), 5
    assert state_layout(rule.states) == {"m": (0, 0), "r": (1, 0), "seen": (2, 0)}
    assert state_size(rule.states, n) == 11
    module = loaded(rule_source(rule), device=INLINE if jit else "lambda f: f")
    step_function = compiled(module["rule_step"]) if jit else module["rule_step"]
    rng = np.random.default_rng(0)
    theta, state, step = rng.normal(size=n), rng.normal(size=2 * n + 1), np.empty(n)
    for t in range(1, 6):
        g = rng.normal(size=n)
        given = {
            "theta": theta, "g": g, "t": float(t), "lr": 0.1, "n": float(n), "beta": 0.9, "eps": 1e-8,
            "m": state[:n].copy(), "r": state[n : 2 * n].copy(), "seen": float(state[-1]),
        }  # fmt: skip
        wanted = interpret(rule.graph, given)
        step_function(theta, g, float(t), 0.1, np.array([0.9, 1e-8]), state, step, n)
        for found, value in (
            (step, wanted[0]),
            (state[:n], wanted[1]),
            (state[-1], wanted[2]),
            (state[n:-1], wanted[3]),
        ):
            np.testing.assert_allclose(found, value, rtol=1e-14, atol=1e-16)
        theta = theta + step


def test_a_rule_without_state() -> None:
    builder = Builder()
    g, lr = Term(builder, builder.input("g", vector=True)), Term(builder, builder.input("lr"))
    rule = SimpleNamespace(graph=builder.build([(-lr * g).node]), states=[])
    step = np.empty(3)
    loaded(rule_source(rule))["rule_step"](np.zeros(3), np.ones(3), 1.0, 0.5, np.zeros(0), np.zeros(0), step, 3)
    np.testing.assert_array_equal(step, -0.5)


def test_hessian_vector_graphs_are_read_by_interpret_alone() -> None:
    graph = hessian_vector(chained_rosenbrock(5))
    assert [entry.name for entry in graph.inputs] == ["x", "v"]


NESTED = [
    "sum(max(prod(cos(0.3 tanh(x[j]-x[2])),j=2..n),sum(max(sin(0.3 x[i]),x[j]),j=2..n)),i=1..n)-max(x[2],0.5)",
    "sum(sum(prod(i/9+x[k],k=1..n),j=1..n),i=1..n)/1e9",
    "sum(prod(if(0.5 x[j]>x[i]+x[2],1.1,cos(x[j]) sum(x[k],k=2..j)/9),j=2..n),i=1..n)+x[2]",
    "sum(if(x[i]>sum(x[j],j=i..n),x[i],sum(sin(x[j]-x[i]),j=1..i)),i=1..n)",
    "sum(prod(max(0.9+x[i]/50,sin(tanh(x[j]))),j=1..n),i=1..n)",
    "exp(-sum(x[i]^2,i=1..n)/n)+sum((x[i]-sum(x[k],k=1..n)/n)^2,i=1..n)",
]


@pytest.mark.parametrize("text", NESTED)
def test_nested_sums_and_products(text: str) -> None:
    n = 100
    graph = parse_formula(text).graph(n)
    assert any(entry.vector for entry in graph.inputs)
    rng = np.random.default_rng(0)
    point, way = rng.normal(size=(2, n)) * 0.3
    value, slopes = plain_values(graph, n, point)
    wanted = interpret(value_gradient(graph), {"x": point})
    assert value == pytest.approx(wanted[0], rel=1e-9)
    np.testing.assert_allclose(slopes, wanted[1], rtol=1e-7, atol=1e-9 * np.abs(wanted[1]).max())
    h = 1e-6
    ahead, behind = (interpret(value_gradient(graph), {"x": point + sign * h * way}) for sign in (1, -1))
    assert wanted[1] @ way == pytest.approx((ahead[0] - behind[0]) / (2 * h), rel=1e-5, abs=1e-6 * abs(value))
    (curved,) = interpret(hessian_vector(graph), {"x": point, "v": way})
    differences = (ahead[1] - behind[1]) / (2 * h)
    np.testing.assert_allclose(curved, differences, rtol=1e-4, atol=1e-5 * np.abs(differences).max() + 1e-8)
