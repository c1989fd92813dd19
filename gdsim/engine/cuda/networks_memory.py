"""Arrays of one network on the device, by name: taken once, used again and again, refused beforehand if too large."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine.cuda import device

_WIDE = "sums"  # what is always float64
_SHARE = 0.5  # of the free memory, for what is better done together but need not be


class Memory:
    """Flat arrays on the device in one dtype, but for "sums", which is float64."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self._arrays: dict[str, Any] = {}
        self._known: set[str] = set()

    def get(self, name: str) -> Any:
        """The array of this name, which `reserve` has made; it may be longer than asked for."""
        return self._arrays[name]

    def reserve(self, what: str, hint: str, sizes: Mapping[str, int]) -> None:
        """Have arrays of at least these lengths; EngineError with the figure where they would not fit."""
        missing = {name: max(1, size) for name, size in sizes.items() if self._length(name) < max(1, size)}
        if not missing:
            return
        for name in missing:
            self._arrays.pop(name, None)
            self._known.discard(name)
        if not device.simulated():
            device.load().current_context().deallocations.clear()  # Numba frees late, and what is free is asked for now
        needed = sum(self._bytes(name, size) for name, size in missing.items())
        device.require(needed, what, hint)
        for name, size in missing.items():
            self._arrays[name] = device.load().device_array(size, self._kind(name))

    def fitting(self, sizes: Mapping[str, int], beside: Mapping[str, int]) -> float:
        """How many times as large arrays fit into a good part of the memory, with others beside them."""
        one, others = (sum(self._bytes(name, size) for name, size in each.items()) for each in (sizes, beside))
        held = sum(self._bytes(name, self._length(name)) for name in {*sizes, *beside})
        return _SHARE * (device.free() + held - others) / max(one, 1)

    def write(self, name: str, values: NDArray[Any]) -> Any:
        """Copy flat values into the beginning of an array; returns that part of it."""
        target = self._arrays[name]
        if not len(values):
            return target
        target = target[: len(values)]
        target.copy_to_device(np.ascontiguousarray(values))
        return target

    def once(self, name: str, values: Callable[[], NDArray[Any]]) -> Any:
        """The array, filled with values of any shape the first time."""
        if name not in self._known:
            self.write(name, np.ascontiguousarray(values(), dtype=self.dtype).reshape(-1))
            self._known.add(name)
        return self._arrays[name]

    def read(self, array: Any, count: int) -> NDArray[Any]:
        """The first `count` numbers of an array, when the device is done with it."""
        return np.asarray(array[:count].copy_to_host()) if count else np.zeros(0, array.dtype)

    def _length(self, name: str) -> int:
        return len(self._arrays[name]) if name in self._arrays else 0

    def _kind(self, name: str) -> np.dtype[Any]:
        return np.dtype(np.float64) if name == _WIDE else self.dtype

    def _bytes(self, name: str, size: int) -> int:
        return size * self._kind(name).itemsize
