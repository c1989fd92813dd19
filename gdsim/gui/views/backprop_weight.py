"""One weight of the walk: which it is, its chain rule with numbers, and what a nudge of it does."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gdsim.analysis.chain_rule import ChainLine
from gdsim.draw.chart_parts import three
from gdsim.draw.fonts import font
from gdsim.draw.nudge import NudgePicture, paint_nudge
from gdsim.draw.theme import SPACE, TYPE, Theme
from gdsim.gui.fields.labels import ElidedLabel
from gdsim.gui.fields.slider import TrackSlider
from gdsim.gui.learn.part_walk import REACH, WalkPart
from gdsim.gui.panels.math_lines import MathLines
from gdsim.gui.panels.reading import Line
from gdsim.gui.views.canvas import Canvas

NUDGE = 0.1
"""Where the slider goes on a double-click."""


class WeightBar(QWidget):
    """The weight that is looked at: its name, to choose another; how large it is, and its slope."""

    weightChosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self.combo = QComboBox()
        self.combo.setAccessibleName("Weight that is looked at")
        self.combo.setToolTip("The weight that is looked at: w layer [to, from], b layer [unit]; or click an edge")
        self.combo.setMaxVisibleItems(16)
        self.combo.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.combo.activated.connect(self.weightChosen)
        self.value = ElidedLabel()
        self.value.setAccessibleName("The weight and its slope")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.gutter)
        row.addWidget(self.combo)
        row.addWidget(self.value, 1)

    def show_weight(self, names: tuple[str, ...], found: WalkPart) -> None:
        """The weights there are, and the chosen one."""
        with QSignalBlocker(self.combo):
            if self._names != names:
                self._names = names
                self.combo.clear()
                self.combo.addItems(list(names))
            self.combo.setCurrentIndex(found.weight)
        letter, slope = found.name.partition("[")[0].rstrip("0123456789"), float(found.walk.gradient[found.weight])
        self.value.setText(f"= {three(found.value)},  ∂J/∂{letter} = {three(slope)}")

    def theme(self, theme: Theme) -> None:
        """As large as the controls beside it."""
        self.value.setFont(font(TYPE.secondary, 500, theme.scaled(1.0).scale))


class ChainPanel(QScrollArea):
    """The chain rule, line by line; what has no room is scrolled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = MathLines("The chain rule for this weight", TYPE.body, strong=-1, strong_size=TYPE.body + 1)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        inner = QVBoxLayout(inside)
        inner.setContentsMargins(0, 0, SPACE.grid, 0)
        inner.addWidget(self.lines)
        inner.addStretch(1)
        self.setWidget(inside)

    def show_lines(self, lines: tuple[ChainLine, ...], typeset: bool) -> None:
        """The lines; plain text where they are not to be `typeset`."""
        self.lines.set_lines(tuple(Line(line.whole if typeset else "", line.plain) for line in lines))

    def theme(self, theme: Theme) -> None:
        """Colours and scale."""
        self.lines.theme(theme)
        for area in (self, self.viewport(), self.widget()):
            palette = area.palette()
            palette.setColor(area.backgroundRole(), QColor(theme.surface))
            area.setPalette(palette)


class NudgePlot(Canvas):
    """The loss along the weight, and the two bars."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture: NudgePicture | None = None
        self.setAccessibleName("The loss along the weight, predicted and actual")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_picture(self, picture: NudgePicture) -> None:
        """What the nudge does."""
        self.picture = picture
        self.setAccessibleDescription(
            f"Moved by {three(picture.by)}, the slope predicts {three(picture.predicted)}, really it is "
            f"{three(picture.actual)}"
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, self.look.px(150))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.look.px(48))

    def paint(self, painter: QPainter) -> None:
        if self.picture is not None:
            paint_nudge(painter, QRectF(self.rect()), self.picture, self.look)


class NudgePanel(QWidget):
    """The slider that moves the weight, and what comes of it."""

    nudged = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = TrackSlider(-REACH, REACH)
        self.slider.setAccessibleName("Nudge of the weight")
        self.slider.setToolTip(f"Moves the weight for a look, {REACH} at most; the run keeps its weights")
        self.slider.set_mark(0.0)
        self.slider.moved.connect(self.nudged)
        self.slider.resetRequested.connect(lambda: self.nudged.emit(NUDGE))
        self.label = QLabel()
        self.label.setAccessibleName("How far the weight is moved")
        self.label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.plot = NudgePlot()
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.grid)
        row.addWidget(self.slider, 1)
        row.addWidget(self.label)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.grid)
        column.addLayout(row)
        column.addWidget(self.plot, 1)

    def show_nudge(self, found: WalkPart) -> None:
        """What the nudge of this weight does."""
        nudge, slope = found.nudge, float(found.walk.gradient[found.weight])
        self.slider.set_value(nudge.by)
        sign = "+" if nudge.by >= 0 else ""
        self.label.setText(f"{found.name} {sign}{three(nudge.by)}".replace(" −", " − ").replace(" +", " + "))
        self.plot.show_picture(
            NudgePicture(
                nudge.by, found.walk.loss, slope, nudge.predicted, nudge.actual, found.along, found.losses, found.name
            )
        )

    def theme(self, theme: Theme) -> None:
        """Colours and scale."""
        self.plot.look = theme
        self.label.setFont(font(TYPE.secondary, 600, theme.scale))
        self.label.setMinimumWidth(theme.px(96))
        self.plot.update()
