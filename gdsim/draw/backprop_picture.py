"""What is painted of one sample's way through a network and back, and what of it is known and lit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gdsim.draw.network_layout import Column, Hit

Array = NDArray[np.floating]

READABLE = 32
"""So many edges can have their numbers at once; of more only those that are lit or under the hand have them."""
BETWEEN = 33
"""Pixels between two units, at scale 1, that words above and below them need."""


@dataclass(frozen=True, slots=True, eq=False)
class BackpropPicture:
    """One sample on its way through a network and back. L layers after the inputs.

    Attributes:
        values: L + 1 vectors (units,), activations of inputs ... outputs.
        deltas: L vectors, dJ/dz of layers 1 ... L.
        weights, gradients: L matrices (units, sources): w and dJ/dw.
        biases, bias_gradients: L vectors; () if not shown.
        names, outputs: words beside inputs and outputs.
        loss: lines of the box at the end, (words, number), such as ("y", 1.0), ("J", 0.073).
        formula: of the loss, one line above them.
        forward: values of layers 0 ... forward are shown; None: all.
        backward: deltas and gradients of layers backward ... L are shown; None: all; L + 1: none.
        lit: the parts spoken of; all others step back. None: all alike.
        selected: an edge or a bias that has been chosen: its numbers always stand there.
        steps: L matrices, by how much an update moves w, shown in place of dJ/dw; () for none.
        changes: L vectors, by how much outputs of layers 1 ... L change, shown in place of deltas; () for none.
    """

    values: tuple[Array, ...]
    deltas: tuple[Array, ...]
    weights: tuple[Array, ...]
    gradients: tuple[Array, ...]
    biases: tuple[Array, ...] = ()
    bias_gradients: tuple[Array, ...] = ()
    names: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    loss: tuple[tuple[str, float], ...] = ()
    formula: str = ""
    forward: int | None = None
    backward: int | None = None
    lit: frozenset[Hit] | None = None
    selected: Hit | None = None
    steps: tuple[Array, ...] = ()
    changes: tuple[Array, ...] = ()


def gap_of(column: Column) -> float:
    """Pixels between one unit and the next."""
    return min((low.top() - high.bottom() for high, low in pairwise(column.boxes)), default=1e9)


def is_strong(picture: BackpropPicture, column: Column) -> bool:
    """Whether a layer's units are spoken of."""
    return picture.lit is not None and Hit("unit", column.layer, 0) in picture.lit


def known_forward(picture: BackpropPicture, layer: int) -> bool:
    """Whether a layer's outputs are known."""
    return picture.forward is None or layer <= picture.forward


def known_backward(picture: BackpropPicture, layer: int) -> bool:
    """Whether a layer's deltas and gradients are known."""
    return picture.backward is None or layer >= picture.backward


def is_lit(picture: BackpropPicture, part: Hit, hovered: Hit | None) -> bool:
    """Whether a part does not step back."""
    return part == hovered or picture.lit is None or part in picture.lit
