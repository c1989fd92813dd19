"""A painted page as .png or .svg on disk. The draw room, and Qt with it, is loaded only when one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdsim.errors import Cancelled, ExportError
from gdsim.session.atomic import replacing

if TYPE_CHECKING:
    from gdsim.engine.backend import Cancel


def write_page(
    paint: Callable[[Any, Any], None], path: str | Path, title: str, metadata: str, theme: str, size: tuple[int, int],
    cancel: Cancel | None = None,
) -> None:  # fmt: skip
    """Write what `paint(painter, theme)` paints on `size` pixels (units of the SVG), atomically.

    Args:
        path: ends in .png or .svg.
        metadata: goes into the PNG's text chunk ``gdsim``, or the SVG's description.
        theme: "light" or "dark".

    Raises:
        ExportError: another ending, the file cannot be written. Cancelled: `cancel` was set.
    """
    target = Path(path)
    kind = target.suffix.lower()
    if kind not in (".png", ".svg"):
        what = f"{target.suffix or 'no ending'} is no kind of picture"
        raise ExportError(what, where=str(path), hint="Use .png or .svg")
    from gdsim.draw.application import need_application, png_bytes
    from gdsim.draw.page import page_image, page_svg
    from gdsim.draw.theme import THEMES

    need_application()
    colours = THEMES["dark" if theme == "dark" else "light"]

    def page(painter: Any) -> None:
        paint(painter, colours)

    if kind == ".svg":
        data = page_svg(page, size, title, metadata)
    else:
        data = png_bytes(page_image(page, size, title, metadata))
    if cancel is not None and cancel.is_set():
        raise Cancelled("the export was stopped", where=str(path), hint="Nothing was written")
    with replacing(target) as file:
        file.write(data)
