"""Python text for people: short expressions written into one another, what is used twice under a name of its own."""

from __future__ import annotations

import keyword
import math
from collections import Counter
from collections.abc import Iterable, Mapping

from gdsim.formula.graph import Graph
from gdsim.formula.ops import OPERATORS
from gdsim.formula.positions import Positions
from gdsim.formula.schedule import SCANS, Item, Loop, Scan
from gdsim.formula.script_support import RESERVED
from gdsim.formula.source import Constants, Writer

INLINE_LENGTH = 56
"""Longer expressions get a name."""
STATEMENT, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)

_BASES = {
    "sum": "total",
    "prod": "product",
    "sqrt": "root",
    "powi": "power",
    "pow": "power",
    "div": "ratio",
    "sub": "difference",
    "gather": "element",
    "prod_except": "others",
    "select": "choice",
}
_ARGUMENTS = {
    "add": (SUM, PRODUCT),
    "sub": (SUM, PRODUCT),
    "mul": (PRODUCT, SIGN),
    "div": (PRODUCT, SIGN),
    "neg": (SIGN,),
    "pow": (ATOM, ATOM),
}


class Names:
    """Identifiers of one function, each given once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken) | RESERVED

    def fresh(self, wanted: str) -> str:
        """An identifier like `wanted` that is still free."""
        base = "".join(sign if sign.isalnum() else "_" for sign in wanted).strip("_") or "value"
        if not base.isidentifier():
            base = f"v_{base}" if f"v_{base}".isidentifier() else "value"
        if keyword.iskeyword(base) or keyword.issoftkeyword(base):
            base += "_"
        name, count = base, 1
        while name in self.taken:
            count += 1
            name = f"{base}_{count}"
        self.taken.add(name)
        return name


class Literals(Constants):
    """Constants written where they stand."""

    def name(self, value: float) -> str:
        """The shortest text that reads back exactly; multiples of pi and e by name."""
        if math.isnan(value):
            return "np.nan"
        if math.isinf(value):
            return "np.inf" if value > 0 else "-np.inf"
        for symbol, number in (("np.pi", math.pi), ("2.0 * np.pi", 2 * math.pi), ("np.e", math.e)):
            if abs(value) == number:
                return symbol if value > 0 else f"-{symbol}"
        return repr(value)

    def level(self, value: float) -> int:
        """How tightly that text binds."""
        text = self.name(value)
        if "*" in text:
            return PRODUCT
        return SIGN if text.startswith("-") else ATOM


class ReadableWriter(Writer):
    """Statements of one function of a script.

    Args:
        names: the function's identifiers.
        given: names of nodes that have one already (an optimizer's stages).
        counted: nodes that are read from outside, once more than the graph tells.
    """

    prefix = "np."
    nan = "np.nan"

    def __init__(
        self,
        graph: Graph,
        *,
        loads: Mapping[str, str],
        stores: Mapping[str, str],
        length: str,
        n: int,
        names: Names,
        given: Mapping[int, str] | None = None,
        counted: Iterable[int] = (),
    ) -> None:
        self.literals = Literals()
        super().__init__(graph, Positions(graph), self.literals, loads=loads, stores=stores, length=length, n=n)
        self.names = names
        self.given = dict(given or {})
        self.text: dict[int, tuple[str, int]] = {}
        targets = list(counted)
        self.uses = Counter(used for node in graph.needed(targets) for used in graph.dependencies(node))
        self.uses.update(targets)
        self._variables: dict[int, str] = {}
        self._inside: frozenset[int] = frozenset()

    def write(self, items: Iterable[Item]) -> None:
        """All statements; what a loop further in reads is computed before it, not written into it."""
        items = list(items)
        around = self._inside
        self._inside = _read_in_loops(self.graph, items)
        super().write(items)
        self._inside = around

    def number(self, node: int) -> str:
        """The text of a node where a whole expression may stand."""
        return self.operand(node, STATEMENT)

    def truth(self, node: int) -> str:
        """The text of a node as a condition."""
        operator = OPERATORS.get(self.graph.ops[node])
        text, _ = self._known(node)
        return text if operator is not None and operator.truth else f"{self.operand(node, SUM)} != 0.0"

    def variable(self, node: int) -> str:
        """The node's own name, found when first asked for."""
        if node not in self._variables:
            self._variables[node] = self.given.get(node) or self.names.fresh(self._wanted(node))
        return self._variables[node]

    def scratch(self, count: int) -> str:
        """An array for partial products."""
        return f"np.empty({count})"

    def operand(self, node: int, level: int) -> str:
        """The text of a node, in brackets if it binds less tightly than `level`."""
        operator = OPERATORS.get(self.graph.ops[node])
        text, own = self._known(node)
        if operator is not None and operator.truth:
            text, own = f"1.0 * ({text})", PRODUCT
        return f"({text})" if own < level else text

    def _known(self, node: int) -> tuple[str, int]:
        value = self.graph.constant(node)
        if value is not None:
            return self.literals.name(value), self.literals.level(value)
        if self.graph.ops[node] in SCANS:
            return self._name(node), ATOM
        return self.text.get(node) or (self.variable(node), ATOM)

    def _wanted(self, node: int) -> str:
        op = self.graph.ops[node]
        arguments = self.graph.args[node]
        if op in _BASES:
            return _BASES[op]
        if len(arguments) == 1 and self._known(arguments[0])[0].isidentifier():
            return f"{op}_{self._known(arguments[0])[0]}"
        return {"add": "total", "mul": "product"}.get(op, f"{op}_of")

    def _assign(self, node: int) -> None:
        op = self.graph.ops[node]
        if op == "const":
            return
        text, level = self._expression(node)
        plain = text.isidentifier() or op in ("input", "gather", "index")
        short = len(text) <= INLINE_LENGTH and self.uses[node] == 1 and node not in self._inside
        if node not in self.given and (plain or short):
            self.text[node] = (text, level)
        elif node in self.given and text == self.given[node]:
            self.text[node] = (text, ATOM)
        else:
            self.text.pop(node, None)
            self.line(f"{self.variable(node)} = {text}")

    def _expression(self, node: int) -> tuple[str, int]:
        graph, op = self.graph, self.graph.ops[node]
        if op == "input":
            return self.loads[str(graph.data[node])].format("i0"), ATOM
        if op == "index":
            return f"i{graph.axis_id(node)} + 1.0", SUM
        if op == "gather":
            return self._element(node)
        operator = OPERATORS[op]
        if op == "powi":
            return f"{self.operand(graph.args[node][0], ATOM)}**{graph.data[node]}", POWER
        levels = _ARGUMENTS.get(op, ((SUM, SUM) if operator.truth else ()))
        parts = [
            self.truth(argument)
            if position in operator.truths
            else self.operand(argument, levels[position] if position < len(levels) else STATEMENT)
            for position, argument in enumerate(graph.args[node])
        ]
        return operator.python.format(*parts), operator.level

    def _element(self, node: int) -> tuple[str, int]:
        index = self.graph.args[node][0]
        element = self.loads[str(self.graph.data[node])].format(self.position(index))
        if self.positions.inside(index, self.n):
            return element, ATOM
        return f"({element} if {self._is_inside(index)} else {self.nan})", ATOM


def _read_in_loops(graph: Graph, items: Iterable[Item]) -> frozenset[int]:
    """The nodes that statements inside the loops among `items` read."""
    found: set[int] = set()
    stack = [item for item in items if isinstance(item, Loop | Scan)]
    while stack:
        for item in stack.pop().body:
            if isinstance(item, int):
                found.update(graph.args[item])
            elif isinstance(item, Loop | Scan):
                stack.append(item)
    return frozenset(found)
