"""Graphs written out without loops: the same numbers as the loops give."""

from __future__ import annotations

import numpy as np
import pytest
from formula_oracles import chained_rosenbrock, summed

from gdsim.formula.build import Builder
from gdsim.formula.derive import value_gradient
from gdsim.formula.graph import Graph
from gdsim.formula.interpret import interpret
from gdsim.formula.term import Term
from gdsim.formula.unroll import TooLarge, unrolled


def written_out(graph: Graph, n: int, most: int = 100_000) -> Graph:
    builder = Builder()

    def element(name: str, index: int | None) -> int:
        return builder.input(name if index is None else f"{name}[{index}]")

    outputs = unrolled(graph, builder, element, n, most)
    return builder.build([node for nodes in outputs for node in nodes])


def triangular(n: int) -> Graph:
    """sum_i (sum_{j<=i} j sin x_j)^2 exp(prod_i (x_i + 1/i)): nested, triangular, a product with its adjoint."""
    builder = Builder()
    builder.declare("x", "coordinate", vector=True)
    i = builder.axis("i", builder.const(1), builder.const(n))
    j = builder.axis("j", builder.const(1), builder.index(i))
    at_j = Term(builder, builder.gather("x", builder.index(j)))
    inner = Term(builder, builder.reduce("sum", (Term(builder, builder.index(j)) * at_j.call("sin")).node, j))
    squares = Term(builder, builder.reduce("sum", inner.power(2).node, i))
    builder.axis("i", builder.const(1), builder.const(n))
    factor = Term(builder, builder.gather("x", builder.index(i))) + 1.0 / Term(builder, builder.index(i))
    product = Term(builder, builder.reduce("prod", factor.node, i))
    return builder.build([(squares * product.call("exp")).node])


def odd_places(n: int) -> Graph:
    """Reads x[i^2], which does not exist for most i."""
    return summed(n, lambda i, x: i.call("le", 2.0).choose(x(i * i), i))


@pytest.mark.parametrize(
    ("make", "n"),
    [*((triangular, n) for n in (1, 2, 5)), *((chained_rosenbrock, n) for n in (2, 5)), (odd_places, 5)],
)
def test_the_same_numbers_as_with_loops(make, n: int) -> None:
    graph = value_gradient(make(n))
    flat = written_out(graph, n)
    assert not any(flat.axes)
    point = np.random.default_rng(n).normal(size=(n, 4))
    wanted = interpret(graph, {"x": point})
    found = interpret(flat, {f"x[{k + 1}]": row for k, row in enumerate(point)})
    assert len(found) == 1 + n
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-13)
    np.testing.assert_allclose(np.array(found[1:]), wanted[1], rtol=1e-12, atol=1e-14)


def test_what_would_be_too_large_is_refused_early() -> None:
    with pytest.raises(TooLarge):
        written_out(value_gradient(chained_rosenbrock(10_000)), 10_000, most=2000)
