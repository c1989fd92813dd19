"""The picture of a run as PNG or SVG, the spec in its metadata; the drawing itself is `gdsim.draw.picture`'s.

The draw room, and Qt with it, is loaded only when a picture is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdsim.errors import ExportError
from gdsim.export.page import write_page
from gdsim.session.documents import to_toml

if TYPE_CHECKING:
    from gdsim.engine.backend import Cancel
    from gdsim.session.history import History


def write_picture(
    history: History,
    path: str | Path,
    *,
    theme: str = "light",
    size: tuple[int, int] = (1440, 900),
    cursor: int | None = None,
    selected: int = 0,
    cancel: Cancel | None = None,
) -> None:
    """Write the map (or curve) with all paths, the loss curves and the names, atomically; of a model what it says of
    the data, losses and accuracies.

    Args:
        path: ends in .png or .svg.
        theme: "light" or "dark".
        size: pixels of the PNG, units of the SVG.
        cursor: the step shown, the last one by default.
        selected: the racer in focus.

    Raises:
        ExportError: another ending, nothing recorded yet, the file cannot be written. Cancelled: `cancel` was set.
    """
    if history.length == 0:
        raise ExportError("there is nothing to draw yet", where=str(path), hint="Run it first")
    from gdsim.draw.picture import paint_picture
    from gdsim.draw.picture_parts import title_of
    from gdsim.draw.policy_page import paint_policy_page
    from gdsim.draw.training_page import paint_training

    kind = history.spec.problem.kind
    pages = {"function": paint_picture, "model": paint_training, "policy": paint_policy_page}
    metadata = "" if history.objective.formula is None and kind == "function" else to_toml(history.spec)

    def paint(painter: Any, colours: Any) -> None:
        pages[kind](painter, history, cursor, colours, size, selected)

    write_page(paint, path, title_of(history), metadata, theme, size, cancel)
