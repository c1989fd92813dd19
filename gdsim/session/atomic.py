"""Files appear whole or not at all: written beside the target, flushed to the disk, then put in its place."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gdsim.errors import ExportError

_HINTS = {
    errno.ENOSPC: "The disk is full: free some space or choose another place",
    errno.EDQUOT: "Your share of the disk is used up: free some space or choose another place",
    errno.EFBIG: "The file would be too large for this disk: choose another place",
    errno.EACCES: "You may not write there: choose another folder",
    errno.EPERM: "You may not write there: choose another folder",
    errno.EROFS: "That disk is read-only: choose another folder",
    errno.ENOENT: "The folder does not exist: create it or choose another one",
    errno.ENOTDIR: "A part of the path is a file, not a folder: choose another one",
    errno.ENAMETOOLONG: "Choose a shorter name",
    errno.EINVAL: "Choose another name",
}


def cannot_write(path: Path, error: OSError) -> ExportError:
    """The system's refusal as words: what, where, what to do."""
    reason = (error.strerror or str(error)).lower()
    hint = _HINTS.get(error.errno or 0, "Choose another place and try again")
    return ExportError(f"cannot be written ({reason})", where=str(path), hint=hint)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A binary file to write, which takes the place of `path` when the block ends without an exception.

    An existing file is replaced in one move, so that a reader sees the old or the new one, never a part. After an
    exception nothing is left behind. A device or a pipe (``/dev/stdout``) is written to directly.

    Raises:
        ExportError: the folder is missing or not writable, `path` is a folder or write-protected, the disk is full.
    """
    try:
        if path.is_dir():
            raise ExportError("is a folder, not a file", where=str(path), hint="Add a file name")
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "Permission denied")
        if path.exists() and not path.is_file():
            # by its own name: what /dev/stdout leads to is a pipe that has no path
            with path.open("wb") as device:
                yield device
            return
        with _beside(Path(os.path.realpath(path))) as file:
            yield file
    except OSError as error:
        raise cannot_write(path, error) from error


@contextmanager
def _beside(target: Path) -> Iterator[BinaryIO]:
    draft = target.parent / f".gdsim-{secrets.token_hex(6)}.part"
    # opened by number, not by tempfile, so that the file gets the usual permissions and not 0600
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb", buffering=1 << 20) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            draft.chmod(target.stat().st_mode & 0o777)
        draft.replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            draft.unlink()
        raise
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Make the move itself survive a power cut, where the system lets a folder be flushed."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems refuse; the file itself is already safe
            os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Write `text` (UTF-8, line ends as they are) in place of `path`; ExportError as in `replacing`."""
    with replacing(path) as file:
        file.write(text.encode("utf-8"))
