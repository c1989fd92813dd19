"""A parsed function: its text, tree, variables and parameters, and the graph for a given dimension."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from gdsim.errors import FormulaError
from gdsim.formula import complaints
from gdsim.formula.build import Builder, pruned
from gdsim.formula.graph import Graph
from gdsim.formula.limits import KERNEL_STATEMENTS, MAX_LENGTH, UNROLLED_NODES
from gdsim.formula.lower import Lowering, TooManyIterations
from gdsim.formula.names import CONSTANTS, Vocabulary
from gdsim.formula.parser import parse_expression
from gdsim.formula.tree import Index, Name, Num, Place, Reduce, Tree, free_names, walk

_HEADER = re.compile(r"\s*(?P<name>[A-Za-z]\w*)\s*(?:\((?P<names>[\w\s,;\[\]]*)\))?\s*=(?!=)")
_NUMBERED = re.compile(r"x_?(\d+)")
_PLAIN = ("x", "y", "z")


@dataclass(frozen=True, eq=False)
class Formula:
    """A function formula.

    Attributes:
        text: as it was given.
        tree: what was written.
        variables: their names in order; () when the formula is indexed.
        indexed: it is written with `x[i]`, for any dimension n.
        vector: the name that is indexed, "" if none is.
        parameters: the other free names, in order of appearance.
    """

    text: str
    tree: Tree
    variables: tuple[str, ...]
    indexed: bool
    vector: str
    parameters: tuple[str, ...]
    _graphs: dict[int, Graph] = field(default_factory=dict, repr=False)

    def coordinates(self, n: int | None = None) -> tuple[str, ...]:
        """The coordinates' names: the variables, or x1 ... xn of an indexed formula, which needs n."""
        if not self.indexed:
            return self.variables
        if n is None:
            raise FormulaError("an indexed formula needs a dimension", hint="Say how many coordinates x has")
        return tuple(f"{self.vector}{k}" for k in range(1, n + 1))

    def graph(self, n: int | None = None) -> Graph:
        """The graph with one output, the value; the same object for the same n.

        An indexed formula is unrolled to scalar coordinates x1 ... xn where that stays small, else it keeps its loops
        and the vector is one input.

        Raises:
            FormulaError: n is missing or does not fit, an index leaves 1..n, bounds are not numbers, too many nodes.
        """
        if not self.indexed:
            n = len(self.variables)
        elif n is None or n < 1:
            raise FormulaError("an indexed formula needs a dimension", hint="Say how many coordinates x has")
        if n not in self._graphs:
            self._graphs[n] = self._lowered(n)
        return self._graphs[n]

    def latex(self, lhs: str | None = None) -> str:
        """LaTeX of the formula as it was written, behind `lhs = ` if that is given."""
        from gdsim.formula.typeset import after_sign, latex_of_tree

        text = latex_of_tree(self.tree)
        return text if lhs is None else f"{lhs} = {after_sign(text)}"

    def _lowered(self, n: int) -> Graph:
        scalars = _Scalars(self, n)
        try:
            graph = scalars.graph()
        except TooManyIterations:
            pass
        else:
            size = sum(op not in ("const", "input", "index") for op in graph.ops)
            if size <= KERNEL_STATEMENTS or not scalars.lowering.iterations:
                return graph
        return (_Vector if self.indexed else _Loops)(self, n).graph()


