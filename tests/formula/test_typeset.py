"""LaTeX: no bracket too many or too few, and everything can be set by the typesetter the window uses."""

from __future__ import annotations

import pytest
import ziamath

from gdsim.errors import FormulaError
from gdsim.formula import parse_formula, parse_rule
from gdsim.formula.derive import value_gradient
from gdsim.formula.number import parse_number, parse_point
from gdsim.formula.plain_text import text_of_tree
from gdsim.formula.typeset import latex_name, latex_rule
from gdsim.formula.typeset_graph import latex_graph

WRITTEN = [
    ("-x^2", "-x^{2}"),
    ("(-x)^2", r"\left({-}x\right)^{2}"),
    ("1/2x", r"\frac{1}{2} x"),
    ("1/(2x)", r"\frac{1}{2 x}"),
    ("(x+1)/(y-1)", r"\frac{x + 1}{y - 1}"),
    ("2(x+1)", r"2 \left(x + 1\right)"),
    ("x*2", r"x \cdot 2"),
    ("x - (y - 1)", r"x - \left(y - 1\right)"),
    ("x - (-y)", r"x - \left({-}y\right)"),
    ("sqrt(x+1)", r"\sqrt{x + 1}"),
    ("|x|", r"\left|x\right|"),
    ("sin^2 x", r"\sin^{2} x"),
    ("x^2^3", "x^{2^{3}}"),
    ("(x^2)^3", r"\left(x^{2}\right)^{3}"),
    ("sum(x[i]^2, i=1..n)", r"\sum_{i=1}^{n} x_{i}^{2}"),
    ("1e-3x", "10^{-3} x"),
]


@pytest.mark.parametrize(("text", "latex"), WRITTEN, ids=[text for text, _ in WRITTEN])
def test_what_was_written_is_typeset(text: str, latex: str) -> None:
    assert parse_formula(text).latex() == latex


@pytest.mark.parametrize(
    "text",
    [
        *(text for text, _ in WRITTEN),
        "if(x > 0 and y < 1, x^2, -x)",
        "max(x, y, 2) + floor(x) + gelu(y) + erf(x) + atan2(x, y)",
        "-20exp(-0.2sqrt(0.5(x^2+y^2)))-exp(0.5(cos(2pi x)+cos 2pi y))+e+20",
        "x^y + 2^-x^2 + tanh(x) + sinc(x) + log(x, 2)",
        "alpha x^2 + beta_1 y",
    ],
)
def test_formula_and_gradient_can_be_set(text: str) -> None:
    formula = parse_formula(text)
    outputs, shared = latex_graph(value_gradient(formula.graph(2)))
    for latex in [formula.latex("f(x,y)"), *outputs, *[text for _, text in shared]]:
        assert "svg" in ziamath.Latex(latex).svg()
        assert "+ -" not in latex


def test_shared_parts_get_a_name() -> None:
    graph = value_gradient(parse_formula("exp((x - 1)^2 + (y + 2)^2)").graph())
    outputs, shared = latex_graph(graph, graph.outputs[1:])
    assert len(shared) == 1
    assert all(shared[0][0] in latex for latex in outputs)


@pytest.mark.parametrize(
    ("name", "latex"),
    [("beta1", r"\beta_{1}"), ("m_hat", r"\hat{m}"), ("eps", r"\varepsilon"), ("eta_minus", r"\eta_{\mathrm{minus}}"),
     ("x12", "x_{12}"), ("a_1", "a_{1}"), ("betas[2]", r"\beta_{2}"), ("lr", r"\eta")],
)  # fmt: skip
def test_names_are_set_as_symbols(name: str, latex: str) -> None:
    assert latex_name(name) == latex


def test_a_rule_is_typeset_stage_by_stage() -> None:
    first, second = parse_rule("m = beta1*m + (1-beta1)*g; step = -lr*m/(sqrt(m)+eps)")
    assert latex_rule(first) == r"m = \beta_{1} m + \left(1 - \beta_{1}\right) g"
    assert latex_rule(second) == r"\Delta\theta = {-}\frac{\eta m}{\sqrt{m} + \varepsilon}"


@pytest.mark.parametrize("text", [text for text, _ in WRITTEN])
def test_plain_text_reads_back_to_the_same_value(text: str) -> None:
    from gdsim.formula import interpret

    formula = parse_formula(text)
    again = parse_formula(text_of_tree(formula.tree))
    point = {"x": 0.3, "y": -1.2, "x1": 0.5, "x2": 2.0}
    assert interpret(again.graph(2), point) == interpret(formula.graph(2), point)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1/3", 1 / 3), ("2pi", 6.283185307179586), ("1,5", 1.5), ("-sqrt 2", -(2**0.5)), ("1e-3", 1e-3), ("−2", -2.0)],
)
def test_numbers_as_people_type_them(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize("text", ["", "x", "1/0", "1..2", "two", "9^9^9^9", "1,2,3"])
def test_what_is_no_number_is_told(text: str) -> None:
    with pytest.raises(FormulaError):
        parse_number(text)


@pytest.mark.parametrize(
    ("text", "n", "point"),
    [("1,2", 2, (1, 2)), ("(1; 2)", 2, (1, 2)), ("1,5; 2", 2, (1.5, 2)), ("-1.5,2", 2, (-1.5, 2)), ("1 2", 2, (1, 2)),
     ("max(1,2), 3", 2, (2, 3)), ("1,5", 1, (1.5,))],
)  # fmt: skip
def test_points_as_people_type_them(text: str, n: int, point: tuple[float, ...]) -> None:
    assert parse_point(text, n) == point


def test_a_point_of_another_dimension_is_told() -> None:
    with pytest.raises(FormulaError, match="3 numbers, where 2 are wanted"):
        parse_point("1,2,3", 2)
