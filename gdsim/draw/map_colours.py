"""The colours of basin and sweep maps: as many kinds as there are attractors, and scales from quick to slow.

Made in OKLCH (B. Ottosson, "A perceptual color space for image processing", 2020): one lightness is equally light in
every hue, so that shades can speak of steps and hues of attractors. Lightness stays in the theme's band for surfaces
(L* up to 54 in dark, from 71 in light), so that trails are seen on them.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gdsim.draw.theme import Theme

Floats = NDArray[np.float64]
Colours = NDArray[np.uint32]

SHADES = 64
"""From 0, the quickest (strongest), to the slowest (nearest to the ground)."""
# the first kinds are as far apart as hues allow, neighbours in the list most of all
_HUES = (255.0, 60.0, 150.0, 350.0, 305.0, 110.0, 200.0, 25.0, 280.0, 85.0, 175.0, 330.0)
_GOLDEN_ANGLE = 137.50776405003785

_BANDS = {"dark": ((0.60, 0.135), (0.28, 0.06)), "light": ((0.76, 0.125), (0.94, 0.04))}
"""(lightness, chroma) of the quickest and the slowest shade."""
_UNFINISHED = {"dark": "#3B424C", "light": "#C3C8CF"}

_SCALES = {
    "dark": ("#F6E58A", "#9FD082", "#4DB295", "#2F8A97", "#2F6088", "#2C3F6B", "#23264A"),
    "light": ("#0B2F5B", "#14587F", "#2C8190", "#5BA894", "#97C99F", "#CDE3B8", "#F4F3DA"),
}
"""Of a sweep, from good to bad."""


def _rgb(lightness: Floats, chroma: Floats, hue: float) -> Floats:
    """Linear sRGB (..., 3) of OKLCH; outside 0 to 1 where the screen has no such colour."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    root = np.stack(
        [
            lightness + 0.3963377774 * a + 0.2158037573 * b,
            lightness - 0.1055613458 * a - 0.0638541728 * b,
            lightness - 0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    matrix = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    return np.moveaxis(np.tensordot(matrix, root**3, axes=1), 0, -1)


def _screen(lightness: Floats, chroma: Floats, hue: float) -> Colours:
    """0xffRRGGBB; chroma is lowered until the screen has the colour."""
    chroma = chroma.copy()
    for _ in range(40):
        linear = _rgb(lightness, chroma, hue)
        outside = (linear < -1e-4).any(axis=-1) | (linear > 1 + 1e-4).any(axis=-1)
        if not outside.any():
            break
        chroma[outside] *= 0.94
    linear = np.clip(linear, 0.0, 1.0)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return _joined((255 * shown).round().astype(np.uint32))


def _joined(rgb: NDArray[np.uint32]) -> Colours:
    joined = rgb[..., 0] << np.uint32(16) | rgb[..., 1] << np.uint32(8) | rgb[..., 2]
    return np.asarray(np.uint32(0xFF000000) | joined, dtype=np.uint32)


def colour_number(text: str) -> np.uint32:
    """``#RRGGBB`` as 0xffRRGGBB."""
    return np.uint32(int("ff" + text[1:], 16))


def colour_text(number: int) -> str:
    """0xffRRGGBB as ``#RRGGBB``."""
    return f"#{int(number) & 0xFFFFFF:06X}"


@lru_cache(maxsize=4)
def _kinds(name: str, count: int) -> Colours:
    (quick, strong), (slow, faint) = _BANDS[name]
    share = np.linspace(0.0, 1.0, SHADES)
    lightness, chroma = quick + (slow - quick) * share, strong + (faint - strong) * share
    table = np.empty((count, SHADES), dtype=np.uint32)
    for kind in range(count):
        round_, place = divmod(kind, len(_HUES))
        hue = _HUES[place] if not round_ else (_HUES[place] + round_ * _GOLDEN_ANGLE) % 360.0
        table[kind] = _screen(lightness, chroma * 0.78 ** (round_ % 3), hue)
    return table


def kind_shades(theme: Theme, count: int) -> Colours:
    """The shades of `count` kinds, (count, SHADES) 0xffRRGGBB, from the quickest to the slowest."""
    size = 1 << max(4, (max(count, 1) - 1).bit_length())  # so that a few more attractors find their colours made
    return _kinds(theme.name, size)[:count]


def step_shades(theme: Theme) -> Colours:
    """The shades without a hue, (SHADES,): for the bar that says what they mean."""
    (quick, _), (slow, _) = _BANDS[theme.name]
    lightness = quick + (slow - quick) * np.linspace(0.0, 1.0, SHADES)
    return _screen(lightness, np.zeros(SHADES), 0.0)


def kind_colour(theme: Theme, kind: int) -> str:
    """The strongest shade of a kind, ``#RRGGBB``: for a swatch, a dot of a swarm."""
    return colour_text(int(kind_shades(theme, kind + 1)[kind, 0]))


def unfinished_colour(theme: Theme) -> str:
    """The grey of what did not arrive."""
    return _UNFINISHED[theme.name]


@lru_cache(maxsize=8)
def _scale(name: str, count: int) -> Colours:
    stops = _SCALES[name]
    rgb = np.array([[int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in stops], dtype=np.float64)
    at, places = np.linspace(0, len(stops) - 1, count), np.arange(len(stops))
    return _joined(np.stack([np.interp(at, places, rgb[:, k]).round().astype(np.uint32) for k in range(3)], axis=-1))


def scale_colours(theme: Theme, count: int = 256) -> Colours:
    """The colours of a sweep from good to bad, (count,) 0xffRRGGBB."""
    return _scale(theme.name, count)


def hatched(pixels: Colours, where: NDArray[np.bool_], theme: Theme) -> None:
    """Hatch the pixels (ny, nx), top row first, that are `where`: out of the finite numbers."""
    rows, columns = np.nonzero(where)
    pixels[rows, columns] = colour_number(theme.surface if theme.dark else theme.raised)
    stripe = (rows + columns) % 8 < 2
    pixels[rows[stripe], columns[stripe]] = colour_number(theme.hatch)
