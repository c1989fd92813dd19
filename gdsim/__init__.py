"""gdsim: a desktop laboratory for gradient descent."""

from __future__ import annotations

from typing import Any

from gdsim.version import __version__

__all__ = ["__version__", "basins", "climb", "evaluate", "run", "sweep", "train"]


def __getattr__(name: str) -> Any:
    # The Python door is opened on first use, so that `gdsim --version` and the window's first picture wait for nothing.
    if name in ("run", "train", "climb", "evaluate", "basins", "sweep"):
        from gdsim import api

        return getattr(api, name)
    raise AttributeError(f"module 'gdsim' has no attribute {name!r}")
