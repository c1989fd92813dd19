"""What is predicted: which column, and whether as a number or as one of its classes. No Qt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from gdsim.gui.panels.learn_edits import Column, base_inputs
from gdsim.objectives.data.design import Data
from gdsim.objectives.data.files import resolved
from gdsim.objectives.data.inputs import symbols
from gdsim.objectives.data.tables import table_of
from gdsim.session.spec import Learning


def aims_of(columns: Sequence[Column], target: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """How a target can be taken, as (title, why it cannot): as a number, as classes."""
    column = next((each for each in columns if each.name == target), None)
    if column is None:
        return ("a number", ""), ("classes", "")
    count = len(column.classes)
    return (
        ("a number", "" if column.number else "It holds texts"),
        (f"{count} classes" if count else "classes", "" if count else "It has no 2 to 100 whole numbers or texts"),
    )


def retargeted(learn: Learning, target: str, classes: bool | None, cancel: Any = None) -> Data:
    """The data of `learn` with another target; `classes` None: as the column suggests. Inputs stay where they can.

    Raises:
        SpecError: the column cannot be predicted so, nothing is left to predict it from.
    """
    data = learn.data
    table = table_of(data, cancel=cancel)
    task = None if classes is None else "classes" if classes else "number"
    made = resolved(table, data, target, task)
    symbol = dict(zip(table.names, symbols(table.names), strict=True))[target]
    word = re.compile(rf"\b{re.escape(symbol)}\b")
    inputs = base_inputs(learn)
    kept = tuple(
        text for text in inputs if text != target and (text in table.names or word.search(text) is None)
    )
    return made.replace(
        inputs=kept or made.inputs, share=data.share, standardise=data.standardise, title=data.title
    )
