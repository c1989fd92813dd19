"""The function that runs, by its title, and the popup to pick another one."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gdsim import catalogue
from gdsim.gui.controller import Controller
from gdsim.gui.panels.choice_popup import ChoicePopup
from gdsim.gui.panels.choices import Choice, function_choices, preview_function
from gdsim.gui.panels.picker import Picker, PickerButton
from gdsim.gui.state import AppState
from gdsim.session.make import problem_from_entry

YOUR_OWN = "Your own function"


class FunctionPicker(Picker):
    """A button with the title; beside it the way to the gallery and the fold."""

    things, kind, another = "functions", "Function", "another function"
    unfold_words, fold_words = "Show the whole problem", "Fold the problem"

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(controller, PickerButton(), parent)

    def make_popup(self) -> ChoicePopup:
        return ChoicePopup(preview_function, "Search functions", parent=self)

    def choices(self) -> tuple[Choice, ...]:
        return function_choices()

    @property
    def current(self) -> str:
        return self._controller.state.spec.problem.name

    def pick(self, name: str) -> None:
        """Race on the catalogue's function `name`, from its own start."""
        entry = catalogue.function(name)
        problem = problem_from_entry(entry)
        self._controller.set_problem(problem, f"choose {entry.title}", start=entry.start_for(problem.dimension))

    def show_state(self, state: AppState) -> None:
        problem = state.spec.problem
        if problem.kind != "function":
            return
        entry = catalogue.functions().get(problem.name)
        words = [] if entry is None else [entry.teaches, entry.source]
        self.show_picked(problem.title or problem.name or YOUR_OWN, words)
