"""What a picture shows, in a sentence or two below it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from gdsim.draw.fonts import font
from gdsim.draw.theme import SPACE, TYPE, Theme


class Sentence(QLabel):
    """Plain words that break into lines and can be copied."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setAccessibleName(name)
        self.setContentsMargins(SPACE.card, 0, SPACE.card, SPACE.gutter)

    def theme(self, theme: Theme) -> None:
        """Type in the theme's scale."""
        self.setFont(font(TYPE.body, 400, theme.scale))
