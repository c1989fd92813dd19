"""Tree to graph: names get their meaning, sums are unrolled or become loops.

A pass over the tree is `tree.fold`, a loop; only a sum or product within another one is a call within a call, and
those are at most MAX_LOOPS deep.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from gdsim.errors import FormulaError
from gdsim.formula.build import Builder
from gdsim.formula.complaints import at
from gdsim.formula.limits import MAX_LOOPS, MAX_NODES, MOST_ITERATIONS, UNROLLED_ITERATIONS
from gdsim.formula.names import CONSTANTS
from gdsim.formula.ops import ARITY
from gdsim.formula.tree import (
    Call,
    Compare,
    Index,
    Name,
    Negate,
    Num,
    Place,
    Power,
    Product,
    Reduce,
    Sum,
    Tree,
    children,
    fold,
)

_FACTORS = {"*": "mul", "": "mul", "/": "div", "%": "mod"}
_RECIPROCALS = {"sec": "cos", "csc": "sin", "cot": "tan"}
_CHAINED = {"and": "and", "or": "or", "min": "min", "max": "max"}


class TooManyIterations(FormulaError):
    """A sum is too long to be unrolled; a formula can be lowered again with loops."""


class Lowering:
    """Makes nodes of trees.

    Args:
        builder: where the nodes go.
        name: the node that a name stands for; FormulaError if it stands for nothing.
        element: the node of `vector[index]`, given the vector's name, the index' node and its place.
        unroll: sums and products become plain additions and multiplications.
        room: how many nodes there may be before unrolling is given up with TooManyIterations.
        call: takes over a call before the common functions see it (rules: norm, mean, ...); None: not mine.
    """

    def __init__(
        self,
        builder: Builder,
        name: Callable[[str, Place], int],
        element: Callable[[str, int, Place], int],
        *,
        unroll: bool,
        call: Callable[[str, Sequence[int], Call], int | None] | None = None,
        argument_names: frozenset[str] = frozenset(),
        room: int = MAX_NODES,
    ) -> None:
        self.builder = builder
        self.name = name
        self.element = element
        self.unroll = unroll
        self.call = call
        self.argument_names = argument_names
        self.room = room
        self.iterations = 0
        self.lengths: list[float] = []  # of the sums around the place that is being lowered

    def lower(self, tree: Tree, indices: Mapping[str, int] | None = None) -> int:
        """The node of `tree`; `indices` are the loop variables in force."""
        env = indices or {}
        return fold(tree, lambda node, parts: self._node(node, parts, env), self._parts)

    def _parts(self, node: Tree) -> tuple[Tree, ...]:
        if isinstance(node, Reduce):
            return ()  # its body needs the loop first
        if isinstance(node, Call) and node.function in self.argument_names:
            return ()
        return children(node)

    def _node(self, node: Tree, parts: Sequence[int], env: Mapping[str, int]) -> int:
        if len(self.builder.ops) > MAX_NODES:
            raise at(node.place, f"the formula grows beyond {MAX_NODES:,} operations", "Use fewer terms")
        b = self.builder
        match node:
            case Num():
                return b.const(node.value, node.place)
            case Name():
                return self._name(node, env)
            case Index():
                return self.element(node.name, parts[0], node.place)
            case Negate():
                return b.call("neg", parts[0], place=node.place)
            case Sum():
                return self._chain(node.place, parts, ["add" if sign == "+" else "sub" for sign in node.signs])
            case Product():
                return self._chain(node.place, parts, [_FACTORS[sign] for sign in node.signs])
            case Power():
                return self._power(node, parts)
            case Call():
                return self._call(node, parts)
            case Compare():
                pairs = zip(node.relations, parts[:-1], parts[1:], strict=True)
                held = [b.call(relation, left, right, place=node.place) for relation, left, right in pairs]
                return self._chain(node.place, held, ["and"] * len(held))
            case Reduce():
                return self._reduce(node, env)

    def _name(self, node: Name, env: Mapping[str, int]) -> int:
        if node.name in env:
            return env[node.name]
        if node.name in CONSTANTS:
            return self.builder.const(CONSTANTS[node.name], node.place)
        return self.name(node.name, node.place)

    def _chain(self, place: Place, parts: Sequence[int], ops: Sequence[str]) -> int:
        result = parts[0]
        for op, part in zip(ops[1:], parts[1:], strict=True):
            result = self.builder.call(op, result, part, place=place)
        return result

    def _power(self, node: Power, parts: Sequence[int]) -> int:
        if isinstance(node.base, Name) and node.base.name == "e":
            return self.builder.call("exp", parts[1], place=node.place)
        return self.builder.call("pow", parts[0], parts[1], place=node.place)

    def _call(self, node: Call, parts: Sequence[int]) -> int:
        b = self.builder
        function = node.function
        if self.call is not None:
            taken = self.call(function, parts, node)
            if taken is not None:
                return taken
        if function in ("sum", "prod", "norm", "mean", "dot", "len"):
            raise at(
                node.place,
                f"{function} needs to know what it runs over",
                f"Write {function}(x[i]^2, i=1..n)" if function in ("sum", "prod") else None,
            )
        if function == "if":
            return b.call("select", *parts, place=node.place)
        if function == "log" and len(parts) == 2:
            top, base = (b.call("log", part, place=node.place) for part in parts)
            return b.call("div", top, base, place=node.place)
        if function in _RECIPROCALS:
            below = b.call(_RECIPROCALS[function], parts[0], place=node.place)
            return b.call("div", b.const(1.0), below, place=node.place)
        if function in _CHAINED:
            return self._chain(node.place, parts, [_CHAINED[function]] * len(parts))
        if function not in ARITY:
            raise at(node.place, f"{function} is not known here")
        return b.call(function, *parts, place=node.place)

    # Sums and products

    def _reduce(self, node: Reduce, env: Mapping[str, int]) -> int:
        if len(self.lengths) >= MAX_LOOPS:
            raise at(node.place, f"sums are nested more than {MAX_LOOPS} deep")
        if node.index in CONSTANTS:
            raise at(node.place, f"{node.index} is a number and cannot count", "Use another letter, such as i")
        low, high = self.lower(node.low, env), self.lower(node.high, env)
        self.lengths.append(self._length(low, high))
        try:
            return self._unrolled(node, env, low, high) if self.unroll else self._loop(node, env, low, high)
        finally:
            self.lengths.pop()

    def _length(self, low: int, high: int) -> float:
        """How many passes a sum makes; one up to the index of a sum around it as many as that one, at most."""
        first, last = self.builder.constant(low), self.builder.constant(high)
        if first is None or last is None:
            return max(self.lengths, default=1.0)
        return max(1.0, last - first + 1)

    def _loop(self, node: Reduce, env: Mapping[str, int], low: int, high: int) -> int:
        b = self.builder
        if math.prod(self.lengths) > MOST_ITERATIONS:
            sums = "this sum has" if len(self.lengths) == 1 else "these sums within sums together have"
            what = f"{sums} more than {MOST_ITERATIONS:,} terms"
            raise at(node.place, what, "Choose smaller bounds, or a smaller dimension")
        try:
            axis = b.axis(node.index, low, high)
        except FormulaError as error:
            raise at(node.place, error.what, error.hint) from error
        body = self.lower(node.body, {**env, node.index: b.index(axis)})
        return b.reduce(node.kind, body, axis, place=node.place)

    def _unrolled(self, node: Reduce, env: Mapping[str, int], low: int, high: int) -> int:
        b = self.builder
        first, last = b.constant(low), b.constant(high)
        if first is None or last is None:
            raise at(
                node.place,
                f"the bounds of the {node.kind} over {node.index} are not known numbers",
                "Bounds are numbers, n, or the index of a sum around it",
            )
        if not (math.isfinite(first) and math.isfinite(last)):
            raise at(node.place, f"the {node.kind} over {node.index} never ends")
        empty, op = (0.0, "add") if node.kind == "sum" else (1.0, "mul")
        result: int | None = None
        value = math.ceil(first)
        while value <= last:
            self.iterations += 1
            if self.iterations > UNROLLED_ITERATIONS or len(b.ops) > self.room:
                what = f"the {node.kind} over {node.index} has too many terms here"
                raise TooManyIterations(what, column=node.place[0] + 1, length=node.place[1] - node.place[0])
            body = self.lower(node.body, {**env, node.index: b.const(float(value))})
            result = body if result is None else b.call(op, result, body, place=node.place)
            value += 1
        return b.const(empty, node.place) if result is None else result
