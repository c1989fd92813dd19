"""A sweep in batches of cells: each can be computed anywhere from plain text, and is put in its place exactly once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from gdsim.analysis.sweeps import SweepAxis, members_of
from gdsim.engine.select import choose
from gdsim.engine.swarm import Ends, Members, SameStart
from gdsim.session.resolve import objective_of, plans_of
from gdsim.session.spec import RunSpec

if TYPE_CHECKING:
    from gdsim.engine.swarm import SwarmBackend
    from gdsim.objectives import Objective

Result = tuple[bytes, bytes, bytes, bytes, str, str]
"""Of one batch: theta (n, m) float64, loss float64, steps int32, code uint8, as bytes; the backend, its note."""


def spec_text(spec: RunSpec) -> str:
    """The spec as JSON text, every float to the last bit."""
    return msgspec.json.encode(spec).decode()


def swarm_backend(name: str, objective: Objective) -> SwarmBackend:
    """The backend of this name as what runs many members; EngineError as `engine.select.choose` has it."""
    backend: SwarmBackend = choose(name, objective)  # type: ignore[assignment]  # every backend has both sides
    return backend


@lru_cache(maxsize=4)
def _prepared(spec: str, over: tuple[str, ...]) -> tuple[RunSpec, Objective, Members]:
    run = msgspec.json.decode(spec.encode(), type=RunSpec)
    axes = [SweepAxis.parse(text) for text in over]
    (plan,) = plans_of(run)
    return run, objective_of(run), members_of(plan, axes[0], axes[1] if len(axes) > 1 else None)


def settle_batch(spec: str, over: tuple[str, ...], first: int, count: int) -> Result:
    """Run the cells `first` ... `first + count - 1` of a sweep.

    Args:
        spec: as `spec_text` writes it; its only racer is swept from its start.
        over: the axes as `SweepAxis.text` writes them.
    """
    run, objective, whole = _prepared(spec, over)
    swept = {name: values[first : first + count] for name, values in whole.swept.items()}
    members = Members(whole.plan, SameStart(tuple(whole.plan.start), count), swept)
    ends = Ends.empty(objective.n, count)
    swarm_backend(run.backend, objective).settle(objective, members, np.arange(count), ends, run.dtype)
    return (
        ends.theta.tobytes(), ends.loss.tobytes(), ends.steps.tobytes(), ends.code.tobytes(), ends.backend, ends.note
    )  # fmt: skip


class Batches:
    """The cells of a sweep, parted, and their ends as they come in, in any order and any number of times.

    Args:
        count: of cells. size: of a batch, the last one may be smaller.
    """

    def __init__(self, n: int, count: int, size: int) -> None:
        self.ends = Ends.empty(n, count)
        self.parts = tuple((first, min(size, count - first)) for first in range(0, count, size))
        self._n = n
        self._open = set(range(len(self.parts)))
        self._notes: dict[str, None] = {}
        self._backends: dict[str, None] = {}

    @property
    def missing(self) -> frozenset[int]:
        """The batches that are not there yet."""
        return frozenset(self._open)

    @property
    def done(self) -> int:
        """How many cells are there."""
        return sum(count for number, (_, count) in enumerate(self.parts) if number not in self._open)

    def put(self, batch: int, result: Result) -> bool:
        """Put a batch's result in its place; False where it was there already, and nothing is changed."""
        if batch not in self._open:
            return False
        first, count = self.parts[batch]
        theta, loss, steps, code, backend, note = result
        self.ends.put(
            np.arange(first, first + count),
            np.frombuffer(theta, np.float64).reshape(self._n, count),
            np.frombuffer(loss, np.float64),
            np.frombuffer(steps, np.int32),
            np.frombuffer(code, np.uint8),
        )
        self._open.remove(batch)
        self._backends[backend] = None
        if note:
            self._notes[note] = None
        self.ends.backend, self.ends.note = "+".join(self._backends), "; ".join(self._notes)
        return True
