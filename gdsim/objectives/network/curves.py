"""Activations and losses as graphs, and their values and slopes on NumPy arrays.

Graphs have the shape that kernels over blocks take (`formula.emit_block`): the value first, its derivative behind it;
an activation's one coordinate is z, a loss's two are o and y. All derivatives are derived, none is written by hand,
but for the cross-entropy over all outputs, which is no formula of a single one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import FormulaError, SpecError
from gdsim.formula import Formula, Graph, complaints, interpret, parse_formula
from gdsim.formula.derive import gradient, value_gradient
from gdsim.formula.tree import free_names
from gdsim.objectives.network.design import Activation, Loss

Array = NDArray[Any]

_FAR_OUT, _FLAT = 50.0, 1e-3
_SPAN = np.linspace(-8.0, 8.0, 33)


def activation_graph(activation: Activation) -> Graph:
    """f: one coordinate z, one output; the same object for the same text. FormulaError where it cannot be read."""
    return _activation(activation.formula)[0]


def activation_gradient_graph(activation: Activation) -> Graph:
    """f and f': one coordinate z, outputs (f, f')."""
    return _activation(activation.formula)[1]


def loss_graph(loss: Loss) -> Graph:
    """The loss of one output: coordinates o and y, one output.

    Raises:
        FormulaError: it cannot be read. SpecError: it is the cross-entropy over all outputs (see `is_categorical`).
    """
    return _loss(loss.formula)[0]


def loss_gradient_graph(loss: Loss) -> Graph:
    """The loss of one output and its derivative by o: coordinates o and y, outputs (loss, d/do); raises likewise."""
    return _loss(loss.formula)[1]


def prediction_graph(loss: Loss) -> Graph:
    """What a person reads off one output: coordinate o, one output; raises as `loss_graph` does."""
    if is_categorical(loss) and not loss.prediction:
        raise _no_single_output()
    return _prediction(loss.prediction or "o")


def is_categorical(loss: Loss) -> bool:
    """Whether it is the cross-entropy over all outputs, which has no formula of a single one."""
    return not loss.formula.strip()


def check_loss(loss: Loss) -> None:
    """FormulaError where the loss or its prediction cannot be read."""
    if not is_categorical(loss):
        loss_graph(loss)
    if loss.prediction:
        prediction_graph(loss)


def activate(activation: Activation, z: Array) -> Array:
    """f(z) for an array of any shape; float32 stays float32."""
    z = _floating(z)
    return _shaped(interpret(activation_graph(activation), {"z": z})[0], z)


def apply(activation: Activation, z: Array) -> tuple[Array, Array]:
    """(f(z), f'(z)) for an array of any shape; float32 stays float32."""
    z = _floating(z)
    value, slope = interpret(activation_gradient_graph(activation), {"z": z})
    return _shaped(value, z), _shaped(slope, z)


def loss_values(loss: Loss, o: Array, y: Array) -> tuple[Array, Array]:
    """The loss of every sample and its derivative by every output.

    Args:
        o: (k, m) outputs, samples last.
        y: (k, m) their targets, written as `loss.targets` says.

    Returns:
        values (m,), summed over the outputs, and slopes (k, m), both of o's kind of float.
    """
    o = _floating(o)
    y = np.asarray(y, dtype=o.dtype)
    if is_categorical(loss):
        return _cross_entropy(o, y)
    value, slope = interpret(loss_gradient_graph(loss), {"o": o, "y": y})
    return np.sum(_shaped(value, o), axis=0), _shaped(slope, o)


def predict(loss: Loss, o: Array) -> Array:
    """What a person reads off outputs (k, m): probabilities, numbers; the outputs themselves where nothing is said."""
    o = _floating(o)
    if is_categorical(loss) and not loss.prediction:
        powers, total = _exponentials(o)
        return powers / total
    return _shaped(interpret(prediction_graph(loss), {"o": o})[0], o)


@lru_cache(maxsize=256)
def saturates(activation: Activation) -> bool:
    """Whether f grows flat on both sides, as sigmoid and tanh do, so that a unit far out passes on no gradient."""
    _, slopes = apply(activation, np.array([-_FAR_OUT, _FAR_OUT]))
    return bool(np.all(np.abs(slopes) < _FLAT))


@lru_cache(maxsize=256)
def can_die(activation: Activation) -> bool:
    """Whether f is 0 over a whole range, as ReLU is, so that a unit can fall silent."""
    silent = activate(activation, _SPAN) == 0.0
    return bool(np.any(silent[1:] & silent[:-1]))


def activation_text(text: str) -> str:
    """A typed activation as text over z: `f(x) =` in front is taken off, x stands for z.

    Raises:
        FormulaError: it cannot be read, has a free letter, or is the same number for every z.
    """
    parsed = _parsed(text, ("z",), "activation")
    uses = _uses(parsed)
    if all(name != "z" for _, name in uses):
        for (start, end), name in reversed(uses):
            if name == "x" and not parsed.indexed:
                text = text[:start] + "z" + text[end:]
    return _checked(text, ("z",), "activation")[0]


def loss_text(text: str) -> str:
    """A typed loss as text over o (output) and y (target); raises as `activation_text` does."""
    return _checked(text, ("o", "y"), "loss")[0]


def prediction_text(text: str) -> str:
    """A typed reading of an output as text over o; raises as `activation_text` does."""
    return _checked(text, ("o",), "prediction")[0]


@lru_cache(maxsize=256)
def _activation(text: str) -> tuple[Graph, Graph]:
    graph = _checked(activation_text(text), ("z",), "activation")[1].graph()
    return graph, value_gradient(graph)


@lru_cache(maxsize=256)
def _loss(text: str) -> tuple[Graph, Graph]:
    if not text.strip():
        raise _no_single_output()
    graph = _checked(text, ("o", "y"), "loss")[1].graph()
    return graph, gradient(graph, ["o"])


@lru_cache(maxsize=256)
def _prediction(text: str) -> Graph:
    return _checked(text, ("o",), "prediction")[1].graph()


def _no_single_output() -> SpecError:
    return SpecError("the cross-entropy over all outputs is no formula of a single one", where="loss")


def _parsed(text: str, variables: tuple[str, ...], where: str) -> Formula:
    try:
        return parse_formula(text, variables)
    except FormulaError as error:
        raise error.inside(where) from error


def _uses(parsed: Formula) -> list[tuple[tuple[int, int], str]]:
    """(place, name) of every name but the counters of sums, in the order of the text."""
    return sorted((node.place, node.name) for node, bound in free_names(parsed.tree) if node.name not in bound)


def _checked(text: str, variables: tuple[str, ...], where: str) -> tuple[str, Formula]:
    """The text without `f(z) =` in front, and the formula; FormulaError where it reads other letters, or lacks one."""
    parsed = _parsed(text, variables, where)
    names = " and ".join(variables)
    uses = _uses(parsed)
    for place, name in uses:
        if name in parsed.parameters or name == parsed.vector:
            hint = f"Its letters are {names}; write a number in place of {name}"
            raise complaints.at(place, f"{name} stands for nothing here", hint).inside(where)
    for variable in variables:
        if all(name != variable for _, name in uses):
            raise FormulaError(
                f"{variable} is missing: {_MEANING[variable]}", where=where, column=1, length=max(1, len(text)),
                hint=f"Write a formula of {names}",
            )  # fmt: skip
    return text[text.rfind("=", 0, parsed.tree.place[0]) + 1 :].strip(), parsed


_MEANING = {"z": "it is the same number everywhere", "o": "it does not read the output", "y": "it reads no target"}


def _floating(values: Array) -> Array:
    array = np.asarray(values)
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


def _shaped(values: Any, like: Array) -> Array:
    """An array of the shape and kind of `like`: constants are one number only."""
    array = np.asarray(values, dtype=like.dtype)
    return array if array.shape == like.shape else np.broadcast_to(array, like.shape).copy()


def _exponentials(o: Array) -> tuple[Array, Array]:
    """exp(o - max o) (k, m) and their sums over the outputs (m,)."""
    with np.errstate(all="ignore"):
        powers = np.exp(o - np.max(o, axis=0))
        return powers, np.sum(powers, axis=0)


def _cross_entropy(o: Array, y: Array) -> tuple[Array, Array]:
    """log sum exp(o) - o[class] of every sample (m,), and softmax(o) - y (k, m)."""
    powers, total = _exponentials(o)
    with np.errstate(all="ignore"):
        # where y is 0 an output of -inf counts for nothing: 0 * -inf would be NaN
        right = np.sum(np.where(y == 0, 0, y * (o - np.max(o, axis=0))), axis=0)
        return np.log(total) - right, powers / total - y
