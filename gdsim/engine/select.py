"""Chooses what computes: by name, or by what the run needs. A run keeps the backend it began with."""

from __future__ import annotations

import importlib.util
from concurrent.futures import Future
from functools import lru_cache
from typing import TYPE_CHECKING

from gdsim.engine.backend import Backend
from gdsim.engine.cuda import device
from gdsim.engine.network.training import training_trace
from gdsim.engine.numpy_backend import NumpyBackend
from gdsim.engine.policy import policy_trace
from gdsim.engine.trace import Trace
from gdsim.errors import EngineError
from gdsim.objectives.network.network import NetworkObjective
from gdsim.objectives.policy import PolicyObjective

if TYPE_CHECKING:
    from gdsim.objectives import Objective

NAMES = ("auto", "numpy", "cpu", "cuda")


def reason(name: str) -> str:
    """Why the backend of this name cannot be used here, in words; "" when it can.

    For "cuda" on a machine with an NVIDIA driver the first call loads numba.cuda (0.3 s): not for the window's thread.
    """
    if name == "cuda":
        return device.reason()
    if name in ("cpu", "auto") and importlib.util.find_spec("numba") is None:
        return "Numba is not installed"
    return ""


@lru_cache(maxsize=8)
def backend(name: str = "auto") -> Backend:
    """The backend of this name; one object per process. Without Numba "auto" is NumPy, and where there is an NVIDIA
    driver it sends large jobs to the device (see `cuda.choice`).

    Raises:
        EngineError: no such backend, or it cannot be used here (says why).
    """
    if name not in NAMES:
        raise EngineError(f"there is no backend {name!r}", hint="Use " + ", ".join(NAMES))
    why = reason(name)
    if name == "numpy" or (name == "auto" and why):
        return NumpyBackend()
    if why:
        raise EngineError(f"the backend {name!r} cannot be used: {why}", hint="Use --backend auto")
    if name == "cuda":
        from gdsim.engine.cuda.backend import CudaBackend

        return CudaBackend()
    from gdsim.engine.auto import CpuBackend

    cpu = CpuBackend(name, patient=name == "cpu")
    if name == "auto" and device.installed() and device.driver_found() and not device.simulated():
        from gdsim.engine.cuda.choice import AutoBackend

        return AutoBackend(cpu)
    return cpu


def choose(name: str, objective: Objective) -> Backend:
    """The backend for a run on this objective. Racers that it cannot compile are stepped by NumPy (see auto.why_not),
    and so are policies.

    Raises:
        EngineError: see `backend`; and a Python function with a backend that compiles.
    """
    if isinstance(objective, NetworkObjective) or objective.formula is not None:
        return backend(name)
    if isinstance(objective, PolicyObjective):
        backend(name)  # one that is not here is told as for any other run
        return backend("numpy")
    if name not in ("auto", "numpy"):
        raise EngineError("a Python function cannot be compiled", hint="Use the numpy backend")
    return backend("numpy")


def new_trace(objective: Objective) -> Trace:
    """An empty record of a racer on this objective."""
    if isinstance(objective, NetworkObjective):
        return training_trace(objective)
    if isinstance(objective, PolicyObjective):
        return policy_trace(objective)
    return Trace(objective.n, objective.coordinates)


def warm() -> Future[None]:
    """Begin to load the compiler in the background, so that the first run does not wait for it."""
    if reason("cpu"):
        nothing: Future[None] = Future()
        nothing.set_result(None)
        return nothing
    from gdsim.engine.auto import warm as warm_cpu

    return warm_cpu()
