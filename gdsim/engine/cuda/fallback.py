"""What happens where the device does not serve: the CPU takes over, with a word about it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gdsim.engine.backend import Cancel, Floats, Stepper
from gdsim.engine.cuda.cuda_swarm import CudaSwarm
from gdsim.engine.status import Status
from gdsim.engine.swarm import Swarm
from gdsim.engine.trace import Trace
from gdsim.errors import GdsimError

_LOG = logging.getLogger(__name__)
Result = TypeVar("Result")

ONE_PATH = "a single path has no work for a graphics card to share out: the CPU steps it"


def trouble(error: BaseException) -> str:
    """Words for a failure of the device or its compiler, which also go into the log with all there is to know."""
    _LOG.error("CUDA failed, the CPU takes over", exc_info=error)
    words = " ".join(str(error).split())
    return f"CUDA failed ({type(error).__name__}: {words[:200]}): the CPU took over"


class OnePath:
    """The CPU's stepper, whose trace says why the device does not step."""

    def __init__(self, stepper: Stepper, why: str = ONE_PATH) -> None:
        self._stepper, self._why = stepper, why

    @property
    def backend(self) -> str:
        """See backend.Stepper."""
        return self._stepper.backend

    @property
    def step(self) -> int:
        """See backend.Stepper."""
        return self._stepper.step

    def advance(self, trace: Trace, n: int, cancel: Cancel | None = None) -> Status | None:
        """See backend.Stepper."""
        status = self._stepper.advance(trace, n, cancel)
        trace.note = trace.note or self._why
        return status

    def snapshot(self) -> Floats:
        """See backend.Stepper."""
        return self._stepper.snapshot()

    def restore(self, step: int, state: Floats, theta: Floats) -> None:
        """See backend.Stepper."""
        self._stepper.restore(step, state, theta)

    def rewind(self, trace: Trace, step: int) -> None:
        """See backend.Stepper."""
        self._stepper.rewind(trace, step)


class GuardedSwarm:
    """A swarm on the device; should that fail in mid-run, the CPU takes the steps from the start and goes on.

    Attributes:
        note: why it is no longer on the device, in words; "" while it is.
    """

    def __init__(self, swarm: CudaSwarm, elsewhere: Callable[[], Swarm]) -> None:
        self._swarm: Swarm = swarm
        self._elsewhere = elsewhere
        self.count = swarm.count
        self.note = ""

    @property
    def backend(self) -> str:
        """See swarm.Swarm."""
        return self._swarm.backend

    @property
    def step(self) -> int:
        """See swarm.Swarm."""
        return self._swarm.step

    def advance(self, steps: int, cancel: Cancel | None = None) -> None:
        """See swarm.Swarm."""
        goal = self.step + steps
        self._guarded(lambda swarm: swarm.advance(goal - swarm.step, cancel))

    def theta(self) -> Floats:
        """See swarm.Swarm."""
        return self._guarded(lambda swarm: swarm.theta())

    def codes(self) -> NDArray[np.uint8]:
        """See swarm.Swarm."""
        return self._guarded(lambda swarm: swarm.codes())

    def losses(self) -> Floats:
        """See swarm.Swarm."""
        return self._guarded(lambda swarm: swarm.losses())

    def snapshot(self) -> Any:
        """See swarm.Swarm: with the step and the backend it was taken on."""
        taken = self._guarded(lambda swarm: swarm.snapshot())
        return self.step, self.backend, taken

    def restore(self, snapshot: Any) -> None:
        """See swarm.Swarm; one of another backend is reached by stepping anew."""
        step, backend, taken = snapshot
        if backend == self.backend:
            self._guarded(lambda swarm: swarm.restore(taken))
        if self.backend != backend:
            self._swarm = self._elsewhere()
            self._swarm.advance(step)

    def _guarded(self, deed: Callable[[Swarm], Result]) -> Result:
        if self.note:
            return deed(self._swarm)
        try:
            return deed(self._swarm)
        except GdsimError:
            raise
        except Exception as error:  # noqa: BLE001 - see CudaBackend.settle
            self.note = trouble(error)
            step = self._swarm.step
            self._swarm = self._elsewhere()
            self._swarm.advance(step)
            return deed(self._swarm)