class _Scalars:
    """Coordinates as inputs of their own; sums unrolled."""

    unroll = True

    def __init__(self, formula: Formula, n: int) -> None:
        self.formula = formula
        self.n = n
        self.builder = Builder()
        self.lowering = Lowering(self.builder, self.name, self.element, unroll=self.unroll, room=UNROLLED_NODES)
        self.declare()
        for name in formula.parameters:
            self.builder.declare(name, "parameter")

    def declare(self) -> None:
        for name in self.formula.coordinates(self.n):
            self.builder.declare(name, "coordinate")

    def graph(self) -> Graph:
        node = self.lowering.lower(self.formula.tree)
        return pruned(self.builder.build([node]))

    def name(self, name: str, place: Place) -> int:
        formula = self.formula
        if formula.indexed:
            if name == "n":
                return self.builder.const(float(self.n), place)
            number = _NUMBERED.fullmatch(name) if formula.vector == "x" else None
            if number is not None:
                return self.element(formula.vector, self.builder.const(float(number.group(1))), place)
        role = "coordinate" if name in formula.variables else "parameter"
        if role == "parameter" and name not in formula.parameters:
            raise complaints.at(place, f"{name} stands for nothing here")
        return self.builder.input(name, "coordinate" if role == "coordinate" else "parameter", place=place)

    def element(self, vector: str, index: int, place: Place) -> int:
        value = self.builder.constant(index)
        if value is None:
            raise complaints.at(place, f"the index of {vector} is not a known number")
        self.check(vector, value, place)
        return self.builder.input(f"{vector}{int(value)}", "coordinate", place=place)

    def check(self, vector: str, value: float, place: Place) -> None:
        if value != int(value) or not 1 <= value <= self.n:
            raise complaints.at(
                place,
                f"{vector}[{value:g}] does not exist: {vector} has {self.n} coordinate{'s' * (self.n > 1)}",
                "Indices run from 1 to n; choose the bounds of the sum so, or a larger dimension",
            )


class _Loops(_Scalars):
    """Coordinates as inputs of their own; sums stay loops."""

    unroll = False


class _Vector(_Loops):
    """The vector as one input."""

    def declare(self) -> None:
        self.builder.declare(self.formula.vector, "coordinate", vector=True)

    def element(self, vector: str, index: int, place: Place) -> int:
        value = self.builder.constant(index)
        if value is not None:
            self.check(vector, value, place)
        return self.builder.gather(vector, index, place)


def parse_formula(text: str, variables: Sequence[str] | None = None) -> Formula:
    """Read a function formula.

    Args:
        text: the formula; `f(x,y) =` or `y =` in front are accepted.
        variables: names of the variables in order; by default x, y, z and x1, x2, ... as far as they occur.

    Raises:
        FormulaError: what is wrong, with the column (from 1) and length of the place.
    """
    if not text.strip():
        raise complaints.empty()
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            f"the formula has {len(text):,} characters, the most is {MAX_LENGTH:,}",
            hint="Write long sums as sum(..., i=1..n)",
        )
    body, named, result = _without_header(text)
    if variables is None and named:
        variables = named
    known = tuple(variables or ())
    _check_variables(known)
    tree = parse_expression(body, Vocabulary(names=frozenset(name for name in known if len(name) > 1)))
    formula = _formula(text, tree, known)
    if result and result in (*formula.variables, *formula.parameters, formula.vector):
        raise FormulaError(
            f"{result} stands on both sides of the =",
            column=text.index(result) + 1,
            length=len(result),
            hint="In front of the = stands a name for the result, behind it the formula",
        )
    return formula


def _without_header(text: str) -> tuple[str, tuple[str, ...], str]:
    """The text with `f(x, y) =` blanked out (columns stay), the names in its brackets, and f itself."""
    match = _HEADER.match(text)
    if match is None:
        return text, (), ""
    names = tuple(name for name in re.split(r"[\s,;]+", match.group("names") or "") if name)
    blank = " " * match.end() + text[match.end() :]
    if not blank.strip():
        raise FormulaError("nothing stands behind the =", column=match.end(), hint="Write the formula there")
    return blank, tuple(name for name in names if "[" not in name), match.group("name")


def _check_variables(names: Sequence[str]) -> None:
    for name in names:
        if not re.fullmatch(r"[^\W\d]\w*", name) or name in CONSTANTS:
            raise FormulaError(f"{name!r} cannot be a variable", hint="Use letters, such as x, y or theta")
    if len(set(names)) != len(names):
        raise FormulaError("a variable is named twice", hint="Name each variable once")


