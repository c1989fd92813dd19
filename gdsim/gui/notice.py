"""A bar that says what went wrong or what can be done now, without stopping anybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from gdsim.gui.theme import restyle

_MOST = 3
_BRIEF = 4000
_BESIDE = 112
"""Pixels left free beside it: the hero's eye button stays in reach."""


class NoticeBar(QFrame):
    """One message in `parent`, `top` pixels below the upper edge of its part `over`; it goes when closed, or by itself
    when it is brief."""

    def __init__(self, parent: QWidget, over: QWidget, top: int) -> None:
        super().__init__(parent)
        self._over = over
        self.setObjectName("bar")
        self.setAccessibleName("Message")
        self._top = top
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 6, 6, 6)
        self._row.setSpacing(8)
        self._row.addWidget(self._words, 1)
        close = QPushButton("Close")
        close.setProperty("role", "flat")
        close.setToolTip("Close this message")
        close.setAccessibleName("Close this message")
        close.clicked.connect(self.hide)
        self._row.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        over.installEventFilter(self)
        self.hide()

    @property
    def words(self) -> str:
        """What it says now."""
        return self._words.text() if self.isVisible() else ""

    def tell(self, words: str, actions: Sequence[tuple[str, Callable[[], None]]] = (), tone: str = "bad") -> None:
        """Show `words`; `actions` become buttons. A tone "" is a brief notice that goes by itself."""
        restyle(self, "tone", tone)
        self._words.setText(words)
        for button in self._buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        for title, do in actions[:_MOST]:
            button = QPushButton(title)
            button.clicked.connect(self.hide)
            button.clicked.connect(lambda _=False, do=do: do())
            self._row.insertWidget(self._row.count() - 1, button)
            self._buttons.append(button)
        self._timer.stop()
        if not tone and not actions:
            self._timer.start(_BRIEF)
        self.show()
        self.raise_()
        self._place()
        QTimer.singleShot(0, self._place)  # the style has given words and buttons their final size by then

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the place it belongs to."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place()
        return False

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        corner = self._over.mapTo(parent, QPoint(0, 0))
        width = min(self._over.width() - _BESIDE, 760)
        height = max(44, self._row.heightForWidth(width) if self._row.hasHeightForWidth() else self.sizeHint().height())
        self.setGeometry(corner.x() + (self._over.width() - width) // 2, corner.y() + self._top, width, height)
