"""The record of one racer: a row per step in blocks of memory, and the optimizer's state every 256 steps.

Row k is the state AT step k: where the racer stands, the loss and the gradient there, the learning rate used on leaving
it, and the gradient evaluations spent so far (this row's included). Row 0 is the start. A diverged racer's last row is
the first one that holds a value which is not finite.

Training adds columns of its own behind these. Where theta is large, rows go without theta and gradient: a snapshot
holds theta then, beside the optimizer's state, and steps in between are replayed.

One thread writes; any thread may read rows below `published`, which grows only after the rows are complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gdsim.engine.status import Status
from gdsim.errors import EngineError

SNAPSHOT_EVERY = 256
_BLOCK_ROWS = 8192
_BLOCK_BYTES = 4 << 20

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """One step as values: `theta` and `gradient` have shape (n,), or (0,) where rows go without them; `evals` counts
    gradient evaluations so far; `extra` holds the further columns."""

    step: int
    theta: Floats
    loss: float
    grad_norm: float
    gradient: Floats
    lr: float
    evals: int
    extra: tuple[float, ...] = ()


def row_width(n: int) -> int:
    """Numbers per row: theta (n), loss, grad_norm, gradient (n), lr, evals."""
    return 2 * n + 4


def trace_bytes(n: int, steps: int, state_size: int = 0, more: int = 0) -> int:
    """Memory that a run of `steps` steps fills, snapshots of the state included, in bytes: n coordinates in a row,
    `more` further columns."""
    return 8 * ((steps + 1) * (row_width(n) + more) + (steps // SNAPSHOT_EVERY + 1) * state_size)


def _power_of_two(most: int) -> int:
    return 1 << (max(1, most).bit_length() - 1)


class Trace:
    """Rows of one racer in n coordinates.

    Attributes:
        n: the coordinates that lie in the rows: all, or 0.
        names: their names, as in the formula.
        more: names of the further columns.
        published: how many rows are complete (step count + 1); rows below it never change, except by `truncate`.
        status, message: how the racer stands; `message` is a sentence for a person, may be empty.
        backend: the name of the backend that computed the rows, "" before the first one.
        note: why it is not the backend one would expect, "" when it is.
    """

    def __init__(self, n: int, names: Sequence[str], more: Sequence[str] = ()) -> None:
        if len(names) != n:
            raise EngineError(f"{n} coordinates need {n} names, got {len(names)}")
        self.n = n
        self.names = tuple(names)
        self.more = tuple(more)
        self.width = row_width(n) + len(self.more)
        self.published = 0
        self.status = Status.RUNNING
        self.message = ""
        self.backend = ""
        self.note = ""
        self._block_rows = min(_BLOCK_ROWS, _power_of_two(_BLOCK_BYTES // (8 * self.width)))
        self._blocks: list[Floats] = []
        self._state_size = 0
        self._states_per_block = 1
        self._states: list[Floats] = []
        self._index = {f"d_{name}": n + 2 + i for i, name in enumerate(self.names)}
        self._index.update({name: i for i, name in enumerate(self.names)})
        self._index.update(loss=n, grad_norm=n + 1, lr=2 * n + 2, evals=2 * n + 3)
        self._index.update({name: row_width(n) + i for i, name in enumerate(self.more)})

    # Reading (any thread)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in their order: coordinates, loss, grad_norm, d_<coordinate>, lr, evals, `more`."""
        slopes = (f"d_{name}" for name in self.names)
        return (*self.names, "loss", "grad_norm", *slopes, "lr", "evals", *self.more)

    @property
    def last(self) -> int:
        """The last complete step; -1 while there is none."""
        return self.published - 1

    @property
    def nbytes(self) -> int:
        """Bytes of the rows and snapshots held (memory reserved for rows to come is counted too)."""
        return sum(block.nbytes for block in self._blocks) + sum(block.nbytes for block in self._states)

    def row(self, step: int) -> Row:
        """The state at `step`; negative steps count from the end. IndexError where there is no such row."""
        published = self.published
        k = step + published if step < 0 else step
        if not 0 <= k < published:
            raise IndexError(f"step {step} is not recorded: there are {published} rows")
        raw = self._blocks[k // self._block_rows][k % self._block_rows]
        n = self.n
        return Row(
            step=k,
            theta=raw[:n].copy(),
            loss=float(raw[n]),
            grad_norm=float(raw[n + 1]),
            gradient=raw[n + 2 : 2 * n + 2].copy(),
            lr=float(raw[2 * n + 2]),
            evals=int(raw[2 * n + 3]),
            extra=tuple(raw[2 * n + 4 :].tolist()),
        )

    def column(self, name: str | int, start: int = 0, stop: int | None = None, stride: int = 1) -> Floats:
        """One column for steps start, start + stride, ... below `stop` (default: all published), a copy, (m,)."""
        index = name if isinstance(name, int) else self._index.get(name)
        if index is None or not -self.width <= index < self.width:
            raise EngineError(f"no column {name!r} in the history", hint="There are " + ", ".join(self.columns[:12]))
        return self.rows(start, stop, stride, slice(index % self.width, index % self.width + 1))[:, 0]

    def thetas(self, start: int = 0, stop: int | None = None, stride: int = 1) -> Floats:
        """Positions for steps start ... stop - 1, a copy, (m, n)."""
        return self.rows(start, stop, stride, slice(0, self.n))

    def gradients(self, start: int = 0, stop: int | None = None, stride: int = 1) -> Floats:
        """Gradients for steps start ... stop - 1, a copy, (m, n)."""
        return self.rows(start, stop, stride, slice(self.n + 2, 2 * self.n + 2))

    def rows(self, start: int = 0, stop: int | None = None, stride: int = 1, columns: slice = slice(None)) -> Floats:
        """Rows start, start + stride, ... below `stop` and the given columns, a copy, (m, columns)."""
        blocks = self._blocks
        size = self._block_rows
        stop = min(self.published if stop is None else stop, self.published, len(blocks) * size)
        start = max(0, start)
        parts = []
        k = start
        while k < stop:
            block, offset = divmod(k, size)
            end = min(size, stop - block * size)
            part = blocks[block][offset:end:stride, columns]
            parts.append(part)
            k += len(part) * stride
        if not parts:
            return np.empty((0, len(range(self.width)[columns])))
        return np.concatenate(parts)

    def snapshot_before(self, step: int) -> tuple[int, Floats]:
        """The latest snapshot at or before `step`: (its step, the optimizer's state there, a copy)."""
        if not 0 <= step < self.published:
            raise EngineError(f"step {step} is not recorded: there are {self.published} rows")
        number = step // SNAPSHOT_EVERY
        block, offset = divmod(number, self._states_per_block)
        return number * SNAPSHOT_EVERY, self._states[block][offset].copy()

    # Writing (the engine's thread)

    def prepare(self, state_size: int) -> None:
        """Say how many numbers the optimizer's state has; once, before the first row."""
        if self.published and state_size != self._state_size:
            raise EngineError("the state's size cannot change within a run")
        self._state_size = state_size
        self._states_per_block = min(32, _power_of_two(_BLOCK_BYTES // (8 * max(1, state_size))))

    def room(self, step: int) -> Floats:
        """The memory of rows step ... end of its block, a view to write into, (m, width), m >= 1."""
        block, offset = divmod(step, self._block_rows)
        while len(self._blocks) <= block:
            self._blocks.append(np.empty((self._block_rows, self.width)))
        return self._blocks[block][offset:]

    def state_room(self, step: int) -> tuple[Floats, int, int]:
        """Where snapshots from `step` on go: (a block (m, state_size), its first step, the step behind its last)."""
        number = step // SNAPSHOT_EVERY
        block = number // self._states_per_block
        while len(self._states) <= block:
            self._states.append(np.empty((self._states_per_block, self._state_size)))
        first = block * self._states_per_block * SNAPSHOT_EVERY
        return self._states[block], first, first + self._states_per_block * SNAPSHOT_EVERY

    def publish(self, rows: int) -> None:
        """Make the first `rows` rows readable; they must be complete."""
        self.published = rows

    def truncate(self, step: int) -> None:
        """Forget all rows after `step`, so that the run can go on from there (restore the stepper first)."""
        if not 0 <= step < self.published:
            raise EngineError(f"step {step} is not recorded: there are {self.published} rows")
        self.published = step + 1
        self.status = Status.RUNNING
        self.message = ""
        # New lists, so that a reader on another thread keeps what it has in hand.
        self._blocks = self._blocks[: step // self._block_rows + 1]
        self._states = self._states[: step // SNAPSHOT_EVERY // self._states_per_block + 1]
