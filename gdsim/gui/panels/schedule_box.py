"""A racer's learning-rate schedule: which one, its parameters, and a small picture of the rate over the run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gdsim import catalogue
from gdsim.draw.theme import DARK, Theme
from gdsim.errors import GdsimError
from gdsim.gui.fields.hyper import HyperSlider
from gdsim.optimizers import schedules
from gdsim.session.spec import Schedule

CONSTANT = "constant"
_SAMPLES = 240


class SchedulePreview(QWidget):
    """The learning rate over the steps of the run, from 0 to its highest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(44)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rates = np.empty(0)
        self._total = 1
        self._theme = DARK

    def show_rates(self, rates: np.ndarray, total: int) -> None:
        """Rates at evenly spread steps from 1 to `total`, shape (m,)."""
        self._rates, self._total = rates, total
        if rates.size:
            words = f"from {rates[0]:.3g} to {rates[-1]:.3g} over {total:,} steps"
            self.setToolTip(f"Learning rate {words}")
            self.setAccessibleName(f"Learning rate {words}")
        self.update()

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 44)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(self.rect()).adjusted(1, 5, -1, -5)
        painter.setPen(QPen(QColor(self._theme.hairline), 1))
        painter.drawLine(room.bottomLeft(), room.bottomRight())
        rates = self._rates
        if rates.size < 2 or not np.isfinite(rates).all() or rates.max() <= 0:
            return
        x = np.linspace(room.left(), room.right(), rates.size)
        y = room.bottom() - room.height() * rates / rates.max()
        painter.setPen(QPen(QColor(self._theme.accent), 1.75))
        painter.drawPolyline(QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)]))


class ScheduleBox(QWidget):
    """Combo, sliders and picture. `changed` carries the new Schedule, or None for a constant rate."""

    changed = Signal(object)
    settled = Signal()

    def __init__(self, label_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label_width = label_width
        self._schedule: Schedule | None = None
        self._lr, self._total = 0.1, 100
        self._rows: dict[str, HyperSlider] = {}
        self._built = ""
        label = QLabel("schedule")
        label.setProperty("role", "secondary")
        label.setFixedWidth(label_width)
        self.choice = QComboBox()
        self.choice.setAccessibleName("Learning-rate schedule")
        for entry in catalogue.schedules().values():
            self.choice.addItem(entry.title, entry.name)
            self.choice.setItemData(self.choice.count() - 1, entry.teaches, 3)  # Qt.ItemDataRole.ToolTipRole
        self.choice.setToolTip("How the learning rate goes over the run")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.activated.connect(self._on_choice)
        label.setBuddy(self.choice)
        self.preview = SchedulePreview()
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(label)
        row.addWidget(self.choice, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addLayout(row)
        self._column.addWidget(self.preview)

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self.preview.theme(theme)

    def show_schedule(self, schedule: Schedule | None, lr: float, total: int) -> None:
        """Show a racer's schedule for its base rate `lr` over `total` steps."""
        name = CONSTANT if schedule is None else schedule.name
        key = (schedule, lr, total)
        if key == (self._schedule, self._lr, self._total) and self._built == name:
            return
        self._schedule, self._lr, self._total = key
        with QSignalBlocker(self.choice):
            self.choice.setCurrentIndex(self.choice.findData(name))
        if name != self._built:
            self._build(name, {} if schedule is None else schedule.params)
        for key_name, row_widget in self._rows.items():
            if schedule is not None:
                row_widget.set_value(schedule.params.get(key_name, row_widget.spec.default))
        self.preview.setVisible(schedule is not None)
        if schedule is not None:
            self._draw(schedule)

    def _build(self, name: str, params: Mapping[str, float]) -> None:
        for row in self._rows.values():
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = {}
        self._built = name
        entry = catalogue.schedules().get(name)
        if entry is None or name == CONSTANT:
            return
        for spec in schedules.specs_of(entry):
            row = HyperSlider(spec, params.get(spec.name))
            row.set_label_width(self._label_width)
            row.valueChanged.connect(self._on_parameter)
            row.settled.connect(self.settled)
            self._column.insertWidget(self._column.count() - 1, row)
            self._rows[spec.name] = row

    def _draw(self, schedule: Schedule) -> None:
        t = np.unique(np.linspace(1, self._total, _SAMPLES).round())
        made = schedules.Schedule(schedule.name, schedule.formula, schedule.params)
        try:
            rates = made.rates(self._lr, t, self._total)
        except GdsimError:
            rates = np.empty(0)  # a formula of a foreign file that cannot be read: the run itself tells why
        self.preview.show_rates(rates, self._total)

    def _on_choice(self, index: int) -> None:
        name = self.choice.itemData(index)
        if name == CONSTANT:
            self.changed.emit(None)
            self.settled.emit()
            return
        made = schedules.make_schedule(name)
        self.changed.emit(Schedule(name, made.formula, dict(made.params)))
        self.settled.emit()

    def _on_parameter(self, _value: float) -> None:
        if self._schedule is not None:
            params = {name: float(row.value) for name, row in self._rows.items() if not isinstance(row.value, tuple)}
            self.changed.emit(self._schedule.replace(params={**self._schedule.params, **params}))
