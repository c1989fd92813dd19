"""Finds what is shipped (`resources/`) and where a person's own files live."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

from gdsim.errors import GdsimError

_APP = "gdsim"


def resources_dir() -> Path:
    """The folder `resources/` of a checkout, an installed wheel or a frozen app."""
    here = Path(__file__).resolve().parent
    frozen = Path(getattr(sys, "_MEIPASS", here)) / "gdsim" / "_resources"
    for folder in (here / "_resources", here.parent / "resources", frozen):
        if folder.is_dir():
            return folder
    raise GdsimError("the folder 'resources' is missing", where=str(here), hint="Install gdsim again")


def resource(relative: str) -> Path:
    """The path of a shipped file, such as ``resource("functions.toml")``."""
    path = resources_dir() / relative
    if not path.exists():
        raise GdsimError(f"the shipped file {relative!r} is missing", where=str(path), hint="Install gdsim again")
    return path


def _personal(kind: str) -> Path:
    home = os.environ.get("GDSIM_HOME")
    if home:
        folder = Path(home) / kind
    else:
        folder = Path(
            {
                "data": platformdirs.user_data_dir,
                "config": platformdirs.user_config_dir,
                "cache": platformdirs.user_cache_dir,
                "state": platformdirs.user_state_dir,
            }[kind](_APP, appauthor=False)
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def user_data_dir() -> Path:
    """Personal catalogue; GDSIM_HOME moves all four folders (tests, portable use)."""
    return _personal("data")


def config_dir() -> Path:
    """Settings of the window."""
    return _personal("config")


def cache_dir() -> Path:
    """Compiled kernels and typeset formulas; may be deleted at any time. Private (0700): it holds code."""
    folder = _personal("cache")
    folder.chmod(0o700)
    return folder


def state_dir() -> Path:
    """Log files, crash marks and autosaved work."""
    return _personal("state")
