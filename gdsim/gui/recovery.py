"""What survives a crash: a log, a trace of where it died, the work of the last minute, and a mark for a safe start."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import os
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TextIO

from gdsim.assets import cache_dir, state_dir
from gdsim.errors import GdsimError
from gdsim.session import documents
from gdsim.session.spec import RunSpec

log = logging.getLogger("gdsim")

_LOG_BYTES = 512 * 1024
_LOGS = 4
_STARTING, _RUNNING = "starting", "running"


def log_file() -> Path:
    """The newest log."""
    return state_dir() / "gdsim.log"


def crash_file() -> Path:
    """Where faulthandler writes the stacks of all threads when the process dies."""
    return state_dir() / "crash.txt"


def begin_log() -> TextIO:
    """A rotating log, and faulthandler into a file, which is returned and must stay open."""
    handler = logging.handlers.RotatingFileHandler(log_file(), maxBytes=_LOG_BYTES, backupCount=_LOGS, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(threadName)s: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    stream = crash_file().open("w", encoding="utf-8")
    faulthandler.enable(stream)
    return stream


def catch_all(tell: Callable[[str], None]) -> None:
    """Errors that nobody caught, in this thread or another, go to the log and to `tell`; the program goes on."""

    def words(error: BaseException) -> str:
        if isinstance(error, GdsimError):
            return error.message()
        return f"Something went wrong inside gdsim ({type(error).__name__}: {error}). The run is not lost"

    def here(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("uncaught", exc_info=(kind, error, trace))
        tell(words(error))

    def elsewhere(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            here(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = here
    threading.excepthook = elsewhere


@dataclass(frozen=True, slots=True)
class LastTime:
    """How the last start ended: `crashed` at all, `at_start` before the window was in use."""

    crashed: bool = False
    at_start: bool = False


class StartMark:
    """A file that is there while gdsim runs: found at a start, it says that the last one did not end by itself."""

    def __init__(self) -> None:
        self._path = state_dir() / "running"

    def begin(self) -> LastTime:
        """Read what the last start left, and leave a mark of our own."""
        last = LastTime()
        try:
            pid, stage = self._path.read_text("utf-8").split()
            if not _alive(int(pid)):
                last = LastTime(True, stage == _STARTING)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            log.warning("the mark of the last start was not readable: %s", error)
        self._write(_STARTING)
        return last

    def in_use(self) -> None:
        """The window is up and has shown a run."""
        self._write(_RUNNING)

    def end(self) -> None:
        """We end by ourselves."""
        self._path.unlink(missing_ok=True)

    def _write(self, stage: str) -> None:
        try:
            self._path.write_text(f"{os.getpid()} {stage}\n", "utf-8")
        except OSError as error:
            log.warning("the mark of this start could not be written: %s", error)


def _alive(pid: int) -> bool:
    """Whether another process of this number lives (another window of gdsim, then)."""
    if pid == os.getpid():
        return False
    if sys.platform == "win32":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def make_safe() -> None:
    """A safe start: compiled kernels thrown away, no graphics card."""
    log.warning("the last start crashed: the cache is cleared and CUDA stays off")
    for entry in cache_dir().iterdir():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    os.environ["NUMBA_DISABLE_CUDA"] = "1"


def autosave_file() -> Path:
    """The spec as it was a moment ago."""
    return state_dir() / "autosave.gdsim"


def autosave(spec: RunSpec) -> None:
    """Keep `spec`; called in the engine thread."""
    documents.save(spec, autosave_file())


def autosaved() -> RunSpec | None:
    """The spec kept by the last start, or None when there is none or it does not hold together."""
    if not autosave_file().exists():
        return None
    try:
        return documents.load(autosave_file())
    except GdsimError as error:
        log.warning("the autosaved run is not readable: %s", error)
        return None


def last_run_file() -> Path:
    """The run of last time, when it was never saved under a name."""
    return state_dir() / "last run.gdsim"


def end(spec: RunSpec, unsaved: bool) -> None:
    """A clean end needs no recovery; work that has no name yet is kept all the same."""
    autosave_file().unlink(missing_ok=True)
    if unsaved:
        try:
            documents.save(spec, last_run_file())
        except GdsimError as error:
            log.warning("the unsaved run could not be kept: %s", error)
