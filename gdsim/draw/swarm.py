"""A swarm as a picture: single dots with their casing while they are few, the density on a logarithmic scale when many.

All of it is NumPy on arrays of pixels, so that it can be made on the engine's thread: a million points take some 30 ms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from gdsim.draw.frame import Interval
from gdsim.draw.map_colours import colour_text, kind_colour, scale_colours
from gdsim.draw.theme import Theme

Pixels = NDArray[np.uint32]
Places = NDArray[np.float32]

PLACES = 8
"""Places (or steps of loss) with a colour of their own."""
SINGLE = 4_000
"""Points up to which each is a round dot of its own."""
CLOUDY = 40_000
"""Points up to which each is a cross of five pixels; more are counted per pixel."""
_MOST_PILES = 600
_MARGIN = 16
_LEVELS = 256
_TAIL_OPACITY = 0.7
_CASING_OPACITY = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class SwarmLook:
    """How a swarm is coloured.

    Attributes:
        palette: ``#RRGGBB`` per label. casing: the rim that sets a dot off its ground.
        scale: of the theme and the screen, on the dots' sizes.
    """

    palette: tuple[str, ...]
    casing: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class SwarmPicture:
    """Premultiplied colours 0xaarrggbb, (height, width), top row first, over the ranges `x` and `y`."""

    x: Interval
    y: Interval
    pixels: Pixels


def fate_colours(theme: Theme, kinds: Sequence[int] = ()) -> tuple[str, ...]:
    """Colours of the `PLACES` where most end: the hues of these `kinds` on a basin map, set off from the ground; of
    other places, of the unfinished and of the diverged."""
    kinds = (*kinds, *(kind for kind in range(2 * PLACES) if kind not in kinds))[:PLACES]
    places = (_mixed(kind_colour(theme, kind), theme.ink, 0.25) for kind in kinds)
    return (*places, theme.secondary, theme.muted, theme.bad)


def loss_colours(theme: Theme) -> tuple[str, ...]:
    """As many colours from the lowest final loss to the highest, instead of those of the places."""
    scale = scale_colours(theme, 2 * PLACES)[:: 2]
    return (*(colour_text(int(each)) for each in scale), *fate_colours(theme)[PLACES:])


def _mixed(colour: str, towards: str, share: float) -> str:
    parts = zip(_rgb(colour), _rgb(towards), strict=True)
    return "#" + "".join(f"{round(one + share * (other - one)):02X}" for one, other in parts)


def prepare_swarm(
    points: Places,
    labels: NDArray[np.uint8],
    x: Interval,
    y: Interval,
    size: tuple[int, int],
    look: SwarmLook,
    tails: Sequence[Places] = (),
) -> SwarmPicture:
    """Points (2, m) of the plane as a picture of `size` (width, height) pixels. Touches no Qt.

    Args:
        labels: (m,) index of each point's colour in `look.palette`.
        tails: earlier places (2, m) of the same points, the latest last; lines lead from them to the points.
    """
    canvas = _Canvas(size, look)
    at = _on_screen(points, x, y, size)
    if tails:
        steps = [_on_screen(earlier, x, y, size) for earlier in (*tails, points)]
        fade = np.repeat(np.linspace(0.2, 1, len(tails), dtype=np.float32), len(labels))
        canvas.lines(np.hstack(steps[:-1]), np.hstack(steps[1:]), np.tile(labels, len(tails)), fade)
    inside = (at[0] >= 0) & (at[0] < size[0]) & (at[1] >= 0) & (at[1] < size[1])
    at, shown = at[:, inside], labels[inside]
    if len(shown):
        canvas.points(at, shown, points.shape[1])
    return SwarmPicture(x, y, canvas.picture())


def _on_screen(points: Places, x: Interval, y: Interval, size: tuple[int, int]) -> Places:
    """Pixels (2, m) from the top left corner; what is not finite, or far outside, lies at -1e6."""
    at = np.empty(points.shape, np.float32)
    with np.errstate(all="ignore"):
        np.multiply(points[0] - np.float32(x[0]), np.float32(size[0] / (x[1] - x[0])), out=at[0])
        np.multiply(np.float32(y[1]) - points[1], np.float32(size[1] / (y[1] - y[0])), out=at[1])
        lost = ~((np.abs(at[0]) < 1e6) & (np.abs(at[1]) < 1e6))
    at[:, lost] = -1e6
    return at


@lru_cache(maxsize=64)
def _stamp(radius: float, rim: float) -> tuple[NDArray[np.int32], Places, Places]:
    """A round dot on pixels: places (2, s) beside its own pixel, and what it covers of them, casing and core, each
    (16, s), for each sixteenth of a pixel that its middle may lie in."""
    reach = math.ceil(radius + rim + 0.5)
    side = np.arange(-reach, reach + 1)
    dx, dy = (part.ravel() for part in np.meshgrid(side, side))
    middle = (np.arange(4) + 0.5) / 4
    sub_y, sub_x = (part.ravel()[:, None] for part in np.meshgrid(middle, middle, indexing="ij"))
    apart = np.hypot(dx + 0.5 - sub_x, dy + 0.5 - sub_y) - radius
    outer, core = np.clip(rim + 0.5 - apart, 0, 1), np.clip(0.5 - apart, 0, 1)
    kept = outer.max(axis=0) > 0
    places = np.stack([dx[kept], dy[kept]]).astype(np.int32)
    return places, outer[:, kept].astype(np.float32), core[:, kept].astype(np.float32)


class _Canvas:
    """Pixels that are painted over one another, premultiplied; a margin around them spares looking at the edges."""

    def __init__(self, size: tuple[int, int], look: SwarmLook) -> None:
        self._size = size
        self._scale = look.scale
        self._margin = math.ceil(_MARGIN * look.scale)
        self._width, self._height = size[0] + 2 * self._margin, size[1] + 2 * self._margin
        self._colours = np.array([_rgb(colour) for colour in look.palette], np.float32)
        self._casing = np.array(_rgb(look.casing), np.float32)
        self._pixels = np.zeros(self._width * self._height, np.uint32)

    def picture(self) -> Pixels:
        """What was painted, (height, width)."""
        edge = self._margin
        whole = self._pixels.reshape(self._height, self._width)
        return np.ascontiguousarray(whole[edge : edge + self._size[1], edge : edge + self._size[0]])

    def points(self, at: Places, labels: NDArray[np.uint8], total: int) -> None:
        """Points (2, m) that lie in the picture, of `total` in all; where many lie on one pixel the dot is larger."""
        flat = (at[1].astype(np.int32) + self._margin) * self._width + at[0].astype(np.int32) + self._margin
        counts = np.bincount(flat, minlength=len(self._pixels))
        many = len(labels) > SINGLE
        if many:
            scale = round(self._scale)
            self.density(flat, counts, labels, grow=scale if len(labels) <= CLOUDY else scale - 1)
        full = np.flatnonzero(counts > max(8, total // 1000))
        full = full[np.argsort(counts[full])][-_MOST_PILES:]
        owner = np.zeros(len(counts), np.uint8)
        owner[flat] = labels
        dots = [] if many else [(at, labels, 2.0 if len(labels) > 1000 else 2.5)]
        size = np.rint(2 * np.log10(counts[full]))
        for each in np.unique(size):
            piled = full[size == each]
            middle = np.stack([piled % self._width, piled // self._width]).astype(np.float32)
            dots.append((middle - np.float32(self._margin - 0.5), owner[piled], 1.4 + 0.55 * float(each)))
        self.dots(dots)

    def density(
        self, flat: NDArray[np.int32], counts: NDArray[np.int64], labels: NDArray[np.uint8], grow: int
    ) -> None:
        """Where points lie, the colour of one of them, the stronger the more there are; a rim around lonely ones."""
        owner = np.zeros(len(counts), np.uint8)
        owner[flat] = labels
        key = np.minimum(counts, _LEVELS - 1).astype(np.uint16) << np.uint16(8) | owner
        for _ in range(max(grow, 0)):
            key = self._grown(key)
        rim = (key == 0) & (self._grown(key) > 0)
        self._pixels = self._shades(int(key.max(initial=256)) >> 8)[key]
        self._pixels[rim] = _packed(self._casing[None], np.array([0.45], np.float32))[0]

    def _shades(self, most: int) -> Pixels:
        """Premultiplied colours by count * 256 + label."""
        count = np.arange(_LEVELS, dtype=np.float32)
        share = np.log1p(count) / math.log1p(max(most, 2))
        alpha = np.where(count > 0, np.clip(0.6 + 0.4 * share, 0, 1), 0).astype(np.float32)
        table = np.zeros((_LEVELS, 256), np.uint32)
        for label, colour in enumerate(self._colours):
            table[:, label] = _packed(np.repeat(colour[None], _LEVELS, 0), alpha)
        return table.ravel()

    def _grown(self, key: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """Each pixel that is empty takes over from the fullest of its four neighbours."""
        grid = key.reshape(self._height, self._width)
        most = np.zeros_like(grid)
        for here, there in (
            (np.s_[1:, :], np.s_[:-1, :]),
            (np.s_[:-1, :], np.s_[1:, :]),
            (np.s_[:, 1:], np.s_[:, :-1]),
            (np.s_[:, :-1], np.s_[:, 1:]),
        ):
            np.maximum(most[here], grid[there], out=most[here])
        return np.where(grid > 0, grid, most).ravel()

    def dots(self, groups: Sequence[tuple[Places, NDArray[np.uint8], float]]) -> None:
        """Round dots in their casing: places (2, m), labels (m,) and the radius, group by group, later ones on top."""
        flats, outers, cores, whose = [], [], [], []
        for at, labels, radius in groups:
            places, outer, core = _stamp(radius * self._scale, 1.25 * self._scale)
            base = np.floor(at).astype(np.int32)
            part = ((at - base) * np.float32(4)).astype(np.int32)
            sub = part[1] * 4 + part[0]
            first = (base[1] + self._margin) * self._width + base[0] + self._margin
            flats.append((first[:, None] + (places[1] * self._width + places[0])).ravel())
            outers.append(outer[sub].ravel())
            cores.append(core[sub].ravel())
            whose.append(np.repeat(labels, places.shape[1]))
        if not flats:
            return
        flat, outer, core, labels = (np.concatenate(parts) for parts in (flats, outers, cores, whose))
        self._stamp(flat, outer, None, _CASING_OPACITY)
        solid = core > 0
        self._stamp(flat[solid], core[solid], labels[solid], 1.0)

    def _stamp(
        self, flat: NDArray[np.int32], cover: Places, labels: NDArray[np.uint8] | None, opacity: float
    ) -> None:
        """Paints what covers pixels in part, in the labels' colours, or as casing. What falls together adds up."""
        whole = np.zeros(len(self._pixels), np.float32)
        np.add.at(whole, flat, cover)
        touched = np.flatnonzero(whole > 0)
        colours = self._casing[None]
        if labels is not None:
            owner = np.zeros(len(whole), np.uint8)
            for least in (0.0, 0.5):  # the edge of one dot does not colour the middle of another
                owner[flat[cover > least]] = labels[cover > least]
            colours = self._colours[owner[touched]]
        self._over(touched, colours, np.minimum(whole[touched], 1) * np.float32(opacity))

    def lines(self, begin: Places, end: Places, labels: NDArray[np.uint8], strength: Places) -> None:
        """Thin smooth lines from `begin` to `end`, (2, m) each, with an opacity of their own, (m,)."""
        way = end - begin
        length = np.hypot(way[0], way[1])
        good = (begin.min(axis=0) > -1e5) & (end.min(axis=0) > -1e5) & (length > 0.5) & (length < 2000)
        samples = np.ceil(length[good]).astype(np.int64)
        if not len(samples) or samples.sum() > 4_000_000:
            return
        member = np.repeat(np.flatnonzero(good), samples)
        first = np.repeat(np.cumsum(samples) - samples, samples)
        share = ((np.arange(len(member)) - first) / np.repeat(samples, samples)).astype(np.float32)
        place = begin[:, member] + way[:, member] * share - np.float32(0.5)
        low = np.floor(place).astype(np.int32)
        part = place - low
        flats, covers, whose = [], [], []
        for dx in (0, 1):
            for dy in (0, 1):
                px, py = low[0] + dx, low[1] + dy
                weight = (part[0] if dx else 1 - part[0]) * (part[1] if dy else 1 - part[1])
                inside = (px >= 0) & (px < self._size[0]) & (py >= 0) & (py < self._size[1])
                flats.append((py[inside] + self._margin) * self._width + px[inside] + self._margin)
                covers.append(weight[inside] * strength[member[inside]] * np.float32(self._scale))
                whose.append(labels[member[inside]])
        self._stamp(np.concatenate(flats), np.concatenate(covers), np.concatenate(whose), _TAIL_OPACITY)

    def _over(self, where: NDArray[np.intp], colours: Places, alpha: Places) -> None:
        """Paints colours (m, 3) of opacity `alpha` over the pixels `where`."""
        below = self._pixels[where]
        keep = 1 - alpha
        made = np.zeros(len(where), np.uint32)
        for part, shift in enumerate((16, 8, 0, 24)):
            new = alpha * (colours[:, part] if part < 3 else np.float32(255))
            new += ((below >> np.uint32(shift)) & np.uint32(255)) * keep + np.float32(0.5)
            made |= np.minimum(new, 255).astype(np.uint32) << np.uint32(shift)
        self._pixels[where] = made


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _packed(colours: Places, alpha: Places) -> Pixels:
    """Colours (m, 3) with their opacity (m,), premultiplied."""
    return _joined(np.concatenate([colours * alpha[:, None], 255 * alpha[:, None]], axis=1))


def _joined(parts: Places) -> Pixels:
    """Red, green, blue, alpha (m, 4), already premultiplied, 0 to 255, as 0xaarrggbb."""
    whole = np.clip(np.rint(parts), 0, 255).astype(np.uint32)
    red, green, blue, alpha = (whole[:, k] for k in range(4))
    return np.asarray(alpha << np.uint32(24) | red << np.uint32(16) | green << np.uint32(8) | blue, np.uint32)


def swarm_image(picture: SwarmPicture) -> QImage:
    """The picture as Qt has it; the pixels are copied."""
    height, width = picture.pixels.shape
    pixels = np.ascontiguousarray(picture.pixels)
    return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied).copy()

