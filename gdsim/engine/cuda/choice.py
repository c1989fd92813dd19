"""The backend "auto" on a machine with a CUDA device: large jobs go there if that is measured to be sooner.

How much sooner a device is depends on both machines, so nothing is assumed: before the first large job a fixed picture
is painted by both, once for the process (`Speeds.measure`, a second or two).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from gdsim.engine import auto
from gdsim.engine.backend import Backend, Cancel, DType, Floats, Plane, RacerPlan, Slice, Stepper, Surface
from gdsim.engine.cuda import device, networks_desk
from gdsim.engine.cuda.backend import CudaBackend
from gdsim.engine.cuda.fallback import trouble
from gdsim.engine.cuda.networks_probe import LITTLE_NETWORK, NetworkSpeeds, seconds, work_of
from gdsim.engine.cuda.networks_training import AwaitedStepper
from gdsim.engine.herd import Herd
from gdsim.engine.network import layout
from gdsim.engine.network.training import batches_of
from gdsim.engine.swarm import Ends, Indices, Members, Progress, Swarm
from gdsim.errors import Cancelled, EngineError
from gdsim.objectives import from_formula
from gdsim.objectives.network.network import NetworkObjective

if TYPE_CHECKING:
    from gdsim.objectives import Objective

_LOG = logging.getLogger(__name__)
Found = TypeVar("Found")
LITTLE = 2e9
"""Operations (points or iterations times nodes of the graph) below which the CPU is not asked about: about a second of
one core, which is what loading CUDA and measuring take, too."""
_TYPICAL_STEPS = 300  # after which most members of a map have ended
_PATIENCE_SECONDS = 0.03

_PROBE = "20 - 20 exp(-0.2 sqrt((x^2+y^2)/2)) - exp((cos(2 pi x) + cos(2 pi y))/2) + (1-x)^2 + 100(y-x^2)^2"
_FEW, _MANY = 128, 2048  # points along each axis of the probe


@dataclass(frozen=True, slots=True)
class Speeds:
    """What the probe found.

    Attributes:
        cpu, cuda: operations a second. start: seconds of the smallest job on the device. compiling: seconds until a new
            kernel can run there.
    """

    cpu: float
    cuda: float
    start: float
    compiling: float

    def sooner_on_cuda(self, work: float) -> bool:
        """Whether the device has done this many operations sooner, a new kernel's compiling included."""
        return self.compiling + self.start + work / self.cuda < work / self.cpu

    @classmethod
    def measure(cls, cpu: Backend, cuda: CudaBackend, few: int = _FEW, many: int = _MANY) -> Speeds:
        """The time of one small picture and one large one, compiled before, on each; float64, as pictures are."""
        objective = from_formula(_PROBE)
        small, large = (Slice((0.0, 0.0), (0, 1), (-5.0, 5.0), (-5.0, 5.0), size, size) for size in (few, many))
        compiling = seconds(lambda: cuda.surface(objective, small))
        if cuda.note:
            raise RuntimeError(cuda.note)
        cpu.surface(objective, small)
        start = seconds(lambda: cuda.surface(objective, small))
        work = picture_work(objective, large)
        return cls(
            work / seconds(lambda: cpu.surface(objective, large)),
            work / max(seconds(lambda: cuda.surface(objective, large)) - start, 1e-6),
            start,
            compiling,
        )


def picture_work(objective: Objective, where: Slice, *, gradient: bool = False) -> float:
    """Operations of a picture, roughly."""
    graph = objective.gradient_graph if gradient else objective.graph
    return float(where.nx * where.ny) * len(graph) * (objective.n if objective.is_vector else 1)


