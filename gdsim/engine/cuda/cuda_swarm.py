"""Many members on the device: a thread to each, its numbers in registers for the whole of a launch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine.backend import Cancel, DType, Floats
from gdsim.engine.cpu import parameter_array
from gdsim.engine.cuda import code, device
from gdsim.engine.herd import Herd, Stretch
from gdsim.engine.numpy_swarm import unfinished_codes
from gdsim.engine.swarm import RUNNING, Ends, Indices, Progress
from gdsim.errors import Cancelled

_FIRST_STEPS = 8
_MOST_STEPS = 1 << 14
_MOST_TOGETHER = 1 << 20  # members of a map on the device at once
_FEW = 4096  # members that are not worth being moved together
_WORD = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class MemberCode:
    """The kernels that members need."""

    members: code.Kernel
    running: code.Kernel
    gather: code.Kernel


def member_code(herd: Herd, dtype: DType, cancel: Cancel | None = None) -> MemberCode:
    """All of them, compiled; raises Cancelled, or what went wrong."""
    begun = [code.members(herd, dtype), code.rows("running", dtype), code.rows("gather", dtype)]
    return MemberCode(*(code.awaited(future, cancel) for future in begun))


class DeviceRows:
    """Rows of members on the device, one after the other, `count` numbers each."""

    def __init__(self, herd: Herd, kernels: MemberCode, data: Any, count: int) -> None:
        self.herd, self.count, self.data = herd, count, data
        self._kernels = kernels
        self._parameters = code.upload(parameter_array(herd.objective, herd.dtype))
        self._key = np.uint64(herd.key & _WORD)

    @classmethod
    def of(cls, herd: Herd, kernels: MemberCode, indices: Indices) -> DeviceRows:
        """The members of these numbers at their starts."""
        return cls(herd, kernels, code.upload(herd.first_rows(indices).reshape(-1)), len(indices))

    def run(self, part: Stretch) -> None:
        """The iterations of a stretch."""
        shared = [code.upload(each) for each in (part.hyper, part.rates, part.noise, part.settings)]
        self._kernels.members.launch(
            self.count, self.data, self.count, self._parameters, *shared, self._key, part.first, part.count
        )

    def running(self) -> int:
        """How many members are under way; only for tracked ones."""
        found = code.upload(np.zeros(1, np.int32))
        begin = self.herd.row("code") * self.count
        self._kernels.running.launch(code.threads(self.count), self.data, begin, self.count, found)
        return int(found.copy_to_host()[0])

    def row(self, name: str) -> NDArray[Any]:
        """One row, (count,)."""
        begin = self.herd.row(name) * self.count
        return np.asarray(self.data[begin : begin + self.count].copy_to_host())

    def theta(self) -> NDArray[Any]:
        """Positions, (n, count)."""
        n = self.herd.objective.n
        return np.asarray(self.data[: n * self.count].copy_to_host()).reshape(n, self.count)

    def only(self, places: Indices) -> DeviceRows:
        """The members at these places, as rows of their own."""
        size = self.herd.rows * len(places)
        data = device.load().device_array(size, self.herd.dtype)
        at = code.upload(places.astype(np.int32))
        self._kernels.gather.launch(code.threads(size), self.data, self.count, at, data)
        return DeviceRows(self.herd, self._kernels, data, len(places))

    def copy(self) -> DeviceRows:
        """The same once more."""
        return self.only(np.arange(self.count, dtype=np.int64))


class CudaSwarm:
    """See swarm.Swarm: all members on the device. What it raises besides Cancelled is the device's trouble."""

    backend = "cuda"

    def __init__(self, herd: Herd, kernels: MemberCode) -> None:
        count = herd.members.count
        size = 2 * herd.rows * count * herd.dtype.itemsize
        device.require(size, f"a swarm of {count:,} members", "Ask for fewer")
        self.herd, self.count, self.step = herd, count, 0
        self._kernels = kernels
        self._rows = DeviceRows.of(herd, kernels, np.arange(count, dtype=np.int64))
        self._pace = code.Pace(_FIRST_STEPS, _MOST_STEPS)
        self._seen: tuple[int, NDArray[np.uint8], Floats] | None = None

    def advance(self, steps: int, cancel: Cancel | None = None) -> None:
        """See swarm.Swarm."""
        goal = min(self.step + steps, self.herd.limit)
        while self.step < goal:
            if cancel is not None and cancel.is_set():
                raise Cancelled("the swarm stopped on its way")
            part = self.herd.stretch(self.step, min(goal - self.step, self._pace.amount))
            self._pace.timed(lambda part=part: self._rows.run(part), part.count)  # type: ignore[misc]
            self.step += part.count

    def theta(self) -> Floats:
        """See swarm.Swarm."""
        return self._rows.theta().astype(np.float64)

    def codes(self) -> NDArray[np.uint8]:
        """See swarm.Swarm."""
        return self._look()[0]

    def losses(self) -> Floats:
        """See swarm.Swarm."""
        return self._look()[1]

    def _look(self) -> tuple[NDArray[np.uint8], Floats]:
        if self._seen is None or self._seen[0] != self.step:
            self._seen = (self.step, *(self._looked() if self.herd.variant.tracked else self._evaluated()))
        return self._seen[1], self._seen[2]

    def _looked(self) -> tuple[NDArray[np.uint8], Floats]:
        """An iteration that takes no step, on a copy: the ends at this row are noticed."""
        part, rows = self.herd.stretch(self.step, 1), self._rows.copy()
        settings = np.append(part.settings[:-1], float(self.step))
        rows.run(Stretch(part.first, 1, part.rates, part.noise, part.hyper, settings))
        return rows.row("code").astype(np.uint8), rows.row("loss").astype(np.float64)

    def _evaluated(self) -> tuple[NDArray[np.uint8], Floats]:
        theta = self.theta()
        return unfinished_codes(theta), np.asarray(self.herd.objective.value(theta), dtype=np.float64)

    def snapshot(self) -> Any:
        """See swarm.Swarm: the step, and the rows in this machine's memory."""
        return self.step, np.asarray(self._rows.data.copy_to_host())

    def restore(self, snapshot: Any) -> None:
        """See swarm.Swarm."""
        self.step, rows = snapshot
        self._rows = DeviceRows(self.herd, self._kernels, code.upload(rows), self.count)
        self._seen = None


