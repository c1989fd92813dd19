"""One tree of errors; each says what went wrong, where, and what to do about it."""

from __future__ import annotations


class GdsimError(Exception):
    """The root of every error that bad input, a bad file or a missing capability can cause.

    Args:
        what: what went wrong, one sentence without a full stop.
        where: the thing it happened in (a field, a file, a racer), if known.
        hint: what to do about it, one sentence.
        column: place in the user's text, counted from 1.
        length: how many characters of the text are meant, from `column` on.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        column: int | None = None,
        length: int = 1,
    ) -> None:
        self.what = what
        self.where = where
        self.hint = hint
        self.column = column
        self.length = length
        super().__init__(self.message())

    def message(self) -> str:
        """The whole error as one line for a person."""
        text = self.what
        if self.column is not None:
            text = f"column {self.column}: {text}"
        if self.where:
            text = f"{self.where}: {text}"
        if self.hint:
            text = f"{text}. {self.hint}"
        return text

    def inside(self, where: str) -> GdsimError:
        """The same error, said of a larger thing: `inside("racer 2")` puts that in front of the place."""
        place = where if self.where is None else f"{where}, {self.where}"
        return type(self)(self.what, where=place, hint=self.hint, column=self.column, length=self.length)


class FormulaError(GdsimError):
    """A formula or rule that cannot be read; `column` and `length` mark the place in the text."""


class CatalogueError(GdsimError):
    """An unknown name, or an entry of a catalogue file that does not hold together."""


class SpecError(GdsimError):
    """A run that cannot be made as described: a value out of range, a wrong dimension, a start outside the domain."""


class DocumentError(GdsimError):
    """A file that cannot be read as a gdsim document: malformed, of a later version, too large."""


class EngineError(GdsimError):
    """The engine cannot do what was asked: a backend that is not there, a size that memory cannot hold."""


class ExportError(GdsimError):
    """A file that could not be written; nothing half-written is left behind."""


class UsageError(GdsimError):
    """A command line that does not say what to do."""


class Cancelled(GdsimError):
    """The person asked to stop; nothing is wrong."""
