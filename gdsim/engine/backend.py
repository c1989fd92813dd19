"""What a backend offers, in types: the plan of a racer, a slice to paint, a stepper to advance."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import memory
from gdsim.engine.status import Status
from gdsim.engine.trace import Trace
from gdsim.errors import EngineError
from gdsim.params import Value

if TYPE_CHECKING:
    from gdsim.objectives import Objective
    from gdsim.objectives.network.network import NetworkObjective
    from gdsim.optimizers.rule import Rule
    from gdsim.optimizers.schedules import Schedule

Floats = NDArray[np.float64]
DType = Literal["float64", "float32"]


class Cancel(Protocol):
    """Anything that can be asked whether to stop, such as threading.Event."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for one stretch of steps: hyper-parameters and composition, changes applied."""

    hyper: Mapping[str, Value]
    weight_decay: float
    clip: float
    noise: float


@dataclass(frozen=True, slots=True)
class RacerPlan:
    """One racer, everything resolved.

    Attributes:
        rule: the optimizer; `hyper` holds a checked value for each of its hyper-parameters (lr: the base rate).
        start: theta at step 0, n numbers.
        steps: the step limit; also the T of the schedule.
        schedule: None for a constant learning rate.
        clip: largest gradient norm, 0 for no clipping. noise: sigma of the gradient noise, 0 for none.
        racer: index in the run, a counter of the noise.
        tolerance: stop when |gradient| <= tolerance and |step| <= tolerance (1 + |theta|); 0 never stops early.
        target: stop when loss <= target; None never does.
        batch: samples in a batch of data, 0 for all of them. patience: stop when the test loss has not improved for so
            many epochs; 0 never does.
        changes: (after_step, name, value), ascending: from the step that leaves row `after_step` on, the
            hyper-parameter `name` (or weight_decay, clip, noise) has this value.
    """

    rule: Rule
    hyper: Mapping[str, Value]
    start: tuple[float, ...]
    steps: int
    schedule: Schedule | None = None
    weight_decay: float = 0.0
    clip: float = 0.0
    noise: float = 0.0
    seed: int = 0
    racer: int = 0
    tolerance: float = 0.0
    target: float | None = None
    batch: int = 0
    patience: int = 0
    changes: tuple[tuple[int, str, Value], ...] = ()

    def at(self, step: int) -> Settings:
        """The settings with which row `step` is left."""
        if not self.changes:
            return Settings(self.hyper, self.weight_decay, self.clip, self.noise)
        hyper = dict(self.hyper)
        rest = {"weight_decay": self.weight_decay, "clip": self.clip, "noise": self.noise}
        for after, name, value in self.changes:
            if after > step:
                continue
            if name in hyper:
                hyper[name] = value
            elif name in rest and not isinstance(value, tuple):
                rest[name] = value
            else:
                raise EngineError(f"{self.rule.name} has no setting {name!r} to change", where=f"after step {after}")
        return Settings(hyper, rest["weight_decay"], rest["clip"], rest["noise"])

    def next_change(self, step: int) -> int | None:
        """The first row after `step` that is left with other settings than `step` is; None when there is none."""
        later = [after for after, _, _ in self.changes if after > step]
        return min(later) if later else None

    def rates(self, first: int, count: int) -> Floats:
        """Learning rates on leaving rows first ... first + count - 1, (count,); no change may lie inside.

        Row k is left by the step t = k + 1: the schedule's rate at k + 1.
        """
        base = self.at(first).hyper.get("lr", 1.0)
        if isinstance(base, tuple):
            raise EngineError("the learning rate is one number, not a list", where=self.rule.name)
        if self.schedule is None:
            return np.full(count, base)
        t = np.arange(first + 1, first + count + 1, dtype=np.float64)
        return np.ascontiguousarray(self.schedule.rates(base, t, self.steps), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Slice:
    """A grid on one or two coordinates through a base point; the other coordinates stay at `base`.

    Attributes:
        base: (n,) the point that the slice goes through.
        axes: (i, j) for a plane, (i,) for a line.
        x, y: the range (low, high) of coordinate i and of coordinate j; ends included.
        nx, ny: points along each; ny is 1 on a line.
    """

    base: tuple[float, ...]
    axes: tuple[int, ...]
    x: tuple[float, float]
    y: tuple[float, float] = (0.0, 0.0)
    nx: int = 512
    ny: int = 1

    def xs(self) -> Floats:
        """Places along the first axis, (nx,)."""
        return np.linspace(self.x[0], self.x[1], self.nx)

    def ys(self) -> Floats:
        """Places along the second axis, (ny,)."""
        return np.linspace(self.y[0], self.y[1], self.ny)

    def check(self, n: int) -> None:
        """EngineError unless the slice fits a function of n coordinates, and the memory."""
        if len(self.base) != n:
            raise EngineError(f"the base point has {len(self.base)} coordinates, the function {n}")
        if len(self.axes) not in (1, 2) or len(set(self.axes)) != len(self.axes):
            raise EngineError("a slice has one axis or two different ones")
        if not all(0 <= axis < n for axis in self.axes):
            raise EngineError(f"axes {self.axes} do not exist in {n} coordinates")
        if self.nx < 1 or self.ny < 1:
            raise EngineError(f"a grid of {self.nx} x {self.ny} points is empty")
        memory.require(24 * self.nx * self.ny, f"a picture of {self.nx:,} x {self.ny:,} points", "Ask for fewer")


@dataclass(frozen=True, eq=False)
class Plane:
    """The points base + a first + b second: a slice in any directions, through any number of coordinates.

    Attributes:
        base, first, second: (n,) a point and two directions of any length; second may be 0 for a line.
        a: (nx,), b: (ny,) how far along each.
    """

    base: Floats
    first: Floats
    second: Floats
    a: Floats
    b: Floats

    @property
    def points(self) -> int:
        """How many there are."""
        return len(self.a) * len(self.b)

    @classmethod
    def of_slice(cls, where: Slice) -> Plane:
        """The plane of a slice; its points are the slice's to the last bit."""
        base = np.array(where.base, dtype=np.float64)
        first, second = np.zeros((2, len(base)))
        first[where.axes[0]] = 1.0
        if len(where.axes) == 2:
            second[where.axes[1]] = 1.0
        base[list(where.axes)] = 0.0
        return cls(base, first, second, where.xs(), where.ys())

    def check(self, n: int) -> None:
        """EngineError unless it fits a function of n coordinates, and the memory."""
        for name, vector in (("base", self.base), ("first", self.first), ("second", self.second)):
            if vector.shape != (n,):
                raise EngineError(f"{vector.size} numbers for {n} coordinates", where=f"plane, {name}")
        if not len(self.a) or not len(self.b):
            raise EngineError("a plane without points", where="plane")
        size = 24 * len(self.a) * len(self.b)
        memory.require(size, f"a picture of {len(self.a):,} x {len(self.b):,} points", "Ask for fewer")


@dataclass(frozen=True, slots=True)
class Surface:
    """Values on a slice: `values` (ny, nx), and the name of the backend that computed them."""

    slice: Slice
    values: Floats
    backend: str


class Stepper(Protocol):
    """Advances one racer and writes its trace. It stands at `step` and holds the optimizer's state there."""

    @property
    def backend(self) -> str:
        """The name of the backend that steps."""

    @property
    def step(self) -> int:
        """Where it stands."""

    def advance(self, trace: Trace, n: int, cancel: Cancel | None = None) -> Status | None:
        """Take up to n steps and record them; on an empty trace, row 0 is written first (and is not counted).

        Publishes after each chunk of about 10 ms and then looks at `cancel`. Sets `trace.status`.

        Returns: the status that ended the run (see Status; also trace.status), or None when it can go on. A backend
            that is still compiling may return None without having taken a step.
        """

    def snapshot(self) -> Floats:
        """The optimizer's state at `step`, flat, a copy (the layout is the rule graph's)."""

    def restore(self, step: int, state: Floats, theta: Floats) -> None:
        """Stand at `step` with this state and position; the next advance must be on a trace that ends there."""

    def rewind(self, trace: Trace, step: int) -> None:
        """Stand at any recorded step, bit for bit as the run did: nearest snapshot, then replay. The trace is
        only read; `trace.truncate(step)` it to go on from there, or read `snapshot()` to see the state."""


class Backend(Protocol):
    """One way of computing. All arrays are float64; a float32 run computes in float32 and stores exactly."""

    name: str
    reason: str  # why not, in words; "" when this backend can be used

    def stepper(self, objective: Objective, plan: RacerPlan, dtype: DType = "float64") -> Stepper:
        """A stepper at step 0; EngineError when this backend cannot (says why) or memory would not hold the run."""

    def surface(self, objective: Objective, where: Slice, cancel: Cancel | None = None) -> Surface:
        """Values on the slice; raises errors.Cancelled when asked to stop."""

    def field(self, objective: Objective, where: Slice, cancel: Cancel | None = None) -> Floats:
        """Partial derivatives along the slice's two axes, (2, ny, nx)."""

    def curve(self, objective: Objective, where: Slice, cancel: Cancel | None = None) -> Floats:
        """Along a slice's first axis: value and derivative there, (2, nx)."""

    def landscape(self, objective: Objective, plane: Plane, cancel: Cancel | None = None) -> Floats:
        """J on a plane of any directions, (ny, nx)."""

    def outputs(self, objective: NetworkObjective, theta: Floats, buffers: Floats, x: Floats) -> Floats:
        """What a network with weights theta (n,) says of inputs x (features, m): (outputs, m)."""

    def prepare(self, objective: Objective, plan: RacerPlan | None = None, dtype: DType = "float64") -> Future[bool]:
        """Begin compiling, off this thread; the future says whether compiled kernels are in place (surface and
        field of the objective, or the stepper of a plan). Backends that compile nothing are ready at once."""
