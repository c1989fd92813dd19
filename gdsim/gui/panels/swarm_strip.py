"""Under the map while there is a swarm: how many starts and from where, and the histogram of where they end."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSignalBlocker, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gdsim.draw.shares import Share, paint_losses, paint_shares, percent, point_label
from gdsim.draw.swarm import fate_colours, loss_colours
from gdsim.draw.theme import SPACE, Theme
from gdsim.draw.ticks import number_label
from gdsim.errors import SpecError
from gdsim.gui.controller import Controller
from gdsim.gui.fates import DIVERGED, NAMED, OTHERS, UNFINISHED, Fates
from gdsim.gui.fields.labels import ElidedLabel
from gdsim.gui.fields.numbers import NumberField
from gdsim.gui.fields.slider import TrackSlider
from gdsim.gui.icons import icon
from gdsim.gui.panels.share_bars import ShareBars
from gdsim.gui.state import FEWEST, MOST, AppState

_HIGH, _HIGH_COMPACT, _BARS = 76, 70, 30
_UNFINISHED, _DIVERGED = "unfinished", "diverged"


class FateBars(ShareBars):
    """Where the starts end; the histogram of their final losses where the places do not say it."""

    def __init__(self) -> None:
        super().__init__("Finding out where they end …")
        self._fates: Fates | None = None
        self._kinds: tuple[int, ...] = ()
        self.setAccessibleName("Where the starts end")

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self.look = theme
        fates, self._fates = self._fates, None
        self.show_fates(fates, self._kinds)

    def show_fates(self, fates: Fates | None, kinds: tuple[int, ...]) -> None:
        """Other numbers, None while there are none; `kinds`: the colours' numbers of the places."""
        if fates is self._fates and fates is not None and kinds == self._kinds:
            return
        self._fates, self._kinds = fates, kinds
        self.show_shares(shares_of(fates, self.look, kinds) if fates else (), fates.done if fates else 0)

    def paint(self, painter: QPainter) -> None:
        fates = self._fates
        if fates is None or fates.clear or fates.losses is None:
            super().paint(painter)
            return
        box, gap = self.box(), self.look.px(16)
        rest = [each for each in self.shares if each.words in (_UNFINISHED, _DIVERGED)]
        wide = box.width() * (0.6 if rest else 1.0)
        left = QRectF(box.left(), box.top(), wide, box.height())
        paint_losses(painter, left, *fates.losses, self.look, loss_colours(self.look)[:NAMED])
        right = QRectF(left.right() + gap, box.top(), box.width() - wide - gap, box.height())
        if rest:
            paint_shares(painter, right, rest, fates.done, self.look)


def shares_of(fates: Fates, theme: Theme, kinds: Sequence[int] = ()) -> list[Share]:
    """The places, and what ended at none of them."""
    colours = fate_colours(theme, kinds)
    found = []
    for index, place in enumerate(fates.places):
        value = number_label(place.value if abs(place.value) > 1e-12 else 0.0)
        told = f"{place.kind} at {point_label(place.point, 6)}\nf = {value}\n{place.count:,} of {fates.done:,} end here"
        words = point_label(place.point) if place.kind == "minimum" else f"{place.kind} {point_label(place.point)}"
        found.append(Share(colours[index], words, place.count, told))
    for label, words, count, told in (
        (OTHERS, "elsewhere", fates.others, "They come to rest at other places"),
        (UNFINISHED, _UNFINISHED, fates.unfinished, "They have not come to rest by the last step of the run"),
        (DIVERGED, _DIVERGED, fates.diverged, "They left the finite numbers"),
    ):
        if count:
            found.append(Share(colours[label], words, count, f"{told}\n{count:,} of {fates.done:,}"))
    return found