def swarm(herd: Herd, dtype: DType) -> CudaSwarm:
    """All members of a herd at their starts."""
    return CudaSwarm(herd, member_code(herd, dtype))


def settle(
    herd: Herd,
    dtype: DType,
    indices: Indices,
    ends: Ends,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> None:
    """See swarm.SwarmBackend."""
    kernels = member_code(herd, dtype, cancel)
    each = 2 * herd.rows * herd.dtype.itemsize  # its rows, and as much again to move members together
    few = min(len(indices), _FEW)
    device.require(few * each, f"{few:,} members in {herd.objective.n:,} coordinates", "Use the cpu backend")
    together = max(few, int(min(_MOST_TOGETHER, 0.5 * device.free() / each)))
    for start in range(0, len(indices), together):
        part = indices[start : start + together]

        def told(done: int, before: int = start) -> None:
            if progress is not None:
                progress(before + done, len(indices))

        _Map(herd, kernels, part, ends).finish(cancel, told)
    ends.backend = ends.backend or "cuda"


class _Map:
    """Members that are run to their ends; when half of them have ended, those that go on are moved together."""

    def __init__(self, herd: Herd, kernels: MemberCode, indices: Indices, ends: Ends) -> None:
        self._herd, self._indices, self._ends = herd, indices, ends
        self._total = len(indices)
        self._rows = DeviceRows.of(herd, kernels, indices)

    def finish(self, cancel: Cancel | None, told: Any) -> None:
        """All of them; raises Cancelled with the ends of those that were there by then."""
        herd, row, alive = self._herd, 0, self._total
        pace = code.Pace(_FIRST_STEPS, _MOST_STEPS)
        while alive and row <= herd.limit:
            if cancel is not None and cancel.is_set():
                self._take_out(all_of_them=False)
                raise Cancelled("the map was not finished")
            part = herd.stretch(row, pace.amount)
            pace.timed(lambda part=part: self._rows.run(part), part.count)  # type: ignore[misc]
            row += part.count
            alive = self._rows.running()
            if 0 < alive < self._rows.count // 2 and self._rows.count > _FEW:
                self._take_out(all_of_them=False)
            told(self._total - alive)
        self._take_out(all_of_them=True)
        told(self._total)

    def _take_out(self, *, all_of_them: bool) -> None:
        """Put those that have ended into `ends` and keep the others; at the step limit all have."""
        rows = self._rows
        codes = rows.row("code")
        over = np.full(rows.count, True) if all_of_them else codes != RUNNING
        self._ends.put(
            self._indices[over], rows.theta()[:, over], rows.row("loss")[over], rows.row("steps")[over], codes[over]
        )
        if not over.all():
            self._rows, self._indices = rows.only(np.flatnonzero(~over)), self._indices[~over]
