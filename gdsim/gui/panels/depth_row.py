"""One deep network in a row: layers, units, activation, initialisation, normalisation, residuals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QToolButton, QWidget

from gdsim import catalogue
from gdsim.analysis.vanishing import MOST_LAYERS, Depth
from gdsim.draw.depth_rows import COLOURS
from gdsim.draw.fonts import font
from gdsim.draw.theme import DARK, SPACE, TYPE, Theme
from gdsim.gui.fields.numbers import NumberField
from gdsim.objectives.network.initial import INITIALISATIONS
from gdsim.params import ParamSpec

NORMS: tuple[tuple[str, str, str], ...] = (
    ("none", "no norm", "no norm"),
    ("batch", "batch norm", "batch"),
    ("layer", "layer norm", "layer"),
)
"""Name, words, and words where there is little room."""
LAYERS = ParamSpec("layers", "", 10.0, low=1, high=MOST_LAYERS, kind="integer", doc="Hidden layers.")
UNITS = ParamSpec("units", "", 16.0, low=1, high=64, kind="integer", scale="log", doc="Units of each hidden layer.")
_WIDE = 620


class Badge(QWidget):
    """The letter of a network on its colour."""

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look: Theme = DARK
        self._number = number
        self.setFixedSize(20, SPACE.control)
        self.setAccessibleName(f"Network {'AB'[number]}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.look.racer(COLOURS[self._number])))
        box = self.rect().adjusted(0, 4, 0, -4)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(self.look.casing))
        painter.setFont(font(TYPE.secondary, 600))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "AB"[self._number])
        painter.end()


class DepthRow(QWidget):
    """`changed` tells of another Depth."""

    changed = Signal(object)

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._depth = Depth()
        letter = "AB"[number]
        self.badge = Badge(number)
        self.layers = self._number(LAYERS, f"Hidden layers of network {letter}", "layers")
        self.less = self._button("−", f"Network {letter}: one layer less", -1)
        self.more = self._button("+", f"Network {letter}: one layer more", 1)
        self.units = self._number(UNITS, f"Units of each layer of network {letter}", "width")
        self._words = [QLabel(each) for each in ("layers of", "units")]
        for label in self._words:
            label.setProperty("role", "secondary")
        activations = [(each, each.replace("_", " ")) for each in catalogue.activations()]
        starts = [(each, each.replace("_", " ")) for each in INITIALISATIONS]
        norms = [(name, words) for name, words, _ in NORMS]
        self.activation = self._combo(activations, f"Activation of network {letter}", "activation")
        self.init = self._combo(starts, f"How the weights of network {letter} begin", "init")
        self.norm = self._combo(norms, f"Normalisation in network {letter}", "norm")
        self.residual = QCheckBox("Residual")
        self.residual.setAccessibleName(f"Residuals in network {letter}")
        self.residual.setToolTip("Each layer adds what came in to what it makes of it")
        self.residual.clicked.connect(lambda on: self._take(residual=on))
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.card, 2, SPACE.card, 2)
        row.setSpacing(0)
        apart = SPACE.grid + 2
        for piece, gap in (
            (self.badge, SPACE.grid), (self.less, 0), (self.layers, 0), (self.more, 2), (self._words[0], SPACE.grid),
            (self.units, SPACE.grid), (self._words[1], SPACE.grid), (self.activation, apart), (self.init, apart),
            (self.norm, apart), (self.residual, 0),
        ):  # fmt: skip
            row.addWidget(piece)
            row.addSpacing(gap)
        row.addStretch(1)

    def _number(self, spec: ParamSpec, words: str, name: str) -> NumberField:
        field = NumberField.of_spec(spec)
        field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        field.setAccessibleName(words)
        field.setFixedWidth(38)
        field.setStyleSheet("padding: 0 2px;")
        field.valueChanged.connect(lambda value: self._take(**{name: int(value)}))
        return field

    def _button(self, sign: str, words: str, by: int) -> QToolButton:
        button = QToolButton()
        button.setText(sign)
        button.setProperty("role", "flat")
        button.setProperty("square", True)
        button.setFixedSize(20, SPACE.control)
        button.setAutoRepeat(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.clicked.connect(lambda: self.layers.step_by(by))
        return button

    def _combo(self, lines: list[tuple[str, str]], words: str, field: str) -> QComboBox:
        box = QComboBox()
        for value, text in lines:
            box.addItem(text, value)
        box.setAccessibleName(words)
        box.setToolTip(words)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(4)
        box.activated.connect(lambda _: self._take(**{field: box.currentData()}))
        return box

    def show_depth(self, depth: Depth) -> None:
        """Show it without telling anybody; a formula of one's own is added to the activations."""
        self._depth = depth
        self.layers.set_value(float(depth.layers))
        self.units.set_value(float(depth.width))
        self.less.setEnabled(depth.layers > 1)
        self.more.setEnabled(depth.layers < MOST_LAYERS)
        self.residual.setChecked(depth.residual)
        for box, value in ((self.activation, depth.activation), (self.init, depth.init), (self.norm, depth.norm)):
            if box.findData(value) < 0:
                box.addItem(value, value)
            box.setCurrentIndex(box.findData(value))

    def theme(self, theme: Theme) -> None:
        """The badge's colours."""
        self.badge.look = theme
        self.badge.update()

    def resizeEvent(self, event: object) -> None:
        wide = self.width() >= _WIDE
        self._words[0].setText("layers of" if wide else "×")
        for piece in (self._words[1], self.less, self.more):
            piece.setVisible(wide)
        for index, (_, words, short) in enumerate(NORMS):
            self.norm.setItemText(index, words if wide else short)
        for box, large, small in ((self.activation, 110, 96), (self.init, 100, 84), (self.norm, 108, 92)):
            box.setFixedWidth(large if wide else small)

    def _take(self, **fields: Any) -> None:
        depth = replace(self._depth, **fields)
        if depth != self._depth:
            self._depth = depth
            self.changed.emit(depth)
