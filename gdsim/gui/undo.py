"""Undo and redo of whole specs, by name; the continuous drag of one slider is one entry."""

from __future__ import annotations

from dataclasses import dataclass

from gdsim.session.spec import RunSpec

DEPTH = 500
"""Entries kept; a spec is a few hundred bytes to a few kilobytes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One edit: the spec and cursor before it, what it is called, and what it may merge with ("" with nothing)."""

    before: RunSpec
    cursor: int
    name: str
    merge: str


class UndoStack:
    """The past and the undone future of the spec."""

    def __init__(self) -> None:
        self._past: list[Entry] = []
        self._future: list[Entry] = []
        self._open = False

    def record(self, before: RunSpec, cursor: int, name: str, merge: str = "") -> bool:
        """Note an edit made on `before`. True when it opened a new entry, False when it joined the last one."""
        self._future.clear()
        if self._open and merge and self._past and self._past[-1].merge == merge:
            return False
        self._past.append(Entry(before, cursor, name, merge))
        del self._past[:-DEPTH]
        self._open = bool(merge)
        return True

    def close(self) -> None:
        """The hand let go: the next edit is an entry of its own."""
        self._open = False

    def undo(self, now: RunSpec, cursor: int) -> Entry | None:
        """The entry to go back to, or None; `now` is kept for redo."""
        return self._move(self._past, self._future, now, cursor)

    def redo(self, now: RunSpec, cursor: int) -> Entry | None:
        """The entry to go forward to, or None."""
        return self._move(self._future, self._past, now, cursor)

    def _move(self, source: list[Entry], target: list[Entry], now: RunSpec, cursor: int) -> Entry | None:
        self._open = False
        if not source:
            return None
        entry = source.pop()
        target.append(Entry(now, cursor, entry.name, entry.merge))
        return entry

    @property
    def undo_name(self) -> str:
        """What undo would take back, "" when nothing."""
        return self._past[-1].name if self._past else ""

    @property
    def redo_name(self) -> str:
        """What redo would do again, "" when nothing."""
        return self._future[-1].name if self._future else ""

    def clear(self) -> None:
        """Forget everything (another document was opened)."""
        self._past.clear()
        self._future.clear()
        self._open = False