class SwarmStrip(QFrame):
    """Shown while the swarm is on."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._small = False
        self.setAccessibleName("Swarm")
        self.title = ElidedLabel("Swarm")
        self.standing = ElidedLabel("", role="secondary")
        self.slider = TrackSlider(FEWEST, MOST, "log")
        self.slider.setAccessibleName("How many starts")
        self.slider.setToolTip("How many starts: 100 to a million")
        self.slider.setMaximumWidth(150)
        self.slider.moved.connect(lambda value: self._count(round(value)))
        self.count = NumberField(2000.0, check=_count, scale="log", integer=True)
        self.count.setAccessibleName("How many starts, exactly")
        self.count.set_help("How many starts: 100 to 1,000,000")
        self.count.setFixedWidth(88)
        self.count.valueChanged.connect(lambda value: self._count(int(value)))
        self.count.messageChanged.connect(self._complain)
        self.grid = self._switch("mdi6.dots-grid", "On a grid", "Starts on a grid, instead of drawn evenly")
        self.grid.toggled.connect(lambda on: controller.set_swarm(grid=on))
        self.here = self._switch(
            "mdi6.crop-free", "From what is in view", "Starts from the part that is in view now, not the whole domain"
        )
        self.here.toggled.connect(self._from_here)
        self.close_button = self._switch("mdi6.close", "No swarm", "Take the swarm away")
        self.close_button.setCheckable(False)
        self.close_button.clicked.connect(lambda: controller.set_swarm(on=False))
        self.bars = FateBars()
        self._lay_out()
        controller.stateChanged.connect(self._state_changed)
        controller.swarm.changed.connect(self._show_fates)
        self._show(controller.state)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.grid)
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        row.addWidget(self.title)
        row.addSpacing(SPACE.gutter)
        row.addWidget(self.standing, 1)
        for widget in (self.slider, self.count, self.grid, self.here, self.close_button):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.card, SPACE.grid, SPACE.grid + 2, SPACE.gutter)
        column.setSpacing(SPACE.grid)
        column.addLayout(row)
        bars = QHBoxLayout()
        bars.setContentsMargins(0, 0, SPACE.gutter, 0)
        bars.addWidget(self.bars)
        column.addLayout(bars, 1)

    def _switch(self, name: str, title: str, words: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "flat")
        button.setProperty("square", True)
        button.setProperty("sign", name)
        button.setCheckable(True)
        button.setFixedSize(SPACE.control, SPACE.control)
        button.setIconSize(QSize(18, 18))
        button.setAccessibleName(title)
        button.setToolTip(words)
        return button

    def show_theme(self, theme: Theme, view_theme: Theme) -> None:
        """Another theme."""
        for button in (self.grid, self.here, self.close_button):
            button.setIcon(icon(button.property("sign"), theme))
        self.bars.theme(view_theme)
        self._fit()

    def show_compact(self, small: bool) -> None:
        """A little lower, and with a shorter slider."""
        self._small = small
        self._fit()
        self.slider.setMaximumWidth(96 if small else 150)

    def _fit(self) -> None:
        """The bars grow with the theme's scale, the controls do not."""
        bars = self.bars.look.px(_BARS) - _BARS
        self.setFixedHeight((_HIGH_COMPACT if self._small else _HIGH) + bars)

    def _count(self, count: int) -> None:
        self._controller.set_swarm(count=min(max(count, FEWEST), MOST))

    def _complain(self, words: str) -> None:
        self.standing.setProperty("role", "error" if words else "secondary")
        self.standing.style().polish(self.standing)
        self.standing.setText(words)
        if not words:
            self._show_fates()

    def _from_here(self, on: bool) -> None:
        where = self._controller.state.viewport
        box: tuple[tuple[float, float], ...] = ()
        if on and where is not None:
            box = (where.x, where.y) if self._controller.state.spec.problem.dimension > 1 else (where.x,)
        self._controller.set_swarm(box=box)

    def _state_changed(self, state: AppState, names: set[str]) -> None:
        if names & {"swarm", "selected", "spec"}:
            self._show(state)
        if "cursor" in names:
            self._show_fates()

    def _show(self, state: AppState) -> None:
        choice = state.swarm
        self.title.setText(f"Swarm of {state.spec.labels[min(state.selected, len(state.spec.racers) - 1)]}")
        self.slider.set_value(choice.count)
        self.count.set_value(float(choice.count))
        for button, on in ((self.grid, choice.grid), (self.here, bool(choice.box))):
            with QSignalBlocker(button):
                button.setChecked(on)
        self._show_fates()

    def _show_fates(self) -> None:
        if not self._controller.state.swarm.on or self.count.message:
            return
        swarm = self._controller.swarm
        fates = swarm.fates
        self.bars.show_fates(fates, swarm.kinds)
        self.standing.setText(self._words(fates))
        note = fates.note if fates is not None else ""
        if swarm.cloud is not None and swarm.cloud.note:
            note = swarm.cloud.note
        self.standing.set_help(note)

    def _words(self, fates: Fates | None) -> str:
        swarm, cursor = self._controller.swarm, self._controller.state.cursor
        cloud = swarm.cloud
        if cloud is not None and cloud.note:
            return cloud.note
        if cloud is not None and cloud.step < min(cursor, cloud.key.spec.steps):
            return f"on the way: step {cloud.step:,}"
        if fates is None:
            return ""
        if fates.done < fates.total:
            return f"the ends of {percent(fates.done, fates.total)} are known"
        rest, lost = fates.standing(cursor)
        words = f"{percent(rest, fates.done)} at rest"
        return f"{words}, {percent(lost, fates.done)} lost" if lost else words


def _count(number: float) -> float:
    """A number of starts that can be had, or a SpecError."""
    if not FEWEST <= number <= MOST:
        raise SpecError(f"{number:,.0f} starts", hint=f"Use {FEWEST} to {MOST:,}")
    return number
