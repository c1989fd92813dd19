"""Many members in NumPy: the reference for compiled swarms, and what steps where nothing compiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import memory, noise
from gdsim.engine.backend import Cancel, Floats
from gdsim.engine.herd import Herd, Stretch
from gdsim.engine.swarm import NONFINITE, RUNNING, Ends, Indices, Progress
from gdsim.errors import Cancelled
from gdsim.formula import interpret
from gdsim.formula.member import SETTINGS as SETTING_NAMES
from gdsim.formula.member import hyper_input, parameter_input, setting_input

if TYPE_CHECKING:
    pass

_TILE = 1 << 14  # members worked on between two looks at the cancel flag
_TOGETHER = 64  # iterations whose shared numbers are made at once
NOWHERE = -1


class NumpySwarm:
    """All members, rows in one array (rows, count). Only for members whose iteration could be written out."""

    backend = "numpy"

    def __init__(self, herd: Herd, indices: Indices | None = None) -> None:
        count = herd.members.count if indices is None else len(indices)
        size = herd.rows * count * herd.dtype.itemsize
        memory.require(3 * size, f"a swarm of {count:,} members", "Ask for fewer")
        self.herd = herd
        self.step = 0
        self.count = count
        self._indices = np.arange(count, dtype=np.int64) if indices is None else indices
        self._rows = herd.first_rows(self._indices)
        self._looked = NOWHERE

    def advance(self, steps: int, cancel: Cancel | None = None) -> None:
        """See swarm.Swarm."""
        goal = min(self.step + steps, self.herd.limit)
        while self.step < goal:
            for k, stretch in self._stretches(goal - self.step):
                if cancel is not None and cancel.is_set():
                    raise Cancelled("the swarm stopped on its way")
                iterate(self.herd, self._rows, stretch, k, self._indices)
                self.step += 1

    def _stretches(self, most: int) -> Any:
        stretch = self.herd.stretch(self.step, min(most, _TOGETHER))
        return ((k, stretch) for k in range(stretch.count))

    def look(self) -> NDArray[Any]:
        """The rows, with the ends at this row noticed: an iteration that takes no step."""
        if self._looked != self.step and self.herd.variant.tracked:
            stretch = self.herd.stretch(self.step, 1)
            still = Stretch(
                stretch.first, 1, stretch.rates, stretch.noise, stretch.hyper,
                np.append(stretch.settings[:-1], float(self.step)),
            )  # fmt: skip
            rows = self._rows.copy()
            iterate(self.herd, rows, still, 0, self._indices)
            self._seen, self._looked = rows, self.step
        return self._seen if self.herd.variant.tracked else self._rows

    def theta(self) -> Floats:
        """See swarm.Swarm."""
        return self._rows[: self.herd.objective.n].astype(np.float64)

    def codes(self) -> NDArray[np.uint8]:
        """See swarm.Swarm."""
        if not self.herd.variant.tracked:
            return unfinished_codes(self.theta())
        return np.asarray(self.look()[self.herd.row("code")], dtype=np.uint8)

    def losses(self) -> Floats:
        """See swarm.Swarm."""
        if not self.herd.variant.tracked:
            return np.asarray(self.herd.objective.value(self.theta()), dtype=np.float64)
        return np.asarray(self.look()[self.herd.row("loss")], dtype=np.float64)

    def snapshot(self) -> Any:
        """See swarm.Swarm."""
        return self.step, self._rows.copy()

    def restore(self, snapshot: Any) -> None:
        """See swarm.Swarm."""
        self.step, rows = snapshot
        self._rows, self._looked = rows.copy(), NOWHERE


def unfinished_codes(theta: Floats) -> NDArray[np.uint8]:
    """How members stand whose ends are not noticed: NONFINITE where a coordinate is not finite, else RUNNING."""
    return np.where(np.isfinite(theta).all(axis=0), RUNNING, NONFINITE).astype(np.uint8)


def iterate(herd: Herd, rows: NDArray[Any], stretch: Stretch, k: int, indices: Indices) -> None:
    """Iteration `k` of a stretch for the members in the columns of `rows`, in place."""
    member = herd.member
    assert member is not None
    real, n, row = herd.dtype.type, member.n, stretch.first + k
    given: dict[str, Any] = dict(zip(member.rows, rows, strict=False))
    given["r"] = real(row)
    given.setdefault("lr", real(stretch.rates[k]))
    parameters = herd.objective.parameters
    given |= {parameter_input(name): real(parameters[name]) for name in member.parameters}
    given |= {hyper_input(name): value for name, value in zip(member.hyper, stretch.hyper, strict=True)}
    for name, value in zip(SETTING_NAMES, stretch.settings, strict=True):
        given.setdefault(setting_input(name), real(value))
    draws: Any = stretch.noise[k * n : (k + 1) * n]
    if herd.variant.noise == "own":
        draws = noise.member_normals(herd.key, indices, row, n).astype(herd.dtype)
    given |= {f"noise[{i + 1}]": draw for i, draw in enumerate(draws)}
    wanted = {entry.name for entry in member.graph.inputs}
    results = interpret(member.graph, {name: value for name, value in given.items() if name in wanted})
    for place, value in enumerate(results):
        rows[place] = value


def settle(
    herd: Herd, indices: Indices, ends: Ends, cancel: Cancel | None = None, progress: Progress | None = None
) -> None:
    """See swarm.SwarmBackend: in tiles; members that have ended are taken out of the tile."""
    done = 0
    for start in range(0, len(indices), _TILE):
        _settle_tile(herd, indices[start : start + _TILE], ends, cancel)
        done = min(len(indices), start + _TILE)
        if progress is not None:
            progress(done, len(indices))
    ends.backend = ends.backend or "numpy"


def _settle_tile(herd: Herd, indices: Indices, ends: Ends, cancel: Cancel | None) -> None:
    rows, n = herd.first_rows(indices), herd.objective.n
    code, steps, loss = (herd.row(name) for name in ("code", "steps", "loss"))
    row = 0
    while len(indices):
        stretch = herd.stretch(row, _TOGETHER)
        for k in range(stretch.count):
            if cancel is not None and cancel.is_set():
                raise Cancelled("the map was not finished")
            iterate(herd, rows, stretch, k, indices)
            over = rows[code] != RUNNING
            if row + k == herd.limit:
                over[:] = True
            if over.any():
                ends.put(indices[over], rows[:n, over], rows[loss, over], rows[steps, over], rows[code, over])
                rows, indices = rows[:, ~over], indices[~over]
                if not len(indices):
                    return
        row += stretch.count


