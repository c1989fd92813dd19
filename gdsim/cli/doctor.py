"""`gdsim doctor`: what this machine offers, and why something is missing."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib import metadata
from typing import Annotated, Any

import typer

from gdsim.assets import cache_dir, config_dir, state_dir, user_data_dir
from gdsim.cli.text import as_json
from gdsim.version import __version__

PACKAGES = ("numpy", "numba", "llvmlite", "PySide6-Essentials", "pyqtgraph", "contourpy", "ziamath", "msgspec")
OPTIONAL = ("numba-cuda", "av", "torch", "jax")
_OPENGL = (
    "from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext\n"
    "app = QGuiApplication([]); surface = QOffscreenSurface(); surface.create()\n"
    "context = QOpenGLContext()\n"
    "if not context.create() or not context.makeCurrent(surface): raise SystemExit('no OpenGL context comes')\n"
    "print(context.format().majorVersion(), context.format().minorVersion(), sep='.')\n"
)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(doctor)


def doctor(json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Versions, threads, CUDA (and why not), OpenGL, cache and display of this machine."""
    found = examine()
    if json:
        print(as_json(found))
        return
    width = max(len(name) for name in found)
    for name, value in found.items():
        entries = value.items() if isinstance(value, dict) else [("", value)]
        for key, entry in entries:
            words = "yes" if entry is True else "no" if entry is False else entry
            print(f"{name:<{width}}  {key + ': ' if key else ''}{words}")
            name = ""


def examine() -> dict[str, Any]:
    """All findings by topic."""
    return {
        "gdsim": __version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "packages": {name: _installed(name) for name in PACKAGES},
        "optional": {name: _installed(name) for name in OPTIONAL},
        "threads": _threads(),
        "cuda": _cuda(),
        "opengl": _opengl(),
        "display": _display(),
        "cache": _cache(),
        "folders": {"catalogue": str(user_data_dir()), "settings": str(config_dir()), "log": str(state_dir())},
        "catalogue": _catalogue(),
    }


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _threads() -> dict[str, Any]:
    from gdsim.engine.machine import threads

    return {"processors": os.cpu_count(), **threads()}


def _cuda() -> dict[str, Any]:
    """The device, or why there is none; and the versions of driver and compiler as far as they can be had."""
    from gdsim.engine.cuda import device

    reason = device.reason()
    if reason:
        return {"available": False, "why not": reason, **device.versions()}
    return {"available": True, **device.describe()}


def _opengl() -> dict[str, Any]:
    """Tried in a process of its own: a driver that crashes must not take this one along."""
    command = [sys.executable, "-c", _OPENGL]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return {"available": False, "why not": "the driver did not answer within 20 seconds"}
    if answer.returncode == 0:
        return {"available": True, "version": answer.stdout.strip()}
    lines = [line for line in answer.stderr.strip().splitlines() if line.strip()]
    return {"available": False, "why not": lines[-1] if lines else f"exit status {answer.returncode}"}


def _display() -> str:
    from gdsim.cli.app import has_display

    if not has_display():
        return "none: 'gdsim run' and 'gdsim screenshot' work, the window does not"
    return os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or "yes"


def _cache() -> dict[str, Any]:
    folder = cache_dir()
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return {"folder": str(folder), "files": len(sizes), "megabytes": round(sum(sizes) / 1e6, 1)}


def _catalogue() -> dict[str, Any]:
    from gdsim.catalogue import functions, optimizers, problems, schedules

    counts: dict[str, Any] = {
        "functions": len(functions()), "optimizers": len(optimizers()), "schedules": len(schedules()),
    }  # fmt: skip
    for number, problem in enumerate(problems(), 1):
        counts[f"problem {number}"] = problem.message()
    return counts
