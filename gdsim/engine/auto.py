"""The backend that runs compile themselves into: compiled where that can be, NumPy where not, and it says why.

Which of the two a racer gets follows from its formula and rule alone, never from how long compiling takes, so that a
document opens to the same run every time. Pictures are another matter: until the compiled kernel is there NumPy paints.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, TimeoutError, wait
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from gdsim.engine import cpu, cpu_swarm, lone, numpy_swarm, reference
from gdsim.engine.backend import Cancel, DType, Floats, Plane, RacerPlan, Slice, Stepper, Surface
from gdsim.engine.compiler import COMPILER, LATER, NOW, SOON
from gdsim.engine.herd import Herd
from gdsim.engine.network import code as network_kernels
from gdsim.engine.network.code import network_code
from gdsim.engine.network.compiled import CompiledNetwork
from gdsim.engine.network.stepper import CompiledTraining, training_code
from gdsim.engine.numpy_backend import numpy_stepper
from gdsim.engine.policy import WHY_NUMPY
from gdsim.engine.status import Status
from gdsim.engine.swarm import Ends, Indices, Members, Progress, Swarm
from gdsim.engine.trace import Trace
from gdsim.errors import Cancelled, EngineError
from gdsim.objectives.network.network import NetworkObjective
from gdsim.objectives.policy import PolicyObjective

if TYPE_CHECKING:
    from gdsim.objectives import Objective

Code = TypeVar("Code")

_PATIENCE_SECONDS = 0.03
_networks: cpu.Recent[CompiledNetwork] = cpu.Recent(4)
_HEAVY = 10_000_000  # coordinates times points: NumPy would paint longer than compiling takes
LARGEST_GRADIENT = 3000
"""Operations of value and gradient above which compiling would take longer than a few seconds."""


def why_not(objective: Objective, plan: RacerPlan | None = None) -> str:
    """Why the objective (or the plan's rule) is not compiled, in words; "" when it is."""
    if isinstance(objective, PolicyObjective):
        return WHY_NUMPY
    if isinstance(objective, NetworkObjective):
        return f"{plan.rule.name} is not made of stages: NumPy runs it" if plan is not None and plan.rule.method else ""
    if objective.formula is None:
        return "a Python function cannot be compiled: NumPy runs it"
    if len(objective.gradient_graph) > LARGEST_GRADIENT:
        return f"the formula is too long to compile ({len(objective.gradient_graph):,} operations): NumPy runs it"
    if plan is not None and plan.rule.method:
        return f"{plan.rule.name} is not made of stages: NumPy runs it"
    return ""


class PendingStepper(Generic[Code]):
    """A compiled stepper that may still be compiling: made of `code` when that is there.

    Until it is there `advance` waits a little and returns None without a step; the other methods wait for it. Should
    compiling fail, NumPy steps instead, and the log and the trace's `note` say so.
    """

    def __init__(
        self, code: Future[Code], make: Callable[[Code], Stepper], otherwise: Callable[[], Stepper]
    ) -> None:
        self._code, self._make, self._otherwise = code, make, otherwise
        self._stepper: Stepper | None = None
        self._note = ""
        if self._code.done():
            self._ready()

    @property
    def backend(self) -> str:
        """Which backend steps; "cpu" as long as that is the intention."""
        return "cpu" if self._stepper is None else self._stepper.backend

    @property
    def step(self) -> int:
        """Where it stands."""
        return 0 if self._stepper is None else self._stepper.step

    def advance(self, trace: Trace, n: int, cancel: Cancel | None = None) -> Status | None:
        """See backend.Stepper; None without a step while it is compiling."""
        if self._stepper is None:
            if cancel is not None and cancel.is_set():
                trace.status = Status.CANCELLED
                return trace.status
            try:
                self._code.exception(_PATIENCE_SECONDS)
            except TimeoutError:
                return None
        status = self._ready().advance(trace, n, cancel)
        trace.note = self._note
        return status

    def snapshot(self) -> Floats:
        """See backend.Stepper."""
        return self._ready().snapshot()

    def restore(self, step: int, state: Floats, theta: Floats) -> None:
        """See backend.Stepper."""
        self._ready().restore(step, state, theta)

    def rewind(self, trace: Trace, step: int) -> None:
        """See backend.Stepper."""
        self._ready().rewind(trace, step)

    def _ready(self) -> Stepper:
        if self._stepper is None:
            failure = self._code.exception()
            if failure is None:
                self._stepper = self._make(self._code.result())
            else:
                self._note = f"compiling failed ({type(failure).__name__}): NumPy runs it"
                self._stepper = self._otherwise()
        return self._stepper


def pending(objective: Objective, plan: RacerPlan, dtype: DType) -> Stepper:
    """The compiled stepper of a plan on a formula or a network."""
    otherwise = partial(numpy_stepper, objective, plan, dtype)
    if isinstance(objective, NetworkObjective):
        training = training_code(objective, plan, dtype)
        return PendingStepper(training, partial(CompiledTraining, objective, plan, dtype), otherwise)
    code = cpu.stepper_code(objective, plan, dtype)
    return PendingStepper(code, partial(cpu.CpuStepper, objective, plan, dtype), otherwise)


class CpuBackend:
    """Compiled steppers and pictures.

    Args:
        name: "cpu", or "auto", which takes what cannot be compiled without complaint.
        patient: whether pictures wait for their kernels; otherwise NumPy paints until these are there.
    """

    reason = ""

    def __init__(self, name: str = "cpu", *, patient: bool = True) -> None:
        self.name = name
        self._patient = patient

    def stepper(self, objective: Objective, plan: RacerPlan, dtype: DType = "float64") -> Stepper:
        """See backend.Backend. What cannot be compiled is stepped by NumPy: the stepper's `backend` tells.

        Raises:
            EngineError: compiled steps of a Python function were asked for by name.
        """
        reason = why_not(objective, plan)
        if not reason:
            return pending(objective, plan, dtype)
        if self._patient and objective.formula is None and not isinstance(objective, NetworkObjective):
            raise EngineError(reason, hint="Use the numpy backend")
        return numpy_stepper(objective, plan, dtype)

    def surface(self, objective: Objective, where: Slice, cancel: Cancel | None = None) -> Surface:
        """See backend.Backend."""
        if isinstance(objective, NetworkObjective):
            where.check(objective.n)
            return Surface(where, self.landscape(objective, Plane.of_slice(where), cancel), self.name)
        code = self._there(objective, where.nx * where.ny, cancel, cpu.surface_code)
        if code is None:
            return Surface(where, reference.surface(objective, where, cancel), "numpy")
        return Surface(where, cpu.surface(objective, code, where, cancel), "cpu")

    def field(self, objective: Objective, where: Slice, cancel: Cancel | None = None) -> Floats:
        """See backend.Backend."""
        return self._derivatives(objective, where, cancel)[1:]

    def curve(self, objective: Objective, where: Slice, cancel: Cancel | None = None) -> Floats:
        """See backend.Backend."""
        return self._derivatives(objective, where, cancel)[:2, 0]

    def landscape(self, objective: Objective, plane: Plane, cancel: Cancel | None = None) -> Floats:
        """See backend.Backend."""
        if isinstance(objective, NetworkObjective):
            network = self._network(objective, cancel)
            if network is None:
                return reference.landscape(objective, plane, cancel)
            return network.landscape(plane, cancel)
        code = self._there(objective, plane.points, cancel, cpu.landscape_code)
        if code is None:
            return reference.landscape(objective, plane, cancel)
        return cpu.landscape(objective, code, plane, cancel)

    def outputs(self, objective: NetworkObjective, theta: Floats, buffers: Floats, x: Floats) -> Floats:
        """See backend.Backend."""
        network = self._network(objective, None)
        if network is None:
            return objective.outputs(theta, x, buffers if len(buffers) else None)
        return np.asarray(network.forward(theta, np.asarray(buffers, dtype=np.float64), x), dtype=np.float64)

    def prepare(self, objective: Objective, plan: RacerPlan | None = None, dtype: DType = "float64") -> Future[bool]:
        """See backend.Backend."""
        ready: Future[bool] = Future()
        if why_not(objective, plan):
            ready.set_result(False)
            return ready
        last: Future[Any]
        if isinstance(objective, NetworkObjective):
            net, loss = objective.net, objective.model.loss
            last = network_code(net, loss, dtype, SOON) if plan is None else training_code(objective, plan, dtype, SOON)
        elif plan is not None:
            last = cpu.stepper_code(objective, plan, dtype, SOON)
        else:
            cpu.surface_code(objective, SOON)
            last = cpu.field_code(objective, SOON)
        last.add_done_callback(lambda done: ready.set_result(done.exception() is None))
        return ready

    def swarm(self, objective: Objective, members: Members, dtype: DType = "float64", *, tracked: bool = True) -> Swarm:
        """See swarm.SwarmBackend; waits for the kernel."""
        herd = Herd(objective, members, dtype, tracked)
        if herd.member is None:
            return lone.LoneSwarm(objective, members, partial(self.stepper, objective, dtype=dtype))
        code, _ = self._members_code(herd, None)
        return numpy_swarm.NumpySwarm(herd) if code is None else cpu_swarm.CpuSwarm(herd, code)

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
        """See swarm.SwarmBackend; waits for the kernel. Without one NumPy steps, and `ends.note` says why."""
        herd = Herd(objective, members, dtype, tracked=True)
        if herd.member is None:
            ends.note = f"{herd.why}: members are stepped one by one"
            make = partial(self.stepper, objective, dtype=dtype)
            lone.settle(objective, members, make, indices, ends, cancel, progress)
            return
        code, ends.note = self._members_code(herd, cancel)
        if code is None:
            numpy_swarm.settle(herd, indices, ends, cancel, progress)
        else:
            cpu_swarm.settle(herd, code, indices, ends, cancel, progress)

    def _members_code(self, herd: Herd, cancel: Cancel | None) -> tuple[cpu_swarm.MemberCode | None, str]:
        """The compiled iteration, or None and why there is none."""
        if reason := why_not(herd.objective):
            return None, reason
        code = cpu_swarm.member_code(herd)
        while not code.done():
            if cancel is not None and cancel.is_set():
                raise Cancelled("stopped before the first step")
            wait([code], _PATIENCE_SECONDS)
        failure = code.exception()
        if failure is None:
            return code.result(), ""
        return None, f"compiling failed ({type(failure).__name__}): NumPy runs it"

    def _network(self, objective: NetworkObjective, cancel: Cancel | None) -> CompiledNetwork | None:
        """The network's compiled passes in float64; None while they are compiled, unless one waits for them."""
        code = network_code(objective.net, objective.model.loss, "float64", NOW if self._patient else SOON)
        while self._patient and not code.done():
            if cancel is not None and cancel.is_set():
                raise Cancelled("the picture was not begun")
            wait([code], _PATIENCE_SECONDS)
        if not code.done() or code.exception() is not None:
            return None
        return _networks.get(objective, lambda: CompiledNetwork(objective, code.result()))

    def _derivatives(self, objective: Objective, where: Slice, cancel: Cancel | None) -> Floats:
        if isinstance(objective, NetworkObjective):
            return reference.derivatives(objective, where, cancel)
        code = self._there(objective, where.nx * where.ny, cancel, cpu.field_code)
        if code is None:
            return reference.derivatives(objective, where, cancel)
        return cpu.derivatives(objective, code, where, cancel)

    def _there(
        self,
        objective: Objective,
        points: int,
        cancel: Cancel | None,
        begin: Callable[[Objective, int], Future[cpu.GridCode]],
    ) -> cpu.GridCode | None:
        """The compiled grid, or None where NumPy paints; compiling begins if it has not."""
        if why_not(objective):
            return None
        heavy = objective.is_vector and objective.n * points > _HEAVY
        wanted = self._patient or heavy
        code = begin(objective, NOW if wanted else SOON)
        while wanted and not code.done():
            if cancel is not None and cancel.is_set():
                raise Cancelled("the picture was not begun")
            wait([code], _PATIENCE_SECONDS)
        return code.result() if code.done() and code.exception() is None else None


def warm() -> Future[None]:
    """Begin to load Numba and what every run needs, off this thread; old kernels are evicted by the way."""
    first = COMPILER.submit("warm", cpu.warm, SOON)
    COMPILER.submit("warm members", cpu_swarm.warm, LATER)
    # apart, so that what is asked for meanwhile waits for one of them at most
    COMPILER.submit("warm passes", partial(network_kernels.warm_passes, "float64"), LATER)
    COMPILER.submit("warm doors", partial(network_kernels.warm_doors, "float64"), LATER)
    return first
