"""The command line: `gdsim`, `gdsim run`, `eval`, `list`, `screenshot`, `doctor`, `bench`."""

from __future__ import annotations

from gdsim.cli.app import main, register_all

__all__ = ["main", "register_all"]
