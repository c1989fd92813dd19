"""The colours of what learns: a pair of hues for the sign of a number, a hue for each class, ink that reads.

Negative numbers (and class 0 of two) are orange, positive ones (class 1) blue: the pair that stays furthest apart over
normal, protan, deutan and tritan vision (dE2000 of 42 or more). As marks both have 4.5:1 on surface and raised; as a
ground they stay in the theme's band for surfaces (L* up to 54 in dark, from 71 in light), so that marks are seen on it.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from gdsim.draw.map_colours import colour_number
from gdsim.draw.theme import Theme

Colours = NDArray[np.uint32]
Floats = NDArray[np.floating]

SHADES = 512
"""Of a signed ground, from the most negative to the most positive; the middle is neutral."""
MISSING = SHADES
"""The shade of what is not a finite number."""

_MARKS = {"dark": ("#FFA332", "#2CB4E4"), "light": ("#B0480B", "#0A6A90")}
_GROUNDS = {
    "dark": ("#A15407", "#814819", "#623B1E", "#432D1E", "#191F23", "#1C3742", "#1A4D5F", "#125F7F", "#0B72A0"),
    "light": ("#F7A76E", "#F9BC91", "#FACFB3", "#FAE3D3", "#F4F7F9", "#D2ECF8", "#AFE0F6", "#8DD2F4", "#68C4F0"),
}
"""Made in OKLCH at even steps of lightness and chroma, hues 56 and 236."""
_MORE = {"dark": ("#B07A86", "#7A74E0"), "light": ("#366E4D", "#8044CB")}
"""Of classes 8 and 9, for which there is no racer."""


def sign_colour(theme: Theme, value: float) -> str:
    """The mark of a number by its sign; that of zero and of what is not a number is the theme's muted grey."""
    if value == 0 or value != value:
        return theme.muted
    return _MARKS[theme.name][int(value > 0)]


def class_colour(theme: Theme, index: int, classes: int) -> str:
    """The mark of class `index`, counted from 0: of two the signs' pair, of more the racers' palette and two others."""
    if classes <= 2:
        return _MARKS[theme.name][index % 2]
    palette = theme.racers + _MORE[theme.name]
    return palette[index % len(palette)]


@lru_cache(maxsize=4096)
def mixed(colour: str, towards: str, share: float) -> str:
    """The colour `share` of the way from one to the other, in the screen's own numbers."""
    parts = [round(int(colour[k : k + 2], 16) * (1 - share) + int(towards[k : k + 2], 16) * share) for k in (1, 3, 5)]
    return "#{:02X}{:02X}{:02X}".format(*parts)


def neutral_ground(theme: Theme) -> str:
    """The ground that speaks for neither side: the middle of the signed scale."""
    return _GROUNDS[theme.name][len(_GROUNDS[theme.name]) // 2]


def class_ground(theme: Theme, index: int, classes: int) -> str:
    """The ground of a class of which the model is sure."""
    if classes <= 2:
        return _GROUNDS[theme.name][-1 if index % 2 else 0]
    return mixed(class_colour(theme, index, classes), theme.casing, 0.55 if theme.dark else 0.62)


@lru_cache(maxsize=8)
def _ramp(stops: tuple[str, ...], count: int) -> Colours:
    rgb = np.array([[int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in stops], dtype=np.float64)
    at, places = np.linspace(0, len(stops) - 1, count), np.arange(len(stops))
    parts = [np.interp(at, places, rgb[:, k]).round().astype(np.uint32) for k in range(3)]
    joined = parts[0] << np.uint32(16) | parts[1] << np.uint32(8) | parts[2]
    return np.asarray(np.uint32(0xFF000000) | joined, dtype=np.uint32)


@cache
def signed_ground(theme: Theme) -> Colours:
    """The ground from -1 to 1, (SHADES,) 0xffRRGGBB."""
    return _ramp(_GROUNDS[theme.name], SHADES)


@cache
def signed_marks(theme: Theme) -> Colours:
    """The marks from -1 to 1, (SHADES,) 0xffRRGGBB: strong at the ends, the muted grey between them."""
    low, high = _MARKS[theme.name]
    return _ramp((low, theme.muted, high), SHADES)


def class_grounds(theme: Theme, classes: int) -> NDArray[np.float64]:
    """The sure grounds of all classes, (classes, 3), red, green, blue from 0 to 255."""
    found = [class_ground(theme, index, classes) for index in range(classes)]
    return np.array([[int(each[k : k + 2], 16) for k in (1, 3, 5)] for each in found], dtype=np.float64).reshape(-1, 3)


def signed_shades(values: Floats, reach: float, middle: float = 0.0) -> NDArray[np.uint16]:
    """Numbers of the shades of `values`, any shape: middle - reach has 0, middle + reach the last.

    `MISSING` for what is not a number; infinities have the last shade of their side.
    """
    with np.errstate(all="ignore"):
        share = (np.asarray(values, dtype=np.float64) - middle) / max(reach, 1e-300)
        place = (np.clip(share, -1.0, 1.0) + 1.0) * (0.5 * (SHADES - 1))
    return np.nan_to_num(np.rint(place), nan=MISSING).astype(np.uint16)


def signed_colours(values: Floats, reach: float, theme: Theme) -> Colours:
    """The ground under `values`, any shape, 0xffRRGGBB; what is not a number has the colour of hatching."""
    return shade_table(theme)[signed_shades(values, reach)]


@cache
def shade_table(theme: Theme) -> Colours:
    """The colours of `signed_shades`, (SHADES + 1,) 0xffRRGGBB; the last one is that of `MISSING`."""
    return np.append(signed_ground(theme), colour_number(theme.hatch))


def reach_of(values: Floats) -> float:
    """The size that has the strongest shade: the 99th percentile of |values|; 1 where there is nothing but zeros."""
    with np.errstate(all="ignore"):
        sizes = np.abs(np.asarray(values, dtype=np.float64))
    sizes = sizes[np.isfinite(sizes)]
    if not sizes.size:
        return 1.0
    place = round(0.99 * (sizes.size - 1))
    reach = float(np.partition(sizes, place)[place]) or float(sizes.max())
    return reach if reach > 0 else 1.0


def luminance(colour: str) -> float:
    """Relative luminance of ``#RRGGBB``, 0 to 1 (WCAG 2.2)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def ink_on(ground: str, theme: Theme) -> str:
    """The theme's ink or its casing, whichever reads better on `ground`; black or white if neither has 4.5:1."""
    best = max((theme.ink, theme.casing), key=lambda each: contrast(each, ground))
    # Of black and white one has 4.58:1 on any colour.
    return best if contrast(best, ground) >= 4.5 else max(("#000000", "#FFFFFF"), key=lambda e: contrast(e, ground))
