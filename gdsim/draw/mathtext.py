"""Typeset mathematics: LaTeX to vector pictures by ziamath, off the GUI thread and kept in memory.

A formula takes ziamath 10 to 50 ms, too long for a frame. `MathSetter.find` gives what is there and has the rest made;
`ready` tells when to paint again. Pictures have no colour of their own: one is given when they are painted.
"""

from __future__ import annotations

import atexit
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QObject, QPointF, QRectF, QRunnable, QThreadPool, Signal
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgRenderer

_BASE = 32.0  # pixels of the type that formulas are set in; painted at any other size
_INK = "#010203"  # stands for the colour in the kept text
_MOST = 2000  # formulas kept
_LONGEST = 4000  # characters; what is longer stays plain text
_VIEW_BOX = re.compile(r'viewBox="([-\d.e]+) ([-\d.e]+) ([-\d.e]+) ([-\d.e]+)"')


@dataclass(frozen=True, slots=True)
class MathPicture:
    """A typeset formula: SVG text, and its extents for type of one pixel (multiply by the type's size)."""

    svg: str
    width: float
    ascent: float
    descent: float


def typeset(latex: str) -> MathPicture | None:
    """Sets `latex` now (10 to 50 ms); None if it cannot be set, which is for plain text to show."""
    if len(latex) > _LONGEST:
        return None
    import ziamath

    ziamath.config.svg2 = False  # Qt's renderer knows SVG 1.2 Tiny: no <use>
    try:
        svg = ziamath.Latex(latex, size=_BASE, color=_INK).svg()
    except Exception:  # noqa: BLE001 - ziamath and latex2mathml raise anything on what they do not know
        return None
    found = _VIEW_BOX.search(svg)
    if found is None:
        return None
    _, top, width, height = (float(part) for part in found.groups())
    return MathPicture(svg, width / _BASE, -top / _BASE, (height + top) / _BASE)


class _Job(QRunnable):
    def __init__(self, setter: MathSetter, latex: str) -> None:
        super().__init__()
        self._setter, self._latex = setter, latex

    def run(self) -> None:
        self._setter.keep(self._latex, typeset(self._latex))


class MathSetter(QObject):
    """Keeps typeset formulas and makes new ones on a thread of its own.

    Signals:
        ready(str): the formula with this LaTeX can be painted now, or turned out to be impossible.
    """

    ready = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, MathPicture | None] = OrderedDict()
        self._asked: set[str] = set()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def find(self, latex: str) -> MathPicture | None:
        """The formula if it is there; otherwise None, and it is being made."""
        with self._lock:
            if latex in self._kept:
                self._kept.move_to_end(latex)
                return self._kept[latex]
            if latex in self._asked or not latex:
                return None
            self._asked.add(latex)
        self._pool.start(_Job(self, latex))
        return None

    def set_now(self, latex: str) -> MathPicture | None:
        """The formula, made on this thread if need be: for pictures, which can wait."""
        with self._lock:
            known = latex in self._kept
        if not known:
            self.keep(latex, typeset(latex))
        with self._lock:
            return self._kept.get(latex)

    def keep(self, latex: str, picture: MathPicture | None) -> None:
        """Called by the thread that made it."""
        with self._lock:
            self._kept[latex] = picture
            self._asked.discard(latex)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        self.ready.emit(latex)

    def wait(self, milliseconds: int = 5000) -> bool:
        """Waits until everything asked for is made; for pictures and tests."""
        return self._pool.waitForDone(milliseconds)


@cache
def math_setter() -> MathSetter:
    """The one that the whole program shares."""
    setter = MathSetter()
    # Its thread must not outlive it when the interpreter goes down.
    atexit.register(setter.wait)
    return setter


@lru_cache(maxsize=256)
def _renderer(svg: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(svg.replace(_INK, colour).encode()))


def paint_math(painter: QPainter, picture: MathPicture, at: QPointF, size: float, colour: str) -> None:
    """Paints a formula in type of `size` pixels; `at` is the left end of its base line, `colour` is ``#RRGGBB``."""
    box = QRectF(
        at.x(), at.y() - picture.ascent * size, picture.width * size, (picture.ascent + picture.descent) * size
    )
    _renderer(picture.svg, colour).render(painter, box)
