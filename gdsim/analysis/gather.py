"""Gathers end points into the places where they rest, as they come: the same place keeps its number for ever.

Single linkage (what is joined to something joined is one place), found through cells: an end point is compared with
the first one of its cell, and only where there is none, or the two are not joined, with the nearest places known. A
cell may hold several places.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.linkage import ROUGHLY, SLACK, Ground, joined, joined_on_floor, polished
from gdsim.errors import Cancelled

if TYPE_CHECKING:
    from gdsim.engine.backend import Cancel

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

NOBODY = -1
MOST = 30_000
"""Places that can be told apart in one map."""
_CHUNK = 1 << 15
_CELLS = 64.0  # along the extent
_FARTHEST = 1e15  # cells from the origin
_LAYERS = 48  # places in one cell
_NEAREST = 6
_SURE = 3
_EXACT = 1e-9  # relative distance within which two points are one


@dataclass(slots=True, eq=False)
class Place:
    """Where members rest: a point (n,), and the Hessian there where it is curved in all directions (`sharp`)."""

    point: Floats
    hessian: Floats | None
    sharp: bool


@dataclass(slots=True, eq=False)
class _Layer:
    """Cells that have an anchor: their keys, ascending, and the anchor's number."""

    keys: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    anchors: Numbers = field(default_factory=lambda: np.empty(0, np.int64))

    def find(self, keys: NDArray[np.uint64]) -> Numbers:
        """The anchor of each cell, NOBODY where there is none."""
        if not len(self.keys):
            return np.full(len(keys), NOBODY)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.anchors[at], NOBODY)

    def add(self, keys: NDArray[np.uint64], anchors: Numbers) -> None:
        """Cells that are not here yet."""
        joint = np.concatenate([self.keys, keys])
        order = np.argsort(joint, kind="stable")
        self.keys, self.anchors = joint[order], np.concatenate([self.anchors, anchors])[order]


