"""Work for the engine thread: a landscape with its colours and contour lines, ready to paint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gdsim.analysis.landscape import Landscape
from gdsim.draw.levels import fit_scale
from gdsim.draw.surface import SurfacePicture, prepare_surface
from gdsim.gui.state import AppState


@dataclass(frozen=True, slots=True, eq=False)
class LandscapePicture:
    """A landscape, and its surface made ready."""

    landscape: Landscape
    surface: SurfacePicture


def make_landscape(history: Any, state: AppState, other: int, cancel: Any, told: Any) -> LandscapePicture:
    """The landscape that `state.learn` asks for, with the paths of all racers that are shown.

    Raises:
        SpecError: see `analysis.landscape.landscape`. Cancelled.
    """
    from gdsim.analysis.landscape import landscape

    choice = state.learn
    shown = [k for k, racer in enumerate(history.spec.racers) if racer.visible or k == other]
    found = landscape(
        history, state.selected, state.cursor, choice.directions, other=other, reach=choice.reach,
        resolution=choice.resolution, seed=choice.seed, racers=shown, cancel=cancel, progress=told,
    )  # fmt: skip
    x, y = (float(found.a[0]), float(found.a[-1])), (float(found.b[0]), float(found.b[-1]))
    return LandscapePicture(found, prepare_surface(found.values, x, y, fit_scale(found.values)))
