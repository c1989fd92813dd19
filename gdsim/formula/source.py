"""Writes planned work as plain Python statements, one assignment per node, nothing but numbers in the names.

Names: v7 is node 7, C0, C1.. the module's constants, i2 the place (from 0) in the loop over axis 2, e9 the array of a
product's partial results. No text of a user ever gets in here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from gdsim.formula.dialect import NEAR, Dialect, scratch
from gdsim.formula.graph import THETA, Graph
from gdsim.formula.operator import Operator
from gdsim.formula.ops import OPERATORS
from gdsim.formula.positions import Positions
from gdsim.formula.schedule import SCANS, Effect, Item, Loop, Scan, Store


class Constants:
    """The constants of one generated module."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, value: float) -> str:
        """The global that holds the value."""
        text = repr(value) if math.isfinite(value) else f'float("{value}")'
        if text in ("0.0", "1.0"):
            return "ZERO" if text == "0.0" else "ONE"
        return self._names.setdefault(text, f"C{len(self._names)}")

    def source(self) -> str:
        """Their definitions."""
        return "".join(f"{name} = REAL({text})\n" for text, name in self._names.items())


class Writer:
    """Statements of one function.

    Attributes:
        reach: the constant above which an argument of the functions in `dialect.NEAR` sets `far`; "" for no limit.

    Args:
        loads: for each input's name the text that reads it; {0} is the position for vectors.
        vectors: for each output vector's name (Scatter writes "g") likewise.
        n: the number of coordinates, where known; lets positions go unchecked.
    """

    prefix = ""
    nan = "NAN"

    def __init__(
        self,
        graph: Graph,
        positions: Positions,
        constants: Constants,
        *,
        loads: Mapping[str, str],
        stores: Mapping[str, str],
        length: str,
        n: int = 0,
        dialect: Dialect = "numba",
    ) -> None:
        self.graph = graph
        self.positions = positions
        self.constants = constants
        self.loads = loads
        self.stores = stores
        self.length = length
        self.n = n
        self.dialect = dialect
        self.reach = ""
        self.lines: list[str] = []
        self.arrays: list[str] = []
        self.indent = 1

    def line(self, text: str) -> None:
        """One statement at the present depth."""
        self.lines.append("    " * self.indent + text)

    def write(self, items: Iterable[Item]) -> None:
        """All statements of a plan."""
        for item in items:
            if isinstance(item, int):
                self._assign(item)
            elif isinstance(item, Loop):
                self._loop(item)
            elif isinstance(item, Scan):
                self._scan(item)
            else:
                self._effect(item)

    def number(self, node: int) -> str:
        """The text that reads a node's value as a number."""
        value = self.graph.constant(node)
        if value is not None:
            return self.constants.name(value)
        operator = OPERATORS.get(self.graph.ops[node])
        if operator is not None and operator.truth:
            return f"(ONE if {self.variable(node)} else ZERO)"
        return self._name(node)

    def truth(self, node: int) -> str:
        """The text that reads it as a condition."""
        operator = OPERATORS.get(self.graph.ops[node])
        if operator is not None and operator.truth:
            return self.variable(node)
        return f"({self.number(node)} != ZERO)"

    def variable(self, node: int) -> str:
        """The name that a node's value is assigned to."""
        return f"v{node}"

    def scratch(self, count: int) -> str:
        """The text that makes an array for partial products."""
        return scratch(self.dialect, count)

    def position(self, node: int) -> str:
        """The text of a node as a place from 0 in an array."""
        known = self.positions.of(node)
        if known is None:
            return f"int({self.number(node)}) - 1"
        axis, offset = known
        if axis is None:
            return str(offset - 1)
        return f"i{axis}" if offset == 0 else f"i{axis} {'+' if offset > 0 else '-'} {abs(offset)}"

    def _name(self, node: int) -> str:
        if self.graph.ops[node] in SCANS:
            axis = self.graph.axis_id(node)
            return f"e{node}[{self._from_start(axis)}]"
        return self.variable(node)

    def _assign(self, node: int) -> None:
        graph, op = self.graph, self.graph.ops[node]
        if op == "const":
            return
        operator = OPERATORS.get(op)
        if operator is not None:
            if op == "powi":
                self._powi(node)
            else:
                self.line(f"{self.variable(node)} = {self._call(operator, node)}")
                if self.reach and op in NEAR:
                    self.line(f"far |= abs({self.number(graph.args[node][0])}) > {self.reach}")
        elif op == "input":
            load = self.loads[str(graph.data[node])]
            self.line(f"{self.variable(node)} = {load.format('i0')}")
        elif op == "index":
            self.line(f"{self.variable(node)} = REAL(i{graph.axis_id(node)} + 1)")
        elif op == "gather":
            self._gather(node)
        else:
            raise ValueError(f"{op} has no value inside a kernel")

    def _call(self, operator: Operator, node: int) -> str:
        arguments = [
            self.truth(argument) if position in operator.truths else self.number(argument)
            for position, argument in enumerate(self.graph.args[node])
        ]
        text = operator.cuda if self.dialect == "cuda" and operator.cuda else operator.source
        return text.format(*arguments)

    def _powi(self, node: int) -> None:
        """Repeated squaring, in the order of `ops_arithmetic.whole_power`."""
        exponent = self.graph.data[node]
        assert isinstance(exponent, int)
        square, result, rest, bit = self.number(self.graph.args[node][0]), "", abs(exponent), 1
        if exponent == 2:
            self.line(f"{self.variable(node)} = {square} * {square}")
            return
        while rest:
            if rest & 1:
                result = f"{result} * {square}" if result else square
            rest >>= 1
            bit *= 2
            if rest:
                self.line(f"v{node}_{bit} = {square} * {square}")
                square = f"v{node}_{bit}"
        self.line(f"{self.variable(node)} = {result if exponent > 0 else f'ONE / ({result})'}")

    def _gather(self, node: int) -> None:
        index = self.graph.args[node][0]
        place = self.position(index)
        element = self.loads[str(self.graph.data[node])].format(place)
        if not self.positions.inside(index, self.n):
            element = f"{element} if {self._is_inside(index)} else {self.nan}"
        self.line(f"{self.variable(node)} = {element}")

    def _is_inside(self, index: int) -> str:
        place = f"0 <= {self.position(index)} < {self.length}"
        if self.positions.of(index) is not None:
            return place
        value = self.number(index)
        return f"{value} == {self.prefix}floor({value}) and {place}"

    def _effect(self, effect: Effect) -> None:
        sign = "-=" if effect.negated else "+="
        if isinstance(effect, Store):
            target = self.stores[effect.array].format("i0")
            self.line(f"{target} {sign if effect.adds else '='} {self.number(effect.value)}")
            return
        target = self.stores["g"].format(self.position(effect.index))
        if self.positions.inside(effect.index, self.n):
            self.line(f"{target} {sign} {self.number(effect.value)}")
            return
        self.line(f"if {self._is_inside(effect.index)}:")
        self.line(f"    {target} {sign} {self.number(effect.value)}")

    def _loop(self, loop: Loop) -> None:
        for node, _ in loop.reductions:
            start = 1.0 if self.graph.ops[node] == "prod" else 0.0
            self.line(f"{self.variable(node)} = {self.constants.name(start)}")
        first, end = self._bounds(loop.axis)
        self.line(f"for i{loop.axis} in range({first}, {end}):")
        self.indent += 1
        self.write(loop.body)
        for node, body in loop.reductions:
            self.line(f"{self.variable(node)} {'*=' if self.graph.ops[node] == 'prod' else '+='} {self.number(body)}")
        if not loop.body and not loop.reductions:
            self.line("pass")
        self.indent -= 1

    def _bounds(self, axis: int) -> tuple[str, str]:
        """The first place from 0, and the one behind the last."""
        if axis == THETA:
            return "0", self.length
        bounds = self.graph.axis_table[axis]
        first = self._whole(bounds.low, "ceil", -1)
        return first, self._whole(bounds.high, "floor", 0)

    def _whole(self, node: int, rounding: str, shift: int) -> str:
        known = self.positions.of(node)
        if known is None:
            text = f"int({self.prefix}{rounding}({self.number(node)}))"
            return f"{text} - 1" if shift else text
        axis, offset = known
        if axis is None:
            return str(offset + shift)
        offset += shift + 1  # i is a place from 0, its value one more
        return f"i{axis}" if offset == 0 else f"i{axis} {'+' if offset > 0 else '-'} {abs(offset)}"

    def _from_start(self, axis: int) -> str:
        first, _ = self._bounds(axis)
        return f"i{axis}" if first == "0" else f"i{axis} - ({first})"

    def _scan(self, scan: Scan) -> None:
        """Products of the others: those before on the way up, those behind on the way down."""
        node, axis = scan.node, self.graph.axis_id(scan.node)
        low, high = self.positions.axis_range(axis)
        count = int(high - low + 1) if math.isfinite(high - low) else 0
        slope = self.graph.ops[node] == "prod_except_tangent"
        names = [f"e{node}", f"d{node}"] if slope else [f"e{node}"]
        self.arrays.extend(f"{name} = {self.scratch(max(count, 1))}" for name in names)
        first, end = self._bounds(axis)
        place = self._from_start(axis)
        for downward in (False, True):
            self.line(f"p{node} = {self.constants.name(1.0)}")
            if slope:
                self.line(f"q{node} = {self.constants.name(0.0)}")
            loop = f"range({end} - 1, {first} - 1, -1)" if downward else f"range({first}, {end})"
            self.line(f"for i{axis} in {loop}:")
            self.indent += 1
            self.write(scan.body)
            self._scan_round(node, place, downward=downward, slope=slope)
            self.indent -= 1

    def _scan_round(self, node: int, place: str, *, downward: bool, slope: bool) -> None:
        factor = self.number(self.graph.args[node][0])
        element, product, moved = f"e{node}[{place}]", f"p{node}", f"q{node}"
        if not slope:
            self.line(f"{element} {'*=' if downward else '='} {product}")
            self.line(f"{product} *= {factor}")
            return
        before = f"d{node}[{place}]"  # the product of the factors before, its tangent in e
        if downward:
            self.line(f"{element} = {element} * {product} + {before} * {moved}")
        else:
            self.line(f"{element} = {moved}")
            self.line(f"{before} = {product}")
        self.line(f"{moved} = {moved} * {factor} + {product} * {self.number(self.graph.args[node][1])}")
        self.line(f"{product} *= {factor}")
