"""The stages of the walk: buttons, a strip of stations to press or drag along, the current one in words and numbers."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gdsim.analysis.walk_stages import Stage, StageWords
from gdsim.draw.chart_parts import put_text
from gdsim.draw.fonts import font
from gdsim.draw.text import text_width
from gdsim.draw.theme import DARK, SPACE, TYPE, Theme
from gdsim.gui.icons import icon
from gdsim.gui.math_label import MathLabel

_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_NARROW = 600
"""Width below which there is room for the numbers alone, not for the formula beside them; pixels at scale 1."""


def station(stage: Stage, layers: int) -> str:
    """A stage in one or two letters."""
    if stage.kind == "inputs":
        return "x"
    if stage.kind == "forward":
        return "o" if stage.layer == layers else f"h{stage.layer}".translate(_BELOW)
    if stage.kind == "loss":
        return "J"
    return f"δ{stage.layer}".translate(_BELOW) if stage.kind == "backward" else "w"


class StageStrip(QWidget):
    """A line with a station for each stage; those passed are filled."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Stages of the walk")
        self.setAccessibleDescription("Press a station to go there; Up and Down go from one to the next.")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)
        self.look = DARK
        self._stages: tuple[Stage, ...] = ()
        self._current = 0

    def show_stages(self, stages: tuple[Stage, ...], current: int) -> None:
        """The stages there are, and where the walk is."""
        if (stages, current) != (self._stages, self._current):
            self._stages, self._current = stages, current
            self.update()

    def place(self, number: int) -> QPointF:
        """The middle of a station."""
        inset = self.look.px(12)
        share = number / max(len(self._stages) - 1, 1)
        return QPointF(inset + share * (self.width() - 2 * inset), self.height() / 2)

    def sizeHint(self) -> QSize:
        return QSize(240, self.look.px(SPACE.control))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._stages:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        look, count = self.look, len(self._stages)
        apart = self.place(1).x() - self.place(0).x()
        radius = min(float(look.px(11)), apart * 0.45)
        painter.setPen(QPen(QColor(look.border), look.line(1.5)))
        painter.drawLine(self.place(0), self.place(count - 1))
        painter.setPen(QPen(QColor(look.accent), look.line(2.5)))
        painter.drawLine(self.place(0), self.place(self._current))
        layers = max(stage.layer for stage in self._stages)
        face = font(TYPE.tick, 600, look.scale)
        for number, stage in enumerate(self._stages):
            at, here, passed = self.place(number), number == self._current, number <= self._current
            painter.setPen(QPen(QColor(look.accent if passed else look.border), look.line(1.5)))
            painter.setBrush(QColor(look.accent if here else look.surface))
            painter.drawEllipse(at, radius, radius)
            words = station(stage, layers)
            if text_width(words, face) < 2 * radius:
                ink = look.accent_text if here else look.text if passed else look.muted
                box = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
                put_text(painter, box, words, ink, face, "centre")
        if self.hasFocus():
            painter.setPen(QPen(QColor(look.text), look.line(1.5)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self.place(self._current), radius + 2, radius + 2)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position().x())

    def _go(self, x: float) -> None:
        if not self._stages:
            return
        nearest = min(range(len(self._stages)), key=lambda number: abs(self.place(number).x() - x))
        if nearest != self._current:
            self.chosen.emit(nearest)


class StageBar(QWidget):
    """First, back, the strip, on, last; below them the sentence, the formula and the numbers."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strip = StageStrip()
        self.strip.chosen.connect(self.chosen)
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for name, words, sign in (
            ("first", "Back to the inputs", "mdi6.chevron-double-left"),
            ("back", "The stage before (Up)", "mdi6.chevron-left"),
            ("", "", ""),
            ("on", "The next stage (Down)", "mdi6.chevron-right"),
            ("last", "On to the update", "mdi6.chevron-double-right"),
        ):
            row.addWidget(self._button(name, words, sign) if name else self.strip, 0 if name else 1)
        self.words = QLabel()
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.formula = MathLabel(size=TYPE.mathematics - 2)
        self.numbers = MathLabel(size=TYPE.mathematics - 2)
        self.formula.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.numbers.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SPACE.card, SPACE.grid, SPACE.card, SPACE.grid)
        self._column.setSpacing(2)
        self._column.addLayout(row)
        self._column.addWidget(self.words)
        self._maths = QHBoxLayout()
        self._maths.setContentsMargins(0, 0, 0, 0)
        self._maths.setSpacing(2 * SPACE.card)
        self._maths.addWidget(self.formula)
        self._maths.addWidget(self.numbers, 1)
        self._column.addLayout(self._maths)
        self._look = DARK
        self._stages: tuple[Stage, ...] = ()
        self._current = 0

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        narrow = self.width() < self._look.px(_NARROW)
        self.formula.setVisible(not narrow)
        self.words.setFixedHeight(self._look.px(32 if narrow else 17))
        for label in (self.formula, self.numbers):
            label.setFixedHeight(self._look.px(28 if narrow else 36))

    def _button(self, name: str, words: str, sign: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "flat")
        button.setProperty("square", True)
        button.setFixedSize(SPACE.control, SPACE.control)
        button.setIconSize(QSize(18, 18))
        button.setAccessibleName(f"Stage: {words.partition(' (')[0].lower()}")
        button.setToolTip(words)
        button.setProperty("sign", sign)
        button.clicked.connect(lambda: self.go(name))
        self.buttons[name] = button
        return button

    def go(self, where: str) -> None:
        """To the first or last stage, back or on."""
        last = len(self._stages) - 1
        to = {"first": 0, "back": self._current - 1, "on": self._current + 1, "last": last}[where]
        to = min(max(to, 0), last)
        if self._stages and to != self._current:
            self.chosen.emit(to)

    def show_stage(self, stages: tuple[Stage, ...], current: int, words: StageWords, typeset: bool) -> None:
        """A stage; its formula in plain text where it is not to be `typeset`."""
        self._stages, self._current = stages, current
        self.strip.show_stages(stages, current)
        self.strip.setToolTip(f"{words.title}, stage {current + 1} of {len(stages)}")
        self.words.setText(words.words)
        self.formula.set_formula(words.latex, words.title)
        self.numbers.set_formula(words.numbers if typeset else "", words.plain)
        for name, enabled in (("first", current > 0), ("back", current > 0)):
            self.buttons[name].setEnabled(enabled)
        for name in ("on", "last"):
            self.buttons[name].setEnabled(current < len(stages) - 1)

    def theme(self, theme: Theme) -> None:
        """Colours and scale."""
        self._look = theme
        self.strip.look = theme
        self.strip.setFixedHeight(theme.px(SPACE.control))
        self.words.setFont(font(TYPE.secondary, 400, theme.scale))
        self.formula.theme(theme, theme.secondary)
        self.numbers.theme(theme, theme.text)
        self._arrange()
        for button in self.buttons.values():
            button.setIcon(icon(button.property("sign"), theme))
        self.strip.update()
