"""The frame's sizes, at both window sizes, as `window.md`'s table has them; cards and gutters."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout, QWidget

from gdsim.draw.theme import SPACE

SMALL_BELOW = 1280
"""Window widths below this get the small frame."""


@dataclass(frozen=True, slots=True)
class FrameSizes:
    """Heights and widths of the window's parts, pixels."""

    header: int
    margin: int
    left: int
    problem: int
    racers: int
    centre: int
    tabs: int
    transport: int
    right: int
    loss: int
    step: int
    verdict: int


LARGE = FrameSizes(44, 8, 304, 312, 456, 752, 32, 64, 352, 264, 504, 36)
SMALL = FrameSizes(40, 4, 264, 96, 480, 524, 28, 56, 288, 284, 292, 32)


def sizes_for(width: int) -> FrameSizes:
    """The sizes for a window of this width."""
    return SMALL if width < SMALL_BELOW else LARGE


class Card(QFrame):
    """A surface with rounded corners that holds one widget."""

    def __init__(self, inner: QWidget, name: str) -> None:
        super().__init__()
        self.setProperty("card", True)
        self.setAccessibleName(name)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(inner)
        self.inner = inner


def splitter(orientation: Qt.Orientation, name: str) -> QSplitter:
    """A splitter whose handle is the gutter."""
    made = QSplitter(orientation)
    made.setObjectName(name)
    made.setHandleWidth(SPACE.gutter)
    made.setChildrenCollapsible(False)
    return made
