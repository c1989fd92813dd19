"""A minimum written once for every number of coordinates."""

from __future__ import annotations

from dataclasses import dataclass

from gdsim.formula import interpret, parse_formula


@dataclass(frozen=True, slots=True)
class Pattern:
    """A minimum for any number of coordinates.

    Attributes:
        coordinate: the k-th coordinate (k from 1) of d, as an expression over k and d, such as ``k*(d + 1 - k)``.
        value: the function's value there, an expression over d.
        only: the number of coordinates it holds for, or None for all.
    """

    coordinate: str
    value: str
    only: int | None = None

    def at(self, d: int) -> tuple[tuple[float, ...], float] | None:
        """(point, value) for `d` coordinates, or None where the pattern does not hold."""
        if self.only is not None and self.only != d:
            return None
        point = tuple(_evaluate(self.coordinate, k, d) for k in range(1, d + 1))
        return point, _evaluate(self.value, 0, d)


def _evaluate(text: str, k: int, d: int) -> float:
    graph = parse_formula(text, variables=("k", "d")).graph()
    names = {item.name for item in graph.inputs}
    values = {name: value for name, value in (("k", float(k)), ("d", float(d))) if name in names}
    return float(interpret(graph, values)[0])
