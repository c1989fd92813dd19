"""Second derivatives at a point: eigenvalues of the Hessian, the largest stable learning rate of plain descent.

Up to 64 coordinates all eigenvalues are computed; above that Lanczos' method finds both ends of the spectrum from
Hessian-vector products (C. Lanczos, J. Res. Nat. Bur. Standards 45 (1950); fully reorthogonalised).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gdsim.objectives import Objective

Floats = NDArray[np.float64]

EXACT_UP_TO = 64
_LANCZOS_STEPS = 60


@dataclass(frozen=True, slots=True)
class Curvature:
    """The Hessian's spectrum at a point.

    Attributes:
        eigenvalues: ascending, (n,); above 64 coordinates the two ends only. Empty when the Hessian is not finite.
        vectors: the eigenvectors of these, as columns.
    """

    eigenvalues: Floats
    vectors: Floats

    @property
    def known(self) -> bool:
        """False where the function has no finite second derivatives."""
        return len(self.eigenvalues) > 0

    @property
    def lowest(self) -> float:
        """The smallest eigenvalue; nan when unknown."""
        return float(self.eigenvalues[0]) if self.known else float("nan")

    @property
    def highest(self) -> float:
        """The largest eigenvalue; nan when unknown."""
        return float(self.eigenvalues[-1]) if self.known else float("nan")

    @property
    def condition(self) -> float | None:
        """Highest over lowest where all curvature is upward: how much longer the valley is than it is wide."""
        return self.highest / self.lowest if self.known and self.lowest > 0 else None

    @property
    def max_stable_lr(self) -> float | None:
        """2 / lambda_max, above which plain gradient descent overshoots further each step; None where nothing is
        curved upward, so that no such limit exists."""
        return 2.0 / self.highest if self.known and self.highest > 0 else None


def curvature(objective: Objective, theta: Floats) -> Curvature:
    """The Hessian's eigenvalues at `theta` (n,)."""
    theta = np.asarray(theta, dtype=np.float64)
    nothing = Curvature(np.empty(0), np.empty((objective.n, 0)))
    if not np.isfinite(objective.value(theta)):  # log'' lives on where log itself does not
        return nothing
    if objective.n > EXACT_UP_TO:
        return _lanczos(objective, theta)
    hessian = np.asarray(objective.hessian(theta), dtype=np.float64)
    if not np.isfinite(hessian).all():
        return nothing
    values, vectors = np.linalg.eigh(0.5 * (hessian + hessian.T))
    return Curvature(values, vectors)


def _lanczos(objective: Objective, theta: Floats) -> Curvature:
    n = objective.n
    nothing = Curvature(np.empty(0), np.empty((n, 0)))
    basis = np.zeros((min(n, _LANCZOS_STEPS), n))
    diagonal: list[float] = []
    beside: list[float] = []
    direction = np.random.default_rng(0).standard_normal(n)  # fixed, so that a point has one answer
    basis[0] = direction / np.linalg.norm(direction)
    for k in range(len(basis)):
        product = np.asarray(objective.hvp(theta, basis[k]), dtype=np.float64)
        if not np.isfinite(product).all():
            return nothing
        diagonal.append(float(basis[k] @ product))
        for _ in range(2):  # twice is enough (Kahan and Parlett)
            product = product - basis[: k + 1].T @ (basis[: k + 1] @ product)
        rest = float(np.linalg.norm(product))
        if k + 1 == len(basis) or rest <= 1e-12 * max(1.0, max(abs(value) for value in diagonal)):
            break
        beside.append(rest)
        basis[k + 1] = product / rest
    size = len(diagonal)
    small = np.diag(diagonal) + np.diag(beside[: size - 1], 1) + np.diag(beside[: size - 1], -1)
    values, vectors = np.linalg.eigh(small)
    ends = [0, size - 1] if size > 1 else [0]
    return Curvature(values[ends], basis[:size].T @ vectors[:, ends])
