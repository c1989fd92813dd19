"""Whether there is a device that CUDA can use, why not in words, and how much of its memory is free."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from functools import lru_cache
from typing import Any

from gdsim.engine import memory
from gdsim.errors import EngineError

_INSTALL = "pip install 'gdsim[cuda]' brings it"
_SHARE = 0.9  # of the free memory; the rest is for what the driver keeps beside our arrays


def simulated() -> bool:
    """Whether numba.cuda was told to run kernels as plain Python (NUMBA_ENABLE_CUDASIM), for tests."""
    return os.environ.get("NUMBA_ENABLE_CUDASIM", "0") not in ("", "0")


def installed() -> bool:
    """Whether the package that compiles for CUDA is there; imports nothing."""
    return all(importlib.util.find_spec(name) is not None for name in ("numba", "numba_cuda"))


@lru_cache(maxsize=1)
def driver_found() -> bool:
    """Whether this system has an NVIDIA driver's library: a millisecond, where importing numba.cuda takes 0.2 s."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


@lru_cache(maxsize=1)
def load() -> Any:
    """The module numba.cuda; ImportError with the reason where a part of it is missing."""
    from numba import cuda
    from numba.cuda.core import config

    config.CUDA_LOW_OCCUPANCY_WARNINGS = False  # a small picture may well leave a part of the device idle
    return cuda


@lru_cache(maxsize=1)
def reason() -> str:
    """Why CUDA cannot be used in this process, in words; "" when it can. The first call may take 0.3 s."""
    if not installed():
        return f"the package numba-cuda is not installed ({_INSTALL})"
    if simulated():
        return "NUMBA_ENABLE_CUDASIM is set: numba-cuda simulates a device, which is of use for tests only"
    if not driver_found():
        return "no NVIDIA driver is installed on this machine"
    try:
        cuda = load()
    except ImportError as error:
        return f"numba-cuda cannot be loaded: {_line(error)}"
    return _trouble(cuda)


def _trouble(cuda: Any) -> str:
    """What keeps a loaded numba.cuda from computing, in words; "" for nothing."""
    if not cuda.is_available():  # this starts the driver; `cuda_error` only tells how that went
        error = cuda.cuda_error()
        if error is None:
            return f"the compiler library NVVM is missing ({_INSTALL})"
        return f"the NVIDIA driver does not start: {_line(error)}"
    try:
        if len(cuda.gpus) == 0:
            return "the driver finds no CUDA device"
        cuda.current_context()
    except Exception as error:  # noqa: BLE001 - whatever the driver raises here is the reason asked for
        return f"the CUDA device cannot be used: {_line(error)}"
    return ""


def _line(error: object) -> str:
    """An error's words on one line."""
    return " ".join(str(error).split()).rstrip(":. ")


def describe() -> dict[str, Any]:
    """What `gdsim doctor` says of the device: only where `reason` is empty."""
    cuda = load()
    device = cuda.get_current_device()
    free, total = cuda.current_context().get_memory_info()
    name = device.name.decode() if isinstance(device.name, bytes) else str(device.name)
    return {
        "device": name,
        "compute capability": ".".join(str(part) for part in device.compute_capability),
        "memory": f"{memory.words(total)}, {memory.words(free)} free",
        **versions(),
    }


def versions() -> dict[str, str]:
    """The versions of CUDA that the driver serves and that kernels are compiled with, as far as they can be had."""
    if not installed() or simulated():
        return {}
    found: dict[str, str] = {}
    try:
        cuda = load()
        from numba.cuda.cudadrv import driver

        for name, ask in (("runtime", cuda.runtime.get_version), ("driver", driver.get_version)):
            if name == "runtime" or (driver_found() and cuda.is_available()):
                found[name] = "CUDA " + ".".join(str(part) for part in ask())
    except Exception as error:  # noqa: BLE001 - libraries that are missing or do not fit: told instead of the version
        found["versions"] = f"not known: {_line(error)}"
    return found


def free() -> float:
    """Bytes of the device's memory that can be taken now."""
    return float(load().current_context().get_memory_info().free)


def require(size: float, what: str, hint: str) -> None:
    """EngineError with the figure needed when the device cannot hold `size` bytes now."""
    there = free()
    if size > _SHARE * there:
        raise EngineError(
            f"{what} needs {memory.words(size)} of the CUDA device's memory, and {memory.words(there)} are free",
            hint=hint,
        )
