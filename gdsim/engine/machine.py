"""What this machine offers the engine, for `gdsim doctor`."""

from __future__ import annotations

from typing import Any

from gdsim.engine import cache, grid


def threads() -> dict[str, Any]:
    """How many threads fill large pictures (GDSIM_THREADS changes it), and how many processors may be used."""
    return {"usable": grid.cores(), "used for pictures": grid.threads()}


def kernels() -> dict[str, Any]:
    """Where compiled kernels are kept, or why they are not."""
    folder = cache.folder()
    return {"kept in": str(folder)} if folder is not None else {"kept": False, "why not": cache.notice()}
