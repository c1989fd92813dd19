"""The base of all that a document holds: frozen, typed, plain data."""

from __future__ import annotations

from typing import Any, Self

import msgspec


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen part of a document; `replace` makes the edited copy."""

    def replace(self, **changes: Any) -> Self:
        """A copy with the named fields changed."""
        return msgspec.structs.replace(self, **changes)
