"""Ctrl+K: search over all there is, with a picture and a formula; Enter takes what is marked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gdsim import catalogue
from gdsim.draw.fonts import font
from gdsim.draw.theme import TYPE, Theme
from gdsim.errors import GdsimError
from gdsim.gui import data_thumbnails, finds, function_thumbnails, task_thumbnails, thumbnails
from gdsim.gui.controller import Controller
from gdsim.gui.finds import Find
from gdsim.gui.math_label import MathLabel
from gdsim.gui.panels.choices import preview_dataset, preview_function, preview_optimizer
from gdsim.gui.panels.learn_picker import use_dataset
from gdsim.gui.panels.reading import Line
from gdsim.gui.theme import theme_of
from gdsim.gui.worker import TEXT, THUMBNAIL
from gdsim.objectives.policy import tasks
from gdsim.session.spec import Problem

_FIND = Qt.ItemDataRole.UserRole
_ROW, _HEADING = 52, 30
_PICTURE = QSize(56, 42)
_LINES = 6
_PICTURED = ("function", "dataset", "task")
_TAKE = {"function": "Use This Function", "dataset": "Learn from This", "task": "Climb This Reward",
         "optimizer": "Add to the Race"}  # fmt: skip
_MOVES = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageDown: 8,
    Qt.Key.Key_PageUp: -8,
}


class _Rows(QStyledItemDelegate):
    """A row: picture, title, one line of words; a heading: small and quiet."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Rows are tall, headings are not."""
        return QSize(200, _ROW if index.data(_FIND) is not None else _HEADING)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """See the class."""
        theme, box = self._theme, option.rect
        find: Find | None = index.data(_FIND)
        painter.save()
        if find is None:
            painter.setFont(font(TYPE.secondary, 600))
            painter.setPen(QColor(theme.muted))
            place = box.adjusted(12, 8, -12, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, index.data(Qt.ItemDataRole.DisplayRole))
            painter.restore()
            return
        marked = bool(option.state & QStyle.StateFlag.State_Selected)
        if marked:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(box.adjusted(4, 1, -4, -1), 5, 5)
        picture: QIcon | None = index.data(Qt.ItemDataRole.DecorationRole)
        left = box.left() + 12
        if find.kind in _PICTURED:
            place = QRect(left, box.top() + (_ROW - _PICTURE.height()) // 2, _PICTURE.width(), _PICTURE.height())
            if picture is not None:
                picture.paint(painter, place)
            else:
                painter.fillRect(place, QColor(theme.raised))
            left += _PICTURE.width() + 12
        ink = QColor(theme.accent_text if marked else theme.text)
        quiet = QColor(theme.accent_text if marked else theme.secondary)
        right = box.right() - 16
        painter.setFont(font(TYPE.secondary))
        painter.setPen(quiet)
        if find.keys:
            painter.drawText(QRect(left, box.top(), right - left, _ROW), Qt.AlignmentFlag.AlignRight
                             | Qt.AlignmentFlag.AlignVCenter, find.keys)  # fmt: skip
            right -= 90
        words = painter.fontMetrics().elidedText(find.words, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, box.top() + 26, right - left, 20), Qt.AlignmentFlag.AlignVCenter, words)
        painter.setFont(font(TYPE.body, 600))
        painter.setPen(ink)
        painter.drawText(QRect(left, box.top() + 6, right - left, 20), Qt.AlignmentFlag.AlignVCenter, find.title)
        painter.restore()


