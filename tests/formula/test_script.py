"""Stand-alone scripts: they run with NumPy alone, give the same numbers, and can be read."""

from __future__ import annotations

import ast

import numpy as np
import pytest
from formula_oracles import scalars

from gdsim.formula import interpret, parse_formula, parse_rule, rule_graph
from gdsim.formula.derive import value_gradient
from gdsim.formula.ops import OPERATORS
from gdsim.formula.script import python_source, rule_function_source, with_header
from gdsim.formula.script_support import RESERVED

FORMULAS = [
    ("(1-x)^2+100(y-x^2)^2", 2),
    ("x^2", 1),
    ("a sin(2pi x)/(y-b)+if(x>0, sqrt x, -x)+sigmoid(x y)", 2),
    ("-20exp(-0.2sqrt((x^2+y^2)/2))-exp((cos(2pi x)+cos(2pi y))/2)+20+e", 2),
    ("max(x,y)|x-y|^1.5 + min(x, 2y) + relu(x) + gelu(y) + clip(x,-1,1)", 2),
    ("(x<y)+(x>=y)*2+(x>0 and y>0)-(not x>1)", 2),
    ("sinc x + softplus y + erf x + xlogy(x^2, y^2) + tanh(x) - mod(x,2) + atan2(y,x) + x^-3 + step(y)", 2),
    ("x-(y-(x-y))-x/(y/(x/y))-(-x)^2-2^-x", 2),
    ("5", 2),
    ("sum(100(x[i+1]-x[i]^2)^2+(1-x[i])^2,i=1..n-1)", 1000),
    ("sum(sum(x[j],j=1..i)^2,i=1..n)+prod(cos(x[i]),i=1..n)", 300),
    ("-20exp(-0.2sqrt(sum(x[i]^2,i=1..n)/n))-exp(sum(cos(2pi x[i]),i=1..n)/n)+20+e", 500),
]


def run(source: str) -> dict[str, object]:
    module: dict[str, object] = {}
    exec(compile(source, "<script>", "exec"), module)  # noqa: S102 - our own source
    return module


@pytest.mark.parametrize(("text", "n"), FORMULAS)
def test_scripts_give_the_same_numbers(text: str, n: int) -> None:
    formula = parse_formula(text, None if "[" in text else "xy"[:n])
    graph = formula.graph(n) if formula.indexed else formula.graph()
    parameters = {"a": 1.5, "b": -0.25}
    module = run(python_source(graph, "f", n, parameters=parameters, comment=text))
    point = np.random.default_rng(0).normal(size=n)
    named = {"x": point} if any(entry.vector for entry in graph.inputs) else dict(
        zip([entry.name for entry in graph.coordinates], point, strict=True)
    )  # fmt: skip
    value, *slopes = interpret(value_gradient(graph), {**parameters, **named})
    assert module["f"](point) == pytest.approx(value, rel=1e-11)
    np.testing.assert_allclose(module["f_gradient"](point), np.hstack(slopes), rtol=1e-10, atol=1e-11)


def test_it_reads_like_mathematics() -> None:
    source = python_source(parse_formula("(1-x)^2+100(y-x^2)^2").graph(), "rosenbrock", 2)
    assert "return (1.0 - x)**2 + 100.0 * (y - x**2)**2" in source
    assert "d_y = 200.0 * difference" in source
    assert "def rosenbrock_gradient(theta):" in source


def test_every_operator_has_text_that_runs() -> None:
    for name, operator in OPERATORS.items():
        if name == "powi":
            continue
        graph = scalars(lambda x, y, name=name, k=operator.arity: x.call(name, *[y, x][: k - 1]))
        found = run(python_source(graph, "f", 2))["f"](np.array([0.3, 0.7]))
        assert found == pytest.approx(interpret(graph, {"x": 0.3, "y": 0.7})[0], rel=1e-13, nan_ok=True), name


def test_points_where_it_is_not_defined_do_not_raise() -> None:
    module = run(python_source(parse_formula("log x + 1/y + a/b").graph(), "f", 2, parameters={"b": 2.0}))
    assert np.isnan(module["f"]([-1.0, 0.0]))
    assert module["f"]([1.0, 0.0]) == np.inf


@pytest.mark.parametrize("name", ["lambda", "class", "np", "__import__('os')", "θ 1", "gradient", "theta", "erf", ""])
def test_names_are_made_harmless(name: str) -> None:
    graph = scalars(lambda x, a: a * x.call("erf"), [name or "x"], [f"{name}b"])
    source = python_source(graph, name, 1, comment='"""\n\r\x0c import os; os.abort() \\')
    tree = ast.parse(source)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert [function.name.endswith("_gradient") for function in functions] == [False, True]
    assert functions[0].name not in RESERVED
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert imported == ["math", "numpy"]
    module = run(source)
    assert module[functions[0].name]([0.5]) == pytest.approx(interpret(graph, {name or "x": 0.5, f"{name}b": 1.0})[0])


def test_rules() -> None:
    text = (
        "m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g^2; m_hat = m/(1-beta1^t); peak = max(peak, norm(m));"
        "step = if(t==1, -lr*g, -lr*m_hat/(sqrt(v)+eps)*peak/n)"
    )
    hyper = {"beta1": 0.9, "beta2": 0.99, "eps": 1e-8}
    rule = rule_graph(parse_rule(text), hyper, {"peak": "lr/2"})
    source = with_header(rule_function_source(rule, "adam", hyper=hyper, comment=text))
    assert "m_hat = m_new / (1.0 - beta1 ** t)" in source
    module = run(source)
    n, rng = 4, np.random.default_rng(0)
    theta, state = rng.normal(size=n), module["adam_state"](n, 0.1)
    carried = {"m": np.zeros(n), "v": np.zeros(n), "peak": 0.05}
    assert state["peak"] == 0.05
    for t in range(1, 6):
        g = rng.normal(size=n)
        step = module["adam_step"](theta, g, float(t), 0.1, state)
        given = {"theta": theta, "g": g, "t": float(t), "lr": 0.1, "n": float(n), **hyper, **carried}
        wanted, *news = interpret(rule.graph, given)
        np.testing.assert_allclose(step, wanted, rtol=1e-14)
        carried = {entry.name: value for entry, value in zip(rule.states, news, strict=True)}
        for name, value in carried.items():
            np.testing.assert_allclose(state[name], value, rtol=1e-14)
        theta = theta + step


def test_lists_of_hyper_parameters() -> None:
    rule = rule_graph(
        parse_rule("v[k] = betas[k]*v[k] + g; step = -lr*sum(v[k], k=1..len(betas))"), {"betas": (0.0, 0.9)}, {}
    )
    module = run(with_header(rule_function_source(rule, "aggmo", hyper={"betas[1]": 0.0, "betas[2]": 0.9})))
    state = module["aggmo_state"](2, 0.1)
    for _ in range(2):
        step = module["aggmo_step"](np.zeros(2), np.ones(2), 1.0, 0.1, state)
    np.testing.assert_allclose(step, -0.1 * (1.0 + 1.9))
