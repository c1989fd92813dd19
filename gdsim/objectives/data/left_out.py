"""What is said of columns that a model does not see, because they hold texts and no numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gdsim.errors import SpecError
from gdsim.objectives.data.table import Column, Table

_MOST = 4
_ROOMY = 24
"""Signs of a text that is quoted."""


def text_note(table: Table, target: str, inputs: Iterable[str]) -> str:
    """Which columns of text are no inputs, and what can be done; "" where there are none.

    Args:
        target: the name of the column that is predicted. inputs: names and formulas of what is seen.
    """
    seen = {target, *inputs}
    gone = [column for column in table.columns if column.kind == "text" and column.name not in seen]
    if not gone:
        return ""
    one = len(gone) == 1
    return (
        f"The column{'' if one else 's'} {_listed([_described(column) for column in gone])} "
        f"{'is no input, for it holds texts' if one else 'are no inputs, for they hold texts'}. "
        f"Write numbers in {'its' if one else 'their'} place, or predict {'it' if one else 'one of them'}, "
        f"to learn from {'it' if one else 'them'}"
    )


def target_note(target: Column) -> str:
    """That a target is taken for classes only because of a text among its numbers; "" where it is not so."""
    if not target.odd:
        return ""
    return f"{target.name!r} is predicted as classes: {target.odd} is no number. Mend it to predict a number"


def no_inputs(table: Table, target: Column) -> SpecError:
    """That no column of numbers is left to predict `target` from."""
    others = [_described(column) for column in table.columns if column is not target]
    held = f": {_listed(others)} hold{'s' if len(others) == 1 else ''} texts" if others else ""
    odd = next((column for column in table.columns if column is not target and column.odd), None)
    hint = f"Mend {odd.odd} of {odd.name!r}" if odd is not None else "Add columns to predict it from"
    what = f"there is no column of numbers besides the target {target.name!r}"
    return SpecError(f"{what}{held}", where=table.origin, hint=hint)


def _described(column: Column) -> str:
    """Its name, and what is remarkable about its texts."""
    if column.odd:
        return f"{column.name!r} ({column.odd})"
    if len(column.labels) == 1:
        (label,) = column.labels
        return f"{column.name!r} ({label if len(label) <= _ROOMY else label[: _ROOMY - 1] + '…'!r} in every row)"
    return repr(column.name)


def _listed(words: Sequence[str]) -> str:
    """``a, b and c``, of many the first ones and how many more."""
    if len(words) > _MOST:
        words = [*words[: _MOST - 1], f"{len(words) - _MOST + 1} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
