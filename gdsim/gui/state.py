"""What the window shows, as one frozen value: widgets read it, only the Controller makes the next one.

The seam between the controller and every panel and view:

- `AppState` is the whole of the window's state that more than one widget cares about. It never holds results.
- Results come beside it, each as one plain value that the worker publishes: the `History` of the run (session room),
  a `Surface` or `Curve` of values under the hero's `Viewport`, a `Verdict` for the focused racer, an `EngineState`.
- A widget changes nothing itself: it calls an intent of the Controller (`gdsim.gui.controller`) and is told by signal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.axes import SweepAxis
from gdsim.gui.learn.picture import LearnChoice
from gdsim.session.spec import RunSpec

ThemeChoice = Literal["system", "light", "dark"]

SLOWEST = 1.0
"""Steps a second at the left end of the speed slider."""
FASTEST = 10_000.0
"""Steps a second at which the slider still counts; beyond it stands `math.inf`: as fast as the engine goes."""


@dataclass(frozen=True, slots=True)
class Viewport:
    """The part of the plane (or line) that the hero shows, and on how many pixels.

    Attributes:
        x, y: (low, high) in the units of the coordinates `axes`; `y` is the range of values for a 1-D function.
        width, height: device pixels of the picture, at least 1.
        axes: which coordinates lie along x and y; (0, 0) for a function of one variable.
        ratio: device pixels per pixel.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    width: int = 752
    height: int = 672
    axes: tuple[int, int] = (0, 1)
    ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class Surface:
    """Values of the objective under a viewport (ny, nx), row 0 at y low; non-finite where undefined.

    Attributes:
        viewport: what was asked for; the values span exactly its ranges, sample points on the edges included.
        values: float array (ny, nx).
        field: gradient (2, my, mx) on a coarse grid of the same ranges, or None when nobody asked for it.
        base: the point whose other coordinates are held (n-D), a tuple of n numbers.
        draft: True for the quick coarse picture; the full one follows.
        fresh: True for the first surface of a new problem: colours are fitted anew, otherwise they stay frozen.
        picture: whatever `Controller.prepare_surface` made of it on the worker thread (contour paths, an image).
    """

    viewport: Viewport
    values: NDArray[np.floating[Any]]
    field: NDArray[np.floating[Any]] | None = None
    base: tuple[float, ...] = ()
    draft: bool = False
    fresh: bool = False
    picture: Any = None


@dataclass(frozen=True, slots=True)
class Curve:
    """A function of one variable under a viewport: x, value and slope, each of shape (m,)."""

    viewport: Viewport
    x: NDArray[np.float64]
    values: NDArray[np.float64]
    slope: NDArray[np.float64]
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """An edit that a verdict proposes: `name` of racer number `racer` set to `value`; `words` label the button."""

    racer: int
    name: str
    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happened, why, and what to try, in words, for one racer at one step.

    Attributes:
        racer, step: whom and when it speaks of.
        kind: crawls, good, bounces, overshoots, diverges, fixed step, or "" when nothing can be said.
        tone: "good", "warn", "bad" or "" (plain): colours the first line's mark.
        headline, advice: the two lines of the strip.
        proposal: the edit behind the link at the end of the second line, or None.
        max_stable_lr: where the slider draws its boundary, or None.
    """

    racer: int
    step: int
    kind: str
    tone: str
    headline: str
    advice: str
    proposal: Proposal | None = None
    max_stable_lr: float | None = None


@dataclass(frozen=True, slots=True)
class EngineState:
    """What the engine is doing: `busy` while a run or picture is being made; `backend` that really runs, and `reason`
    why the others do not (may be empty); `trouble` is what a person must be told, such as a kernel that failed."""

    busy: bool = False
    backend: str = ""
    reason: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class SwarmChoice:
    """A cloud of starts of the focused racer's rule.

    Attributes:
        on: whether it is there.
        count: how many starts, 100 to a million.
        grid: on a grid instead of drawn evenly.
        box: intervals along the axes shown that starts come from; empty: the domain.
    """

    on: bool = False
    count: int = 2000
    grid: bool = False
    box: tuple[tuple[float, float], ...] = ()


FEWEST, MOST = 100, 1_000_000
"""Starts of a swarm."""

RESOLUTIONS = (128, 256, 512, 1024)
"""Pixels along the longer side of a basin map."""


@dataclass(frozen=True, slots=True)
class BasinChoice:
    """A basin map of racer number `racer`, `resolution` pixels along its longer side."""

    racer: int
    resolution: int = 512


@dataclass(frozen=True, slots=True)
class SweepChoice:
    """A sweep of racer number `racer` over one setting or two.

    Attributes:
        x, y: `analysis.axes.SweepAxis`; y None: curves over x alone.
        measure: what the map shows, "loss" or "steps".
    """

    racer: int
    x: SweepAxis
    y: SweepAxis | None = None
    measure: Literal["loss", "steps"] = "loss"


@dataclass(frozen=True, slots=True)
class AppState:
    """The window's state.

    Attributes:
        spec: the whole experiment; every edit makes a new one.
        cursor: the step shown, from 0 (the start). A racer that ended earlier shows its last row.
        length: the last step that can be shown now (grows while the engine runs).
        playing: whether the clock moves the cursor.
        speed: steps a second, `math.inf` for as fast as it goes.
        selected: the racer that has the focus.
        theme: what was chosen; `dark` is what it comes to.
        teach: the projector scale (x1.5, light, hero and loss only).
        from_here_on: edits of hyper-parameters become changes at the cursor and leave the path before it alone.
        compare: the run before the last edit is shown as a ghost.
        viewport: what the hero shows, None before it has been laid out.
        axes: the pair of coordinates shown of an n-D function.
        path: the document on disk, None for one never saved; `modified` since then.
        undo_name, redo_name: what undo and redo would do, "" when nothing.
        stage: which stage of the focused racer's update is shown; the last one when out of range.
        opening: still the untouched opening run (discovery chips are offered).
        swarm: the cloud over the map.
        basins, sweep: what the tabs of these names show; None where there is no such tab.
        learn: what is looked at on the bench Learn.
    """

    spec: RunSpec
    cursor: int = 0
    length: int = 0
    playing: bool = False
    speed: float = 8.0
    selected: int = 0
    theme: ThemeChoice = "system"
    dark: bool = True
    teach: bool = False
    from_here_on: bool = False
    compare: bool = False
    viewport: Viewport | None = None
    axes: tuple[int, int] = (0, 1)
    path: Path | None = None
    modified: bool = False
    undo_name: str = ""
    redo_name: str = ""
    opening: bool = False
    stage: int = -1
    swarm: SwarmChoice = SwarmChoice()
    basins: BasinChoice | None = None
    sweep: SweepChoice | None = None
    learn: LearnChoice = field(default_factory=LearnChoice)

    @property
    def scale(self) -> float:
        """Factor on type and lines: 1.5 on Teach."""
        return 1.5 if self.teach else 1.0

    @property
    def at_end(self) -> bool:
        """Whether the last step is shown."""
        return self.cursor >= self.length

    @property
    def flat_out(self) -> bool:
        """Whether the cursor follows the engine instead of a clock."""
        return math.isinf(self.speed)
