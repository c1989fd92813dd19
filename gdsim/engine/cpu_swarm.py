"""Many members compiled: blocks of members in buffers of their own, each block stepped by one packed kernel.

A block's rows stay in the first-level cache while it takes its steps. Blocks are handed to threads in pieces; maps work
on a few blocks at a time and squeeze out members that have ended, so that a million pixels need little memory.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import block_kernels, cache, grid, memory
from gdsim.engine.backend import Cancel, DType, Floats
from gdsim.engine.compiler import COMPILER, NOW
from gdsim.engine.cpu import BlockCode, Code, Kernel, Recent, objective_key, parameter_array, rule_key
from gdsim.engine.herd import Herd, Stretch
from gdsim.engine.numpy_swarm import unfinished_codes
from gdsim.engine.swarm import RUNNING, Ends, Indices, Progress
from gdsim.errors import Cancelled
from gdsim.formula.emit import block_width, reads_near

_CHUNK_SECONDS = 0.03  # of a whole swarm, between two looks at the cancel flag
_PIECE_SECONDS = 0.004  # of a map's piece, likewise
_PIECE_BLOCKS = 8
_FIRST_STEPS = 4
_FIRST_WORK = 1 << 27  # nodes of members' steps that are computed before anything has been measured: about 0.03 s


@dataclass(frozen=True, slots=True)
class MemberCode:
    """The kernel of an iteration and the loops over blocks that call it (see block_kernels.herd_text)."""

    block: BlockCode
    drive: Kernel
    look: Kernel


_members: Recent[MemberCode] = Recent(128)
_loops: Recent[Kernel] = Recent(4)


def member_code(herd: Herd, priority: int = NOW) -> Future[MemberCode]:
    """All that compiled members need, compiled on the compile thread; the herd's iteration could be written out."""
    member, plan, dtype = herd.member, herd.members.plan, dtype_name(herd)
    assert member is not None
    alone = herd.members.count == 1
    schedule = None if plan.schedule is None or "lr" not in member.variant.swept else repr(plan.schedule)
    steps = plan.steps if schedule else 0
    which = (objective_key(herd.objective), plan.rule.method, rule_key(plan), member.variant, schedule, steps)
    key = ("members", *which, dtype, alone)

    def make() -> MemberCode:
        width = 1 if alone else block_width(herd.rows)

        def code(far: bool) -> Code:
            module = cache.Generated(block_kernels.member_text(member, width, dtype, far=far))
            signature = block_kernels.member_signature(dtype)
            return Code(module.address("member_block", signature, block_kernels.FLAGS), module)

        near = code(far=alone)  # a single member has no neighbours to be packed with: the library is quicker then
        block = BlockCode(near, near if alone or not reads_near(member.graph) else code(far=True), width)
        return MemberCode(block, _loop("drive", dtype), _loop("look", dtype))

    return COMPILER.submit(key, lambda: _members.get(key, make), priority)


def _loop(name: str, dtype: DType) -> Kernel:
    def make() -> Kernel:
        module = cache.Generated(block_kernels.herd_text())
        return module.function(name, block_kernels.herd_signature(name, dtype))

    return _loops.get((name, dtype), make)


def dtype_name(herd: Herd) -> DType:
    """The herd's dtype by name."""
    return "float32" if herd.dtype == np.float32 else "float64"


def warm() -> None:
    """Load the loops over blocks of members."""
    for name in ("drive", "look"):
        _loop(name, "float64")


