"""Random formulas: written with all brackets or with as few as possible, they mean the same; no text crashes."""

from __future__ import annotations

import math
from collections.abc import Callable

import ziamath
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gdsim.errors import FormulaError
from gdsim.formula import Formula, interpret, parse_formula, parse_rule, text_of_tree
from gdsim.formula.derive import value_gradient
from gdsim.formula.tree import Call, Compare, Name, Negate, Num, Power, Product, Reduce, Sum, Tree, fold
from gdsim.formula.typeset_graph import latex_graph

POINT = {"x": 0.7, "y": -1.3, "a": 1.9, "beta_1": 0.25}
NOWHERE = (0, 0)
UNARY = ["sin", "cos", "exp", "sqrt", "abs", "tanh", "floor", "relu", "sigmoid", "atan", "log10", "sec"]
_SIGNS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}

leaves = st.one_of(
    st.sampled_from(["x", "y", "a", "beta_1", "pi", "e"]).map(lambda name: Name(name, NOWHERE)),
    st.sampled_from(["0", "1", "2", "3.5", ".5", "1e-3", "12"]).map(lambda text: Num(float(text), text, NOWHERE)),
)


def _chains(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    several = st.lists(parts, min_size=2, max_size=4)

    def signed(marks: str, make: type[Sum] | type[Product], first: str) -> st.SearchStrategy[Tree]:
        return st.tuples(several, st.lists(st.sampled_from(marks), min_size=3, max_size=3)).map(
            lambda drawn: make(tuple(drawn[0]), (first, *drawn[1][: len(drawn[0]) - 1]), NOWHERE)
        )

    return st.one_of(
        signed("+-", Sum, "+"),
        signed("*/%", Product, "*"),
        parts.map(lambda part: Negate(part, NOWHERE)),
        st.tuples(parts, parts).map(lambda two: Power(*two, NOWHERE)),
        st.tuples(st.sampled_from(UNARY), parts).map(lambda drawn: Call(drawn[0], (drawn[1],), NOWHERE)),
        st.tuples(st.sampled_from(["max", "min", "mod", "and", "or"]), parts, parts).map(
            lambda drawn: Call(drawn[0], drawn[1:], NOWHERE)
        ),
        parts.map(lambda part: Call("not", (part,), NOWHERE)),
        st.tuples(parts, parts, parts).map(lambda three: Call("if", three, NOWHERE)),
        st.tuples(several, st.lists(st.sampled_from(sorted(_SIGNS)), min_size=3, max_size=3)).map(
            lambda drawn: Compare(tuple(drawn[0]), tuple(drawn[1][: len(drawn[0]) - 1]), NOWHERE)
        ),
        parts.map(lambda part: _counted(part)),
    )


def _counted(body: Tree) -> Tree:
    term = Product((Name("k", NOWHERE), body), ("*", "*"), NOWHERE)
    return Reduce("sum", term, "k", Num(1, "1", NOWHERE), Num(3, "3", NOWHERE), NOWHERE)


trees = st.recursive(leaves, _chains, max_leaves=14)


def _bracketed(node: Tree, parts: list[str]) -> str:
    """The text with brackets around everything."""
    match node:
        case Num():
            return f"({node.text})"
        case Name():
            return f"({node.name})"
        case Sum() | Product():
            return "(" + parts[0] + "".join(s + part for s, part in zip(node.signs[1:], parts[1:], strict=True)) + ")"
        case Negate():
            return f"(-{parts[0]})"
        case Power():
            return f"({parts[0]}^{parts[1]})"
        case Call() if node.function in ("and", "or"):
            return f"({f' {node.function} '.join(parts)})"
        case Call() if node.function == "not":
            return f"(not {parts[0]})"
        case Call():
            return f"({node.function}({','.join(parts)}))"
        case Compare():
            signs = [_SIGNS[relation] for relation in node.relations]
            return "(" + parts[0] + "".join(s + part for s, part in zip(signs, parts[1:], strict=True)) + ")"
        case Reduce():
            return f"({node.kind}({parts[0]},{node.index}={parts[1]}..{parts[2]}))"
    raise AssertionError(node)


def _value(text: str) -> float:
    return float(interpret(parse_formula(text, ["x", "y"]).graph(), POINT)[0])


def _same(left: float, right: float) -> bool:
    return left == right or (math.isnan(left) and math.isnan(right))


@settings(max_examples=300, deadline=None)
@given(trees)
def test_few_brackets_mean_what_all_brackets_mean(tree: Tree) -> None:
    text, explicit = text_of_tree(tree), fold(tree, _bracketed)
    assert _same(_value(text), _value(explicit)), (text, explicit)
    again = text_of_tree(parse_formula(text, ["x", "y"]).tree)
    assert _same(_value(again), _value(text))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees)
