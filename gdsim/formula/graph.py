"""The arena that a formula becomes: flat, frozen, in topological order; a node is an integer.

A node has an operation (a name from `ops`, or one of the structural ones below), arguments (earlier nodes), data and
named axes. A node with axes {i, j} has one value for each pair of loop indices; one without axes is a single number.
Named axes keep every pass a plain loop over the arena, nested and triangular sums included.

Structural operations:

- ``const`` (data: float), ``input`` (data: name; a vector input has the axis THETA, one value per coordinate)
- ``index`` (data: axis): the value of a loop's variable, counted as in the text
- ``gather`` (data: name of a vector; args: index, from 1): one element of a vector input; NaN outside 1..n
- ``sum``, ``prod`` (data: axis; args: body): over the whole numbers from the axis' low to its high bound
- ``prod_except`` (data: axis; args: body): for each index the product over all the others
- ``prod_except_tangent`` (data: axis; args: body, its tangent): the directional derivative of the former
- ``scatter`` (data: name of a vector; args: value, index): the vector whose element k is the sum of the values whose
  index is k; the adjoint of ``gather``
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from gdsim.formula.limits import KERNEL_STATEMENTS

THETA = 0
"""The axis of the coordinates; its length is known only when values are given."""

REDUCTIONS = frozenset({"sum", "prod"})
AXIS_OPS = frozenset({"index", "sum", "prod", "prod_except", "prod_except_tangent"})
"""Operations whose data is an axis, so that they depend on its bounds, too."""

Role = Literal["coordinate", "parameter", "hyper", "state", "given"]


@dataclass(frozen=True, slots=True)
class Axis:
    """A loop: the whole numbers from node `low` to node `high`; THETA has no bounds (-1)."""

    name: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Input:
    """What is handed in when the graph is evaluated; a vector has one element per coordinate."""

    name: str
    vector: bool
    role: Role


@dataclass(frozen=True, eq=False)
class Graph:
    """A formula, or several, as an arena; see the module. Compared by identity, so that it can key caches.

    Attributes:
        ops, args, data, axes, places: one entry per node; a place is (start, end) in the text, or None.
        outputs: the nodes asked for.
        axis_table: the loops; entry 0 is THETA.
        inputs: in the order of the calling convention.
    """

    ops: tuple[str, ...]
    args: tuple[tuple[int, ...], ...]
    data: tuple[object, ...]
    axes: tuple[frozenset[int], ...]
    places: tuple[tuple[int, int] | None, ...]
    outputs: tuple[int, ...]
    axis_table: tuple[Axis, ...]
    inputs: tuple[Input, ...]

    def __len__(self) -> int:
        return len(self.ops)

    def dependencies(self, node: int) -> tuple[int, ...]:
        """The nodes that `node` reads, the bounds of its loop included."""
        if self.ops[node] in AXIS_OPS and self.data[node] != THETA:
            axis = self.axis_of(node)
            return (*self.args[node], axis.low, axis.high)
        return self.args[node]

    def axis_of(self, node: int) -> Axis:
        """The loop of an operation whose data is an axis."""
        return self.axis_table[self.axis_id(node)]

    def axis_id(self, node: int) -> int:
        """The number of that loop."""
        axis = self.data[node]
        assert isinstance(axis, int)
        return axis

    def constant(self, node: int) -> float | None:
        """The value of a constant node, None for any other."""
        value = self.data[node] if self.ops[node] == "const" else None
        return value if isinstance(value, float) else None

    def needed(self, targets: Iterable[int]) -> list[int]:
        """All nodes that the targets depend on, themselves included, in order."""
        wanted = bytearray(len(self.ops))
        stack = list(targets)
        while stack:
            node = stack.pop()
            if not wanted[node]:
                wanted[node] = 1
                stack.extend(self.dependencies(node))
        return [node for node, flag in enumerate(wanted) if flag]

    @cached_property
    def coordinates(self) -> tuple[Input, ...]:
        """The inputs that are minimised over, in order."""
        return tuple(entry for entry in self.inputs if entry.role == "coordinate")

    @cached_property
    def parameters(self) -> tuple[Input, ...]:
        """The formula's free parameters, in the order of the array `p` of a kernel."""
        return tuple(entry for entry in self.inputs if entry.role == "parameter")

    @cached_property
    def is_large(self) -> bool:
        """Whether a kernel of it would take long to compile."""
        leaves = ("const", "input", "index")
        return sum(self.ops[node] not in leaves for node in self.needed(self.outputs)) > KERNEL_STATEMENTS
