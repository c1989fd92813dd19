"""What there is to say of the data that are learnt from: columns, counts, gaps. Read in the engine thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from gdsim.errors import GdsimError
from gdsim.gui.controller import Controller
from gdsim.gui.panels.learn_edits import Column, columns_by_name
from gdsim.gui.state import AppState
from gdsim.gui.worker import STEP
from gdsim.objectives.data.classes import class_labels
from gdsim.objectives.data.design import Data
from gdsim.objectives.data.make import samples_of
from gdsim.objectives.data.table import Table
from gdsim.objectives.data.tables import table_of

_LANE = "data facts"


@dataclass(frozen=True, slots=True)
class Facts:
    """The data as a form shows them.

    Attributes:
        columns: of the table; the target among them.
        rows: of the table, added points not counted; 0 while it has not been read.
        count, count_test: samples to train and to test on; 0 while they are not known.
        notes: what was left out and why, in sentences.
        error: why there are no samples; "" where there are.
    """

    columns: tuple[Column, ...]
    rows: int = 0
    count: int = 0
    count_test: int = 0
    notes: tuple[str, ...] = ()
    error: str = ""


def columns_of(table: Table) -> tuple[Column, ...]:
    """The columns of a table, with the classes that each could have as a target."""
    from gdsim.objectives.data.inputs import symbols

    return tuple(
        Column(
            column.name,
            symbol,
            "" if column.kind == "number" else "It holds texts, and an input has to be a number",
            class_labels(column),
            column.kind == "number",
        )
        for column, symbol in zip(table.columns, symbols(table.names), strict=True)
    )


def read_facts(data: Data, cancel: threading.Event | None = None) -> Facts:
    """The facts of `data`; never raises on bad data."""
    try:
        table = table_of(data, cancel=cancel)
    except GdsimError as error:
        return Facts(columns_by_name(data), error=error.message())
    columns = columns_of(table)
    try:
        samples = samples_of(data, cancel=cancel)
    except GdsimError as error:
        return Facts(columns, table.rows, error=error.message())
    return Facts(columns, table.rows, samples.count, samples.count_test, samples.notes)


class DataFacts(QObject):
    """The facts of the data on the bench; `changed` tells that there are new ones."""

    changed = Signal(object)

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._data: Data | None = None
        self.facts = Facts(())
        controller.stateChanged.connect(self._on_state)
        self._ask(controller.state)

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if "spec" in names:
            self._ask(state)

    def _ask(self, state: AppState) -> None:
        learn = state.spec.problem.learn
        if learn is None or learn.data == self._data:
            return
        before, data = self._data, learn.data
        self._data = data
        if before is None or (before.name, before.title) != (data.name, data.title):
            self._show(Facts(columns_by_name(data)))  # at once; what only the table tells follows

        def done(facts: Facts) -> None:
            if data == self._data:
                self._show(facts)

        self._controller.ask(_LANE, lambda cancel: read_facts(data, cancel), done, None, STEP)

    def _show(self, facts: Facts) -> None:
        self.facts = facts
        self.changed.emit(facts)
