"""The network of the back-propagation view: numbers in units and on edges, what is known at a stage, under the hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.analysis.backprop import place_of
from gdsim.draw.backprop import paint_backprop
from gdsim.draw.backprop_picture import READABLE, BackpropPicture
from gdsim.draw.chart_parts import paint_nothing
from gdsim.draw.delta_bars import HEIGHT, paint_delta_bars
from gdsim.draw.network_hits import hit
from gdsim.draw.network_layout import DiagramLayout, Hit
from gdsim.draw.theme import Theme
from gdsim.draw.walk import walk_layout, walk_steps
from gdsim.gui.learn.part_walk import WalkPart
from gdsim.gui.views.canvas import Canvas
from gdsim.objectives.network.network import NetworkObjective

_TOUCH = ("edge", "bias", "unit")
_LONGEST = 14  # letters of a loss' name that the box at the end has room for


def hit_of(objective: NetworkObjective, weight: int) -> Hit | None:
    """The edge or bias of a weight; None for a gain or shift, which the picture has no place for."""
    layer, unit, source = place_of(objective, weight)
    dense = objective.net.layers[layer]
    if source >= 0:
        return Hit("edge", layer + 1, unit, source)
    return Hit("bias", layer + 1, unit) if dense.bias.start <= weight < dense.bias.start + dense.bias.size else None


def weight_of(objective: NetworkObjective, part: Hit) -> int | None:
    """The weight of an edge or a bias; of a unit its bias; None for inputs."""
    if part.layer < 1:
        return None
    dense = objective.net.layers[part.layer - 1]
    if part.kind == "edge":
        return dense.weights.start + part.unit * dense.inputs + part.source
    return dense.bias.start + part.unit


def stage_lit(objective: NetworkObjective, found: WalkPart, focus: int) -> frozenset[Hit] | None:
    """What a stage speaks of; of layers with many edges only those of the unit `focus`; None: of everything."""
    steps = walk_steps(objective.net.sizes)
    if found.stage >= len(steps):
        return None
    lit = steps[found.stage].lit
    edges = [each for each in lit if each.kind == "edge"]
    sizes = objective.net.sizes
    few = sum(below * above for below, above in pairwise(sizes)) <= READABLE
    if few or not edges:
        return lit
    focus = focus if any(each.unit == focus for each in edges) else 0
    return frozenset(each for each in lit if each.kind != "edge" or each.unit == focus)


def path_lit(objective: NetworkObjective, found: WalkPart) -> frozenset[Hit]:
    """The weight, all units that change with it, the edges between them, and the loss."""
    own = hit_of(objective, found.weight)
    lit = {Hit("block", len(objective.net.sizes))} | ({own} if own is not None else set())
    before: list[int] = []
    for number, change in found.nudge.path:
        moved = np.flatnonzero(change).tolist()
        lit |= {Hit("unit", number + 1, unit) for unit in moved}
        lit |= {Hit("edge", number + 1, unit, source) for unit in moved for source in before}
        before = moved
    return frozenset(lit)


def walk_picture(
    objective: NetworkObjective, found: WalkPart, outputs: tuple[str, ...], path: bool, focus: int
) -> BackpropPicture:
    """A walk as it is painted: at its stage, or, on a `path`, what the nudged weight changes."""
    walked, stage = found.walk, found.stages[found.stage]
    layers, count = walked.layers, len(walked.layers)
    forward, backward = stage.layer, count + 1
    if stage.kind in ("loss", "backward", "update") or path:
        forward = count
        backward = {"loss": count + 1, "backward": stage.layer}.get(stage.kind, 1)
    name = objective.model.loss.name.replace("_", " ")
    picture = BackpropPicture(
        values=(walked.inputs, *(each.outputs for each in layers)),
        deltas=tuple(each.delta for each in layers),
        weights=tuple(each.weights for each in layers),
        gradients=tuple(each.gradient for each in layers),
        biases=tuple(each.bias for each in layers),
        bias_gradients=tuple(each.bias_gradient for each in layers),
        names=objective.samples.names,
        outputs=outputs,
        loss=_loss_lines(objective, found, stage.kind not in ("inputs", "forward") or path),
        formula=name if len(name) <= _LONGEST else "",
        forward=forward,
        backward=backward,
        lit=path_lit(objective, found) if path else stage_lit(objective, found, focus),
        selected=hit_of(objective, found.weight),
    )
    if path:
        changes = [np.zeros(len(each.outputs)) for each in layers]
        for number, change in found.nudge.path:
            changes[number] = change
        return replace(picture, changes=tuple(changes))
    if stage.kind == "update" and np.isfinite(found.lr):
        return replace(picture, steps=tuple(-found.lr * each.gradient for each in layers))
    return picture


def _loss_lines(objective: NetworkObjective, found: WalkPart, known: bool) -> tuple[tuple[str, float], ...]:
    walked = found.walk
    if len(walked.outputs) > 1:
        right = int(np.argmax(walked.target))
        lines = [(f"p{_below(right + 1)}", float(walked.meaning[right]))]
    else:
        lines = [("y", float(walked.target[0])), ("o", float(walked.outputs[0]))]
        if objective.model.loss.prediction:
            lines.append(("p", float(walked.meaning[0])))
    return (*lines, ("J", walked.loss)) if known else tuple(lines)


def _below(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


class WalkCanvas(Canvas):
    """The network; the weight chosen and whether its path is lit are set by the view."""

    weightChosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("The sample's way through the network")
        self.setAccessibleDescription(
            "Click an edge for its weight, a unit or the dot beside it for its bias. Up and Down go through the stages."
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumHeight(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.words = ""
        self.hovered: Hit | None = None
        self.picture: BackpropPicture | None = None
        self._objective: NetworkObjective | None = None
        self._found: WalkPart | None = None
        self._outputs: tuple[str, ...] = ()
        self._path = False
        self._layout: tuple[DiagramLayout, QRectF] | None = None
        self._layout_of: object = None

    def show_walk(
        self, objective: NetworkObjective | None, found: WalkPart | None, outputs: tuple[str, ...], path: bool
    ) -> None:
        """A walk, None where there is none (`words` says why); `path`: the nudged weight's ways are lit."""
        self._objective, self._found, self._outputs, self._path = objective, found, outputs, path
        self._remake()

    @property
    def diagram(self) -> DiagramLayout | None:
        """Where everything stands; None where nothing is drawn."""
        if self._objective is None or self._found is None:
            return None
        key = (self._objective.net.sizes, self.size(), self.look, self._objective.samples.names, self._outputs)
        if key != self._layout_of:
            look = self.look
            box = QRectF(self.rect()).adjusted(look.px(12), look.px(4), -look.px(12), -look.px(HEIGHT))
            self._layout = walk_layout(key[0], box, look, key[3], self._outputs)
            self._layout_of = key
        return self._layout[0] if self._layout is not None else None

    def _remake(self) -> None:
        objective, found = self._objective, self._found
        if objective is None or found is None:
            self.picture = None
        else:
            layer, unit, _ = place_of(objective, found.weight)
            focus = unit if found.stages[found.stage].layer == layer + 1 else 0
            held = self.hovered
            if held is not None and held.kind == "unit" and held.layer == found.stages[found.stage].layer:
                focus = held.unit
            self.picture = walk_picture(objective, found, self._outputs, self._path, focus)
        self.update()

    def theme(self, theme: Theme) -> None:
        """Colours and scale."""
        self.look = theme
        self.update()

    def paint(self, painter: QPainter) -> None:
        look, layout, picture = self.look, self.diagram, self.picture
        painter.fillRect(self.rect(), QColor(look.surface))
        if layout is None or picture is None or self._layout is None:
            paint_nothing(painter, QRectF(self.rect()), self.words, look)
            return
        paint_backprop(painter, layout, self._layout[1], picture, look, self.hovered)
        foot = QRectF(self.rect()).adjusted(look.px(12), self.height() - look.px(HEIGHT), -look.px(12), 0)
        sizes = [float(np.sqrt(np.mean(delta**2))) for delta in picture.deltas]
        known = picture.backward if picture.backward is not None else 1
        paint_delta_bars(painter, layout, foot, sizes, known, look)

    # -- the hand ------------------------------------------------------------------------------------------------

    def _at(self, place: QPointF) -> Hit | None:
        layout = self.diagram
        found = hit(layout, place) if layout is not None else None
        return found if found is not None and found.kind in _TOUCH else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if found != self.hovered:
            self.hovered = found
            reacts = found is not None and found.layer > 0
            self.setCursor(Qt.CursorShape.PointingHandCursor if reacts else Qt.CursorShape.ArrowCursor)
            self._remake()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered = None
        self._remake()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._objective is None:
            event.ignore()
            return
        found = self._at(event.position())
        weight = weight_of(self._objective, found) if found is not None else None
        if weight is not None:
            self.weightChosen.emit(weight)
