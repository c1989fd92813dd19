"""The data that are learnt from, by picture and title, and the popup to pick others."""

from __future__ import annotations

import threading

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from gdsim import catalogue
from gdsim.draw.theme import Theme
from gdsim.errors import GdsimError
from gdsim.gui import data_thumbnails, task_thumbnails
from gdsim.gui.controller import Controller
from gdsim.gui.panels.choice_popup import ChoicePopup
from gdsim.gui.panels.choices import TASK, Choice, dataset_choices, preview_dataset, task_choices
from gdsim.gui.panels.learn_edits import own_points, with_data
from gdsim.gui.panels.picker import Picker, PickerButton
from gdsim.gui.panels.reading import Line
from gdsim.gui.state import AppState
from gdsim.gui.worker import THUMBNAIL
from gdsim.objectives.data.design import CSV, TYPED, Data
from gdsim.objectives.policy import tasks

PICTURE = QSize(48, 36)
_SMALL = QSize(32, 24)
_OWN = Choice(TYPED, "Your own points", "yours", "Begin with a few samples; double-click in the picture adds more.")


def use_data(controller: Controller, data: Data, why: str) -> None:
    """Learn from these data, on the bench Learn; says what the model had to change for them."""
    learn = controller.benches.place("model").spec.problem.learn
    assert learn is not None
    made, words = with_data(learn, data)
    controller.use_learning(made, why)
    if words and controller.state.spec.problem.learn == made:
        controller.noticed.emit(words)


def use_dataset(controller: Controller, name: str) -> None:
    """Learn from a set of the catalogue (or from points of one's own)."""
    if name == TYPED:
        use_data(controller, own_points(), "begin with your own points")
        return
    from gdsim.objectives.data.tables import default_data

    entry = catalogue.dataset(name)
    use_data(controller, default_data(name), f"choose {entry.title}")


class DataButton(PickerButton):
    """The picker's button with a small picture in front of the words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QPixmap()

    def set_picture(self, image: QImage | None) -> None:
        """The picture, None for none."""
        self._picture = QPixmap() if image is None else _pixmap(image, _SMALL)
        self.left = 10 if image is None else _SMALL.width() + 8
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._picture.isNull():
            painter = QPainter(self)
            painter.drawPixmap(QRect(2, (self.height() - _SMALL.height()) // 2, _SMALL.width(), _SMALL.height()),
                               self._picture)  # fmt: skip


class DataPicker(Picker):
    """A button with picture and title; beside it the way to the gallery and the fold."""

    csvWanted = Signal()

    things, kind, another = "data sets", "Data", "other data"
    gallery_name = "Gallery of data sets"
    unfold_words, fold_words = "Show data and model", "Fold data and model"
    button: DataButton

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(controller, DataButton(), parent)

    def make_popup(self) -> ChoicePopup:
        popup = ChoicePopup(_preview, "Search data sets and tasks", "Import CSV…", self, pictures=PICTURE)
        popup.extraChosen.connect(self.csvWanted)
        return popup

    def choices(self) -> tuple[Choice, ...]:
        return (*dataset_choices(), _OWN, *task_choices())

    def open(self) -> None:
        super().open()
        self._draw_next()

    @property
    def current(self) -> str:
        problem = self._controller.state.spec.problem
        return problem.learn.data.name if problem.learn is not None else f"{TASK}{problem.name}"

    def pick(self, name: str) -> None:
        """Learn from the catalogue's set `name`, or from points of one's own; or climb the reward of a task."""
        if name.startswith(TASK):
            self._controller.use_task(name.removeprefix(TASK))
        else:
            use_dataset(self._controller, name)

    def theme(self, theme: Theme) -> None:
        """Icons and pictures of another theme."""
        super().theme(theme)
        self.show_state(self._controller.state)

    def show_state(self, state: AppState) -> None:
        learn = state.spec.problem.learn
        if learn is None:
            return
        entry = catalogue.datasets().get(learn.data.name)
        title = learn.data.title or (entry.title if entry is not None else "Your own data")
        self.show_picked(title, () if entry is None else (entry.teaches, entry.source))
        image = data_thumbnails.kept(entry, self._theme) if entry is not None and self._theme is not None else None
        self.button.set_picture(image)
        if image is None and entry is not None:
            self._draw(entry.name)

    # -- private -------------------------------------------------------------------------------------------------

    def _draw(self, name: str) -> None:
        """The picture of one set, made in the engine thread."""
        theme = self._theme
        if theme is None:
            return
        entry = catalogue.dataset(name)

        def work(cancel: threading.Event) -> QImage:
            return data_thumbnails.thumbnail(entry, theme, cancel)

        def done(_: QImage) -> None:
            learn = self._controller.state.spec.problem.learn
            if learn is not None and learn.data.name == name and theme is self._theme:
                self.button.set_picture(data_thumbnails.kept(entry, theme))
            self._draw_next()

        self._controller.ask("data thumbnail", work, done, self._failed, THUMBNAIL)

    def _draw_next(self) -> None:
        """While the popup is open: show what there is, ask for the next that is missing."""
        popup, theme = self._popup, self._theme
        if popup is None or theme is None or not popup.isVisible():
            return
        made = {entry.name: data_thumbnails.kept(entry, theme) for entry in catalogue.datasets().values()}
        shown = {name: image for name, image in made.items() if image is not None}
        shown |= {f"{TASK}{name}": task_thumbnails.thumbnail(name, theme) for name in tasks()}
        popup.show_icons({name: QIcon(_pixmap(image, PICTURE)) for name, image in shown.items()})
        missing = next((name for name, image in made.items() if image is None), None)
        if missing is not None:
            self._draw(missing)

    def _failed(self, error: Exception) -> None:
        """A picture that cannot be made is none; the set itself tells why when it is chosen."""
        if not isinstance(error, GdsimError):
            self._controller.failed.emit(f"A picture could not be made: {error}")


class TaskPicker(DataPicker):
    """The same for policies: the task by picture and title."""

    things, kind, another = "tasks", "Task", "another task"
    gallery_name = "Gallery of tasks"
    unfold_words, fold_words = "Show the task's numbers", "Fold the task's numbers"

    @property
    def teaches(self) -> str:
        """One sentence on what the task is good for; "" for one of the user's own."""
        entry = tasks().get(self._controller.state.spec.problem.name)
        return "" if entry is None else entry.teaches

    def show_state(self, state: AppState) -> None:
        problem = state.spec.problem
        if problem.policy is None:
            return
        entry = tasks().get(problem.name)
        self.show_picked(problem.title, () if entry is None else (entry.teaches, entry.source))
        shown = entry is not None and self._theme is not None
        self.button.set_picture(task_thumbnails.thumbnail(problem.name, self._theme) if shown else None)


def _preview(name: str) -> tuple[Line, ...]:
    return () if name in (TYPED, CSV) or name.startswith(TASK) else preview_dataset(name)


def _pixmap(image: QImage, size: QSize) -> QPixmap:
    """Twice as fine as it is shown, for screens that are."""
    ratio = Qt.AspectRatioMode.IgnoreAspectRatio
    small = image.scaled(size * 2, ratio, Qt.TransformationMode.SmoothTransformation)
    made = QPixmap.fromImage(small)
    made.setDevicePixelRatio(2.0)
    return made
