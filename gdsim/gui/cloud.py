"""Work for the engine thread: a swarm that stands at any step, and where its members end. No Qt, no window.

The keeper remembers: snapshots every so many steps (fewer when memory is short), and the positions of the steps shown
last, so that stepping back and scrubbing find most of them there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.draw.swarm import SwarmLook, SwarmPicture, prepare_swarm
from gdsim.gui import edits
from gdsim.gui.state import SwarmChoice, Viewport
from gdsim.session.spec import RunSpec

SNAPSHOT_BYTES = 256 << 20
FRAME_BYTES = 128 << 20
BUDGET = 0.040
"""Seconds of stepping before a picture is shown, even if it is not yet that of the step asked for."""
ONE_BY_ONE = 300
"""Members of a method that can only be stepped one after the other."""
DRAFT = 20_000
"""Members while the kernel is being compiled."""
FEW = 600
"""Members up to which each has a tail."""
TAIL = 8
"""Steps in a tail."""


@dataclass(frozen=True, slots=True)
class SwarmKey:
    """All that a swarm's numbers depend on."""

    spec: RunSpec
    racer: int
    choice: SwarmChoice
    axes: tuple[int, int]

    @classmethod
    def of(cls, spec: RunSpec, racer: int, choice: SwarmChoice, axes: tuple[int, int]) -> SwarmKey:
        """The key, without what does not matter: other racers, labels, and the start where it is not used."""
        lone = spec.replace(
            racers=(spec.racers[racer],),
            changes=tuple(each.replace(racer=0) for each in spec.changes if each.racer == racer),
        )
        domain = spec.problem.domain
        lone = edits.run_key(lone)
        if not choice.grid or spec.problem.dimension <= 2:
            lone = lone.replace(start=(0.0,) * spec.problem.dimension)
        return cls(lone.replace(problem=lone.problem.replace(domain=domain)), racer, choice, axes)

    @property
    def kernel(self) -> object:
        """What a compiled kernel depends on."""
        racer = self.spec.racers[0]
        problem = self.spec.problem
        settings = (racer.weight_decay > 0, racer.clip > 0, racer.noise > 0, racer.schedule is None)
        lists = tuple(len(value) for value in racer.hyper.values() if isinstance(value, tuple))
        formula = (problem.formula, problem.variables, problem.dimension)
        return formula, racer.rule, racer.method, settings, lists, self.spec.dtype, self.spec.backend


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """What is shown of a swarm.

    Attributes:
        key, step: of which swarm, and where it stands (the step asked for, or one on the way there).
        points: (2, m) float32 in the plane shown; of a function of one variable x and f(x).
        picture: the points as an image over `viewport`.
        count: members in all. draft: fewer than were asked for, until the kernel is compiled.
        backend, note: what steps, and why nothing faster does.
    """

    key: SwarmKey
    step: int
    points: NDArray[np.float32]
    picture: SwarmPicture
    viewport: Viewport
    count: int
    draft: bool
    backend: str
    note: str = ""


@dataclass(slots=True)
class _Frames:
    """Positions by step, the oldest forgotten first."""

    most: int
    held: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    size: int = 0

    def put(self, step: int, points: NDArray[np.float32]) -> None:
        if step in self.held:
            return
        self.held[step] = points
        self.size += points.nbytes
        while self.size > self.most and len(self.held) > 2:
            self.size -= self.held.pop(next(iter(self.held))).nbytes


