"""The map between the plane's coordinates and pixels: a rectangle of the world on a rectangle of the screen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]

SMALLEST_SPAN = 1e-12
"""Zooming in ends where neighbouring pixels would be the same float: a span of this times the place's magnitude."""
LARGEST_SPAN = 1e250


@dataclass(frozen=True, slots=True)
class Frame:
    """World ranges `x`, `y` (low, high) on the pixels from (left, top), `width` wide and `height` high; y points up."""

    x: Interval
    y: Interval
    width: float
    height: float
    left: float = 0.0
    top: float = 0.0

    def pixels(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (m, 2) of the world as pixels (m, 2); what is not finite stays so."""
        points = np.asarray(points, dtype=np.float64)
        out = np.empty(points.shape)
        out[..., 0] = self.across(points[..., 0])
        out[..., 1] = self.down(points[..., 1])
        return out

    def across(self, x: NDArray[np.floating] | float) -> NDArray[np.float64]:
        """Pixels from the left for world x."""
        with np.errstate(all="ignore"):
            return self.left + (np.asarray(x) - self.x[0]) * (self.width / (self.x[1] - self.x[0]))

    def down(self, y: NDArray[np.floating] | float) -> NDArray[np.float64]:
        """Pixels from the top for world y."""
        with np.errstate(all="ignore"):
            return self.top + (self.y[1] - np.asarray(y)) * (self.height / (self.y[1] - self.y[0]))

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """One point of the world in pixels."""
        return float(self.across(x)), float(self.down(y))

    def world(self, px: float, py: float) -> tuple[float, float]:
        """The point of the world under a pixel."""
        x = self.x[0] + (px - self.left) * (self.x[1] - self.x[0]) / self.width
        y = self.y[1] - (py - self.top) * (self.y[1] - self.y[0]) / self.height
        return x, y

    def contains(self, px: float, py: float, margin: float = 0.0) -> bool:
        """Whether a pixel lies in the frame, or within `margin` pixels of it."""
        return (
            self.left - margin <= px <= self.left + self.width + margin
            and self.top - margin <= py <= self.top + self.height + margin
        )

    def zoomed(self, px: float, py: float, factor: float) -> Frame:
        """The frame with spans divided by `factor`, the world under pixel (px, py) staying where it is.

        Comes back unchanged where floats end (spans too small beside their place, or too large).
        """
        at_x, at_y = self.world(px, py)
        x = _about(self.x, at_x, factor)
        y = _about(self.y, at_y, factor)
        return self if x is None or y is None else replace(self, x=x, y=y)

    def panned(self, dx: float, dy: float) -> Frame:
        """The frame after the hand has moved the paper by (dx, dy) pixels."""
        shift_x = -dx * (self.x[1] - self.x[0]) / self.width
        shift_y = dy * (self.y[1] - self.y[0]) / self.height
        x = (self.x[0] + shift_x, self.x[1] + shift_x)
        y = (self.y[0] + shift_y, self.y[1] + shift_y)
        return replace(self, x=x, y=y) if _fine(x) and _fine(y) else self

    def resized(self, width: float, height: float) -> Frame:
        """The frame on another number of pixels, centre and scale kept: a larger window shows more."""
        if self.width <= 0 or self.height <= 0:
            return replace(self, width=width, height=height)
        x = _stretched(self.x, width / self.width)
        y = _stretched(self.y, height / self.height)
        return replace(self, x=x, y=y, width=width, height=height)

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels per unit of x and of y."""
        return self.width / (self.x[1] - self.x[0]), self.height / (self.y[1] - self.y[0])


def home_frame(domain: Sequence[Interval], width: float, height: float, equal: bool | None = None) -> Frame:
    """The frame that shows `domain`, two intervals, whole.

    Args:
        equal: one unit of x as long as one of y (the shorter side then shows more than the domain); None: so when
            the two scales differ by no more than a factor of three.
    """
    x, y = _proper(domain[0]), _proper(domain[1])
    width, height = max(width, 1.0), max(height, 1.0)
    ratio = (width / (x[1] - x[0])) / (height / (y[1] - y[0]))
    if equal is None:
        equal = 1 / 3 <= ratio <= 3
    if equal and math.isfinite(ratio) and ratio > 0:
        x, y = _stretched(x, max(ratio, 1.0)), _stretched(y, max(1 / ratio, 1.0))
    return Frame(x, y, width, height)


def fitted_frame(points: NDArray[np.floating], width: float, height: float, equal: bool | None = None) -> Frame | None:
    """The frame around finite `points` (m, 2) with a margin of a tenth; None if there are no finite points."""
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.maximum(high - low, 1e-9 * np.maximum(1.0, np.maximum(np.abs(low), np.abs(high))))
    span = np.maximum(span, 0.02 * span.max() if equal is not False else 0.0)
    middle = (low + high) / 2
    box = [(float(m - 0.6 * s), float(m + 0.6 * s)) for m, s in zip(middle, span, strict=True)]
    return home_frame(box, width, height, equal)


def _stretched(interval: Interval, factor: float) -> Interval:
    middle, half = (interval[0] + interval[1]) / 2, (interval[1] - interval[0]) / 2 * factor
    return (middle - half, middle + half)


def _about(interval: Interval, at: float, factor: float) -> Interval | None:
    found = (at - (at - interval[0]) / factor, at + (interval[1] - at) / factor)
    return found if _fine(found) else None


def _fine(interval: Interval) -> bool:
    low, high = interval
    span = high - low
    return math.isfinite(span) and span <= LARGEST_SPAN and span > SMALLEST_SPAN * max(abs(low), abs(high), 1e-250)


def _proper(interval: Interval) -> Interval:
    """`interval`, or one about it where it is empty, reversed or not finite."""
    low, high = float(interval[0]), float(interval[1])
    if not (math.isfinite(low) and math.isfinite(high)):
        return (-1.0, 1.0)
    low, high = min(low, high), max(low, high)
    return (low, high) if _fine((low, high)) else (low - max(1.0, abs(low)), high + max(1.0, abs(high)))