def _formula(text: str, tree: Tree, known: tuple[str, ...]) -> Formula:
    found = list(walk(tree))
    found.reverse()  # nearly in the order of the text, which makes the sorting quick
    uses = [(node, bound) for node, bound in found if isinstance(node, Name | Index)]
    uses.sort(key=lambda entry: entry[0].place)
    vectors = list(dict.fromkeys(node.name for node, _ in uses if isinstance(node, Index)))
    names = list(
        dict.fromkeys(
            node.name
            for node, bound in uses
            if isinstance(node, Name) and node.name not in bound and node.name not in CONSTANTS
        )
    )
    for node, bound in uses:
        if bound:
            _check_subscript(node, bound)
    if not vectors:
        _check_bounds(found)
    else:
        return _indexed(text, tree, uses, vectors, names)
    if known:
        return Formula(text, tree, known, False, "", tuple(name for name in names if name not in known))
    variables = tuple(name for name in _PLAIN if name in names)
    numbered = sorted((name for name in names if _NUMBERED.fullmatch(name)), key=_number)
    variables = variables + tuple(numbered)
    if not variables:
        raise _no_variable(tree, names)
    return Formula(text, tree, variables, False, "", tuple(name for name in names if name not in variables))


def _number(name: str) -> int:
    match = _NUMBERED.fullmatch(name)
    return int(match.group(1)) if match else 0


def _no_variable(tree: Tree, names: Sequence[str]) -> FormulaError:
    start, end = tree.place
    if isinstance(tree, Num) or not names:
        what, hint = "there is no variable in it: it is the same number everywhere", "Use x (and y), such as x^2 + y^2"
    else:
        what = f"there is no variable in it: {', '.join(names[:4])} would be a parameter"
        hint = f"Use x (and y), or write f({names[0]}) = in front"
    return FormulaError(what, column=start + 1, length=max(1, end - start), hint=hint)


def _check_subscript(node: Name | Index, counted: frozenset[str]) -> None:
    """FormulaError for `x_i` or `xi` inside a sum over i, where `x[i]` is meant."""
    if isinstance(node, Name) and node.name not in counted:
        for index in counted:
            stem = node.name.removesuffix(index)
            if stem in ("x_", "y_", "z_", "x") and stem != node.name:
                raise complaints.at(
                    node.place,
                    f"{node.name} is a name of its own here, not a coordinate",
                    f"Coordinate {index} of x is written x[{index}]",
                )


def _check_indices(tree: Tree) -> None:
    """FormulaError for an index that nothing counts, as in `x[i]^2` alone."""
    for node, bound in walk(tree):
        if isinstance(node, Index):
            for inner, _ in free_names(node.index):
                if inner.name not in bound and inner.name != "n":
                    raise complaints.at(
                        inner.place,
                        f"nothing counts {inner.name} in {node.name}[{inner.name}]",
                        f"Write sum({node.name}[{inner.name}]^2, {inner.name}=1..n)",
                    )


def _check_bounds(found: Sequence[tuple[Tree, frozenset[str]]]) -> None:
    """FormulaError for a sum up to n where no x[i] says what n is."""
    for node, bound in found:
        if isinstance(node, Reduce):
            for inner, _ in [*free_names(node.low), *free_names(node.high)]:
                if inner.name == "n" and "n" not in bound:
                    raise complaints.at(
                        inner.place,
                        "n is the number of coordinates x[1], ..., x[n], but there is no x[...] here",
                        "Write a number in its place",
                    )


def _indexed(text: str, tree: Tree, uses: Sequence[tuple[Name | Index, frozenset[str]]], vectors: list[str],
             names: list[str]) -> Formula:  # fmt: skip
    vector = "x" if "x" in vectors else vectors[0]
    for node, bound in uses:
        if isinstance(node, Index) and node.name != vector:
            what = f"two vectors are indexed: {vector} and {node.name}"
            raise complaints.at(node.place, what, f"Use {vector}[i] only")
        if isinstance(node, Name) and node.name == vector and node.name not in bound:
            raise complaints.at(
                node.place, f"{vector} is a vector here: it is written {vector}[i] elsewhere", f"Write {vector}[1]"
            )
    _check_indices(tree)
    free = [name for name in names if name != "n" and not (vector == "x" and _NUMBERED.fullmatch(name))]
    return Formula(text, tree, (), True, vector, tuple(free))
