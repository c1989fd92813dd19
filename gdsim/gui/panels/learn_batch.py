"""How many samples a step sees: a slider from one to all of them."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gdsim.errors import SpecError
from gdsim.gui.fields.hyper import FIELD_WIDTH
from gdsim.gui.fields.labels import ElidedLabel, MessageLabel
from gdsim.gui.fields.numbers import NumberField
from gdsim.gui.fields.slider import TrackSlider

Batch = int | Literal["full"]
FULL = "full"
USUAL = 10


class BatchRow(QWidget):
    """batch, slider, field; at the right end of the slider, and by the word, all samples: a full batch."""

    batchChanged = Signal(object)  # an int, or "full"; also while the hand still moves
    settled = Signal()

    def __init__(self, label_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 2
        self.label = ElidedLabel("batch", role="secondary")
        self.label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.label.setFixedWidth(label_width)
        self.slider = TrackSlider(1, 2, "log")
        self.slider.setAccessibleName("Samples in a batch")
        self.slider.set_mark(float(USUAL))
        self.field = NumberField(0.0, check=_checked, scale="log", integer=True)
        self.field.set_zero_word(FULL)
        self.field.setFixedWidth(FIELD_WIDTH)
        self.field.setAccessibleName("Samples in a batch, exactly")
        self._message = MessageLabel()
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._message)
        self.slider.moved.connect(self._on_slider)
        self.slider.settled.connect(self.settled)
        self.slider.resetRequested.connect(self._on_reset)
        self.field.valueChanged.connect(self._on_field)
        self.field.settled.connect(self.settled)
        self.field.messageChanged.connect(self._message.say)
        self._help()

    def show_batch(self, batch: Batch, count: int) -> None:
        """Show it without telling anybody; `count` samples are trained on, 0: that is not known."""
        if count:
            self._count = max(2, count)
            self.slider.set_range(1, self._count)
        most = self._count
        self.slider.set_value(float(most if batch == FULL else min(batch, most)))
        self.field.set_value(0.0 if batch == FULL else float(batch))
        self._help()

    def _help(self) -> None:
        words = (
            f"Samples that each step sees, of {self._count:,}. The fewer, the more steps in an epoch, and the noisier\n"
            "they are. At the right end all of them: full batch. Double-click: 10."
        )
        self.label.set_help(words)
        self.slider.setToolTip(words)
        self.field.set_help(words)

    def _on_slider(self, value: float) -> None:
        whole = round(value)
        self._tell(FULL if whole >= self._count else max(1, whole))

    def _on_field(self, value: float) -> None:
        self._tell(FULL if value == 0 or value >= self._count else int(value))

    def _on_reset(self) -> None:
        self._tell(min(USUAL, self._count))
        self.settled.emit()

    def _tell(self, batch: Batch) -> None:
        self.field.set_value(0.0 if batch == FULL else float(batch))
        self.batchChanged.emit(batch)


def _checked(value: float) -> float:
    if value < 0:
        raise SpecError("a batch has one sample at least", hint="0 or full means all samples")
    return value
