"""The network as a diagram, under the hand: units to look at, weights to read, buttons that change the model."""

from __future__ import annotations

import time
from typing import Any, Literal

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.draw.markers import paint_focus
from gdsim.draw.network_diagram import Emphasis, NetworkPicture, paint_diagram
from gdsim.draw.network_hits import hit
from gdsim.draw.network_layout import DiagramLayout, Hit, diagram_layout
from gdsim.gui.views.canvas import Canvas
from gdsim.objectives.network.design import MAX_LAYERS, MAX_WIDTH

_EDITS = ("add unit", "remove unit", "add layer", "remove layer")
_SHARE = 2.0  # at most a third of the time goes into painting diagrams while a run plays
_QUICK = 0.012  # seconds: one that takes no longer is painted at every frame
_HELP = {
    "add unit": "One unit more in layer {}",
    "remove unit": "One unit less in layer {}",
    "add layer": "One hidden layer more",
    "remove layer": "Take the last hidden layer out",
    "header": "Choose the activation of layer {}",
}
_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class NetworkCanvas(Canvas):
    """The picture is set by `show_network`, what is pinned by `pin`.

    Signals:
        unitPointed(object): (layer, unit) under the pointer or the keyboard's mark, layer 0 the inputs; None.
        unitClicked(object): (layer, unit).
        edgePointed(object): the Hit of an edge or a bias, None.
        edited(str, int): "add unit", "remove unit" (of hidden layer 1, 2, ...), "add layer", "remove layer".
        activationWanted(int, QRect): of hidden layer 1, 2, ...; where its words are.
        unpinWanted(): Escape.
    """

    unitPointed = Signal(object)
    unitClicked = Signal(object)
    edgePointed = Signal(object)
    edited = Signal(str, int)
    activationWanted = Signal(int, QRect)
    unpinWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Network")
        self.setAccessibleDescription(
            "Point at a unit to see it over the plane, click to keep it there. The buttons above a layer add and "
            "remove units, a click on its activation chooses another one. With the Tab key here: arrow keys go from "
            "unit to unit, Enter keeps one or opens the list of activations, plus and minus change the number of "
            "units, Insert adds a layer, Delete takes the last one out, Escape lets go."
        )
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 160)
        self.sizes: tuple[int, ...] = ()
        self.picture: NetworkPicture | None = None
        self.gradients = False
        self.keyboard_focus = False
        self.pinned: Hit | None = None
        self.hovered: Hit | None = None
        self._marked: Hit | None = None
        self._layout: DiagramLayout | None = None
        self._layout_key: object = None
        self._painted = self._cost = 0.0

    # Showing

    def show_network(self, sizes: tuple[int, ...], picture: NetworkPicture | None, playing: bool = False) -> None:
        """Units from inputs to outputs, and the numbers. While a run plays, a diagram that takes long to paint leaves
        frames out, so that the rest stays smooth; the newest one is painted once it rests."""
        if sizes != self.sizes:
            self.sizes, self.hovered = sizes, None
            self._marked = self._kept(self._marked)
        self.picture = picture
        if not playing or self._cost < _QUICK or time.perf_counter() - self._painted > _SHARE * self._cost:
            self.update()

    def pin(self, unit: tuple[int, int] | None) -> None:
        """The unit that is kept in the boundary."""
        pinned = None if unit is None else Hit("unit", *unit)
        if pinned != self.pinned:
            self.pinned = pinned
            self.update()

    @property
    def layout_now(self) -> DiagramLayout | None:
        """Where everything lies; None before there is a picture."""
        picture = self.picture
        if picture is None or len(self.sizes) < 2:
            return None
        key = (self.sizes, self.width(), self.height(), self.look, picture.names, picture.outputs, any(picture.notes))
        if key != self._layout_key:
            pad = self.look.px(12)
            box = QRectF(self.rect()).adjusted(pad, self.look.px(6), -pad, -self.look.px(10))
            self._layout_key = key
            self._layout = diagram_layout(
                self.sizes, box, self.look, picture.names, picture.outputs,
                limits=(MAX_LAYERS, MAX_WIDTH), notes=any(picture.notes),
            )  # fmt: skip
        return self._layout

    def paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(self.look.surface))
        layout, picture = self.layout_now, self.picture
        if layout is not None and picture is not None:
            marked = self._marked if self.keyboard_focus and self._marked else self.hovered
            show: Literal["weights", "gradients"] = "gradients" if self.gradients else "weights"
            paint_diagram(painter, layout, picture, self.look, Emphasis(marked, self.pinned), show)
        if self.keyboard_focus:
            paint_focus(painter, self.rect(), self.look)

    def paintEvent(self, event: QPaintEvent) -> None:
        begun = time.perf_counter()
        super().paintEvent(event)
        self._painted = time.perf_counter()
        self._cost = self._painted - begun

    # The hand

    def part_at(self, at: QPointF) -> Hit | None:
        """What is under a pixel; headers of inputs and outputs have nothing to press."""
        layout = self.layout_now
        found = None if layout is None else hit(layout, at)
        if found is not None and found.kind == "header" and not 0 < found.layer < len(self.sizes) - 1:
            return None
        return found

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._marked = None
        self._hover(self.part_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._marked = None
        found = self.part_at(event.position())
        self._hover(found)
        self._press(found)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # two quick clicks on a button are two clicks

    def leaveEvent(self, event: Any) -> None:
        self._hover(None)

    def _hover(self, found: Hit | None) -> None:
        if found == self.hovered:
            return
        before, self.hovered = self.hovered, found
        pressing = found is not None and found.kind in (*_EDITS, "header", "unit")
        self.setCursor(Qt.CursorShape.PointingHandCursor if pressing else Qt.CursorShape.ArrowCursor)
        words = _HELP.get(found.kind, "") if found is not None else ""
        self.setToolTip(words.format(found.layer) if found is not None else "")
        self._tell(before, found)
        self.update()

    def _tell(self, before: Hit | None, now: Hit | None) -> None:
        """Who looks at units and edges is told what is meant."""
        if _unit(before) != _unit(now):
            self.unitPointed.emit(_unit(now))
        edge, was = (each if each is not None and each.kind in ("edge", "bias") else None for each in (now, before))
        if edge != was:
            self.edgePointed.emit(edge)

    def _press(self, found: Hit | None) -> None:
        if found is None:
            return
        if found.kind in _EDITS:
            self.edited.emit(found.kind, found.layer)
        elif found.kind == "unit":
            self.unitClicked.emit((found.layer, found.unit))
        elif found.kind == "header":
            layout = self.layout_now
            assert layout is not None
            self.activationWanted.emit(found.layer, layout.columns[found.layer].header.toRect())

    # The keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            event.ignore()
        elif key == Qt.Key.Key_Escape and self.pinned is not None:
            self.unpinWanted.emit()
        elif not self.keyboard_focus:
            event.ignore()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._walk(Qt.Key(key))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._press(self._marked)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus) and self._hidden():
            self.edited.emit("remove unit" if key == Qt.Key.Key_Minus else "add unit", self._hidden())
        elif key == Qt.Key.Key_Insert:
            self.edited.emit("add layer", -1)
        elif key == Qt.Key.Key_Delete and len(self.sizes) > 2:
            self.edited.emit("remove layer", -1)
        else:
            event.ignore()

    def _hidden(self) -> int:
        """The hidden layer with the keyboard's mark, 0 where there is none."""
        layer = self._marked.layer if self._marked is not None else 0
        return layer if 0 < layer < len(self.sizes) - 1 else 0

    def _walk(self, key: Qt.Key) -> None:
        before = self._marked
        if before is None:
            self._mark(Hit("unit", 1 if len(self.sizes) > 2 else 0, 0), None)
            return
        layer = before.layer + {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key, 0)
        unit = before.unit + {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(key, 0)
        if not 0 <= layer < len(self.sizes):
            return
        titled = 0 < layer < len(self.sizes) - 1
        if unit < 0 and titled and (before.kind == "header" or key == Qt.Key.Key_Up):
            self._mark(Hit("header", layer), before)
        else:
            self._mark(Hit("unit", layer, max(0, min(unit, self.sizes[layer] - 1))), before)

    def _mark(self, marked: Hit, before: Hit | None) -> None:
        self._marked = marked
        self._tell(before, marked)
        self.update()

    def _kept(self, marked: Hit | None) -> Hit | None:
        """The mark, if there is still something there."""
        if marked is None or marked.layer >= len(self.sizes):
            return None
        last = self.sizes[marked.layer] - 1
        return marked if marked.kind == "header" else Hit("unit", marked.layer, min(marked.unit, last))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.keyboard_focus = event.reason() in _KEYBOARD
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.keyboard_focus = False
        self._tell(self._marked, None)
        self._marked = None
        self.update()


def _unit(part: Hit | None) -> tuple[int, int] | None:
    return (part.layer, part.unit) if part is not None and part.kind == "unit" else None
