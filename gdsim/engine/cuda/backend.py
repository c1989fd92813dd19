"""The backend "cuda": much at once goes to the device, and what it cannot take to the CPU, with a word about it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gdsim.engine import auto
from gdsim.engine.backend import Cancel, DType, Floats, Plane, RacerPlan, Slice, Stepper, Surface
from gdsim.engine.cuda import code, cuda_swarm, networks_desk, pictures
from gdsim.engine.cuda.fallback import GuardedSwarm, OnePath, trouble
from gdsim.engine.herd import Herd
from gdsim.engine.numpy_backend import numpy_stepper
from gdsim.engine.swarm import UNKNOWN, Ends, Indices, Members, Progress, Swarm
from gdsim.errors import GdsimError
from gdsim.objectives.network.network import NetworkObjective

if TYPE_CHECKING:
    from gdsim.objectives import Objective

Result = TypeVar("Result")

LARGEST_MEMBER = 1000
"""Operations of a member's iteration above which compiling it for CUDA would take longer than about ten seconds."""


class CudaBackend:
    """Grids, landscapes, swarms, maps and networks on the device.

    Attributes:
        note: why the last picture came from elsewhere, in words; "" when it came from the device.

    Args:
        cpu: what takes over where the device fails, and steps single paths of formulas.
    """

    name = "cuda"
    reason = ""

    def __init__(self, cpu: auto.CpuBackend | None = None) -> None:
        self._cpu = auto.CpuBackend("cpu") if cpu is None else cpu
        self._networks = networks_desk.Networks()
        self.note = ""

    def stepper(self, objective: Objective, plan: RacerPlan, dtype: DType = "float64") -> Stepper:
        """See backend.Backend: the CPU's. The steps of one path follow each other and each is a few dozen operations; a
        launch alone takes longer on a device than a hundred such steps on the CPU. The stepper's `backend` is "cpu" (or
        "numpy"), and the trace's note says why. Networks train on the device, by rules that are made of stages."""
        if isinstance(objective, NetworkObjective):
            if why := auto.why_not(objective, plan):
                return OnePath(numpy_stepper(objective, plan, dtype), why)
            return networks_desk.training(objective, plan, dtype, self._cpu)
        return OnePath(self._cpu.stepper(objective, plan, dtype))

    def surface(
        self, objective: Objective, where: Slice, cancel: Cancel | None = None, dtype: DType = "float64"
    ) -> Surface:
        """See backend.Backend; float32 is much faster on cards for games."""
        where.check(objective.n)

        def paint() -> Surface:
            return Surface(where, self._values(objective, Plane.of_slice(where), dtype, cancel), self.name)

        return self._tried(objective, paint, lambda: self._cpu.surface(objective, where, cancel))

    def field(
        self, objective: Objective, where: Slice, cancel: Cancel | None = None, dtype: DType = "float64"
    ) -> Floats:
        """See backend.Backend."""
        where.check(objective.n)
        return self._tried(
            objective,
            lambda: self._slopes(objective, where, dtype, cancel)[1:],
            lambda: self._cpu.field(objective, where, cancel),
        )

    def curve(
        self, objective: Objective, where: Slice, cancel: Cancel | None = None, dtype: DType = "float64"
    ) -> Floats:
        """See backend.Backend."""
        where.check(objective.n)
        return self._tried(
            objective,
            lambda: self._slopes(objective, where, dtype, cancel)[:2, 0],
            lambda: self._cpu.curve(objective, where, cancel),
        )

    def outputs(
        self, objective: NetworkObjective, theta: Floats, buffers: Floats, x: Floats, dtype: DType = "float64"
    ) -> Floats:
        """See backend.Backend."""

        def compute() -> Floats:
            network = self._networks.get(objective, dtype, "outputs", None)
            return np.asarray(network.forward(theta, buffers, x), dtype=np.float64)

        return self._tried(objective, compute, lambda: self._cpu.outputs(objective, theta, buffers, x))

    def landscape(
        self, objective: Objective, plane: Plane, cancel: Cancel | None = None, dtype: DType = "float64"
    ) -> Floats:
        """J at base + a first + b second, (ny, nx): a slice through a loss in any number of coordinates.

        Raises:
            Cancelled. EngineError: the plane does not fit the objective, or the memory."""
        plane.check(objective.n)

        def paint() -> Floats:
            return self._values(objective, plane, dtype, cancel)

        return self._tried(objective, paint, lambda: self._cpu.landscape(objective, plane, cancel))

    def prepare(self, objective: Objective, plan: RacerPlan | None = None, dtype: DType = "float64") -> Future[bool]:
        """See backend.Backend."""
        network = isinstance(objective, NetworkObjective)
        if auto.why_not(objective, plan) or (plan is not None and not network):
            return self._cpu.prepare(objective, plan, dtype)
        ready: Future[bool] = Future()
        begun: Future[Any]
        if isinstance(objective, NetworkObjective):
            begun = networks_desk.begin(objective, plan, dtype)
        else:
            begun = code.begin(objective, dtype)
        begun.add_done_callback(lambda done: ready.set_result(done.exception() is None))
        return ready

    def swarm(self, objective: Objective, members: Members, dtype: DType = "float64", *, tracked: bool = True) -> Swarm:
        """See swarm.SwarmBackend. Members whose iteration cannot be written out are the CPU's."""
        herd = Herd(objective, members, dtype, tracked)

        def elsewhere() -> Swarm:
            return self._cpu.swarm(objective, members, dtype, tracked=tracked)

        if _why_not(herd):
            return elsewhere()
        return self._tried(objective, lambda: GuardedSwarm(cuda_swarm.swarm(herd, dtype), elsewhere), elsewhere)

    def settle(
        self,
        objective: Objective,
        members: Members,
        indices: Indices,
        ends: Ends,
        dtype: DType = "float64",
        cancel: Cancel | None = None,
        progress: Progress | None = None,
    ) -> None:
        """See swarm.SwarmBackend. Where the device fails, the CPU runs those that are not known yet, and `ends.note`
        says so."""
        herd = Herd(objective, members, dtype, tracked=True)
        note = _why_not(herd)
        if not note:
            try:
                cuda_swarm.settle(herd, dtype, indices, ends, cancel, progress)
            except GdsimError:
                raise
            except Exception as error:  # noqa: BLE001 - any trouble of compiler or driver: told, logged, done on the CPU
                note = trouble(error)
            else:
                return
        ends.backend = ""
        rest = indices[ends.code[indices] == UNKNOWN]
        self._cpu.settle(objective, members, rest, ends, dtype, cancel, progress)
        ends.note = note

    def _values(self, objective: Objective, plane: Plane, dtype: DType, cancel: Cancel | None) -> Floats:
        if isinstance(objective, NetworkObjective):
            return self._networks.get(objective, dtype, "landscape", cancel).landscape(plane, cancel)
        return pictures.values(objective, plane, dtype, cancel)

    def _slopes(self, objective: Objective, where: Slice, dtype: DType, cancel: Cancel | None) -> Floats:
        found = pictures.slopes(objective, Plane.of_slice(where), dtype, cancel)
        if len(where.axes) == 1:
            found[2] = found[1]
        return found

    def _tried(self, objective: Objective, here: Callable[[], Result], there: Callable[[], Result]) -> Result:
        """The result of `here`, or of `there` when the device or its compiler fails."""
        self.note = auto.why_not(objective)
        if not self.note:
            try:
                return here()
            except GdsimError:
                raise
            except Exception as error:  # noqa: BLE001 - see settle
                self.note = trouble(error)
        return there()


def _why_not(herd: Herd) -> str:
    """Why the device does not step these members; "" when it does."""
    reason = herd.why or auto.why_not(herd.objective)
    if herd.member is not None and len(herd.member.graph) > LARGEST_MEMBER:
        reason = f"an iteration of {len(herd.member.graph):,} operations takes too long to compile for it"
    return f"not on the CUDA device: {reason}" if reason else ""
