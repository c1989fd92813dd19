"""The picture of a run as PNG or SVG, the spec in its metadata; the drawing itself is `gdsim.draw.picture`'s.

The draw room, and Qt with it, is loaded only when a picture is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gdsim.errors import Cancelled, ExportError
from gdsim.session.atomic import replacing
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
    target = Path(path)
    kind = target.suffix.lower()
    if kind not in (".png", ".svg"):
        what = f"{target.suffix or 'no ending'} is no kind of picture"
        raise ExportError(what, where=str(path), hint="Use .png or .svg")
    if history.length == 0:
        raise ExportError("there is nothing to draw yet", where=str(path), hint="Run it first")
    from gdsim.draw.application import need_application, png_bytes
    from gdsim.draw.picture import compose_image, compose_svg
    from gdsim.draw.policy_page import policy_image, policy_svg
    from gdsim.draw.theme import DARK, LIGHT
    from gdsim.draw.training_page import training_image, training_svg

    need_application()
    colours = DARK if theme == "dark" else LIGHT
    learns = history.spec.problem.learn is not None
    callable_ = history.objective.formula is None and history.spec.problem.kind == "function"
    metadata = "" if callable_ else to_toml(history.spec)
    if history.spec.problem.policy is not None:
        if kind == ".svg":
            data = policy_svg(history, cursor, colours, size, selected, metadata)
        else:
            data = png_bytes(policy_image(history, cursor, colours, size, selected, metadata))
    elif learns and kind == ".svg":
        data = training_svg(history, cursor, colours, size, selected, metadata)
    elif learns:
        data = png_bytes(training_image(history, cursor, colours, size, selected, metadata))
    elif kind == ".svg":
        data = compose_svg(history, cursor, colours, size, selected, metadata=metadata)
    else:
        data = png_bytes(compose_image(history, cursor, colours, size, selected, metadata=metadata))
    if cancel is not None and cancel.is_set():
        raise Cancelled("the export was stopped", where=str(path), hint="Nothing was written")
    with replacing(target) as file:
        file.write(data)
