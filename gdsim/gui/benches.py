"""The window's benches, Descend for functions and Learn for models on data: each remembers what was on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gdsim import catalogue
from gdsim.gui.state import FASTEST, SLOWEST, AppState, BasinChoice, SwarmChoice, SweepChoice
from gdsim.objectives.data.design import Data
from gdsim.session.opening import EPOCHS_PER_SECOND, STEPS_PER_SECOND, opening_learn_spec, opening_spec
from gdsim.session.spec import RunSpec

if TYPE_CHECKING:
    from gdsim.gui.controller import Controller

Bench = Literal["descend", "learn"]
TITLES: dict[Bench, str] = {"descend": "Descend", "learn": "Learn"}


def bench_of(spec: RunSpec) -> Bench:
    """Where a run is at home."""
    return "descend" if spec.problem.learn is None else "learn"


def steps_of_epoch(spec: RunSpec, count: int) -> int:
    """Steps in an epoch, at least 1; `count` samples are trained on, 0: as the catalogue and the share have it."""
    learn = spec.problem.learn
    if learn is None or spec.batch == "full":
        return 1
    return max(1, -(-(count or _about(learn.data)) // spec.batch))


def _about(data: Data) -> int:
    entry = catalogue.datasets().get(data.name)
    rows = len(data.rows) if entry is None else data.size or entry.samples
    return round(rows * data.share)


@dataclass(frozen=True, slots=True)
class Place:
    """A bench as it was left: the fields of the AppState that are its own."""

    spec: RunSpec
    cursor: int
    at_end: bool
    speed: float
    selected: int
    axes: tuple[int, int]
    path: Path | None
    modified: bool
    swarm: SwarmChoice
    basins: BasinChoice | None
    sweep: SweepChoice | None

    @classmethod
    def of(cls, state: AppState) -> Place:
        """Where the state stands."""
        return cls(
            state.spec, state.cursor, state.at_end, state.speed, state.selected, state.axes, state.path,
            state.modified, state.swarm, state.basins, state.sweep,
        )  # fmt: skip

    @classmethod
    def fresh(cls, spec: RunSpec) -> Place:
        """A bench that has not been seen yet."""
        speed = float(STEPS_PER_SECOND)
        if spec.problem.learn is not None:
            speed = min(max(float(EPOCHS_PER_SECOND * steps_of_epoch(spec, 0)), SLOWEST), FASTEST)
        return cls(spec, 0, False, speed, 0, (0, 1), None, False, SwarmChoice(), None, None)


class Benches:
    """Owned by the Controller, GUI thread only."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._left: dict[Bench, Place] = {}

    def place(self, bench: Bench) -> Place:
        """A bench as it was left, or as it opens."""
        state = self._controller.state
        if bench_of(state.spec) == bench:
            return Place.of(state)
        if bench not in self._left:
            self._left[bench] = Place.fresh(opening_spec() if bench == "descend" else opening_learn_spec())
        return self._left[bench]

    def seen(self, bench: Bench) -> bool:
        """Whether anything has been on it."""
        return bench in self._left or bench_of(self._controller.state.spec) == bench

    def cross(self, spec: RunSpec) -> dict[str, Any]:
        """The AppState fields that change because `spec` is at home on the other bench; none where it is not."""
        state, bench = self._controller.state, bench_of(spec)
        if bench_of(state.spec) == bench:
            return {}
        there = self.place(bench)
        self._left[bench_of(state.spec)] = Place.of(state)
        if there.spec != spec:
            there = replace(there, spec=spec, cursor=0, at_end=True, modified=True, selected=0, axes=(0, 1),
                            basins=None, sweep=None)  # fmt: skip
        return {
            "at_end": there.at_end,
            "cursor": there.cursor,
            "speed": there.speed,
            "selected": min(there.selected, len(spec.racers) - 1),
            "axes": there.axes,
            "path": there.path,
            "modified": there.modified,
            "swarm": there.swarm,
            "basins": there.basins,
            "sweep": there.sweep,
        }

    def epoch_steps(self, spec: RunSpec) -> int:
        """Steps in an epoch of `spec`; samples are counted where a run on the same data is shown."""
        history, learn = self._controller.history, spec.problem.learn
        known = history is not None and learn is not None and history.spec.problem.learn is not None
        same = known and history.spec.problem.learn.data == learn.data
        return steps_of_epoch(spec, history.objective.samples.count if same else 0)

    @property
    def unsaved(self) -> Place | None:
        """The bench that is not shown, if it holds changes to a document that has a name."""
        other: Bench = "learn" if bench_of(self._controller.state.spec) == "descend" else "descend"
        place = self._left.get(other)
        return place if place is not None and place.path is not None and place.modified else None
