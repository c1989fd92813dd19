"""Stand-alone Python of a formula of a few numbers, as a function of arrays of any one shape: activations, losses."""

from __future__ import annotations

from collections.abc import Sequence

from gdsim.formula.graph import Graph
from gdsim.formula.positions import Positions
from gdsim.formula.readable import Names, ReadableWriter
from gdsim.formula.schedule import Scheduler


def curve_source(graph: Graph, name: str, arguments: Sequence[str], words: str, output: int = 0) -> str:
    """A function ``name(*arguments)`` of NumPy arrays that gives one output of `graph`, without the header.

    Args:
        graph: its coordinates are among `arguments`; no parameters, no vectors.
        name: used as it is.
        words: the docstring.
        output: which of the graph's outputs.
    """
    names = Names([name, *arguments])
    node = graph.outputs[output]
    loads = {entry.name: entry.name for entry in graph.coordinates}
    writer = ReadableWriter(graph, loads=loads, stores={}, length="1", n=1, names=names, counted=[node])
    writer.line(f'"""{words}"""')
    writer.write(Scheduler(graph, Positions(graph)).plan([node]))
    value = writer.number(node)
    constant = graph.constant(node) is not None
    writer.line(f"return np.full_like({arguments[0]}, {value})" if constant else f"return {value}")
    return "\n".join([f"def {name}({', '.join(arguments)}):", *writer.lines]) + "\n"