class _Common:
    """What is the same for all threads that step one herd."""

    def __init__(self, herd: Herd, code: MemberCode) -> None:
        self.herd, self.code = herd, code
        self.parameters = parameter_array(herd.objective, herd.dtype)
        self.key = herd.key
        self.code_row = herd.row("code") if herd.variant.tracked else -1
        self._stretches: dict[int, Stretch] = {}
        self._lock = threading.Lock()

    def stretch(self, row: int) -> Stretch:
        """The stretch that begins at row `row`, made once for all threads."""
        with self._lock:
            found = self._stretches.get(row)
            if found is None:
                found = self._stretches[row] = self.herd.stretch(row, 4096)
            return found

    def store(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Rows (rows, m) as blocks (blocks, rows, width); columns left over stand for members that have ended."""
        count, width = rows.shape[1], self.code.block.width
        blocks = -(-count // width)
        padded = np.empty((len(rows), blocks * width), dtype=rows.dtype)
        padded[:, :count] = rows
        padded[:, count:] = rows[:, -1:]
        if self.code_row >= 0:
            padded[self.code_row, count:] = 1.0
        return np.ascontiguousarray(padded.reshape(len(rows), blocks, width).swapaxes(0, 1))

    def spare(self) -> NDArray[Any]:
        """Room for one block."""
        return np.empty((self.herd.rows, self.code.block.width), dtype=self.herd.dtype)

    def drive(self, store: NDArray[Any], spare: NDArray[Any], part: Stretch, begin: int, end: int) -> int:
        """Iterations of a part of a stretch; how many members are still under way."""
        block = self.code.block
        return int(
            self.code.drive(
                block.near.address, block.far.address, store, spare, self.parameters, part.hyper, part.rates,
                part.noise, part.settings, self.key, part.first, part.count, self.code_row, begin, end,
            )
        )  # fmt: skip


def flat(store: NDArray[Any]) -> NDArray[Any]:
    """Blocks (blocks, rows, width) as rows (rows, blocks * width)."""
    return store.swapaxes(0, 1).reshape(store.shape[1], -1)


class CpuSwarm:
    """See swarm.Swarm: all members in blocks."""

    backend = "cpu"

    def __init__(self, herd: Herd, code: MemberCode) -> None:
        count = herd.members.count
        size = 3 * herd.rows * count * herd.dtype.itemsize
        memory.require(size, f"a swarm of {count:,} members", "Ask for fewer")
        self.herd, self.count, self.step = herd, count, 0
        self._common = _Common(herd, code)
        self._store = self._common.store(herd.first_rows(np.arange(count, dtype=np.int64)))
        self._chunk = max(1, _FIRST_WORK // (count * (len(herd.member.graph) if herd.member else 1)))
        self._stretch: Stretch | None = None
        self._seen: tuple[int, NDArray[np.uint8], Floats] | None = None

    def advance(self, steps: int, cancel: Cancel | None = None) -> None:
        """See swarm.Swarm."""
        goal = min(self.step + steps, self.herd.limit)
        while self.step < goal:
            if cancel is not None and cancel.is_set():
                raise Cancelled("the swarm stopped on its way")
            part = self._part(min(goal - self.step, self._chunk))
            began = time.perf_counter()
            grid.fill(len(self._store), lambda part=part: self._piece(part), first=1, smallest=1)  # type: ignore[misc]
            taken = max(time.perf_counter() - began, 1e-6)
            self.step += part.count
            self._chunk = max(1, min(int(part.count * _CHUNK_SECONDS / taken), 16 * self._chunk))

    def _part(self, most: int) -> Stretch:
        """What is shared for at most `most` iterations from here; going back and forth asks for the same again."""
        kept = self._stretch
        if kept is None or not kept.first <= self.step < kept.first + kept.count:
            kept = self._stretch = self.herd.stretch(self.step, max(most, 1024))
        start = self.step - kept.first
        return kept.part(start, min(most, kept.count - start))

    def _piece(self, part: Stretch) -> grid.Piece:
        spare, common = self._common.spare(), self._common

        def piece(first: int, last: int) -> None:
            common.drive(self._store, spare, part, first, last)

        return piece

    def theta(self) -> Floats:
        """See swarm.Swarm."""
        return flat(self._store[:, : self.herd.objective.n])[:, : self.count].astype(np.float64)

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

    def _evaluated(self) -> tuple[NDArray[np.uint8], Floats]:
        theta = self.theta()
        return unfinished_codes(theta), np.asarray(self.herd.objective.value(theta), dtype=np.float64)

    def _looked(self) -> tuple[NDArray[np.uint8], Floats]:
        common, block, herd = self._common, self._common.code.block, self.herd
        codes, losses = np.empty((2, len(self._store), block.width), dtype=herd.dtype)
        part = herd.stretch(self.step, 1)
        settings = np.append(part.settings[:-1], float(self.step))

        def worker() -> grid.Piece:
            spare = common.spare()
            return lambda first, last: common.code.look(
                block.near.address, block.far.address, self._store, spare, common.parameters, part.hyper, part.rates,
                part.noise, settings, common.key, self.step, common.code_row, herd.row("loss"), codes, losses,
                first, last,
            )  # fmt: skip

        grid.fill(len(self._store), worker, first=1, smallest=1)
        return codes.reshape(-1)[: self.count].astype(np.uint8), losses.reshape(-1)[: self.count].astype(np.float64)

    def snapshot(self) -> Any:
        """See swarm.Swarm."""
        return self.step, self._store.copy()

    def restore(self, snapshot: Any) -> None:
        """See swarm.Swarm."""
        self.step, store = snapshot
        self._store = store.copy()
        self._seen = None


def settle(
    herd: Herd,
    code: MemberCode,
    indices: Indices,
    ends: Ends,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> None:
    """See swarm.SwarmBackend."""
    common, total = _Common(herd, code), len(indices)
    width = code.block.width
    counting = threading.Lock()
    done = 0

    def worker() -> grid.Piece:
        spare = common.spare()

        def piece(first: int, last: int) -> None:
            nonlocal done
            part = indices[first * width : last * width]
            for start in range(0, len(part), _PIECE_BLOCKS * width):
                _settle_piece(common, spare, part[start : start + _PIECE_BLOCKS * width], ends, cancel)
            with counting:
                done += len(part)
            if progress is not None:
                progress(done, total)

        return piece

    grid.fill(-(-total // width), worker, cancel, first=1, smallest=_PIECE_BLOCKS)
    ends.backend = "cpu"


def _settle_piece(
    common: _Common, spare: NDArray[Any], indices: Indices, ends: Ends, cancel: Cancel | None
) -> None:
    """Run these members to their ends; when half of them have ended, those that go on are moved together."""
    herd, width = common.herd, common.code.block.width
    store = common.store(herd.first_rows(indices))
    row, steps, begin = 0, _FIRST_STEPS, 0
    stretch = common.stretch(0)
    while row <= herd.limit:
        if row == stretch.first + stretch.count:
            begin, stretch = row, common.stretch(row)
        if cancel is not None and cancel.is_set():
            raise Cancelled("the map was not finished")
        count = min(steps, stretch.first + stretch.count - row)
        began = time.perf_counter()
        alive = common.drive(store, spare, stretch.part(row - begin, count), 0, len(store))
        taken = max(time.perf_counter() - began, 1e-7)
        row += count
        steps = max(1, min(int(count * _PIECE_SECONDS / taken), 4 * steps, 64))
        if alive == 0:
            break
        if alive <= len(indices) // 2 and len(store) > 1 and -(-alive // width) < len(store):
            rows = flat(store)[:, : len(indices)]
            over = rows[common.code_row] != RUNNING
            _put(herd, ends, indices[over], rows[:, over])
            store, indices = common.store(rows[:, ~over]), indices[~over]
    _put(herd, ends, indices, flat(store)[:, : len(indices)])


def _put(herd: Herd, ends: Ends, indices: Indices, rows: NDArray[Any]) -> None:
    n = herd.objective.n
    loss, steps, code = (rows[herd.row(name)] for name in ("loss", "steps", "code"))
    ends.put(indices, rows[:n], loss, steps, code)
