"""The walk through back-propagation: its steps, and where the network and the box of the loss stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF

from gdsim.draw.chart_parts import term_words
from gdsim.draw.network_layout import DiagramLayout, Hit, diagram_layout
from gdsim.draw.theme import Theme


@dataclass(frozen=True, slots=True)
class WalkStep:
    """One step of the walk: how far forward and backward the numbers are known, and what is lit."""

    name: str
    forward: int
    backward: int
    lit: frozenset[Hit]


def walk_steps(sizes: Sequence[int], by_unit: bool = False) -> list[WalkStep]:
    """The walk: the inputs, forward to the outputs, the loss, back to the first layer's weights.

    Layer by layer, or, for networks whose edges are too many to be read at once, unit by unit.
    """
    last = len(sizes) - 1
    steps = [WalkStep("inputs", 0, last + 1, frozenset(Hit("unit", 0, k) for k in range(sizes[0])))]
    for layer in range(1, last + 1):
        steps += [WalkStep(f"forward {layer}", layer, last + 1, lit) for lit in _groups(sizes, layer, by_unit)]
    outputs = frozenset(Hit("unit", last, k) for k in range(sizes[last]))
    steps.append(WalkStep("loss", last, last + 1, outputs | {Hit("block", last + 1)}))
    for layer in range(last, 0, -1):
        steps += [WalkStep(f"backward {layer}", last, layer, lit) for lit in _groups(sizes, layer, by_unit)]
    return steps


def _groups(sizes: Sequence[int], layer: int, by_unit: bool) -> list[frozenset[Hit]]:
    units = [[k] for k in range(sizes[layer])] if by_unit else [list(range(sizes[layer]))]
    found = []
    for group in units:
        parts = {Hit("unit", layer, k) for k in group} | {Hit("bias", layer, k) for k in group}
        found.append(frozenset(parts | {Hit("edge", layer, k, i) for k in group for i in range(sizes[layer - 1])}))
    return found


def walk_layout(
    sizes: Sequence[int], box: QRectF, theme: Theme, names: Sequence[str] = (), outputs: Sequence[str] = (),
    loss: bool = True,
) -> tuple[DiagramLayout, QRectF]:  # fmt: skip
    """The layout of round units, and the box of the loss (empty without): at the right, or below if it is narrow."""
    below = box.width() < theme.px(440)
    wide = 0.0 if below or not loss else float(theme.px(116))
    foot = float(theme.px(40)) if below and loss else 0.0
    inner = box.adjusted(0, 0, -wide - (theme.px(22) if wide else 0), -foot)
    words = [term_words(name) for name in names]
    layout = diagram_layout(sizes, inner, theme, words, (), buttons=False, largest=52, walk=True)
    if not loss:
        return layout, QRectF()
    if below:
        return layout, QRectF(box.left(), box.bottom() - theme.px(30), box.width(), theme.px(30))
    high = float(theme.px(92))
    middle = layout.columns[-1].outline.center().y()
    top = min(max(middle - high / 2, box.top()), max(box.bottom() - high, box.top()))
    return layout, QRectF(box.right() - wide, top, wide, high)