def test_any_formula_and_its_gradient_can_be_typeset(tree: Tree) -> None:
    formula = parse_formula(text_of_tree(tree), ["x", "y"])
    outputs, shared = latex_graph(value_gradient(formula.graph()))
    for latex in [formula.latex("f"), *outputs, *[text for _, text in shared]]:
        assert latex.count("{") == latex.count("}")
        assert "+ -" not in latex
        assert "--" not in latex
    assert "svg" in ziamath.Latex(formula.latex("f")).svg()


_factors = st.sampled_from(["x", "y", "2", "3", "x^2", "(x+y)", "(1-2y)", "sin(3x)", "cos y", "exp(-x y)",
                            "sqrt(x^2+1)", "(pi/4)", "0.125", "(y^2+2)^3", "ln(x+3)"])  # fmt: skip
_products = st.tuples(_factors, st.lists(st.tuples(st.sampled_from("*/"), _factors), max_size=3)).map(
    lambda drawn: drawn[0] + "".join(f"{sign}({factor})" for sign, factor in drawn[1])
)
_sums = st.lists(st.tuples(st.sampled_from("+-"), _products), min_size=1, max_size=3).map(
    lambda terms: "".join(f"{sign}({term})" for sign, term in terms)
)


def _of_latex(latex: str, values: dict[str, float]) -> float:
    formula = parse_formula(latex.replace("{-}", "-"), ["x", *(name for name in values if name != "x")])
    return float(interpret(formula.graph(), values)[0])


@settings(max_examples=150, deadline=None)
@given(_sums)
def test_the_displayed_gradient_is_the_gradient(text: str) -> None:
    graph = value_gradient(parse_formula(text, ["x", "y"]).graph())
    outputs, shared = latex_graph(graph, graph.outputs[1:])
    point = {"x": 0.7, "y": -1.3}
    for wanted, latex in zip(interpret(graph, point)[1:], outputs, strict=True):
        values = dict(point)
        for letter, part in shared:
            values[letter] = _of_latex(part, values)
        found = _of_latex(latex, values)
        assert math.isclose(found, float(wanted), rel_tol=1e-4, abs_tol=1e-6), (latex, shared)


_PIECES = st.lists(st.sampled_from([*"xyan12.,;()[]{}|+-*/^%=<>!√²_ \n'\\$", "sin", "sum(", "i=1..n", "x[i]", "if(",
                                    " and ", "log", "e", "π", "2e", "\\frac", "step", "max(", "..", "==", "lr"]),
                   max_size=14).map("".join)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(_PIECES)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    for read in (parse_formula, parse_rule):
        error = _refusal(read, text)
        if error is not None:
            assert len(error.what) > 8
            assert error.column is None or 1 <= error.column <= len(text) + 1
            assert error.length >= 1


def _refusal(read: Callable[[str], object], text: str) -> FormulaError | None:
    try:
        found = read(text)
        if isinstance(found, Formula):
            found.graph(3)
    except FormulaError as error:
        return error
    return None