class AutoBackend:
    """The CPU's "auto", and the device for what is large.

    Attributes:
        note: why the device is not used although there is one, in words; "" as long as nothing is known against it.
    """

    name = "auto"
    reason = ""

    def __init__(self, cpu: auto.CpuBackend, cuda: CudaBackend | None = None) -> None:
        self._cpu = cpu
        self._cuda = CudaBackend(cpu) if cuda is None else cuda
        self._speeds: Future[Speeds] | None = None
        self._network_speeds: Future[NetworkSpeeds] | None = None
        self._lock = threading.Lock()
        self.note = ""

    def stepper(self, objective: Objective, plan: RacerPlan, dtype: DType = "float64") -> Stepper:
        """See backend.Backend: the CPU's, but for networks whose batches take long."""
        if isinstance(objective, NetworkObjective) and not auto.why_not(objective, plan):
            work = layout.work(objective.net, batches_of(objective, plan).size)
            if work * plan.steps >= LITTLE_NETWORK and self._there():
                return self._trained(objective, plan, dtype, work)
        return self._cpu.stepper(objective, plan, dtype)

    def surface(self, objective: Objective, where: Slice, cancel: Cancel | None = None) -> Surface:
        """See backend.Backend."""
        return self._for_picture(objective, where, False, cancel).surface(objective, where, cancel)

    def field(self, objective: Objective, where: Slice, cancel: Cancel | None = None) -> Floats:
        """See backend.Backend."""
        return self._for_picture(objective, where, True, cancel).field(objective, where, cancel)

    def curve(self, objective: Objective, where: Slice, cancel: Cancel | None = None) -> Floats:
        """See backend.Backend."""
        return self._for_picture(objective, where, True, cancel).curve(objective, where, cancel)

    def outputs(self, objective: NetworkObjective, theta: Floats, buffers: Floats, x: Floats) -> Floats:
        """See backend.Backend."""
        chosen = self._for_network(work_of(objective, x.shape[1]), None)
        try:
            return chosen.outputs(objective, theta, buffers, x)
        except EngineError as error:
            return self._instead(chosen, error).outputs(objective, theta, buffers, x)

    def landscape(self, objective: Objective, plane: Plane, cancel: Cancel | None = None) -> Floats:
        """See backend.Backend; a network's that the device's memory does not hold is the CPU's."""
        if isinstance(objective, NetworkObjective):
            chosen = self._for_network(plane.points * work_of(objective, objective.samples.count), cancel)
        elif auto.why_not(objective):
            chosen = self._cpu
        else:
            work = float(plane.points) * len(objective.graph) * (objective.n if objective.is_vector else 1)
            chosen = self._chosen(work, cancel)
        try:
            return chosen.landscape(objective, plane, cancel)
        except EngineError as error:
            return self._instead(chosen, error).landscape(objective, plane, cancel)

    def prepare(self, objective: Objective, plan: RacerPlan | None = None, dtype: DType = "float64") -> Future[bool]:
        """See backend.Backend: the CPU's kernels."""
        return self._cpu.prepare(objective, plan, dtype)

    def swarm(self, objective: Objective, members: Members, dtype: DType = "float64", *, tracked: bool = True) -> Swarm:
        """See swarm.SwarmBackend; one that the device's memory does not hold is the CPU's."""
        chosen = self._for_members(Herd(objective, members, dtype, tracked), members.count, None)
        try:
            return chosen.swarm(objective, members, dtype, tracked=tracked)
        except EngineError as error:
            return self._instead(chosen, error).swarm(objective, members, dtype, tracked=tracked)

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
        """See swarm.SwarmBackend."""
        chosen = self._for_members(Herd(objective, members, dtype, tracked=True), len(indices), cancel)
        chosen.settle(objective, members, indices, ends, dtype, cancel, progress)

    def _for_picture(
        self, objective: Objective, where: Slice, gradient: bool, cancel: Cancel | None
    ) -> auto.CpuBackend | CudaBackend:
        if isinstance(objective, NetworkObjective):
            work = where.nx * where.ny * work_of(objective, objective.samples.count)
            return self._cpu if gradient else self._for_network(work, cancel)
        if auto.why_not(objective):
            return self._cpu
        return self._chosen(picture_work(objective, where, gradient=gradient), cancel)

    def _for_members(self, herd: Herd, count: int, cancel: Cancel | None) -> auto.CpuBackend | CudaBackend:
        if herd.member is None:
            return self._cpu
        return self._chosen(float(count) * min(herd.limit, _TYPICAL_STEPS) * len(herd.member.graph), cancel)

    def _for_network(self, work: float, cancel: Cancel | None) -> auto.CpuBackend | CudaBackend:
        """For outputs or landscapes of so many multiplications."""
        if work < LITTLE_NETWORK or not self._there():
            return self._cpu
        speeds = self._result(self._measuring_networks(), cancel)
        return self._cuda if speeds is not None and speeds.sooner_on_cuda(work) else self._cpu

    def _trained(self, objective: NetworkObjective, plan: RacerPlan, dtype: DType, work: float) -> Stepper:
        """The stepper of a network, when it is measured where a gradient of so many multiplications is sooner there."""
        measured = self._measuring_networks()

        def make() -> tuple[Stepper, str]:
            speeds = self._result(measured, None)
            if speeds is None or not speeds.trains_sooner_on_cuda(work, objective.n, plan.steps):
                return self._cpu.stepper(objective, plan, dtype), ""
            return networks_desk.training(objective, plan, dtype, self._cpu, lenient=True), ""

        return AwaitedStepper("cpu", (measured,), make)

    def _instead(self, chosen: auto.CpuBackend | CudaBackend, error: EngineError) -> auto.CpuBackend:
        """The CPU, where the device has refused; raises the error where it was the CPU."""
        if chosen is self._cpu:
            raise error
        _LOG.info("the CPU takes over: %s", error)
        return self._cpu

    def _chosen(self, work: float, cancel: Cancel | None) -> auto.CpuBackend | CudaBackend:
        if work < LITTLE or not self._there():
            return self._cpu
        speeds = self._result(self._measuring(), cancel)
        return self._cuda if speeds is not None and speeds.sooner_on_cuda(work) else self._cpu

    def _there(self) -> bool:
        """Whether there is a device and nothing is known against it; `note` says what is."""
        if not self.note and self._speeds is None and self._network_speeds is None:
            self.note = device.reason()
        return not self.note

    def _measuring(self) -> Future[Speeds]:
        """The speeds, measured by a thread of its own from the first call on."""
        with self._lock:
            if self._speeds is None:
                self._speeds = Future()
                self._start(lambda: Speeds.measure(auto.CpuBackend("cpu"), self._cuda), self._speeds)
            return self._speeds

    def _measuring_networks(self) -> Future[NetworkSpeeds]:
        """The same for networks."""
        with self._lock:
            if self._network_speeds is None:
                self._network_speeds = Future()
                self._start(lambda: NetworkSpeeds.measure(auto.CpuBackend("cpu"), self._cuda), self._network_speeds)
            return self._network_speeds

    def _result(self, speeds: Future[Found], cancel: Cancel | None) -> Found | None:
        """The speeds when they are measured; None, with a note, if that failed."""
        while not speeds.done():
            if cancel is not None and cancel.is_set():
                raise Cancelled("stopped while the CUDA device was measured")
            wait([speeds], _PATIENCE_SECONDS)
        failure = speeds.exception()
        if failure is not None:
            self.note = trouble(failure)
            return None
        return speeds.result()

    def _start(self, measure: Callable[[], Any], speeds: Future[Any]) -> None:
        def run() -> None:
            try:
                found = measure()
                _LOG.info("measured %s", found)
                speeds.set_result(found)
            except Exception as error:  # noqa: BLE001 - who waits for the speeds gets it, tells and logs it
                speeds.set_exception(error)

        threading.Thread(target=run, name="gdsim-speeds", daemon=True).start()
