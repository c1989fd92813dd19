"""How much memory there is, and a refusal beforehand of what cannot fit."""

from __future__ import annotations

import os
from pathlib import Path

from gdsim.errors import EngineError

_LITTLE = 64 << 20
_SHARE = 0.9  # of the available memory; the rest is for pictures and the system


def _linux_available() -> int | None:
    """MemAvailable, or what the control group still allows, whichever is less; None off Linux."""
    figures: list[int] = []
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        lines = (line.split() for line in meminfo.read_text().splitlines())
        figures.extend(int(words[1]) * 1024 for words in lines if words[:1] == ["MemAvailable:"])
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if limit.exists() and used.exists() and (text := limit.read_text().strip()).isdigit():
        figures.append(int(text) - int(used.read_text()))
    return min(figures, default=None)


def _windows_available() -> int | None:
    import ctypes

    class MemoryStatus(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "available", "a", "b", "c", "d", "e")),
        )

    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    windll = getattr(ctypes, "windll", None)  # on Windows alone
    if windll is None or not windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.available)


def available() -> int:
    """Bytes that can be taken now; half the machine's memory where the system does not tell, 4 GiB at worst."""
    figure = _linux_available() or _windows_available()
    if figure is not None:
        return max(0, figure)
    names: dict[str, int] = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" in names and "SC_PAGE_SIZE" in names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return 4 << 30


def words(size: float) -> str:
    """A size in bytes for a person: "1.2 GiB"."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.3g} {unit}"
        size /= 1024
    return f"{size:.3g} GiB"


def require(size: int, what: str, hint: str) -> None:
    """EngineError with the figure needed when `size` bytes cannot be had now; little is not asked about."""
    if size < _LITTLE:
        return
    there = available()
    if size > _SHARE * there:
        raise EngineError(f"{what} needs {words(size)} of memory, and {words(there)} are free", hint=hint)
