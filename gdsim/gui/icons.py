"""Icons from qtawesome's bundled fonts, in the theme's colours; nothing is fetched."""

from __future__ import annotations

import qtawesome
from PySide6.QtGui import QIcon

from gdsim.draw.theme import Theme


def icon(name: str, theme: Theme, colour: str = "", checked: str = "") -> QIcon:
    """The icon `name` (qtawesome's) in the theme's text colour, or in `colour`; greyed when disabled.

    `checked` is its colour on a button that is switched on, the accent where nothing is said.
    """
    ink = colour or theme.text
    on = checked or colour or theme.accent
    off = theme.border
    return qtawesome.icon(name, color=ink, color_active=ink, color_disabled=off, color_on=on, color_on_active=on)
