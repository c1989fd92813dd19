"""The formula language from the outside: what a text means, said in plain Python, and what a wrong text is told."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import numpy as np
import pytest

from gdsim.errors import FormulaError
from gdsim.formula import interpret, parse_formula
from gdsim.formula.names import FUNCTIONS

POINT = {"x": 0.7, "y": -1.3, "z": 0.4, "a": 1.9, "b": -0.6, "a_1": 2.5, "alpha": 0.3}
x, y, z, a, b = (POINT[name] for name in "xyzab")
e, pi = math.e, math.pi
sin, cos, exp, sqrt = math.sin, math.cos, math.exp, math.sqrt

MEANINGS = [
    ("-x^2", -(x**2)),
    ("2^-x^2", 2 ** (-(x**2))),
    ("2^x^2", 2 ** (x**2)),
    ("x^2^3", x**8),
    ("2x^2", 2 * x**2),
    ("1/2x", x / 2),
    ("x/2y", x / 2 * y),
    ("a/b/x", a / b / x),
    ("a-b-x", a - b - x),
    ("sin 2x", sin(2 * x)),
    ("sin x y", sin(x * y)),
    ("sin x/2", sin(x) / 2),
    ("sin x + 1", sin(x) + 1),
    ("2 sin x cos y", 2 * sin(x) * cos(y)),
    ("sin^2 x", sin(x) ** 2),
    ("sin²x + cos²x", 1.0),
    ("sin(x)^2", sin(x) ** 2),
    ("sin x^2", sin(x**2)),
    ("√2x", sqrt(2) * x),
    ("√(x^2+1)", sqrt(x * x + 1)),
    ("x(y+1)", x * (y + 1)),
    ("a(b) + x", a * b + x),
    ("(x+1)(y-1)", (x + 1) * (y - 1)),
    ("2e^x", 2 * exp(x)),
    ("2e-3x", 0.002 * x),
    ("3e2 + x", 300 + x),
    ("2e x", 2 * e * x),
    ("xy", x * y),
    ("xsinx", x * sin(x)),
    ("xsin(x)y", x * sin(x) * y),
    ("a_1x", 2.5 * x),
    ("α x", 0.3 * x),
    ("|x||y|", abs(x) * abs(y)),
    ("|x - |y||", abs(x - abs(y))),
    ("2|x|y", 2 * abs(x) * y),
    ("||x|-1|", abs(abs(x) - 1)),
    ("x² + y³", x**2 + y**3),
    ("x⁻²", x**-2),
    ("x·y × 2 − 1 ÷ x", x * y * 2 - 1 / x),
    ("{x+1}^2", (x + 1) ** 2),
    ("x**2", x**2),
    ("2pi x", 2 * pi * x),
    ("2πx", 2 * pi * x),
    ("ln x + log(x) + log10 x", 2 * math.log(x) + math.log10(x)),
    ("log(x, 2)", math.log2(x)),
    ("if(x > y, x, y)", x),
    ("x > 0 and y > 0", 0.0),
    ("x > 0 or y > 0", 1.0),
    ("(not x > 1) x", x),
    ("-1 < y < 1", 0.0),
    ("0 ≤ x ≤ 1", 1.0),
    ("max(x, y, 0.9)", 0.9),
    ("atan2(y, x)", math.atan2(y, x)),
    ("sum(i x, i=1..4)", 10 * x),
    ("prod(i, i=1..5) x", 120 * x),
    ("sum(sum(j, j=1..i) x, i=1..3)", 10 * x),
    ("f(x,y) = x - y", x - y),
    ("y = x^2", x**2),
    ("clip(x, 0, 0.5) + y", 0.5 + y),
    ("-y%1 + x", -(y % 1) + x),
    ("mod(y, 1) x", (y % 1) * x),
    ("sinc x", sin(x) / x),
    ("x -2", x - 2),
    ("2(-x)", -2 * x),
    ("x^-2y", x**-2 * y),
    ("e^-x^2", exp(-(x**2))),
    (r"\frac{x}{y} + \sin x", x / y + sin(x)),
    ("sigmoid x + softplus(y)", 1 / (1 + exp(-x)) + math.log1p(exp(y))),
]


@pytest.mark.parametrize(("text", "meaning"), MEANINGS, ids=[text for text, _ in MEANINGS])
def test_a_text_means_what_mathematics_says(text: str, meaning: float) -> None:
    formula = parse_formula(text)
    assert interpret(formula.graph(), POINT)[0] == pytest.approx(meaning, rel=1e-14, abs=1e-300)


@pytest.mark.parametrize(
    ("text", "variables", "parameters"),
    [
        ("b y + a x", ("x", "y"), ("b", "a")),
        ("z + x", ("x", "z"), ()),
        ("x2 + x1 - x10", ("x1", "x2", "x10"), ()),
        ("f(t) = c t^2", ("t",), ("c",)),
        ("lambda x^2", ("x",), ("lambda",)),
        ("sum(k x, k=1..3)", ("x",), ()),
    ],
)
def test_variables_and_parameters(text: str, variables: tuple[str, ...], parameters: tuple[str, ...]) -> None:
    formula = parse_formula(text)
    assert (formula.variables, formula.parameters) == (variables, parameters)


def test_named_variables_come_in_the_order_given() -> None:
    formula = parse_formula("u^2 + w v", ["w", "v", "u"])
    assert formula.coordinates() == ("w", "v", "u")
    assert formula.parameters == ()


@pytest.mark.parametrize("n", [1, 2, 5, 2000])
def test_an_indexed_formula_works_for_every_dimension(n: int) -> None:
    formula = parse_formula("c sum(i x[i]^2, i=1..n) + sum(x[i+1] x[i], i=1..n-1)/n")
    graph = formula.graph(n)
    rng = random.Random(n)
    point = [rng.uniform(-2, 2) for _ in range(n)]
    values: dict[str, object] = {"c": 1.5}
    vector = graph.inputs[0].vector
    values.update({"x": np.array(point)} if vector else
                  {f"x{k}": value for k, value in enumerate(point, 1)})  # fmt: skip
    expected = 1.5 * math.fsum(i * v * v for i, v in enumerate(point, 1))
    expected += math.fsum(p * q for p, q in pairwise(point)) / n
    assert formula.coordinates(n)[-1] == f"x{n}"
    assert interpret(graph, values)[0] == pytest.approx(expected, rel=1e-12)  # type: ignore[arg-type]


ERRORS = [
    ("", 1, "empty"),
    ("   ", 1, "empty"),
    ("x +", 3, "missing"),
    ("(x + 1", 1, "never closed"),
    ("x + 1)", 6, "closes"),
    ("[x)", 3, ""),
    ("x ^ * 2", 5, "missing"),
    ("sin", 1, "argument"),
    ("sin()", 1, "nothing in its brackets"),
    ("foo(x)", 1, "foo"),
    ("sqr(x)", 1, "sqrt"),
    ("x!", 2, "factorial"),
    ("1.2.3 + x", 1, "two decimal points"),
    ("x + 1,5", 5, "point"),
    ("atan2(x)", 1, "2 arguments"),
    ("x $ 2 # y", 7, "#"),
    ("sum(x, i=1)", None, ""),
    ("if(x, y)", 1, "3 arguments"),
    ("x 2 3", None, ""),
    ("max()", 1, ""),
    ("x = 3 = y", None, ""),
    ("f(x) =", None, "="),
    ("5", 1, "no variable"),
    ("a^2 + b", 1, "no variable"),
    ("|x", 1, "no partner"),
    ("sum(x[i], i=1..n", 4, "never closed"),
    ("x[i]^2", None, "i"),
]


@pytest.mark.parametrize(("text", "column", "words"), ERRORS, ids=[repr(text) for text, _, _ in ERRORS])
def test_a_wrong_text_is_told_where_and_what(text: str, column: int | None, words: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text).graph(2)
    error = caught.value
    assert words.lower() in str(error).lower()
    if column is not None:
        assert error.column == column
    assert error.column is None or 1 <= error.column <= max(1, len(text) + 1)
    assert len(error.what) > 8


def test_an_index_outside_the_vector_is_told() -> None:
    with pytest.raises(FormulaError, match=r"x\[3\] does not exist"):
        parse_formula("sum(x[i+1], i=1..n)").graph(2)


@pytest.mark.parametrize("text", ["(" * 10_000 + "x" + ")" * 10_000, "-" * 10_000 + "x", "x" + "^x" * 10_000,
                                  "sin " * 5_000 + "x", "|" * 5_000 + "x" + "|" * 5_000, "(" * 20_000])  # fmt: skip
def test_nesting_without_end_is_refused_not_crashed_on(text: str) -> None:
    with pytest.raises(FormulaError):
        parse_formula(text)


def test_a_very_long_sum_is_read_and_derived_without_recursion() -> None:
    from gdsim.formula.derive import value_gradient

    text = " + ".join(f"{k % 7}*x^{k % 4}" for k in range(20_000))
    graph = value_gradient(parse_formula(text).graph())
    value, slope = interpret(graph, {"x": 0.5})
    assert value == pytest.approx(math.fsum((k % 7) * 0.5 ** (k % 4) for k in range(20_000)), rel=1e-10)
    expected = math.fsum((k % 7) * (k % 4) * 0.5 ** (k % 4 - 1) for k in range(20_000) if k % 4)
    assert slope == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("text", "value"), [("9^9^9^9 x", math.inf), ("x/0", math.inf), ("0^0 x", 0.7)])
def test_huge_numbers_are_numbers(text: str, value: float) -> None:
    assert interpret(parse_formula(text).graph(), POINT)[0] == value


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(FormulaError, match="characters"):
        parse_formula("x+" * 150_000 + "x")


@pytest.mark.parametrize("name", [name for name, entry in FUNCTIONS.items() if not entry.rule_only])
def test_every_function_of_the_help_can_be_called(name: str) -> None:
    entry = FUNCTIONS[name]
    if name in ("sum", "prod"):
        text = f"{name}(x + i, i=1..3)"
    else:
        text = f"{name}({', '.join(['x', '2', '3'][: max(1, entry.least)])}) + 0x"
    assert interpret(parse_formula(text).graph(), {"x": 0.5})[0] is not None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x sum(i, i=1..1000000)", 0.7 * 500_000_500_000),
        ("sum(x^i/i, i=1..400) + y", -math.log(0.3) - 1.3),
        ("sum(sum(x, j=1..i), i=1..300)", 0.7 * 45_150),
    ],
)
def test_long_sums_stay_loops(text: str, value: float) -> None:
    graph = parse_formula(text).graph()
    assert len(graph) < 100
    assert interpret(graph, POINT)[0] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("sum(sum(sum(x, i=1..1000), j=1..1000), k=1..1000)", None, "together"),
        ("sum(x, i=1..10^12)", 1, "more than 10,000,000 terms"),
        ("sum(x_i^2, i=1..n)", 5, "x[i]"),
        ("sum(x^i, i=1..n)", 15, "n is the number of coordinates"),
        ("y = x + y", 1, "both sides"),
        ("cosin(x)", 1, "cos(...)"),
        ("sinn(x)", 1, "sin(...)"),
        ("square(x)", 1, "u^2"),
        ("x[i]^2", 3, "nothing counts i"),
        ("log^-1 x", 1, "two things"),
    ],
)
def test_slips_that_mathematicians_make(text: str, column: int | None, words: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text).graph(3)
    assert words in str(caught.value)
    assert column is None or caught.value.column == column
