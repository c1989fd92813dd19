"""The bowl J(m, b) of a model with two weights: the contour map, with the start and the minimum of such a model."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from gdsim.draw.strokes import TrailSource
from gdsim.gui.views.contour_canvas import ContourCanvas
from gdsim.gui.views.line_models import Weights


class BowlCanvas(ContourCanvas):
    """ContourCanvas over m and b."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Bowl: the loss over slope and intercept")
        self.start: Weights | None = None
        self.best: Weights | None = None
        self.titles = ("m", "b")

    def keep_home(self, domain: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Another home for H, without going there."""
        self._domain = domain

    def names(self) -> tuple[str, ...]:
        return self.titles

    def show_best(self, best: Weights | None) -> None:
        """The minimum, where it is known."""
        if best != self.best:
            self.best = best
            self.renew_ground()

    def _minima(self) -> list[tuple[float, float]]:
        return [] if self.best is None else [self.best]

    def start_place(self) -> tuple[float, float] | None:
        return self.start

    def sources(self, history: Any) -> list[TrailSource]:
        if history.spec.problem.learn is None:  # the run is still that of a function
            return []
        return super().sources(history)
