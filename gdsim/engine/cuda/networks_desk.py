"""What the backend does with networks: one on the device for each purpose, steppers that wait for their kernels."""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any

from gdsim.engine import auto
from gdsim.engine.backend import Cancel, DType, RacerPlan, Stepper
from gdsim.engine.compiler import NOW, SOON
from gdsim.engine.cuda import networks_code
from gdsim.engine.cuda.fallback import trouble
from gdsim.engine.cuda.networks import CudaNetwork
from gdsim.engine.cuda.networks_code import NetworkCode
from gdsim.engine.cuda.networks_training import AwaitedStepper, CudaTraining
from gdsim.engine.network.stepper import training_code
from gdsim.errors import Cancelled, EngineError

if TYPE_CHECKING:
    from gdsim.objectives.network.network import NetworkObjective

_PATIENCE_SECONDS = 0.03


class Networks:
    """The network last used for each purpose and precision; the arrays of the one before are given up."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, DType], CudaNetwork] = {}
        self._lock = threading.Lock()

    def get(self, objective: NetworkObjective, dtype: DType, purpose: str, cancel: Cancel | None) -> CudaNetwork:
        """The passes of a network, when its kernels are compiled.

        Args:
            purpose: callers for different purposes do not wait for each other.
        """
        with self._lock:
            known = self._known.get((purpose, dtype))
        if known is not None and known.objective is objective:
            return known
        made = CudaNetwork(objective, _awaited(networks_code.network(objective, dtype, gradient=False), cancel))
        with self._lock:
            self._known[purpose, dtype] = made
        return made


def _awaited(future: Future[NetworkCode], cancel: Cancel | None) -> NetworkCode:
    while not future.done():
        if cancel is not None and cancel.is_set():
            raise Cancelled("stopped before the kernels were there")
        wait([future], _PATIENCE_SECONDS)
    return future.result()


def begin(objective: NetworkObjective, plan: RacerPlan | None, dtype: DType) -> Future[Any]:
    """Begin to compile what a network's landscapes and outputs need, or its training."""
    if plan is not None:
        training_code(objective, plan, dtype, SOON)
    return networks_code.network(objective, dtype, gradient=plan is not None, priority=SOON)


def training(
    objective: NetworkObjective, plan: RacerPlan, dtype: DType, cpu: auto.CpuBackend, *, lenient: bool = False
) -> Stepper:  # fmt: skip
    """The stepper of a rule made of stages, on the device; the CPU's where the kernels cannot be made.

    Args:
        lenient: whether it is also the CPU's where the device's memory does not hold a batch; otherwise the stepper
            raises EngineError when it is first used.
    """
    rule = training_code(objective, plan, dtype)
    kernels = networks_code.network(objective, dtype, gradient=True, priority=NOW)

    def make() -> tuple[Stepper, str]:
        failure = rule.exception() or kernels.exception()
        if failure is not None:
            return cpu.stepper(objective, plan, dtype), trouble(failure)
        try:
            return CudaTraining(objective, plan, dtype, rule.result(), kernels.result()), ""
        except EngineError as error:
            if not lenient:
                raise
            return cpu.stepper(objective, plan, dtype), str(error)

    return AwaitedStepper("cuda", (rule, kernels), make)