def members_of(key: SwarmKey, count: int) -> Any:
    """(objective, Members) of a swarm of `count` members."""
    from gdsim.engine.backend import Slice
    from gdsim.engine.swarm import BoxStarts, GridStarts, Members
    from gdsim.session.resolve import objective_of, plans_of

    spec, choice = key.spec, key.choice
    objective = objective_of(spec)
    plan = plans_of(spec)[0]
    box = list(spec.problem.domain or objective.domain)
    for axis, interval in zip(key.axes, choice.box, strict=False):
        box[axis] = interval
    starts: Any = BoxStarts(tuple(box), count, spec.seed)
    if choice.grid and len(box) == 1:
        starts = GridStarts(Slice(spec.start, (0,), box[0], nx=count))
    elif choice.grid:
        i, j = key.axes
        nx = max(2, round(count**0.5))
        starts = GridStarts(Slice(spec.start, key.axes, box[i], box[j], nx, max(1, count // nx)))
    return objective, Members(plan, starts, own_noise=True)


def backend_of(spec: RunSpec, compiled: bool = True) -> Any:
    """What runs many members of this spec."""
    from gdsim.engine.select import backend

    return backend(spec.backend if compiled else "numpy")


class CloudKeeper:
    """Holds the swarm; used in the engine thread only."""

    def __init__(self) -> None:
        self.ready: set[object] = set()
        self._key: tuple[SwarmKey, bool] | None = None
        self._swarm: Any = None
        self._objective: Any = None
        self._note = ""
        self._snapshots: dict[int, Any] = {}
        self._stride = 1
        self._frames = _Frames(FRAME_BYTES)

    def cloud(
        self,
        key: SwarmKey,
        step: int,
        where: Viewport,
        look: SwarmLook,
        labels: NDArray[np.uint8] | None,
        cancel: Any,
    ) -> Cloud:
        """The swarm of `key` at `step`, or as near as `BUDGET` seconds of stepping bring it.

        Args:
            labels: (count,) where each member ends, as index of its colour; None while that is not known.

        Raises:
            Cancelled: another one is wanted. EngineError: it cannot be made (memory).
        """
        self._hold(key)
        step = min(step, self._limit)
        stands = self._go(step, cancel)
        points = self._frames.held[stands]
        whose = np.zeros(points.shape[1], np.uint8)
        if labels is not None and len(labels) == points.shape[1]:
            whose = labels
        size = (where.width, where.height)
        picture = prepare_swarm(points, whose, where.x, where.y, size, look, self._tails(stands, points))
        draft = points.shape[1] < key.choice.count and not self._note
        name = self._swarm.backend
        return Cloud(key, stands, points, picture, where, points.shape[1], draft, name, self._note)

    def _hold(self, key: SwarmKey) -> None:
        from gdsim.engine.herd import Herd

        compiled = key.kernel in self.ready
        if self._key == (key, compiled):
            return
        count = key.choice.count
        objective, members = members_of(key, count)
        herd = Herd(objective, members, key.spec.dtype, tracked=True)
        self._note = herd.why
        if herd.why:
            count = min(count, ONE_BY_ONE)
            self._note = f"{herd.why}: {count} starts, stepped one by one"
        elif not compiled:
            count = min(count, DRAFT)
        if count < members.count:
            objective, members = members_of(key, count)
        self._swarm, self._snapshots = None, {}  # the old one's memory goes before the new one's is asked for
        self._frames, self._stride = _Frames(FRAME_BYTES), 1
        self._swarm = backend_of(key.spec, compiled).swarm(objective, members, key.spec.dtype)
        self._objective, self._limit, self._key = objective, members.plan.steps, (key, compiled)
        self._snapshot_bytes = 0
        self._record()

    def _go(self, step: int, cancel: Any) -> int:
        """Stand at `step`, or on the way there when the budget is spent; which step it is."""
        if step in self._frames.held:
            return step
        swarm = self._swarm
        back = step < swarm.step
        base = max((at for at in self._snapshots if at <= step), default=0)
        if back or base > swarm.step:
            swarm.restore(self._snapshots[base])
        until = time.perf_counter() + BUDGET
        few = swarm.count <= FEW
        chunk = 1
        while swarm.step < step:
            ahead = step - swarm.step
            due = self._stride - swarm.step % self._stride
            near = ahead <= (TAIL if few else 1)
            began = time.perf_counter()
            swarm.advance(1 if near or back else min(chunk, ahead, due), cancel)
            now = time.perf_counter()
            chunk = min(2 * chunk, 256) if now - began < BUDGET / 8 else max(1, chunk // 2)
            self._snapshot()
            if near or back or now > until:
                self._record()
            if now > until:
                break
        self._record()
        return int(swarm.step)

    def _snapshot(self) -> None:
        """Keep one every `_stride` steps; when they fill their memory, every other one goes."""
        swarm = self._swarm
        if swarm.step % self._stride or swarm.step in self._snapshots:
            return
        kept = swarm.snapshot()
        size = max((part.nbytes for part in kept if isinstance(part, np.ndarray)), default=64) if isinstance(
            kept, tuple
        ) else 64
        self._snapshots[swarm.step] = kept
        while size * len(self._snapshots) > max(SNAPSHOT_BYTES, 2 * size):
            self._stride *= 2
            self._snapshots = {at: each for at, each in self._snapshots.items() if at % self._stride == 0}

    def _record(self) -> None:
        if self._swarm.step == 0:
            self._snapshot()
        if self._swarm.step in self._frames.held:
            return
        assert self._key is not None
        theta, axes = self._swarm.theta(), self._key[0].axes
        second = self._swarm.losses() if self._objective.n == 1 else theta[axes[1]]
        with np.errstate(all="ignore"):
            self._frames.put(self._swarm.step, np.stack([theta[axes[0]], second]).astype(np.float32))

    def _tails(self, step: int, points: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Where few members were during the last steps."""
        if points.shape[1] > FEW or self._objective.n == 1:
            return []
        held = self._frames.held
        return [held[at] for at in range(max(0, step - TAIL), step) if at in held]
