"""Rule to graph: what is read before it is assigned is state; a state is a vector if anything assigned to it is.

Lists (a hyper-parameter such as ``betas``, and the states ``v[k]`` that go with it) are unrolled into single names
``betas[1]``, ``v[1]``, ...
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gdsim.errors import FormulaError
from gdsim.formula.build import Builder
from gdsim.formula.complaints import at
from gdsim.formula.graph import THETA, Graph
from gdsim.formula.limits import MAX_STAGES
from gdsim.formula.lower import Lowering
from gdsim.formula.names import did_you_mean
from gdsim.formula.rules import GIVEN_SCALARS, GIVEN_VECTORS, Assignment, parse_expression_of_rule
from gdsim.formula.tree import Call, Index, Name, Place, Tree, free_names

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the quintic iteration in K. Jordan et al., "Muon: an optimizer for hidden layers" (2024)."""
NEWTON_SCHULZ_ROUNDS = 5
NEWTON_SCHULZ_EPS = 1e-7

Hyper = float | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class State:
    """A value carried from step to step; `init` is a graph over n, lr and the hyper-parameters with one output."""

    name: str
    vector: bool
    init: Graph


@dataclass(frozen=True, slots=True)
class StageNode:
    """One assignment in the graph: `node` is its value, `tree` and `text` what was written."""

    name: str
    node: int
    tree: Tree
    text: str


@dataclass(frozen=True, eq=False)
class RuleGraph:
    """A rule as a graph.

    Inputs: vectors theta and g, scalars t, lr and n, then every hyper-parameter (role "hyper"; a list one by one), then
    the states (role "state"). Outputs: step, then the new value of every state in the order of `states`.
    """

    graph: Graph
    states: tuple[State, ...]
    stages: tuple[StageNode, ...]

    @property
    def hyper_names(self) -> tuple[str, ...]:
        """Names of the hyper-parameters' inputs in order, lists spread out; lr is not among them."""
        return tuple(entry.name for entry in self.graph.inputs if entry.role == "hyper")


def spread(hyper: Mapping[str, Hyper]) -> dict[str, float]:
    """Hyper-parameters by the names of a rule graph's inputs: a list ``betas`` is ``betas[1]``, ``betas[2]``, ..."""
    flat: dict[str, float] = {}
    for name, value in hyper.items():
        if isinstance(value, tuple):
            flat.update({f"{name}[{k}]": number for k, number in enumerate(value, 1)})
        else:
            flat[name] = value
    return flat


def rule_graph(assignments: Sequence[Assignment], hyper: Mapping[str, Hyper], init: Mapping[str, str]) -> RuleGraph:
    """The graph of a rule.

    Args:
        assignments: from `parse_rule`.
        hyper: all hyper-parameters; only the names and the lengths of lists matter.
        init: where carried names start, as expressions in n, lr and the hyper-parameters; 0 by default.

    Raises:
        FormulaError: an unknown name, a list without its index, an init for what is not carried, ...
    """
    carried = _carried(assignments, hyper)
    vectors: frozenset[str] = frozenset()
    while True:  # a state is a scalar until something assigned to it is a vector; that can only grow
        attempt = _Attempt(assignments, hyper, carried, vectors)
        found = frozenset(name for name in attempt.carried if attempt.is_vector(name))
        if found == vectors:
            break
        vectors = found
    for name in init:
        if name not in carried:
            known = ", ".join(carried) or "nothing"
            raise FormulaError(f"init names {name}, which is not carried from step to step", hint=f"Carried is {known}")
    starts = {name: init.get(name.partition("[")[0], "0") for name in attempt.carried}
    states = tuple(State(name, name in vectors, _init_graph(text, hyper)) for name, text in starts.items())
    builder, values = attempt.builder, attempt.values
    news = [_along_theta(builder, values[state.name]) if state.vector else values[state.name] for state in states]
    graph = builder.build([_along_theta(builder, values["step"]), *news])
    return RuleGraph(graph, states, tuple(attempt.stages))


def _along_theta(builder: Builder, node: int) -> int:
    """`node` with one value per coordinate: a single number is the same for all."""
    if builder.axes[node]:
        return node
    theta = builder.input("theta", vector=True)
    return builder.call("select", builder.call("eq", theta, theta), node, builder.const(math.nan))


