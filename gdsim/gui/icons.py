"""Icons from qtawesome's bundled fonts, in the theme's colours; nothing is fetched.

They are painted once into pixmaps: qtawesome's own icons paint their letter anew at every repaint of a button.
"""

from __future__ import annotations

from functools import lru_cache

import qtawesome
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon

from gdsim.draw.theme import Theme

_SIZES = (16, 18, 20, 24, 32, 36, 40, 48)


def icon(name: str, theme: Theme, colour: str = "", checked: str = "") -> QIcon:
    """The icon `name` (qtawesome's) in the theme's text colour, or in `colour`; greyed when disabled.

    `checked` is its colour on a button that is switched on, the accent where nothing is said.
    """
    return _painted(name, colour or theme.text, checked or colour or theme.accent, theme.border)


@lru_cache(maxsize=256)
def _painted(name: str, ink: str, on: str, off: str) -> QIcon:
    source = qtawesome.icon(name, color=ink, color_active=ink, color_disabled=off, color_on=on, color_on_active=on)
    made = QIcon()
    for size in _SIZES:
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Active, QIcon.Mode.Disabled):
            for state in (QIcon.State.Off, QIcon.State.On):
                made.addPixmap(source.pixmap(QSize(size, size), mode, state), mode, state)
    return made
