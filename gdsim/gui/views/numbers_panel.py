"""Beneath a picture of the model: whose it is and when, its losses and accuracies, words about what is pointed at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QTextLayout, QTextOption
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.draw.chart_parts import Entry, put_text, short, three
from gdsim.draw.fonts import font
from gdsim.draw.markers import paint_shape
from gdsim.draw.theme import TYPE, Theme, head_of
from gdsim.gui.learn.epochs import evaluated_row, is_training
from gdsim.gui.views.canvas import Canvas
from gdsim.gui.views.outputs_plot import LEAST, Outputs, paint_outputs
from gdsim.gui.views.view import Scene

_PAD = 12
_PLOT = 190


@dataclass(frozen=True, slots=True)
class Standing:
    """A model over all samples, as of the last row at which that was looked at.

    Attributes:
        epoch: epochs done.
        train, test: mean losses without penalties; test is NaN without test samples.
        right, right_test: shares of samples whose class is right; NaN for a regression.
    """

    epoch: float
    train: float
    test: float
    right: float
    right_test: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is shown.

    Attributes:
        racer: number and label of the focused one. step: where it is.
        standing: None while nothing is known.
        classes: whether there are accuracies; test: whether there are test samples.
        loss: the losses' name.
        heading, words: of what is pointed at, or of the model as a whole; words break into lines.
    """

    racer: int = 0
    label: str = ""
    step: int = 0
    standing: Standing | None = None
    classes: bool = False
    test: bool = False
    loss: str = "loss"
    heading: str = ""
    words: str = ""


def numbers_of(scene: Scene, heading: str, words: str) -> Numbers:
    """The focused racer at the cursor."""
    state, history = scene.state, scene.history
    racer = state.selected
    learn = state.spec.problem.learn
    classes = learn is not None and bool(learn.data.classes)
    label = state.spec.labels[racer] if racer < len(state.spec.labels) else ""
    known = history is not None and racer < len(history) and history.traces[racer].published > 0
    if not known or not is_training(history.traces[racer]):
        return Numbers(racer, label, state.cursor, None, classes, False, "loss", heading, words)
    trace = history.traces[racer]
    step = max(0, min(state.cursor, trace.last))
    standing = standing_at(trace, step)
    test = history.objective.samples.count_test > 0
    return Numbers(racer, label, step, standing, classes, test, "loss", heading, words)


def standing_at(trace: Any, step: int) -> Standing:
    """The model at row `step` over all samples."""
    row = evaluated_row(trace, step)
    names = ("train_loss", "test_loss", "accuracy", "test_accuracy")
    train, test, right, right_test = (float(trace.column(name, row, row + 1)[0]) for name in names)
    return Standing(float(trace.column("epoch", step, step + 1)[0]), train, test, right, right_test)


def epochs_words(epochs: float) -> str:
    """``epoch 49.4``, in as many digits as do not dance."""
    return f"epoch {epochs:,.1f}" if epochs < 1000 else f"epoch {epochs:,.0f}"


def share_words(share: float) -> str:
    """``98.4 %``; 100 % only where all are right."""
    return "100 %" if share == 1.0 else f"{min(100 * share, 99.9):.1f} %"