def _list_length(assignment: Assignment, hyper: Mapping[str, Hyper]) -> int:
    """Over how many elements an assignment `v[k] = ...` runs: the length of the lists it reads at k."""
    lengths: dict[str, int] = {}
    for node, _ in free_names(assignment.tree):
        value = hyper.get(node.name) if isinstance(node, Index) else None
        if isinstance(value, tuple):
            lengths[node.name] = len(value)
    if not lengths:
        lengths = {name: len(value) for name, value in hyper.items() if isinstance(value, tuple)}
    if len(set(lengths.values())) > 1:
        words = " and ".join(f"{name} has {length}" for name, length in lengths.items())
        raise FormulaError(f"lists of different lengths meet: {words}", column=assignment.column)
    if not lengths:
        raise FormulaError(
            f"{assignment.name}[{assignment.index}] needs a list to run over",
            column=assignment.column,
            hint="Give a hyper-parameter several numbers, such as betas=0:0.9",
        )
    return next(iter(lengths.values()))


def _carried(assignments: Sequence[Assignment], hyper: Mapping[str, Hyper]) -> dict[str, Assignment]:
    """Names read before they are assigned, in the order of their assignments."""
    by_name = {assignment.name: assignment for assignment in assignments}
    done: set[str] = set()
    read: set[str] = set()
    for assignment in assignments:
        for node, bound in free_names(assignment.tree):
            early = isinstance(node, Name) and node.name in bound
            if not early and node.name in by_name and node.name not in done and node.name not in hyper:
                read.add(node.name)
        done.add(assignment.name)
    if "step" in read:
        raise FormulaError(
            "step is read before it is assigned",
            column=by_name["step"].column,
            hint="Keep what you need of it under a name of its own",
        )
    return {name: assignment for name, assignment in by_name.items() if name in read}


