"""The window's benches: Descend for functions, Learn for models on data and for policies.

What was last of each kind is remembered, so that one finds a function, a model and a policy as they were left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gdsim import catalogue
from gdsim.gui.state import FASTEST, SLOWEST, AppState, BasinChoice, SwarmChoice, SweepChoice
from gdsim.objectives.data.design import Data
from gdsim.objectives.data.samples import steps_per_epoch
from gdsim.session.opening import (
    EPOCHS_PER_SECOND,
    POLICY_STEPS_PER_SECOND,
    STEPS_PER_SECOND,
    opening_learn_spec,
    opening_policy_spec,
    opening_spec,
)
from gdsim.session.spec import Kind, RunSpec

if TYPE_CHECKING:
    from gdsim.gui.controller import Controller

Bench = Literal["descend", "learn"]
TITLES: dict[Bench, str] = {"descend": "Descend", "learn": "Learn"}
_OPENINGS = {"function": opening_spec, "model": opening_learn_spec, "policy": opening_policy_spec}


def bench_of(spec: RunSpec) -> Bench:
    """Where a run is at home."""
    return "descend" if spec.problem.kind == "function" else "learn"


def steps_of_epoch(spec: RunSpec, count: int) -> int:
    """Steps in an epoch, at least 1; `count` samples are trained on, 0: as the catalogue and the share have it."""
    learn = spec.problem.learn
    return 1 if learn is None else steps_per_epoch(count or _about(learn.data), spec.batch)


def _about(data: Data) -> int:
    entry = catalogue.datasets().get(data.name)
    rows = len(data.rows) if entry is None else data.size or entry.samples
    return round(rows * data.share)


@dataclass(frozen=True, slots=True)
class Place:
    """A function, a model or a policy as it was left: the fields of the AppState that are its own."""

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
        """What has not been seen yet."""
        speed = float(POLICY_STEPS_PER_SECOND if spec.problem.policy is not None else STEPS_PER_SECOND)
        if spec.problem.learn is not None:
            speed = min(max(float(EPOCHS_PER_SECOND * steps_of_epoch(spec, 0)), SLOWEST), FASTEST)
        return cls(spec, 0, False, speed, 0, (0, 1), None, False, SwarmChoice(), None, None)


class Benches:
    """Owned by the Controller, GUI thread only."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._left: dict[Kind, Place] = {}
        self._learns: Kind = "model"

    def kind_on(self, bench: Bench) -> Kind:
        """What is on a bench, or was when it was left."""
        now = self._controller.state.spec.problem.kind
        if now != "function":
            self._learns = now
        return "function" if bench == "descend" else self._learns

    def place(self, kind: Kind) -> Place:
        """A kind of problem as it was left, or as it opens."""
        state = self._controller.state
        if state.spec.problem.kind == kind:
            return Place.of(state)
        if kind not in self._left:
            self._left[kind] = Place.fresh(_OPENINGS[kind]())
        return self._left[kind]

    def opening(self) -> RunSpec:
        """What is shown first of the kind of problem that is shown now."""
        return _OPENINGS[self._controller.state.spec.problem.kind]()

    def seen(self, kind: Kind) -> bool:
        """Whether anything of this kind has been shown."""
        return kind in self._left or self._controller.state.spec.problem.kind == kind

    def cross(self, spec: RunSpec) -> dict[str, Any]:
        """The AppState fields that change because `spec` is of another kind; none where it is not."""
        state, kind = self._controller.state, spec.problem.kind
        if state.spec.problem.kind == kind:
            return {}
        there = self.place(kind)
        self._left[state.spec.problem.kind] = Place.of(state)
        if kind != "function":
            self._learns = kind
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
        """What is not shown, if it holds changes to a document that has a name."""
        now = self._controller.state.spec.problem.kind
        others = (place for kind, place in self._left.items() if kind != now)
        return next((place for place in others if place.path is not None and place.modified), None)

    def forget_changes(self, path: Path) -> None:
        """What is kept of the document `path` is on disk now, or need not be."""
        for kind, place in self._left.items():
            if place.path == path:
                self._left[kind] = replace(place, modified=False)
