"""Stand-alone Python of a formula or an update rule: NumPy alone, to be read by people, and it runs without gdsim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gdsim.formula.derive import value_gradient
from gdsim.formula.emit_objective import vector_effects
from gdsim.formula.graph import THETA, Graph
from gdsim.formula.lower_rule import RuleGraph
from gdsim.formula.positions import Positions
from gdsim.formula.readable import Names, ReadableWriter
from gdsim.formula.schedule import Effect, Scheduler
from gdsim.formula.script_support import with_header

__all__ = ["function_source", "python_source", "rule_function_source", "value_source", "with_header"]


def python_source(
    graph: Graph, name: str, n: int, *, parameters: Mapping[str, float] | None = None, comment: str = ""
) -> str:
    """A whole script: ``name(theta, a=..)`` gives the value, ``name_gradient(theta, a=..)`` the gradient.

    Args:
        graph: its first output is the value.
        name: of the function; made an identifier if it is none.
        n: number of coordinates.
        parameters: the formula's parameters, the defaults of the arguments; 1 where none is given.
        comment: a line above the functions, the formula's text, say.
    """
    return with_header(function_source(graph, name, n, parameters=parameters, comment=comment))


def function_source(
    graph: Graph, name: str, n: int, *, parameters: Mapping[str, float] | None = None, comment: str = ""
) -> str:
    """The two functions of `python_source` without the header (see `with_header`)."""
    functions = [
        _objective(graph, name, n, parameters or {}, with_gradient=False),
        _objective(value_gradient(graph), name, n, parameters or {}, with_gradient=True),
    ]
    return _comment(comment) + "\n\n".join(functions)


def value_source(graph: Graph, name: str, n: int, *, parameters: Mapping[str, float] | None = None) -> str:
    """The first of the two functions alone: ``name(theta)`` gives the value."""
    return _objective(graph, name, n, parameters or {}, with_gradient=False)


def _objective(graph: Graph, name: str, n: int, parameters: Mapping[str, float], *, with_gradient: bool) -> str:
    names = Names(["theta", "gradient"])
    head = Names().fresh(name) + ("_gradient" if with_gradient else "")
    loads = {entry.name: names.fresh(entry.name) for entry in (*graph.coordinates, *graph.parameters)}
    coordinates = [loads[entry.name] for entry in graph.coordinates]
    defaults = "".join(f", {loads[entry.name]}={parameters.get(entry.name, 1.0)!r}" for entry in graph.parameters)
    vector = any(entry.vector for entry in graph.coordinates)
    effects: Sequence[Effect] = ()
    value, *slopes = graph.outputs
    if with_gradient:
        wanted = [] if vector else slopes
        effects = vector_effects(graph, slopes[0]) if vector else ()
    else:
        wanted = [value]
    counted = [*wanted, *[node for effect in effects for node in _read(effect)]]
    given: dict[int, str] = {}
    for entry, node in zip(graph.coordinates, slopes if with_gradient and not vector else (), strict=False):
        if graph.ops[node] not in ("const", "input") and node not in given:
            given[node] = names.fresh(f"d_{loads[entry.name]}")
    writer = ReadableWriter(
        graph,
        loads={key: f"{text}[{{0}}]" if vector and key == graph.coordinates[0].name else text
               for key, text in loads.items()},
        stores={"g": "gradient[{0}]"},
        length=str(n),
        n=n,
        names=names,
        given=given,
        counted=counted,
    )  # fmt: skip
    writer.line(f'"""{"The gradient" if with_gradient else "The value"} at theta ({n} coordinates)."""')
    left = coordinates[0] if vector else f"{', '.join(coordinates)}{',' if len(coordinates) == 1 else ''}"
    if coordinates:
        writer.line(f"{left} = np.asarray(theta, dtype=float)")
    if with_gradient and vector:
        writer.line(f"gradient = np.zeros_like({left})")
    body = len(writer.lines)
    writer.write(Scheduler(graph, writer.positions).plan(wanted, effects))
    writer.lines[body:body] = [f"    {line}" for line in writer.arrays]
    if not with_gradient:
        writer.line(f"return {writer.number(value)}")
    elif vector:
        writer.line("return gradient")
    else:
        results = [writer.number(node) for node in slopes]
        writer.line(f"return np.array([{', '.join(results)}])")
    return "\n".join([f"def {head}(theta{defaults}):", *writer.lines]) + "\n"


def _read(effect: Effect) -> tuple[int, ...]:
    index = getattr(effect, "index", None)
    return (effect.value,) if index is None else (effect.value, index)


def rule_function_source(
    rule: RuleGraph, name: str, *, hyper: Mapping[str, float] | None = None, comment: str = ""
) -> str:
    """Two functions of an update rule, without the header.

    ``name_state(n, lr, ..)`` gives the state before the first step as a dict, ``name_step(theta, g, t, lr, state, ..)``
    the step to add to theta, t counted from 1; it updates `state`. Hyper-parameters (`hyper`: by the names of the
    graph's inputs, 0 where none is given) are the defaults of further arguments.
    """
    graph = rule.graph
    names = Names(["theta", "g", "t", "lr", "n", "state", "step"])
    loads = {name: name for name in ("theta", "g", "t", "lr", "n")}
    loads.update({key: names.fresh(key) for key in rule.hyper_names})
    values = hyper or {}
    arguments = "".join(f", {loads[key]}={float(values.get(key, 0.0))!r}" for key in rule.hyper_names)
    head = Names().fresh(name)
    initial = _initial_state(rule, head, loads, arguments)
    loads.update({state.name: names.fresh(state.name) for state in rule.states})
    step, *news = graph.outputs
    given: dict[int, str] = {step: "step"}
    for stage in rule.stages:
        if graph.ops[stage.node] not in ("const", "input") and stage.node not in given:
            given[stage.node] = names.fresh(f"{stage.name}_new" if stage.name in loads else stage.name)
    writer = _ArrayWriter(
        graph, loads=loads, stores={}, length="n", n=0, names=names, given=given, counted=graph.outputs
    )
    needed = graph.needed(graph.outputs)
    writer.line('"""The step to add to theta; `state` is updated."""')
    if any(graph.ops[node] == "input" and graph.data[node] == "n" for node in needed):
        writer.line("n = len(theta)")
    for state in rule.states:
        writer.line(f"{loads[state.name]} = state[{state.name!r}]")
    writer.write(needed)
    if step not in writer.named:
        writer.line(f"step = {writer.number(step)}")
    for state, node in zip(rule.states, news, strict=True):
        writer.line(f"state[{state.name!r}] = {writer.number(node)}")
    writer.line("return step" if graph.axes[step] else "return np.full_like(theta, step)")
    stepping = "\n".join([f"def {head}_step(theta, g, t, lr, state{arguments}):", *writer.lines]) + "\n"
    return f"{_comment(comment)}{initial}\n\n{stepping}"


def _initial_state(rule: RuleGraph, head: str, loads: Mapping[str, str], arguments: str) -> str:
    lines = [f"def {head}_state(n, lr{arguments}):", '    """The state before the first step."""']
    entries: list[str] = []
    for state in rule.states:
        graph = state.init
        writer = ReadableWriter(
            graph, loads=loads, stores={}, length="n", n=0, names=Names(loads.values()), counted=graph.outputs
        )
        writer.write(Scheduler(graph, Positions(graph)).plan(graph.outputs))
        lines.extend(writer.lines)
        value = writer.number(graph.outputs[0])
        entries.append(f"{state.name!r}: np.full(n, {value})" if state.vector else f"{state.name!r}: {value}")
    return "\n".join([*lines, f"    return {{{', '.join(entries)}}}"]) + "\n"


class _ArrayWriter(ReadableWriter):
    """Vectors along THETA are whole arrays, so that there are no loops."""

    @property
    def named(self) -> set[int]:
        """The nodes that were given a line of their own."""
        return {node for node in self.given if node not in self.text and self.graph.constant(node) is None}

    def _expression(self, node: int) -> tuple[str, int]:
        op, arguments = self.graph.ops[node], self.graph.args[node]
        if op in ("sum", "prod") and self.graph.data[node] == THETA:
            body = self.number(arguments[0])
            if THETA not in self.graph.axes[arguments[0]]:
                body = f"np.full(n, {body})"
            return f"np.{op}({body})", 5
        if op == "index" and self.graph.data[node] == THETA:
            return "np.arange(1.0, n + 1.0)", 5
        return super()._expression(node)


def _comment(text: str) -> str:
    """The text as one line of comment, whatever is in it."""
    line = "".join(sign if sign.isprintable() else " " for sign in text).strip()
    return f"# {line}\n" if line else ""