class _Attempt:
    """The graph under an assumption of which states are vectors."""

    def __init__(self, assignments: Sequence[Assignment], hyper: Mapping[str, Hyper],
                 carried: Mapping[str, Assignment], vectors: frozenset[str]) -> None:  # fmt: skip
        self.builder = Builder()
        self.hyper = hyper
        self.flat = spread(hyper)
        self.values: dict[str, int] = {}
        self.stages: list[StageNode] = []
        self.known = [*GIVEN_VECTORS, *GIVEN_SCALARS, *hyper, *(assignment.name for assignment in assignments)]
        for name in GIVEN_VECTORS:
            self.builder.declare(name, vector=True)
        for name in GIVEN_SCALARS:
            self.builder.declare(name)
        for name in self.flat:
            if name != "lr":
                self.builder.declare(name, "hyper")
        self.carried: list[str] = []
        for name, assignment in carried.items():
            single = assignment.index is None
            self.carried += [name] if single else [f"{name}[{k + 1}]" for k in range(_list_length(assignment, hyper))]
        for name in self.carried:
            self.builder.declare(name, "state", vector=name in vectors)
        self.vectors = vectors
        self.lowering = Lowering(
            self.builder, self._name, self._element, unroll=True, call=self._call, argument_names=frozenset({"len"})
        )
        for assignment in assignments:
            self._assign(assignment)

    def is_vector(self, name: str) -> bool:
        """Whether the value assigned to `name` has one element per coordinate."""
        return bool(self.builder.axes[self.values[name]])

    def _assign(self, assignment: Assignment) -> None:
        if assignment.index is None:
            self._stage(assignment.name, assignment, {})
            return
        for k in range(1, _list_length(assignment, self.hyper) + 1):
            self._stage(f"{assignment.name}[{k}]", assignment, {assignment.index: self.builder.const(float(k))})

    def _stage(self, name: str, assignment: Assignment, indices: Mapping[str, int]) -> None:
        if name in self.flat:
            raise FormulaError(f"{name} is a hyper-parameter and cannot be assigned", column=assignment.column)
        node = self.lowering.lower(assignment.tree, indices)
        self.values[name] = node
        self.stages.append(StageNode(name, node, assignment.tree, assignment.text))
        if len(self.stages) > MAX_STAGES:
            raise FormulaError(f"the rule has more than {MAX_STAGES} stages", column=assignment.column)

    def _name(self, name: str, place: Place) -> int:
        b = self.builder
        if name in self.values:
            return self.values[name]
        if name in self.carried:
            return b.input(name, "state", vector=name in self.vectors, place=place)
        if name in GIVEN_VECTORS:
            return b.input(name, vector=True, place=place)
        if name in GIVEN_SCALARS:
            return b.input(name, place=place)
        value = self.hyper.get(name)
        if isinstance(value, tuple):
            raise at(place, f"{name} is a list", f"Write {name}[k], or len({name})")
        if value is not None:
            return b.input(name, "hyper", place=place)
        raise self._unknown(name, place)

    def _unknown(self, name: str, place: Place) -> FormulaError:
        near = did_you_mean(name, self.known)
        hint = f"Did you mean {near}?" if near else "Known are " + ", ".join(dict.fromkeys(self.known))
        return at(place, f"{name} is not known in this rule", hint)

    def _element(self, name: str, index: int, place: Place) -> int:
        number = self.builder.constant(index)
        if number is None or number != int(number):
            raise at(place, f"the index of {name} is not a known whole number")
        key = f"{name}[{int(number)}]"
        if key in self.values:
            return self.values[key]
        if key in self.carried:
            return self.builder.input(key, "state", vector=key in self.vectors, place=place)
        if key in self.flat:
            return self.builder.input(key, "hyper", place=place)
        numbers = self.hyper.get(name)
        if isinstance(numbers, tuple):
            raise at(place, f"{key} does not exist: {name} has {len(numbers)} numbers")
        raise at(place, f"{name} is not a list", "Lists are hyper-parameters with several numbers, such as betas=0:0.9")

    # What only rules have

    def _call(self, function: str, parts: Sequence[int], node: Call) -> int | None:
        b = self.builder
        place = node.place
        if function == "len":
            return self._length(node)
        if function == "norm":
            return b.call("sqrt", self._total(b.call("mul", parts[0], parts[0], place=place), place), place=place)
        if function == "dot":
            return self._total(b.call("mul", parts[0], parts[1], place=place), place)
        if function == "mean":
            if not b.axes[parts[0]]:
                return parts[0]
            return b.call("div", self._total(parts[0], place), b.input("n", place=place), place=place)
        if function == "sum" and len(parts) == 1:
            return self._total(parts[0], place)
        if function == "orthogonalize":
            return self._orthogonalized(parts[0], place)
        return None

    def _total(self, node: int, place: Place) -> int:
        """The sum over coordinates."""
        b = self.builder
        if not b.axes[node]:
            return b.call("mul", b.input("n", place=place), node, place=place)
        return b.reduce("sum", node, THETA, place=place)

    def _length(self, node: Call) -> int:
        argument = node.arguments[0]
        value = self.hyper.get(argument.name) if isinstance(argument, Name) else None
        if not isinstance(value, tuple):
            raise at(node.place, "len counts the numbers of a list of hyper-parameters", "Write len(betas)")
        return self.builder.const(float(len(value)), node.place)

    def _orthogonalized(self, node: int, place: Place) -> int:
        """Newton-Schulz on the 1 x n matrix u: a round multiplies u by a + b*s + c*s^2, s being u's squared norm."""
        b = self.builder

        def op(name: str, left: int, right: int) -> int:
            return b.call(name, left, right, place=place)

        first, second, third = (b.const(value) for value in NEWTON_SCHULZ)
        size = b.call("sqrt", self._total(op("mul", node, node), place), place=place)
        scale = op("max", size, b.const(NEWTON_SCHULZ_EPS))
        ratio = op("div", size, scale)
        square = op("mul", ratio, ratio)
        factor = op("div", b.const(1.0), scale)
        for _ in range(NEWTON_SCHULZ_ROUNDS):
            growth = op("add", first, op("mul", square, op("add", second, op("mul", third, square))))
            factor = op("mul", factor, growth)
            square = op("mul", square, op("mul", growth, growth))
        return op("mul", node, factor)


def _init_graph(text: str, hyper: Mapping[str, Hyper]) -> Graph:
    builder = Builder()
    flat = spread(hyper)
    for name in ("n", "lr", *(name for name in flat if name != "lr")):
        builder.declare(name, "hyper" if name in flat and name != "lr" else "given")

    def named(name: str, place: Place) -> int:
        if name in ("n", "lr"):
            return builder.input(name, place=place)
        if name in flat:
            return builder.input(name, "hyper", place=place)
        near = did_you_mean(name, ["n", "lr", *hyper])
        raise at(place, f"{name} is not known in an init", f"Did you mean {near}?" if near else "Use n, lr and hypers")

    def element(name: str, index: int, place: Place) -> int:
        return named(f"{name}[{int(builder.constant(index) or 0)}]", place)

    lowering = Lowering(builder, named, element, unroll=True)
    return builder.build([lowering.lower(parse_expression_of_rule(text))])