class Gallery(QDialog):
    """Typing searches, the arrow keys move, Enter or a double-click takes, Escape closes."""

    commandPicked = Signal(str)

    def __init__(self, controller: Controller, parent: QWidget, only: str = "") -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(only or "Search")
        self.resize(880, min(620, parent.height() - 80))
        self._controller = controller
        self._theme = theme_of(controller.state)
        self._among = finds.everything(only)
        what = only.lower() or "functions, data sets, optimizers, commands"
        self.field = QLineEdit()
        self.field.setPlaceholderText(f"Search {what}")
        self.field.setAccessibleName(f"Search {what}")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Found")
        self.list.setItemDelegate(_Rows(self._theme, self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.currentItemChanged.connect(lambda *_: self._preview())
        self.list.itemDoubleClicked.connect(lambda _: self.take())
        self._make_preview()
        self._lay_out()
        self._search("")
        self.field.setFocus()

    def _make_preview(self) -> None:
        self.picture = QLabel()
        self.picture.setFixedSize(thumbnails.WIDTH, thumbnails.HEIGHT)
        self.picture.setAccessibleName("Picture of what is marked")
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.title.setWordWrap(True)
        self.lines = [MathLabel(size=TYPE.title) for _ in range(_LINES)]
        for line in self.lines:
            line.theme(self._theme)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.source = QLabel()
        self.source.setWordWrap(True)
        self.source.setProperty("role", "muted")
        self.button = QPushButton("Take")
        self.button.setProperty("role", "primary")
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self.take)

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(8)
        side.addWidget(self.picture)
        side.addWidget(self.title)
        for line in self.lines:
            line.setFixedWidth(thumbnails.WIDTH)
            side.addWidget(line)
        side.addWidget(self.words)
        side.addWidget(self.source)
        side.addStretch(1)
        side.addWidget(self.button)
        holder = QWidget()
        holder.setLayout(side)
        holder.setFixedWidth(thumbnails.WIDTH)
        side.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.list, 1)
        row.addWidget(holder)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(12)
        box.addWidget(self.field)
        box.addLayout(row, 1)

    # -- searching

    def _search(self, text: str) -> None:
        self.list.clear()
        heading = ""
        for find in finds.search(self._among, text.strip()):
            if find.heading != heading:
                heading = find.heading
                item = QListWidgetItem(heading)
                item.setFlags(Qt.ItemFlag.NoItemFlags)
                self.list.addItem(item)
            item = QListWidgetItem(find.title)
            item.setData(_FIND, find)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{find.title}: {find.words}")
            self.list.addItem(item)
            image = _kept(find, self._theme)
            if image is not None:
                item.setIcon(_icon(image))
        self._move(1, first=True)
        self._draw_next()

    @property
    def marked(self) -> Find | None:
        """The row that Enter would take."""
        item = self.list.currentItem()
        return item.data(_FIND) if item is not None else None

    def _move(self, by: int, first: bool = False) -> None:
        """Mark another row, over headings."""
        rows = [row for row in range(self.list.count()) if self.list.item(row).data(_FIND) is not None]
        if not rows:
            self._preview()
            return
        at = 0 if first else min(max(rows.index(self.list.currentRow()) + by, 0), len(rows) - 1)
        self.list.setCurrentRow(rows[at])
        self.list.scrollToItem(self.list.item(0 if at == 0 else rows[at]))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrow keys in the search field move in the list, Enter takes."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            by = _MOVES.get(Qt.Key(event.key()))
            if by is not None:
                self._move(by)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.take()
                return True
        return False

    # -- pictures, one after the other

    def _draw_next(self) -> None:
        for row in range(self.list.count()):
            item = self.list.item(row)
            find: Find | None = item.data(_FIND)
            if find is None or find.kind not in _PICTURED or not item.icon().isNull() or item.data(_FIND + 1):
                continue
            item.setData(_FIND + 1, True)
            theme = self._theme
            self._controller.ask(
                "thumbnail",
                lambda cancel, find=find, theme=theme: _made(find, theme, cancel),
                lambda image, find=find: self._drawn(find, image),
                lambda error: self._draw_next(),
                THUMBNAIL,
            )
            return

    def _drawn(self, drawn: Find, image: QImage) -> None:
        what = (drawn.kind, drawn.name)
        for row in range(self.list.count()):
            item = self.list.item(row)
            find: Find | None = item.data(_FIND)
            if find is not None and (find.kind, find.name) == what:
                item.setIcon(_icon(image))
        marked = self.marked
        if marked is not None and (marked.kind, marked.name) == what:
            self.picture.setPixmap(QPixmap.fromImage(image))
        self._draw_next()

    # -- the marked row, large

    def _preview(self) -> None:
        find = self.marked
        self.button.setEnabled(find is not None)
        self.picture.setVisible(find is not None and find.kind in _PICTURED)
        if find is None:
            self.title.setText("Nothing found" if self.field.text() else "")
            self.words.setText("Try fewer letters, or type the formula itself in the Problem panel (Ctrl+L).")
            self.source.clear()
            self._show_lines(())
            return
        self.title.setText(find.title)
        self.words.setText(find.words)
        self.source.setText(find.keys)
        self.button.setText(_TAKE.get(find.kind, "Do It"))
        self._show_lines(())
        image = _kept(find, self._theme)
        self.picture.setPixmap(QPixmap.fromImage(image) if image is not None else QPixmap())
        if find.kind == "function":
            self.source.setText(f"{finds.domain_words(find.name)}\n{catalogue.function(find.name).source}")
            self._ask_lines(find, preview_function)
        elif find.kind == "task":
            self.source.setText(f"{finds.task_words(find.name)}\n{tasks()[find.name].source}")
        elif find.kind == "dataset":
            self.source.setText(f"{finds.dataset_words(find.name)}\n{catalogue.dataset(find.name).source}")
            self._ask_lines(find, preview_dataset)
        elif find.kind == "optimizer":
            self.source.setText(catalogue.optimizer(find.name).source)
            self._ask_lines(find, preview_optimizer)

    def _ask_lines(self, find: Find, make: object) -> None:
        def done(lines: tuple[Line, ...]) -> None:
            if self.marked == find:
                self._show_lines(lines)

        self._controller.ask("gallery", lambda cancel: make(find.name), done, None, TEXT)  # type: ignore[operator]

    def _show_lines(self, lines: tuple[Line, ...]) -> None:
        for index, label in enumerate(self.lines):
            label.setVisible(index < len(lines))
            if index < len(lines):
                label.set_formula(lines[index].latex, lines[index].plain)

    # -- taking

    def take(self) -> None:
        """Do what the marked row stands for, and close."""
        find = self.marked
        if find is None:
            return
        self.accept()
        if find.kind == "command":
            self.commandPicked.emit(find.name)
        elif find.kind == "function":
            use_function(self._controller, find.name)
        elif find.kind == "dataset":
            use_dataset(self._controller, find.name)
        elif find.kind == "task":
            self._controller.use_task(find.name)
        else:
            add_optimizer(self._controller, find.name)

    def done(self, result: int) -> None:
        """Nothing of ours is asked for any more."""
        for lane in ("thumbnail", "gallery"):
            self._controller.worker.drop(lane)
        super().done(result)


