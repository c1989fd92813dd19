"""Generated kernels as source files, compiled and kept on disk in a private folder.

A kernel's text and the versions of all that shapes its machine code are hashed into the file's name, so a file never
goes stale; old ones are evicted by age and size. What Numba stores beside it (pickles, hence the private folder) is
checked against SHA-256 sums before it is loaded: a truncated, foreign or damaged file is deleted and compiled anew.
Where the folder cannot be used, kernels are compiled in memory, and `notice` says so.

Only this module and those that it is asked to load import Numba, and only when the first kernel is wanted.
"""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.util
import json
import logging
import os
import pickle
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from gdsim import assets
from gdsim.engine import elementary
from gdsim.version import __version__

_LOG = logging.getLogger(__name__)
_PREFIX = "gdsim_gen_"
MAX_BYTES = 256 << 20
MAX_AGE_SECONDS = 60 * 24 * 3600.0

# All that unpickling a damaged file, or a full disk, has been seen to raise.
_CACHE_TROUBLE = (
    OSError,
    EOFError,
    pickle.PickleError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ImportError,
    RuntimeError,
    MemoryError,
)

_lock = threading.RLock()
_notice = ""


def notice() -> str:
    """Why kernels are not kept on disk, in words; "" while they are."""
    return _notice


def _give_notice(text: str) -> None:
    global _notice
    if text != _notice:
        _LOG.warning("%s", text)
    _notice = text


def folder() -> Path | None:
    """The private folder of kernels, made when missing; None (and a notice) where there can be none."""
    try:
        path = assets.cache_dir() / "kernels"
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        owner = path.stat().st_uid
        if hasattr(os, "getuid") and owner != os.getuid():
            _give_notice(f"kernels are compiled anew at each start: {path} belongs to someone else")
            return None
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        _give_notice(f"kernels are compiled anew at each start: {error.strerror or error}")
        return None
    _give_notice("")
    return path


@lru_cache(maxsize=1)
def _stamp() -> str:
    """What shapes machine code besides the text: versions, processor, and the modules that kernels import."""
    import llvmlite
    import numba
    import numpy as np
    from llvmlite import binding

    own = Path(__file__).parent
    imported = [own / "intrinsics.py", own / "packs.py", *elementary.SOURCES]
    parts = (
        __version__,
        platform.python_version(),
        numba.__version__,
        llvmlite.__version__,
        np.__version__,
        binding.get_host_cpu_name(),
        str(binding.get_host_cpu_features().flatten()),
        *(hashlib.sha256(path.read_bytes()).hexdigest() for path in imported),
    )
    return "\n".join(parts)


