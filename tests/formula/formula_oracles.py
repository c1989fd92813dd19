"""Independent meanings of the operators in high precision, and short ways to build graphs for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import mpmath
import numpy as np

from gdsim.formula.build import Builder
from gdsim.formula.emit import header
from gdsim.formula.graph import Graph
from gdsim.formula.term import Term

mp = mpmath.mp
mp.dps = 60


def _sinc(u):
    return mp.sin(u) / u if u else mp.mpf(1)


def _sech2(u):
    return 1 / mp.cosh(u) ** 2


EXACT: dict[str, Callable[..., mpmath.mpf]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda u: -u,
    "pow": lambda a, b: a**b,
    "pow_slope": lambda a, b: b * a ** (b - 1),
    "mod": lambda a, b: a - b * mp.floor(a / b),
    "sqrt": mp.sqrt,
    "root_slope": lambda r: 1 / (2 * r),
    "cbrt": lambda u: mp.sign(u) * abs(u) ** (mp.mpf(1) / 3),
    "exp": mp.exp,
    "log": mp.log,
    "log10": lambda u: mp.log(u) / mp.log(10),
    "log2": lambda u: mp.log(u) / mp.log(2),
    "xlogy": lambda x, y: x * mp.log(y),
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "sech2": _sech2,
    "abs": abs,
    "sign": mp.sign,
    "floor": mp.floor,
    "ceil": mp.ceil,
    "step": lambda u: mp.mpf(u >= 0),
    "max": max,
    "min": min,
    "relu": lambda u: max(u, mp.mpf(0)),
    "select": lambda c, a, b: a if c else b,
    "lt": lambda a, b: mp.mpf(a < b),
    "le": lambda a, b: mp.mpf(a <= b),
    "gt": lambda a, b: mp.mpf(a > b),
    "ge": lambda a, b: mp.mpf(a >= b),
    "eq": lambda a, b: mp.mpf(a == b),
    "ne": lambda a, b: mp.mpf(a != b),
    "and": lambda a, b: mp.mpf(bool(a) and bool(b)),
    "or": lambda a, b: mp.mpf(bool(a) or bool(b)),
    "not": lambda u: mp.mpf(not u),
    "sinc": _sinc,
    "sinc_slope": lambda u: (mp.cos(u) - _sinc(u)) / u if u else mp.mpf(0),
    "sinc_curve": lambda u: -_sinc(u) - 2 * (mp.cos(u) - _sinc(u)) / u**2 if u else -mp.mpf(1) / 3,
    "erf": mp.erf,
    "normal_mass": lambda u: mp.erfc(-u / mp.sqrt(2)) / 2,
    "normal_density": lambda u: mp.exp(-(u**2) / 2) / mp.sqrt(2 * mp.pi),
    "sigmoid": lambda u: 1 / (1 + mp.exp(-u)),
    "sigmoid_slope": lambda u: 1 / (1 + mp.exp(-u)) / (1 + mp.exp(u)),
    "softplus": lambda u: mp.log(1 + mp.exp(u)),
    "clip": lambda u, low, high: min(max(u, low), high),
    "gelu": lambda u: u * mp.erfc(-u / mp.sqrt(2)) / 2,
}


def scalars(make: Callable[..., Term | Sequence[Term]], names: str = "xy", parameters: str = "") -> Graph:
    """The graph of `make(x, y, ...)` over scalar coordinates (and parameters, behind them)."""
    builder = Builder()
    terms = [Term(builder, builder.input(name, "coordinate")) for name in names]
    terms += [Term(builder, builder.input(name, "parameter")) for name in parameters]
    made = make(*terms)
    return builder.build([term.node for term in ([made] if isinstance(made, Term) else made)])


def summed(
    n: int,
    make: Callable[[Term, Callable[[Term], Term]], Term],
    op: str = "sum",
    low: int = 1,
    high: int | None = None,
) -> Graph:
    """The graph of sum(make(i, x), i=low..high) over a vector x; `x(i)` is an element."""
    builder = Builder()
    builder.declare("x", "coordinate", vector=True)
    axis = builder.axis("i", builder.const(low), builder.const(n if high is None else high))
    body = make(Term(builder, builder.index(axis)), lambda i: Term(builder, builder.gather("x", i.node)))
    return builder.build([builder.reduce(op, body.node, axis)])


def chained_rosenbrock(n: int) -> Graph:
    """100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2 summed over i=1..n-1."""
    return summed(n, lambda i, x: 100.0 * (x(i + 1.0) - x(i).power(2)).power(2) + (1.0 - x(i)).power(2), high=n - 1)


def ackley() -> Graph:
    """Ackley's function of two variables, minimum 0 at the origin."""

    def make(x: Term, y: Term) -> Term:
        root = ((x.power(2) + y.power(2)) * 0.5).call("sqrt")
        waves = ((x * (2 * np.pi)).call("cos") + (y * (2 * np.pi)).call("cos")) * 0.5
        return -20.0 * (-0.2 * root).call("exp") - waves.call("exp") + np.e + 20.0

    return scalars(make)


def loaded(
    source: str, real: str = "float64", device: str = "lambda f: f", dialect: str = "numba"
) -> dict[str, object]:
    """The functions of generated source; `device` decorates small functions."""
    lines = f"import numpy\nimport numba\nREAL = numpy.{real}\nDEVICE = {device}\n"
    text = lines + header(dialect, single=real == "float32") + source
    module: dict[str, object] = {}
    exec(compile(text, "<generated>", "exec"), module)  # noqa: S102 - our own source
    return module


def in_high_precision(graph: Graph, values: dict[str, object]) -> mpmath.mpf:
    """The graph's first output (over scalars, without loops) in 60 digits."""
    found: dict[int, mpmath.mpf] = {}
    for node in graph.needed(graph.outputs[:1]):
        op, arguments = graph.ops[node], [found[argument] for argument in graph.args[node]]
        if op == "const":
            found[node] = mp.mpf(graph.constant(node))
        elif op == "input":
            found[node] = mp.mpf(values[str(graph.data[node])])
        elif op == "powi":
            found[node] = arguments[0] ** int(graph.data[node])
        else:
            found[node] = EXACT[op](*arguments)
    return found[graph.outputs[0]]
