"""Made-up samples: small pure functions (random, size, noise) -> columns, the target last.

Classes take turns, so that they are balanced whatever the size. Random numbers are drawn in the same order at every
noise, so that a little more of it moves each sample a little. Circle, exclusive or, Gaussians, spiral and the two
surfaces follow TensorFlow Playground (D. Smilkov, S. Carter, 2016): at noise c, the classes of circle and exclusive or
and the heights of the surfaces are those of points shifted by c times a random vector: they blur near a border.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.catalogue import DatasetEntry
from gdsim.catalogue.datasets import CURVE
from gdsim.errors import SpecError
from gdsim.formula import interpret, parse_formula

Array = NDArray[Any]
Columns = tuple[Array, ...]
Generator = Callable[[np.random.Generator, int, float], Columns]

RADIUS = 6.0
"""Half the side of the square that most sets fill."""


def generate(entry: DatasetEntry, size: int, noise: float, seed: int) -> Columns:
    """The columns of a generated set, each (size,) float64, the target last; classes are numbers 0 ... k-1.

    Raises:
        SpecError: the entry names a generator that does not exist.
    """
    if entry.generator == CURVE:
        generator = curve(entry.formula, *entry.domain[0])
    elif entry.generator in GENERATORS:
        generator = GENERATORS[entry.generator]
    else:
        raise SpecError(f"there is no generator {entry.generator!r}", where=f"dataset {entry.name!r}")
    return generator(np.random.Generator(np.random.PCG64(seed)), size, noise)


def circle(random: np.random.Generator, size: int, noise: float) -> Columns:
    """1 inside half the radius 5, 0 in the ring from 0.7 radii on."""
    radius = 5.0
    wanted = _turns(size, 2)
    low, high = np.where(wanted == 1, 0.0, 0.7 * radius), np.where(wanted == 1, 0.5 * radius, radius)
    r = low + (high - low) * random.random(size)
    angle = 2 * math.pi * random.random(size)
    x, y = r * np.sin(angle), r * np.cos(angle)
    dx, dy = noise * random.uniform(-radius, radius, (2, size))
    return x, y, (np.hypot(x + dx, y + dy) < 0.5 * radius).astype(np.float64)


def xor(random: np.random.Generator, size: int, noise: float) -> Columns:
    """1 where x and y have the same sign; a margin of 0.3 along the axes stays empty."""
    quadrant = _turns(size, 4)
    across, up = random.uniform(0.0, 5.0, (2, size)) + 0.3
    x = np.where((quadrant == 0) | (quadrant == 3), across, -across)
    y = np.where((quadrant == 0) | (quadrant == 1), up, -up)
    dx, dy = noise * random.uniform(-5.0, 5.0, (2, size))
    return x, y, ((x + dx) * (y + dy) >= 0).astype(np.float64)


def gauss(random: np.random.Generator, size: int, noise: float) -> Columns:
    """1 around (2, 2), 0 around (-2, -2); the variance goes from 0.5 to 4 as the noise goes from 0 to 0.5."""
    return _clouds(random, ((-2.0, -2.0), (2.0, 2.0)), size, noise)


def multi_gauss(random: np.random.Generator, size: int, noise: float) -> Columns:
    """Four classes around the corners of a square, with the variance of `gauss`."""
    return _clouds(random, ((3.0, 3.0), (-3.0, 3.0), (-3.0, -3.0), (3.0, -3.0)), size, noise)


def spiral(random: np.random.Generator, size: int, noise: float) -> Columns:
    """Two arms of 1.75 turns: sample i of n is at radius 5 i/n and angle 3.5 pi i/n (+ pi for 0), from the y axis."""
    number = _turns(size, 2)
    place = _place(number, 2)
    r = 5.0 * place
    angle = 1.75 * place * 2 * math.pi + np.where(number == 1, 0.0, math.pi)
    dx, dy = noise * random.uniform(-1.0, 1.0, (2, size))
    return r * np.sin(angle) + dx, r * np.cos(angle) + dy, number.astype(np.float64)


def moons(random: np.random.Generator, size: int, noise: float) -> Columns:
    """Two interleaving half circles of radius 3; `noise` is the normal deviation in units of that radius."""
    number = _turns(size, 2)
    t = math.pi * _place(number, 2)
    lower = number == 1
    x = np.where(lower, 1.0 - np.cos(t), np.cos(t)) - 0.5
    y = np.where(lower, 0.5 - np.sin(t), np.sin(t)) - 0.25
    dx, dy = noise * random.standard_normal((2, size))
    return 3.0 * (x + dx), 3.0 * (y + dy), lower.astype(np.float64)


def rings(random: np.random.Generator, size: int, noise: float) -> Columns:
    """A disc and two rings around it; each sample is moved by up to twice the noise along both axes."""
    number = _turns(size, 3)
    low, high = np.array([0.0, 2.5, 4.5])[number], np.array([1.5, 3.5, 5.5])[number]
    r = low + (high - low) * random.random(size)
    angle = 2 * math.pi * random.random(size)
    dx, dy = 2 * noise * random.uniform(-1.0, 1.0, (2, size))
    return r * np.sin(angle) + dx, r * np.cos(angle) + dy, number.astype(np.float64)


def plane(random: np.random.Generator, size: int, noise: float) -> Columns:
    """z = (x + y)/10, of the shifted point."""
    x, y, shifted_x, shifted_y = _square(random, size, noise)
    return x, y, (shifted_x + shifted_y) / 10.0


def gauss_plane(random: np.random.Generator, size: int, noise: float) -> Columns:
    """z is the strongest of six cones of height 1 or -1 and radius 2, 0 between them, of the shifted point."""
    x, y, shifted_x, shifted_y = _square(random, size, noise)
    centres = [(-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1)]
    heights = np.array(
        [sign * np.maximum(0.0, 1.0 - np.hypot(shifted_x - cx, shifted_y - cy) / 2.0) for cx, cy, sign in centres]
    )
    strongest = np.argmax(np.abs(heights), axis=0)
    return x, y, heights[strongest, np.arange(size)]


def curve(formula: str, low: float, high: float) -> Generator:
    """The generator of y = formula(x) + noise times a standard normal deviate, x uniform in [low, high]."""
    parsed = parse_formula(formula, ("x",))

    def along(random: np.random.Generator, size: int, noise: float) -> Columns:
        x = random.uniform(low, high, size)
        (y,) = interpret(parsed.graph(), {"x": x})
        return x, y + noise * random.standard_normal(size)

    return along


GENERATORS: dict[str, Generator] = {
    function.__name__: function
    for function in (circle, xor, gauss, multi_gauss, spiral, moons, rings, plane, gauss_plane)
}
"""By the name that an entry of datasets.toml gives; ``curve`` takes the entry's formula besides."""


def _turns(size: int, classes: int) -> NDArray[np.int64]:
    return np.arange(size, dtype=np.int64) % classes


def _place(number: NDArray[np.int64], classes: int) -> Array:
    """How far along its class each sample is: 0, 1/n, ..., (n-1)/n for the n samples of a class."""
    counts = np.bincount(number, minlength=classes)
    return (np.arange(number.size) // classes) / counts[number]


def _clouds(random: np.random.Generator, centres: Sequence[tuple[float, float]], size: int, noise: float) -> Columns:
    number = _turns(size, len(centres))
    deviation = math.sqrt(0.5 + (4.0 - 0.5) * noise / 0.5)
    x, y = np.array(centres)[number].T + deviation * random.standard_normal((2, size))
    return x, y, number.astype(np.float64)


def _square(random: np.random.Generator, size: int, noise: float) -> tuple[Array, Array, Array, Array]:
    x, y, dx, dy = random.uniform(-RADIUS, RADIUS, (4, size))
    return x, y, x + noise * dx, y + noise * dy
