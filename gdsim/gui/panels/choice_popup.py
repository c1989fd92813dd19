"""A popup to choose from many: search on top, rows under headings, what the row means below."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon, QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gdsim.draw.fonts import font
from gdsim.draw.theme import TYPE, Theme
from gdsim.gui.math_label import MathLabel
from gdsim.gui.panels.choices import Choice, grouped, matching
from gdsim.gui.panels.reading import Line

_NAME = Qt.ItemDataRole.UserRole
_LINES = 5
_OFF = QPalette.ColorGroup.Disabled


class ChoicePopup(QFrame):
    """Shows `choices` in the order given; `preview(name)` gives the lines typeset below the list.

    Typing searches, the arrow keys move, Enter or a click chooses, Escape closes. `extra` is a button at the bottom.
    Rows have room for pictures of the size `pictures`; what cannot be chosen is grey, and its tooltip says why.
    """

    chosen = Signal(str)
    extraChosen = Signal()

    def __init__(
        self,
        preview: Callable[[str], Sequence[Line]],
        search_words: str,
        extra: str = "",
        parent: QWidget | None = None,
        *,
        pictures: QSize | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("card", True)
        self.setObjectName("choicePopup")
        self._preview = preview
        self._choices: Sequence[Choice] = ()
        self._icons: dict[str, QIcon] = {}
        self._row = 26 if pictures is None else pictures.height() + 6
        self.search = QLineEdit()
        self.search.setPlaceholderText(search_words)
        self.search.setAccessibleName(search_words)
        self.search.setClearButtonEnabled(True)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._fill)
        self.list = QListWidget()
        self.list.setAccessibleName("Found")
        self.list.setUniformItemSizes(False)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if pictures is not None:
            self.list.setIconSize(pictures)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(self._show_words)
        self.list.itemEntered.connect(self._on_entered)
        self.list.itemClicked.connect(self._choose)
        self._maths = [MathLabel(size=TYPE.body) for _ in range(_LINES)]
        self._words = QLabel()
        self._words.setProperty("role", "secondary")
        self._words.setWordWrap(True)
        self._words.setMinimumHeight(36)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        for label in self._maths:
            column.addWidget(label)
        column.addWidget(self._words)
        if extra:
            self.extra = QPushButton(extra)
            self.extra.clicked.connect(self._on_extra)
            column.addWidget(self.extra)

    def open_under(self, anchor: QWidget, choices: Sequence[Choice], current: str = "") -> None:
        """Show below (or above, where there is more room) `anchor`, with row `current` marked."""
        self._choices = choices
        self.search.clear()
        self._fill("", current)
        screen = (anchor.screen() or QGuiApplication.primaryScreen()).availableGeometry()
        width, height = max(320, anchor.width()), min(560, screen.height() - 40)
        corner = anchor.mapToGlobal(QPoint(0, anchor.height() + 4))
        x = max(screen.left(), min(corner.x(), screen.right() - width))
        y = max(screen.top(), min(corner.y(), screen.bottom() - height))
        self.setGeometry(x, y, width, height)
        self.show()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def theme(self, theme: Theme) -> None:
        """Repaint in another theme."""
        for label in self._maths:
            label.theme(theme)

    def show_icons(self, icons: Mapping[str, QIcon]) -> None:
        """The pictures of rows by name; of those that are not named, none."""
        self._icons = dict(icons)
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setIcon(self._icons.get(item.data(_NAME) or "", QIcon()))

    def names(self) -> list[str]:
        """The names shown now, top to bottom."""
        rows = (self.list.item(row).data(_NAME) for row in range(self.list.count()))
        return [name for name in rows if name]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            return self._on_key(event)
        return super().eventFilter(watched, event)

    # -- private -------------------------------------------------------------------------------------------------

    def _on_key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        if event.key() in steps:
            self._move(steps[Qt.Key(event.key())])
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentItem())
            return True
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return True
        return False

    def _move(self, steps: int) -> None:
        rows = [row for row in range(self.list.count()) if self._can_be_had(self.list.item(row))]
        if not rows:
            return
        place = rows.index(self.list.currentRow()) if self.list.currentRow() in rows else -1
        self.list.setCurrentRow(rows[max(0, min(len(rows) - 1, place + steps))])

    def _fill(self, text: str, current: str = "") -> None:
        self.list.clear()
        found = matching(self._choices, text)
        groups = {"": list(found)} if text.strip() else grouped(found)
        for family, choices in groups.items():
            if family:
                self.list.addItem(_heading(family))
            for choice in choices:
                item = QListWidgetItem(choice.title)
                item.setData(_NAME, choice.name)
                item.setToolTip(choice.reason or choice.words)
                item.setSizeHint(QSize(0, self._row))
                if choice.name in self._icons:
                    item.setIcon(self._icons[choice.name])
                if choice.reason:
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
                    item.setForeground(QGuiApplication.palette().color(_OFF, QPalette.ColorRole.Text))
                self.list.addItem(item)
        if not found:
            self.list.addItem(_heading(f"Nothing is called “{text.strip()}”"))
        self._mark(current)

    def _mark(self, current: str) -> None:
        for row in range(self.list.count()):
            name = self.list.item(row).data(_NAME)
            if self._can_be_had(self.list.item(row)) and (not current or name == current):
                self.list.setCurrentRow(row)
                self.list.scrollToItem(self.list.item(row), QListWidget.ScrollHint.PositionAtCenter)
                return
        self._show_words(None)

    @staticmethod
    def _can_be_had(item: QListWidgetItem | None) -> bool:
        return item is not None and bool(item.data(_NAME)) and bool(item.flags() & Qt.ItemFlag.ItemIsEnabled)

    def _on_entered(self, item: QListWidgetItem) -> None:
        if self._can_be_had(item):
            self.list.setCurrentItem(item)

    def _show_words(self, item: QListWidgetItem | None) -> None:
        name = item.data(_NAME) if item is not None else None
        choice = next((each for each in self._choices if each.name == name), None)
        self._words.setText(choice.words if choice else "")
        lines = list(self._preview(choice.name)) if choice else []
        if len(lines) > _LINES:
            lines = [*lines[: _LINES - 1], lines[-1]]
        for label, line in zip(self._maths, [*lines, *[None] * _LINES], strict=False):
            label.setVisible(line is not None)
            if line is not None:
                label.set_formula(line.latex, line.plain)

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None and self._can_be_had(item):
            name = item.data(_NAME)
            self.close()
            self.chosen.emit(name)

    def _on_extra(self) -> None:
        self.close()
        self.extraChosen.emit()


def _heading(text: str) -> QListWidgetItem:
    item = QListWidgetItem(text[:1].upper() + text[1:])
    item.setFlags(Qt.ItemFlag.NoItemFlags)
    item.setFont(font(TYPE.secondary, 600))
    item.setSizeHint(QSize(0, 28))
    return item