class NumbersPanel(Canvas):
    """Painted at every frame; a screen reader gets the same as a description."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.numbers = Numbers()
        self.outputs: Outputs | None = None
        self.setAccessibleName("Losses")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(96)

    def sizeHint(self) -> QSize:
        return QSize(280, 220)

    def show_numbers(self, numbers: Numbers) -> None:
        """Other numbers or words."""
        if numbers == self.numbers:
            return
        self.numbers = numbers
        rows = "; ".join(" ".join(row) for row in self.rows())
        self.setAccessibleDescription(f"{numbers.label}, step {numbers.step}: {rows}. {numbers.words}")
        self.update()

    def show_outputs(self, outputs: Outputs | None) -> None:
        """What the model says of its samples, drawn while there is nothing to say in words."""
        if outputs is not self.outputs:
            self.outputs = outputs
            self.update()

    def rows(self) -> list[tuple[str, str, str]]:
        """Words, loss, accuracy of each kind of samples."""
        standing, numbers = self.numbers.standing, self.numbers
        if standing is None:
            return [("train", "–", "–")] if numbers.classes else [("train", "–", "")]
        shares = (standing.right, standing.right_test)
        right, right_test = (share_words(each) if each == each else "" for each in shares)
        found = [("train", three(standing.train), right if numbers.classes else "")]
        if numbers.test:
            found.append(("test", three(standing.test), right_test if numbers.classes else ""))
        return found

    def paint(self, painter: QPainter) -> None:
        look, numbers = self.look, self.numbers
        painter.fillRect(self.rect(), QColor(look.surface))
        pad = look.px(_PAD)
        left, right = float(pad), float(self.width() - look.px(8))
        painter.fillRect(QRectF(left, 0, right - left, 1), QColor(look.hairline))
        top = self._paint_racer(painter, left, right, float(look.px(10)))
        top = self._paint_table(painter, left, right, top)
        room = self.height() - top
        plot = self.outputs is not None and not numbers.words and room > look.px(LEAST)
        if plot or (numbers.words and room > look.px(40)):
            painter.fillRect(QRectF(left, top + look.px(2), right - left, 1), QColor(look.hairline))
        if plot and self.outputs is not None:
            high = min(room - look.px(18), look.px(_PLOT))
            paint_outputs(painter, QRectF(left, top + look.px(12), right - left, high), self.outputs, look)
        elif numbers.words and room > look.px(40):
            self._paint_words(painter, left, right, top + look.px(12))

    def _paint_racer(self, painter: QPainter, left: float, right: float, top: float) -> float:
        look, numbers = self.look, self.numbers
        high = float(look.px(20))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        middle = QPointF(left + look.px(6), top + high / 2)
        paint_shape(painter, middle, head_of(numbers.racer), QColor(look.racer(numbers.racer)), look, 10.0)
        when = f"step {numbers.step:,}"
        if numbers.standing is not None:
            when = f"{epochs_words(numbers.standing.epoch)}"
        small = font(TYPE.secondary, 400, look.scale)
        used = put_text(painter, QRectF(left, top, right - left, high), when, look.secondary, small, "right")
        room = QRectF(left + look.px(18), top, used.left() - left - look.px(26), high)
        put_text(painter, room, numbers.label, look.text, font(TYPE.body, 600, look.scale))
        return top + look.px(24)

    def _paint_table(self, painter: QPainter, left: float, right: float, top: float) -> float:
        look, numbers = self.look, self.numbers
        tick, key = font(TYPE.tick, 400, look.scale), font(TYPE.title, 600, look.scale)
        wide = right - left
        ends = (left + 0.62 * wide, right) if numbers.classes else (right,)
        line, row_high = float(look.px(16)), float(look.px(24))
        for end, words in zip(ends, (numbers.loss, "accuracy"), strict=False):
            put_text(painter, QRectF(left, top, end - left, line), words, look.muted, tick, "right")
        top += line
        for kind, *values in self.rows():
            box = QRectF(left, top, wide, row_high)
            entry = Entry(kind, look.secondary, "dot" if kind == "train" else "ring")
            _paint_kind(painter, box, entry, look)
            for end, value in zip(ends, values, strict=False):
                put_text(painter, QRectF(left, top, end - left, row_high), value, look.text, key, "right")
            top += row_high
        return top + look.px(4)

    def _paint_words(self, painter: QPainter, left: float, right: float, top: float) -> None:
        look, numbers = self.look, self.numbers
        if numbers.heading:
            box = QRectF(left, top, right - left, float(look.px(18)))
            put_text(painter, box, numbers.heading, look.text, font(TYPE.secondary, 600, look.scale))
            top += look.px(20)
        layout = QTextLayout(numbers.words, font(TYPE.secondary, 400, look.scale))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        layout.setTextOption(option)
        layout.beginLayout()
        lines, y = [], 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(right - left)
            line.setPosition(QPointF(0.0, y))
            y += line.height() + look.px(2)
            if top + y > self.height():
                break
            lines.append(line)
        layout.endLayout()
        painter.setPen(QColor(look.secondary))
        for line in lines:
            line.draw(painter, QPointF(left, top))


def _paint_kind(painter: QPainter, box: QRectF, entry: Entry, look: Theme) -> None:
    middle = QPointF(box.left() + look.px(6), box.center().y())
    painter.setPen(QColor(entry.colour))
    painter.setBrush(QColor(entry.colour) if entry.mark == "dot" else Qt.BrushStyle.NoBrush)
    radius = look.line(3.5)
    painter.drawEllipse(middle, radius, radius)
    words = QRectF(box.left() + look.px(18), box.top(), box.width(), box.height())
    put_text(painter, words, entry.words, look.secondary, font(TYPE.secondary, 400, look.scale))


def terms_words(weights: list[tuple[float, str]], bias: float, most: int = 5) -> str:
    """``0.53 x − 1.2 y + 0.3``: the terms of the largest weights, how many others there are, the bias."""
    order = sorted(range(len(weights)), key=lambda k: -abs(weights[k][0]))
    shown = sorted(order[:most])
    out = ""
    for k in shown:
        value, name = weights[k]
        sign = (" − " if out else "−") if value < 0 else (" + " if out else "")
        out += f"{sign}{short(abs(value))} {name}"
    if len(weights) > most:
        out += f" + … ({len(weights) - most} more)"
    return out + (f" − {short(-bias)}" if bias < 0 else f" + {short(bias)}")
