"""One racer in a line of 36 px: head, name, loss, what has become of it, and the eye that hides its trail."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QToolButton, QWidget

from gdsim.draw.fonts import font
from gdsim.draw.markers import paint_head
from gdsim.draw.theme import DARK, SPACE, TYPE, Theme
from gdsim.gui.icons import icon
from gdsim.gui.panels.standings import Standing, place_words
from gdsim.gui.tips import LiveTip

_LOSS = 68
_EYE = 28
_HEAD = 32
_DRAG = 6
_SIGN = 16
_LEAST_NAME = 56  # room that the name has before the status is shortened to its sign
_SIGNS = {"good": "✓", "warn": "!", "bad": "✕", "muted": "■"}


class RacerRow(QWidget):
    """The line; everything it does it asks for by signal."""

    clicked = Signal()
    menuWanted = Signal(QPoint)  # global place
    visibleWanted = Signal(bool)
    renamed = Signal(str)
    moveWanted = Signal(int)  # Alt+Up: -1, Alt+Down: +1
    walkWanted = Signal(int)  # Up, Down
    removeWanted = Signal()
    dragged = Signal(int)  # global y, while the hand moves
    dropped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(SPACE.row)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setObjectName("racerRow")
        self.number = 0
        self._name = ""
        self._title = ""
        self._of = 1
        self._focused = False
        self._visible = True
        self._standing = Standing()
        self._live = LiveTip(self)
        self._theme = DARK
        self._pressed: QPoint | None = None
        self._dragging = False
        self._editor: QLineEdit | None = None
        self.eye = QToolButton(self)
        self.eye.setProperty("role", "flat")
        self.eye.clicked.connect(self._on_eye)

    # -- what is shown -------------------------------------------------------------------------------------------

    def show_racer(self, number: int, of: int, name: str, title: str, visible: bool, focused: bool) -> None:
        """Who it is: racer `number` of `of`, by `name`; `title` explains the name in the tooltip."""
        key = (number, of, name, title, visible, focused)
        if key == (self.number, self._of, self._name, self._title, self._visible, self._focused):
            return
        self.number, self._of, self._name, self._title, self._visible, self._focused = key
        self._dress()
        self.update()

    def show_standing(self, standing: Standing) -> None:
        """How it stands; repaints only when a text has changed."""
        if standing != self._standing:
            self._standing = standing
            self._live.renew(self._tip())
            self._describe()
            self.update()

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self._theme = theme
        self._dress()
        self.update()

    @property
    def standing(self) -> Standing:
        """What is shown."""
        return self._standing

    def _dress(self) -> None:
        words = f"Hide {self._name}" if self._visible else f"Show {self._name}"
        self.eye.setToolTip(f"{words} on the map and in the curves")
        self.eye.setAccessibleName(words)
        self.eye.setIcon(icon("mdi6.eye-outline" if self._visible else "mdi6.eye-off-outline", self._theme,
                              self._theme.secondary if self._visible else self._theme.muted))  # fmt: skip
        self._describe()

    def _describe(self) -> None:
        place = place_words(self._standing.place, self._of)
        stands = f"{self._standing.called} {self._standing.loss}" if self._standing.loss else ""
        parts = (self._name, stands, place, self._standing.word)
        self.setAccessibleName(", ".join(part for part in parts if part))

    def _on_eye(self) -> None:
        self.visibleWanted.emit(not self._visible)

    def sizeHint(self) -> QSize:
        return QSize(280, SPACE.row)

    # -- renaming ------------------------------------------------------------------------------------------------

    def rename(self) -> None:
        """Edit the name in place; Enter keeps it, Escape does not."""
        if self._editor is not None:
            return
        editor = QLineEdit(self._name, self)
        editor.setAccessibleName("New name")
        editor.setMaxLength(40)
        editor.setGeometry(_HEAD - 6, 4, self.width() - _HEAD - _EYE, self.height() - 8)
        editor.selectAll()
        editor.editingFinished.connect(self._end_rename)
        editor.installEventFilter(self)
        self._editor = editor
        editor.show()
        editor.setFocus()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self._editor and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            if event.key() == Qt.Key.Key_Escape:
                self._close_editor()
                self.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        return super().eventFilter(watched, event)

    def _end_rename(self) -> None:
        if self._editor is not None:
            text, stays = self._editor.text().strip(), self._editor.hasFocus()
            self._close_editor()
            if stays:  # Enter, not a click elsewhere
                self.setFocus(Qt.FocusReason.OtherFocusReason)
            if text != self._name:
                self.renamed.emit(text)

    def _close_editor(self) -> None:
        editor, self._editor = self._editor, None
        if editor is not None:
            editor.hide()
            editor.deleteLater()

    # -- events --------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QEvent) -> None:
        self.eye.setGeometry(self.width() - _EYE - 2, (self.height() - 28) // 2, _EYE, 28)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        if not self._dragging and abs(event.position().y() - self._pressed.y()) > _DRAG:
            self._dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._dragging:
            self.dragged.emit(round(event.globalPosition().y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        self._pressed = None
        if self._dragging:
            self._dragging = False
            self.unsetCursor()
            self.dropped.emit(round(event.globalPosition().y()))
        else:
            self.clicked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if _HEAD <= event.position().x() < self._name_right():
            self.rename()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menuWanted.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            (self.moveWanted if alt else self.walkWanted).emit(-1 if key == Qt.Key.Key_Up else 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        elif key == Qt.Key.Key_F2:
            self.rename()
        elif key == Qt.Key.Key_Delete:
            self.removeWanted.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            assert isinstance(event, QHelpEvent)
            self._live.show(event.globalPos(), self._tip())
            return True
        return super().event(event)

    def _tip(self) -> str:
        standing = self._standing
        lines = [f"{self._name}: {self._title}" if self._title else self._name]
        if standing.loss:
            lines.append(f"{standing.called} {standing.loss}, {place_words(standing.place, self._of)}")
        if standing.sentence:
            lines.append(standing.sentence[0].upper() + standing.sentence[1:])
        lines.append("Click for the focus, double-click the name to change it, drag to reorder")
        return "\n".join(lines)

    # -- painting ------------------------------------------------------------------------------------------------

    def _word_width(self) -> int:
        """Room for the status: with its word where the name still fits beside it, else for its sign alone."""
        if not self._standing.word:
            return 0
        wide = 18 + round(_advance(self._standing.word, TYPE.tick))
        name = min(round(_advance(self._name, TYPE.body, 600)), 2 * _LEAST_NAME)
        free = self.width() - _EYE - 6 - _LOSS - _HEAD - 4
        return wide if free - wide >= name else _SIGN

    def _name_right(self) -> int:
        return self.width() - _EYE - 6 - _LOSS - self._word_width()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme
        body = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        if self.underMouse() and not self._focused:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(body, 5, 5)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(body, 5, 5)
        faded = 1.0 if self._visible else 0.45
        paint_head(painter, QPointF(_HEAD / 2, self.height() / 2), self.number, theme, 14, faded)
        self._paint_texts(painter, theme)

    def _paint_texts(self, painter: QPainter, theme: Theme) -> None:
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        right = int(Qt.AlignmentFlag.AlignRight) | middle
        standing, height = self._standing, self.height()
        name_right, word_width = self._name_right(), self._word_width()
        painter.setFont(font(TYPE.body, 600 if self._focused else 400))
        painter.setPen(QColor(theme.text if self._visible else theme.muted))
        room = max(0, name_right - _HEAD - 4)
        name = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(_HEAD, 0, room, height), middle, name)
        if standing.word:
            painter.setFont(font(TYPE.tick, 500))
            painter.setPen(QColor(theme.muted if standing.tone == "muted" else theme.tone(standing.tone)))
            sign = _SIGNS.get(standing.tone, "")
            text = f"{sign} {standing.word}" if word_width > _SIGN else sign
            painter.drawText(QRect(name_right, 0, word_width, height), right, text)
        painter.setFont(font(TYPE.body))
        painter.setPen(QColor(theme.text if self._visible else theme.muted))
        painter.drawText(QRect(self.width() - _EYE - 6 - _LOSS, 0, _LOSS, height), right, standing.loss)


def _advance(text: str, size: int, weight: int = 500) -> float:
    return QFontMetricsF(font(size, weight)).horizontalAdvance(text)