def _icon(image: QImage) -> QIcon:
    small = image.scaled(
        _PICTURE * 2, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    return QIcon(QPixmap.fromImage(small))


def _kept(find: Find, theme: Theme) -> QImage | None:
    """The picture of a function, a data set or a task, if it has been made."""
    if find.kind == "function":
        return function_thumbnails.kept(catalogue.function(find.name), theme)
    if find.kind == "task":
        return task_thumbnails.thumbnail(find.name, theme)  # painted in a blink
    return data_thumbnails.kept(catalogue.dataset(find.name), theme) if find.kind == "dataset" else None


def _made(find: Find, theme: Theme, cancel: object) -> QImage:
    """The same, made now: for the engine thread."""
    if find.kind == "function":
        return function_thumbnails.thumbnail(catalogue.function(find.name), theme, cancel)
    return data_thumbnails.thumbnail(catalogue.dataset(find.name), theme, cancel)


def use_function(controller: Controller, name: str) -> None:
    """Make a function of the catalogue the problem; read in the engine thread."""

    def work(cancel: object) -> tuple[Problem, tuple[float, ...]]:
        from gdsim.session.make import problem_from_entry

        entry = catalogue.function(name)
        return problem_from_entry(entry), tuple(float(value) for value in entry.start)

    def done(made: tuple[Problem, tuple[float, ...]]) -> None:
        problem, start = made
        controller.set_problem(problem, f"choose {problem.title}", start)

    controller.ask("function", work, done, lambda error: _tell(controller, error), TEXT)


def add_optimizer(controller: Controller, name: str) -> None:
    """Put an optimizer of the catalogue into the race."""

    def work(cancel: object) -> object:
        from gdsim.session.make import racer_from_text

        return racer_from_text(name)

    controller.ask("optimizer", work, controller.add_racer, lambda error: _tell(controller, error), TEXT)


def _tell(controller: Controller, error: Exception) -> None:
    controller.failed.emit(error.message() if isinstance(error, GdsimError) else str(error))
