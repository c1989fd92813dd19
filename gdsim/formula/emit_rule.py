"""Source of the kernel of an update rule: one step, the state updated in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gdsim.formula.dialect import Dialect
from gdsim.formula.graph import Graph
from gdsim.formula.positions import Positions
from gdsim.formula.schedule import Scheduler, Store
from gdsim.formula.source import Constants, Writer


class StateLike(Protocol):
    """A value carried from step to step: one number, or a vector with one per coordinate."""

    @property
    def name(self) -> str:
        """What the rule calls it."""

    @property
    def vector(self) -> bool:
        """Whether it has an element per coordinate."""


class RuleLike(Protocol):
    """What is needed of a rule's graph: inputs theta, g, t, lr, n, hypers, states; outputs step, then new states."""

    @property
    def graph(self) -> Graph:
        """The graph."""

    @property
    def states(self) -> Sequence[StateLike]:
        """In the order of the outputs behind the step."""


def state_layout(states: Sequence[StateLike]) -> Mapping[str, tuple[int, int]]:
    """Where each state begins in the flat array: (a, b) stands for place a*n + b.

    Vectors come first, in order, then the single numbers; the array has `state_size(states, n)` elements.
    """
    vectors = [state.name for state in states if state.vector]
    scalars = [state.name for state in states if not state.vector]
    places = {name: (k, 0) for k, name in enumerate(vectors)}
    places.update({name: (len(vectors), k) for k, name in enumerate(scalars)})
    return places


def state_size(states: Sequence[StateLike], n: int) -> int:
    """The length of the flat state for n coordinates."""
    return sum(n if state.vector else 1 for state in states)


def rule_source(rule: RuleLike, dialect: Dialect = "numba") -> str:
    """A plain function ``rule_step(theta, g, t, lr, h, s, step, n)``, to be put behind `dialect.header`.

    It fills `step` (n) and updates the flat state `s` (see `state_layout`) in place; `h` holds the hyper-parameters in
    the order of the graph's inputs with the role "hyper". Nothing is written before all old values have been read.
    """
    graph = rule.graph
    constants, positions = Constants(), Positions(graph)
    loads = {"theta": "theta[{0}]", "g": "g[{0}]", "t": "REAL(t)", "lr": "REAL(lr)", "n": "REAL(n)"}
    hypers = [entry.name for entry in graph.inputs if entry.role == "hyper"]
    loads.update({name: f"h[{k}]" for k, name in enumerate(hypers)})
    stores = {"step": "step[{0}]"}
    for name, (vectors, scalars) in state_layout(rule.states).items():
        start = " + ".join(text for text in (f"{vectors} * n" if vectors else "", str(scalars or "")) if text)
        vector = next(state.vector for state in rule.states if state.name == name)
        place = (f"{start} + " if start else "") + "{0}" if vector else start or "0"
        loads[name] = stores[name] = f"s[{place}]"
    writer = Writer(graph, positions, constants, loads=loads, stores=stores, length="n", dialect=dialect)
    step, *news = graph.outputs
    effects = [Store("step", step)]
    finals: list[tuple[str, int]] = []
    for state, node in zip(rule.states, news, strict=True):
        if state.vector:
            effects.append(Store(state.name, node))
        else:
            finals.append((state.name, node))
    writer.write(Scheduler(graph, positions).plan([node for _, node in finals], effects))
    for name, node in finals:
        writer.line(f"{stores[name]} = {writer.number(node)}")
    head = "def rule_step(theta, g, t, lr, h, s, step, n):"
    return constants.source() + "\n\n" + "\n".join([head, *writer.lines]) + "\n"
