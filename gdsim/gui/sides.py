"""The right column: the loss above, this step below; at the small size one of them, with a switch."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from gdsim.draw.theme import SPACE, Theme
from gdsim.gui.layout import Card, splitter
from gdsim.gui.views import SIDES, View
from gdsim.session.spec import Problem


class Sides(QWidget):
    """The views of the right column, one card each."""

    shownChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.views: list[View] = [kind() for kind in SIDES]
        self._cards = [Card(view.widget, view.title) for view in self.views]
        self._small = False
        self._first_only = False
        self._first = 0
        self._room = 0
        self._current = 0
        self._fitting = list(range(len(self.views)))
        self._between: list[int] = []
        self.splitter = splitter(Qt.Orientation.Vertical, "right")
        self._stack = QStackedWidget()
        self._switch = QWidget()
        row = QHBoxLayout(self._switch)
        row.setContentsMargins(4, 0, 4, 0)
        row.setSpacing(4)
        self._group = QButtonGroup(self)
        for index, view in enumerate(self.views):
            button = QToolButton()
            button.setText(view.title)
            button.setCheckable(True)
            button.setProperty("role", "tab")
            button.setToolTip(f"Show {view.title.lower()}")
            button.setAccessibleName(f"{view.title}, tab")
            button.clicked.connect(partial(self.show_one, index))
            self._group.addButton(button, index)
            row.addWidget(button)
        row.addStretch(1)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._box.addWidget(self._switch)
        self._box.addWidget(self._stack)
        self._box.addWidget(self.splitter)
        for card in self._cards:
            card.layout().setSizeConstraint(QLayout.SizeConstraint.SetMinAndMaxSize)  # a view may be low on purpose
            self.splitter.addWidget(card)
        self._switch.hide()
        self._stack.hide()

    def show_problem(self, problem: Problem) -> None:
        """Only the views that fit the problem."""
        for index, view in enumerate(self.views):
            button = self._group.button(index)
            if button is not None:
                button.setText(view.named(problem))
                button.setAccessibleName(f"{view.named(problem)}, tab")
        fitting = [index for index, view in enumerate(self.views) if view.fits(problem)]
        for index in fitting:
            self.views[index].expect(problem)
        if (fitting, self._heights(fitting)) == (self._fitting, self._between):
            return
        self._fitting, self._between = fitting, self._heights(fitting)
        if self._current not in fitting:
            self._current = fitting[0]
        for index, card in enumerate(self._cards):
            fits = index in fitting
            button = self._group.button(index)
            if button is not None:
                button.setVisible(fits)
            if not self._small:
                card.setVisible(fits and not (self._first_only and index != fitting[0]))
        if self._small:
            self.show_one(self._current)
        else:
            self._spread()

    def _heights(self, fitting: list[int]) -> list[int]:
        """What the views between the first and the last need."""
        return [self.views[index].widget.sizeHint().height() for index in fitting[1:-1]]

    def showEvent(self, event: QShowEvent) -> None:
        """Only now fonts and styles are those on screen; what they need is known after the layouts have heard of it."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._measure)

    def _measure(self) -> None:
        heights = self._heights(self._fitting)
        if not self._small and heights != self._between:
            self._between = heights
            self._spread()

    def _spread(self) -> None:
        """Heights of the cards: the first one's as the frame has it, of three the middle one as high as what it shows
        now, the last one takes the rest."""
        fitting = self._fitting[:1] if self._first_only else self._fitting
        rest = max(self._room - sum(self._between) - SPACE.gutter * len(self._between), self._room // 4)
        heights = [self._first, *self._between, rest] if len(fitting) > 1 else [self._first + self._room]
        sizes = [0] * len(self._cards)
        for index, height in zip(fitting, heights, strict=False):
            sizes[index] = height
        for index in range(len(self._cards)):
            self.splitter.setStretchFactor(index, int(index == fitting[-1]))
        self.splitter.setSizes(sizes)

    def show_compact(self, small: bool, first_only: bool, sizes: list[int], tabs: int) -> None:
        """A switch instead of the splitter at the small size; on Teach (`first_only`) the loss alone."""
        self._switch.setFixedHeight(tabs)
        self._switch.setVisible(small and not first_only)
        self._first_only = first_only
        if small != self._small:
            self._small = small
            for card in self._cards:
                if small:
                    self._stack.addWidget(card)
                else:
                    self.splitter.addWidget(card)
            self._stack.setVisible(small)
            self.splitter.setVisible(not small)
        if first_only:
            self._current = self._fitting[0]
        if small:
            self.show_one(self._current)
        else:
            for index, card in enumerate(self._cards):
                card.setVisible(index in self._fitting and not (first_only and index != self._fitting[0]))
            self._first, self._room = sizes[0], sizes[1]
            self._spread()

    def sizes(self) -> list[int]:
        """Heights of the cards that are there at the large size."""
        return [size for index, size in enumerate(self.splitter.sizes()) if index in self._fitting]

    def restore(self, sizes: list[int]) -> None:
        """Heights of as many cards as are there now; of another number of cards they say nothing."""
        if len(sizes) == len(self._fitting) and not self._first_only:
            known = dict(zip(self._fitting, sizes, strict=True))
            self.splitter.setSizes([known.get(index, 0) for index in range(len(self._cards))])

    def show_one(self, index: int, *_: object) -> None:
        """Show this view at the small size (at the large one both are there)."""
        self._current = index
        button = self._group.button(index)
        if button is not None:
            button.setChecked(True)
        if self._small:
            self._stack.setCurrentWidget(self._cards[index])
        self.shownChanged.emit()

    def show_theme(self, view_theme: Theme) -> None:
        """The views' theme."""
        for view in self.views:
            view.theme(view_theme)

    def shown(self) -> list[View]:
        """The views whose widgets are on screen."""
        if self._small:
            return [self.views[self._current]]
        fitting = self._fitting[:1] if self._first_only else self._fitting
        return [self.views[index] for index in fitting]