class _TextLoader(importlib.abc.SourceLoader):
    """Loads a module from text that is known, whatever the file of that name (or a .pyc of it) may hold."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text

    def get_filename(self, fullname: str) -> str:
        return self._path

    def get_data(self, path: str | bytes) -> bytes:
        return self._text.encode()


def load_text(name: str, text: str, filename: str = "") -> ModuleType:
    """The module of this name from gdsim's own text; without a file it lives in memory alone."""
    filename = filename or f"<{name}>"
    loader = _TextLoader(filename, text)
    spec = importlib.util.spec_from_file_location(name, filename, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # before it runs: Numba looks it up when it loads a cached kernel
    loader.exec_module(module)
    return module


class Generated:
    """One generated module: plain functions on disk (or in memory), compiled one by one on demand.

    Args:
        text: the module's source, gdsim's own making.
        inner: names of functions that others in the module call; they are compiled into their callers.
    """

    def __init__(self, text: str, inner: Sequence[str] = ()) -> None:
        self.name = _PREFIX + hashlib.sha256(f"{_stamp()}\n{text}".encode()).hexdigest()[:40]
        self._text = text
        self._compiled: dict[str, Any] = {}
        place = folder()
        self._path = place / f"{self.name}.py" if place is not None and self._write(place) else None
        if self._path is not None:
            self._discard_damaged()
        self.module = self._load()
        numba = _numba()
        for name in inner:
            function = getattr(self.module, name)
            # nobody calls it from Python: without wrappers it compiles in half the time
            bare = numba.njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
            setattr(self.module, name, bare(function))

    def function(self, name: str, signature: Any) -> Callable[..., Any]:
        """The function compiled for exactly this signature; any other arrays raise TypeError instead of compiling."""

        def build(cached: bool) -> Any:
            dispatcher = _numba().njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True, cache=cached)(
                self._source(name)
            )
            dispatcher.compile(signature)
            dispatcher.disable_compile()
            return dispatcher

        dispatcher: Callable[..., Any] = self._build(f"{name} {signature}", build)
        return dispatcher

    def address(self, name: str, signature: Any, flags: frozenset[str] = frozenset()) -> int:
        """The address of the function compiled as a C function; valid as long as the process lives.

        Args:
            flags: fast-math flags of its own instructions (not of the functions it calls).
        """

        def build(cached: bool) -> Any:
            fast = set(flags) if flags else False
            return _numba().cfunc(signature, error_model="numpy", cache=cached, fastmath=fast)(self._source(name))

        return int(self._build(f"{name} {signature} C {sorted(flags)}", build).address)

    def _source(self, name: str) -> Any:
        function = getattr(self.module, name)
        return getattr(function, "py_func", function)

    def _build(self, key: str, build: Callable[[bool], Any]) -> Any:
        with _lock:
            if key not in self._compiled:
                self._compiled[key] = self._healed(build)
            return self._compiled[key]

    def _healed(self, build: Callable[[bool], Any]) -> Any:
        if self._path is None:
            return build(False)
        for _ in range(2):
            try:
                built = build(True)
                self._write_sums()
            except _CACHE_TROUBLE as error:
                _LOG.warning("a compiled kernel could not be loaded or kept, it is compiled anew: %r", error)
                self._discard()
            else:
                return built
        _give_notice(f"a kernel could not be kept in {self._path.parent}")
        return build(False)

    # Files

    def _write(self, place: Path) -> bool:
        """Put the text on disk unless it is there; False where that fails."""
        path = place / f"{self.name}.py"
        try:
            if not path.exists() or path.read_text() != self._text:
                write_atomically(path, self._text)
            os.utime(path)
        except (OSError, UnicodeDecodeError) as error:
            try:
                path.unlink(missing_ok=True)
                write_atomically(path, self._text)
            except OSError:
                _give_notice(f"kernels are compiled anew at each start: {error}")
                return False
        return True

    def _load(self) -> ModuleType:
        return load_text(self.name, self._text, str(self._path) if self._path is not None else "")

    def _stored(self) -> list[Path]:
        """The files that Numba keeps for this module."""
        return stored_files(self._path) if self._path is not None else []

    def _sums_path(self) -> Path:
        assert self._path is not None
        return self._path.with_suffix(".sums")

    def _write_sums(self) -> None:
        write_atomically(self._sums_path(), json.dumps(_sums(self._stored())))

    def _discard_damaged(self) -> None:
        """Delete what Numba has stored unless every file is as it was when it was written."""
        stored = self._stored()
        if not stored:
            return
        try:
            known = json.loads(self._sums_path().read_text())
        except (OSError, ValueError):
            known = None
        if known != _sums(stored):
            self._discard()

    def _discard(self) -> None:
        for path in [*self._stored(), self._sums_path()]:
            _remove(path)


def stored_files(source: Path) -> list[Path]:
    """What Numba keeps for a generated source file, wherever its settings say that it does."""
    override = _numba().core.config.CACHE_DIR
    if override:
        return sorted(Path(override).glob(f"*/{source.stem}.*.nb[ic]"))
    return sorted((source.parent / "__pycache__").glob(f"{source.stem}.*.nb[ic]"))


def _sums(files: Sequence[Path]) -> dict[str, str]:
    sums = {}
    for path in files:
        try:
            sums[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            sums[path.name] = "unreadable"
    return sums


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _LOG.warning("a cached kernel could not be removed: %s", error)


def write_atomically(path: Path, text: str) -> None:
    """Write a file whole or not at all; another process that does the same at once does no harm."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def evict(max_bytes: int = MAX_BYTES, max_age: float = MAX_AGE_SECONDS) -> int:
    """Delete kernels not used for `max_age` seconds, then the least recently used above `max_bytes`.

    Returns: how many kernels were deleted.
    """
    place = folder()
    if place is None:
        return 0
    entries = []
    for source in place.glob(f"{_PREFIX}*.py"):
        files = [source, source.with_suffix(".sums"), *stored_files(source)]
        sizes = [path.stat() for path in files if path.exists()]
        if sizes:
            entries.append((sizes[0].st_mtime, sum(size.st_size for size in sizes), files))
    entries.sort(key=lambda entry: entry[0], reverse=True)
    kept, removed = 0, 0
    for used, size, files in entries:
        kept += size
        if kept > max_bytes or time.time() - used > max_age:
            kept -= size
            removed += 1
            for path in files:
                _remove(path)
    return removed


def _numba() -> Any:
    import numba

    return numba
