"""The one door to swarms, basin maps and sweeps: what, of whom, how fine. Enter starts, Escape closes."""

from __future__ import annotations

from typing import Any, Literal

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from gdsim.analysis.axes import SweepAxis
from gdsim.errors import GdsimError, SpecError
from gdsim.gui.controller import Controller
from gdsim.gui.fields.numbers import NumberField
from gdsim.gui.fields.slider import TrackSlider
from gdsim.gui.panels.axis_fields import LINE, PLANE, AxisFields, default_axis, settings_of
from gdsim.gui.state import FEWEST, MOST, RESOLUTIONS, BasinChoice, SweepChoice
from gdsim.session.resolve import rule_of

Kind = Literal["swarm", "basins", "sweep"]
_KINDS: tuple[tuple[Kind, str, str], ...] = (
    ("swarm", "Swarm", "Many starts at once, live over the map, and how many end where"),
    ("basins", "Basins", "Every point of the plane, coloured by where a start there ends"),
    ("sweep", "Sweep", "One start, many settings: which of them get there, and how fast"),
)


class MapDialog(QDialog):
    """`open_for` fills it; what was chosen goes to the controller."""

    def __init__(self, controller: Controller, parent: QWidget) -> None:
        super().__init__(parent)
        self._controller = controller
        self.setWindowTitle("Map")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(580)
        self.kinds: dict[Kind, QRadioButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(20)
        for index, (kind, title, words) in enumerate(_KINDS):
            button = QRadioButton(title)
            button.setToolTip(words)
            self._group.addButton(button, index)
            self.kinds[kind] = button
            row.addWidget(button)
        row.addStretch(1)
        self.sentence = QLabel()
        self.sentence.setProperty("role", "secondary")
        self.racer = QComboBox()
        self.racer.setAccessibleName("Racer")
        self.racer.setToolTip("Whose rule and settings are meant")
        self.pages = (self._swarm_page(), self._basins_page(), self._sweep_page())
        self.start = QPushButton("Start")
        self.start.setProperty("role", "primary")
        self.start.setDefault(True)
        self.start.setToolTip("Start (Enter)")
        self.start.clicked.connect(self.accept)
        cancel = QPushButton("Cancel")
        cancel.setToolTip("Close and change nothing (Escape)")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.start)
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(_label("racer", self.racer), self.racer)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        column.addLayout(row)
        column.addWidget(self.sentence)
        column.addLayout(form)
        for page in self.pages:
            column.addWidget(page)
        column.addStretch(1)
        column.addLayout(buttons)
        self._group.idToggled.connect(self._chosen)
        self.racer.activated.connect(lambda _: self._offer_axes(keep=False))
        self._fill()

    # -- pages

    def _swarm_page(self) -> QWidget:
        self.slider = TrackSlider(FEWEST, MOST, "log")
        self.slider.setAccessibleName("How many starts")
        self.count = NumberField(2000.0, check=_starts, scale="log", integer=True)
        self.count.setAccessibleName("How many starts, exactly")
        self.count.set_help(f"How many starts: {FEWEST} to {MOST:,}")
        self.count.setFixedWidth(88)
        self.slider.moved.connect(lambda value: self.count.set_value(float(round(value))))
        self.count.valueChanged.connect(self.slider.set_value)
        self.grid = QCheckBox("on a grid instead of drawn evenly")
        row = QHBoxLayout()
        row.addWidget(self.slider, 1)
        row.addWidget(self.count)
        return self._page([("starts", row), ("", self.grid)], self.count)

    def _basins_page(self) -> QWidget:
        self.resolution = QComboBox()
        self.resolution.setAccessibleName("Resolution")
        self.resolution.setToolTip("Starts along the longer side of the map; coarse ones are shown at once")
        self.resolution.addItems([f"{each} px" for each in RESOLUTIONS])
        return self._page([("resolution", self.resolution)])

    def _sweep_page(self) -> QWidget:
        self.across, self.up = AxisFields("across", optional=False), AxisFields("up", optional=True)
        self.measure = QComboBox()
        self.measure.setAccessibleName("Measure")
        self.measure.setToolTip("What the map shows; both are computed")
        self.measure.addItems(["final loss", "steps"])
        page = self._page([("measure", self.measure)], *self.across.fields(), *self.up.fields())
        layout = page.layout()
        assert isinstance(layout, QFormLayout)
        layout.insertRow(0, self.up)
        layout.insertRow(0, self.across)
        return page

    def _page(self, rows: list[tuple[str, Any]], *fields: NumberField) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(12)
        for words, piece in rows:
            form.addRow(_label(words), piece)
        for field in fields:
            field.installEventFilter(self)
        return page

    # -- filling

    def _fill(self) -> None:
        state = self._controller.state
        self.racer.addItems(list(state.spec.labels))
        self.racer.setCurrentIndex(min(state.selected, len(state.spec.racers) - 1))
        self.count.set_value(float(state.swarm.count))
        self.slider.set_value(state.swarm.count)
        self.grid.setChecked(state.swarm.grid)
        self.resolution.setCurrentIndex(RESOLUTIONS.index(state.basins.resolution if state.basins else 512))
        flat = state.spec.problem.dimension >= 2
        self.kinds["basins"].setEnabled(flat)
        if not flat:
            self.kinds["basins"].setToolTip("Basin maps are for functions of two and more variables")
        if state.sweep is not None and state.sweep.racer < len(state.spec.racers):
            self.racer.setCurrentIndex(state.sweep.racer)
            self.measure.setCurrentIndex(1 if state.sweep.measure == "steps" else 0)
        self._offer_axes(keep=True)
        self.choose("basins" if flat else "swarm")

    def choose(self, kind: Kind) -> None:
        """Show this kind's page."""
        self.kinds[kind].setChecked(True)
        self.kinds[kind].setFocus()
        self._chosen(self._group.checkedId(), True)

    def _chosen(self, index: int, on: bool) -> None:
        if on:
            for place, page in enumerate(self.pages):
                page.setVisible(place == index)
            self.sentence.setText(_KINDS[index][2])
            self.adjustSize()

    def _offer_axes(self, keep: bool) -> None:
        """The settings of the racer; those of the present sweep where they are still meant."""
        spec = self._controller.state.spec
        racer = spec.racers[self.racer.currentIndex()]
        settings = settings_of(rule_of(racer), racer)
        now = {name: value for name, value in racer.hyper.items() if isinstance(value, float)}
        sweep = self._controller.state.sweep if keep else None
        x: SweepAxis | None = None
        y: SweepAxis | None = None
        if sweep is not None and sweep.x.name in settings and (sweep.y is None or sweep.y.name in settings):
            x, y = sweep.x, sweep.y
        else:
            names = list(settings)
            own = [name for name in names if name.split("[")[0] in racer.hyper]
            first = own[0] if own else names[0]
            second = next((name for name in ("beta", "beta1", "alpha", "momentum", *own) if name in own[1:]), None)
            x = default_axis(first, settings[first], now.get(first), PLANE if second else LINE)
            y = default_axis(second, settings[second], now.get(second), PLANE) if second else None
        self.across.offer(settings, now, x)
        self.up.offer(settings, now, y)

    # -- answers

    @property
    def kind(self) -> Kind:
        """What is chosen."""
        return _KINDS[self._group.checkedId()][0]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter in a field takes its number and starts."""
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and isinstance(watched, NumberField) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            watched.commit()
            if not watched.message:
                self.accept()
            return True
        return super().eventFilter(watched, event)

    def accept(self) -> None:
        """Start, unless a number cannot be used: that is said at its field."""
        racer, controller = self.racer.currentIndex(), self._controller
        kind = self.kind
        if kind == "swarm":
            self.count.commit()
            if self.count.message:
                return
            controller.select(racer)
            controller.set_swarm(on=True, count=int(self.count.value), grid=self.grid.isChecked())
        elif kind == "basins":
            controller.set_basins(BasinChoice(racer, RESOLUTIONS[self.resolution.currentIndex()]))
        else:
            try:
                choice = self._sweep_choice(racer)
            except GdsimError:
                return  # it is said at the field
            controller.set_sweep(choice)
        super().accept()

    def _sweep_choice(self, racer: int) -> SweepChoice:
        x, y = self.across.axis(), self.up.axis()
        assert x is not None  # only the second axis can be none
        if y is not None and x.name == y.name:
            error = SpecError(f"{x.name} is swept twice", hint="Choose another setting, or none")
            self.up.message.say(error.message())
            raise error
        return SweepChoice(racer, x, y, "steps" if self.measure.currentIndex() else "loss")


def _label(words: str, buddy: QWidget | None = None) -> QLabel:
    label = QLabel(words)
    label.setProperty("role", "secondary")
    label.setFixedWidth(64)
    label.setMinimumHeight(28)
    if buddy is not None:
        label.setBuddy(buddy)
    return label


def _starts(number: float) -> float:
    """A number of starts that can be had, or a SpecError."""
    if not FEWEST <= number <= MOST:
        raise SpecError(f"{number:,.0f} starts", hint=f"Use {FEWEST} to {MOST:,}")
    return number
