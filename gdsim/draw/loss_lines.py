"""The three losses of training as lines on a loss plot: batch (thin), training set (solid), test set (dashed)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPainter

from gdsim.draw.curves import paint_curve
from gdsim.draw.frame import Frame
from gdsim.draw.series import plotted
from gdsim.draw.theme import Theme

Array = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class LossLines:
    """One racer's losses over places x (m,), all (m,) or None; train and test are NaN between epochs."""

    racer: int
    x: Array
    batch: Array | None = None
    train: Array | None = None
    test: Array | None = None


def known(x: Array, values: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The places at which a value was taken: those that are not NaN. An infinite one stays: it breaks the line."""
    taken = ~np.isnan(values)
    return np.asarray(x[taken], dtype=np.float64), np.asarray(values[taken], dtype=np.float64)


def paint_loss_lines(
    painter: QPainter, frame: Frame, lines: LossLines, log: bool, theme: Theme, focus: bool = True
) -> None:
    """The lines in the racer's colour; `log`: the frame's y is in powers of ten, as `series.span_of` makes it."""
    colour = QColor(theme.racer(lines.racer))
    faint = QColor(colour)
    faint.setAlphaF(0.4)
    parts = ((lines.batch, faint, 1.0, False), (lines.test, colour, 1.75, True), (lines.train, colour, 2.0, False))
    for values, ink, width, dashed in parts:
        if values is None:
            continue
        x, y = known(lines.x, values)
        paint_curve(painter, frame, x, plotted(y, log), ink, theme.line(width + 0.5 * (focus and width > 1)), dashed)