class Gathering:
    """Places, and the anchors (end points that stand for a cell) by which they are found.

    Args:
        extent: the size of the region that the ends are expected in.
    """

    def __init__(self, ground: Ground, extent: float) -> None:
        self.ground, self.extent = ground, extent
        self.places: list[Place] = []
        self._into: list[int] = []  # the place that a place was found to be part of, or itself
        self._layers = [_Layer() for _ in range(_LAYERS)]
        self._anchors = np.empty((ground.objective.n, 16))
        self._anchor_place: list[int] = []
        rng = np.random.default_rng(7)
        self._mix = rng.integers(1, 2**63, size=ground.objective.n, dtype=np.uint64) | np.uint64(1)

    def label(self, theta: Floats, cancel: Cancel | None = None) -> Numbers:
        """The place of each end point (n, m) as a number for `current`, (m,); NOBODY beyond what can be told apart."""
        found = np.full(theta.shape[1], NOBODY)
        for begin in range(0, len(found), _CHUNK):
            found[begin : begin + _CHUNK] = self._label(theta[:, begin : begin + _CHUNK], cancel)
        return found

    def current(self) -> Numbers:
        """For each number that `label` gave, the place it belongs to as far as is known now."""
        found = np.empty(len(self.places), dtype=np.int64)
        for number in range(len(self.places)):
            found[number] = self._root(number)
        return found

    def spread(self, number: int) -> float:
        """How far the anchors of a place lie apart, at most, along a coordinate."""
        mine = [k for k, owner in enumerate(self._anchor_place) if self._root(owner) == number]
        return float(np.max(np.ptp(self._anchors[:, mine], axis=1)))

    def nearest(self, theta: Floats) -> Numbers:
        """The place of the anchor that is nearest to each point (n, m), wherever it rests; NOBODY without places."""
        count = len(self._anchor_place)
        if not count:
            return np.full(theta.shape[1], NOBODY)
        found = np.empty(theta.shape[1], dtype=np.int64)
        size = max(1, (1 << 20) // count)
        anchors, owners = self._anchors[:, :count], np.array(self._anchor_place)
        for begin in range(0, len(found), size):
            gap = theta[:, begin : begin + size, None] - anchors[:, None, :]
            found[begin : begin + size] = owners[np.argmin(np.einsum("imk,imk->mk", gap, gap), axis=1)]
        return found

    def cells(self, theta: Floats) -> NDArray[np.uint64]:
        """A key (m,) for the cell that each point (n, m) lies in."""
        cells = np.floor(np.clip(theta * (_CELLS / self.extent) + 0.37, -_FARTHEST, _FARTHEST))
        keys = cells.astype(np.int64).astype(np.uint64) * self._mix[:, None]
        return np.asarray(keys.sum(axis=0, dtype=np.uint64))

    def _label(self, theta: Floats, cancel: Cancel | None) -> Numbers:
        found = np.full(theta.shape[1], NOBODY)
        keys = self.cells(theta)
        left = np.arange(theta.shape[1])
        for layer in self._layers:
            if not len(left) or len(self.places) >= MOST:
                break
            anchors = layer.find(keys[left])
            new = left[anchors == NOBODY]
            fresh, first = np.unique(keys[new], return_index=True)
            if len(fresh):
                layer.add(fresh, self._anchor_all(theta[:, new[first]], cancel))
                anchors = layer.find(keys[left])
            same = self._same(theta[:, left], anchors)
            same[np.searchsorted(left, new[first])] = True  # an anchor is itself
            owners = np.array(self._anchor_place)
            found[left[same]] = owners[anchors[same]]
            left = left[~same]
        return found

    def _same(self, theta: Floats, anchors: Numbers) -> NDArray[np.bool_]:
        """Whether points (n, m) rest at the places of these anchors."""
        owners = np.array(self._anchor_place)[anchors]
        same = np.linalg.norm(theta - self._anchors[:, anchors], axis=0) <= _EXACT * (
            1.0 + np.linalg.norm(theta, axis=0)
        )
        for owner in np.unique(owners[~same]):
            mine = np.flatnonzero((owners == owner) & ~same)
            same[mine] = self._expected(self.places[owner], theta[:, mine])
        open_ = np.flatnonzero(~same)
        if len(open_):
            same[open_] = joined(self.ground, theta[:, open_], self._anchors[:, anchors[open_]], ROUGHLY)
        return np.asarray(same)

    def _expected(self, place: Place, theta: Floats) -> NDArray[np.bool_]:
        """Whether points (n, m) lie where curvature and tolerance let a member come to rest about a sharp place."""
        if not place.sharp or place.hessian is None:
            return np.zeros(theta.shape[1], dtype=bool)
        slope = place.hessian @ (theta - place.point[:, None])
        return np.asarray(np.linalg.norm(slope, axis=0) <= SLACK * self.ground.tolerance)

    def _anchor_all(self, theta: Floats, cancel: Cancel | None) -> Numbers:
        """Make the points (n, m) anchors; their numbers, (m,)."""
        began = len(self._anchor_place)
        sure = self._surely(theta)
        for member in np.argsort(sure == NOBODY, kind="stable"):  # those that are sure serve the others
            if cancel is not None and cancel.is_set():
                raise Cancelled("the map was not finished")
            number = len(self._anchor_place)
            if number == self._anchors.shape[1]:
                self._anchors = np.concatenate([self._anchors, np.empty_like(self._anchors)], axis=1)
            point = theta[:, member]
            owner = int(sure[member]) if sure[member] != NOBODY else self._place(point)
            self._anchors[:, number] = point
            self._anchor_place.append(owner)
        return began + np.argsort(np.argsort(sure == NOBODY, kind="stable"))

    def _surely(self, theta: Floats) -> Numbers:
        """The one place that each point (n, m) is joined to by its nearest anchors, (m,); NOBODY where that is not
        so plain."""
        found = np.full(theta.shape[1], NOBODY)
        if not len(self._anchor_place):
            return found
        near = np.stack([self._near(point)[:_SURE] for point in theta.T])
        owners = np.array([[self._root(self._anchor_place[anchor]) for anchor in row] for row in near])
        m, k = near.shape
        level = joined(self.ground, np.repeat(theta, k, axis=1), self._anchors[:, near.ravel()]).reshape(m, k)
        highest = np.where(level, owners, -1).max(axis=1)
        lowest = np.where(level, owners, MOST).min(axis=1)
        plain = level.any(axis=1) & (highest == lowest)
        found[plain] = highest[plain]
        return found

    def _place(self, point: Floats) -> int:
        exact, hessian = polished(self.ground, point, 0.01 * self.extent)
        sharp = self._is_sharp(hessian)
        near = self._near(exact if sharp else point)
        together = self._joined_to(point, exact, near)
        if together:
            roots = sorted({self._root(number) for number in together})
            for other in roots[1:]:
                self._into[other] = roots[0]
            return roots[0]
        self.places.append(Place(exact if sharp else point, hessian, sharp))
        self._into.append(len(self.places) - 1)
        return len(self.places) - 1

    def _joined_to(self, point: Floats, exact: Floats, near: Numbers) -> list[int]:
        """The places that the point rests at: by their curvature, or joined to one of the anchors `near`."""
        owners = [self._root(self._anchor_place[anchor]) for anchor in near]
        for owner in dict.fromkeys(owners):
            place = self.places[owner]
            if self._expected(place, exact[:, None])[0] or self._expected(place, point[:, None])[0]:
                return [owner]
        if not len(near):
            return []
        anchors = self._anchors[:, near]
        straight = joined(self.ground, np.repeat(point[:, None], len(near), axis=1), anchors)
        found = [owner for owner, level in zip(owners, straight, strict=True) if level]
        if not self.ground.has_hessian:
            return found
        for anchor, owner in zip(near, owners, strict=True):
            soft = not self.places[owner].sharp
            if soft and owner not in found and joined_on_floor(self.ground, point, self._anchors[:, anchor]):
                found.append(owner)
        return found

    def _is_sharp(self, hessian: Floats | None) -> bool:
        """Whether it curves so much in every direction that members rest within a small part of the extent."""
        if hessian is None:
            return False
        least = float(np.min(np.abs(np.linalg.eigvalsh(hessian))))
        return least * 0.005 * self.extent >= SLACK * self.ground.tolerance

    def _near(self, point: Floats) -> Numbers:
        """The nearest anchors, the nearest first."""
        count = len(self._anchor_place)
        gap = np.linalg.norm(self._anchors[:, :count] - point[:, None], axis=0)
        nearest = np.argpartition(gap, _NEAREST)[:_NEAREST] if count > _NEAREST else np.arange(count)
        return np.asarray(nearest[np.argsort(gap[nearest], kind="stable")])

    def _root(self, number: int) -> int:
        while self._into[number] != number:
            number = self._into[number]
        return number
