"""The one theme: every colour and size that the window, the pictures and the style sheet use.

Colours are ``#RRGGBB`` text, sizes are pixels at scale 1. `Theme.scaled` makes the projector's version (Teach): `px`
and `line` read a size at that scale. A colour stands here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Head = Literal["circle", "square", "triangle", "diamond", "inverted triangle", "plus", "cross", "hexagon"]

HEADS: tuple[Head, ...] = (
    "circle",
    "square",
    "triangle",
    "diamond",
    "inverted triangle",
    "plus",
    "cross",
    "hexagon",
)
"""Shape of a racer's head, by racer number modulo eight: colour is never the only mark."""


@dataclass(frozen=True, slots=True)
class Type:
    """The type scale, pixels."""

    tick: int = 11
    secondary: int = 12
    body: int = 13
    title: int = 15
    mathematics: int = 16
    verdict: int = 18
    key: int = 22


@dataclass(frozen=True, slots=True)
class Space:
    """Distances and control sizes on the 4 px grid."""

    grid: int = 4
    gutter: int = 8
    card: int = 12
    control: int = 28
    radius: int = 6
    button: int = 24
    row: int = 36


@dataclass(frozen=True, slots=True)
class Mark:
    """Sizes of what is drawn over the surface and in the curves; opacities from 0 to 1."""

    casing: float = 5.0
    casing_opacity: float = 0.60
    trail: float = 1.75
    trail_opacity: float = 0.80
    recent: float = 3.0
    recent_steps: int = 30
    dot: float = 5.0
    dot_apart: float = 7.0
    head: float = 14.0
    head_casing: float = 2.0
    focus: float = 18.0
    ring: float = 18.0
    minimum: float = 12.0
    contour: float = 1.0
    decade: float = 1.5
    contour_opacity: float = 0.35
    label_apart: float = 160.0
    halo: float = 3.0


TYPE = Type()
SPACE = Space()
MARK = Mark()


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one theme, and the factor `scale` on type and lines."""

    name: Literal["dark", "light"]
    background: str
    surface: str
    raised: str
    text: str
    secondary: str
    muted: str
    border: str
    hairline: str
    hatch: str
    accent: str
    accent_text: str
    good: str
    warn: str
    bad: str
    surface_map: tuple[str, ...]
    casing: str
    ink: str
    racers: tuple[str, ...]
    scale: float = 1.0

    @property
    def dark(self) -> bool:
        """Whether this is the dark theme."""
        return self.name == "dark"

    def scaled(self, scale: float) -> Theme:
        """The same colours at another scale; 1.5 is Teach."""
        return replace(self, scale=scale)

    def px(self, size: float) -> int:
        """A size at this theme's scale, in whole pixels."""
        return round(size * self.scale)

    def line(self, width: float) -> float:
        """A line width at this theme's scale."""
        return width * self.scale

    def racer(self, index: int) -> str:
        """The colour of racer number `index`, counted from 0; they repeat after eight."""
        return self.racers[index % len(self.racers)]

    def tone(self, tone: str) -> str:
        """The colour of a tone: "good", "warn", "bad"; anything else is plain text."""
        return {"good": self.good, "warn": self.warn, "bad": self.bad}.get(tone, self.text)


def head_of(index: int) -> Head:
    """The head of racer number `index`, counted from 0; they repeat after eight."""
    return HEADS[index % len(HEADS)]


DARK = Theme(
    name="dark",
    background="#0F1216",
    surface="#171B21",
    raised="#20262E",
    text="#E6EAF0",
    secondary="#A3ADBA",
    muted="#8C96A4",
    border="#707B8A",
    hairline="#2A313A",
    hatch="#333C47",
    accent="#5AA9FF",
    accent_text="#0F1216",
    good="#5CD6A0",
    warn="#F2B84B",
    bad="#FF6B6B",
    surface_map=("#0C1222", "#11233A", "#153750", "#1B4C5E", "#2D6168", "#4A756E", "#6C8776"),
    casing="#0B0E12",
    ink="#FFFFFF",
    racers=("#FFC381", "#6499FF", "#FE83C2", "#34FFC7", "#EFF400", "#D8B9FF", "#FF6D39", "#E5ECF2"),
)

LIGHT = Theme(
    name="light",
    background="#F4F5F7",
    surface="#FFFFFF",
    raised="#E9ECF0",
    text="#1B2027",
    secondary="#4A5462",
    muted="#5C6673",
    border="#858E9A",
    hairline="#DDE1E6",
    hatch="#CBD1D8",
    accent="#0B62C4",
    accent_text="#FFFFFF",
    good="#0B7A4B",
    warn="#8A5A00",
    bad="#C4262E",
    surface_map=("#8DB2C8", "#A5C2D2", "#BBD1DB", "#CFDEE3", "#E0E9E8", "#EEF1EB", "#F9F6EE"),
    casing="#FFFFFF",
    ink="#10151C",
    racers=("#8B5D08", "#033F8C", "#ED46A0", "#119C67", "#908D00", "#AA64FF", "#8A001F", "#62686E"),
)

THEMES = {"dark": DARK, "light": LIGHT}
