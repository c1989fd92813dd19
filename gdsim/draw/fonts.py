"""Inter from `resources/fonts`, with tabular figures so that numbers do not dance while they change."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase

from gdsim.assets import resource

FAMILY = "Inter"
_FILES = ("Inter_400Regular.ttf", "Inter_500Medium.ttf", "Inter_600SemiBold.ttf")
_WEIGHTS = {400: QFont.Weight.Normal, 500: QFont.Weight.Medium, 600: QFont.Weight.DemiBold}


@cache
def load_fonts() -> str:
    """Hands the bundled fonts to Qt, once; returns the family's name as Qt knows it.

    Needs a QGuiApplication. Raises GdsimError when a file is missing from the installation.
    """
    families: list[str] = []
    for name in _FILES:
        number = QFontDatabase.addApplicationFont(str(resource(f"fonts/{name}")))
        families += QFontDatabase.applicationFontFamilies(number)
    return families[0] if families else QFont().defaultFamily()


@cache
def font(size: float, weight: int = 400, scale: float = 1.0) -> QFont:
    """Inter at `size` pixels times `scale`; `weight` is 400, 500 or 600. It is everybody's: copy it to change it."""
    made = QFont(load_fonts())
    made.setPixelSize(max(1, round(size * scale)))
    made.setWeight(_WEIGHTS[weight])
    made.setFeature(QFont.Tag("tnum"), 1)
    return made
