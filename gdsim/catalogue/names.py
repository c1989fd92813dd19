"""Errors for names that do not exist, with what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

from gdsim.errors import CatalogueError
from gdsim.formula import did_you_mean


def unknown(kind: str, name: str, known: Iterable[str], otherwise: str, *, where: str | None = None) -> CatalogueError:
    """The error for a `name` of no `kind` ("optimizer", ...): a suggestion, or `otherwise` where nothing is near."""
    near = did_you_mean(name, known) if name else None
    what = f"there is no {kind} {name!r}" if name else f"the name of the {kind} is missing"
    return CatalogueError(what, where=where, hint=f"Did you mean {near!r}?" if near else otherwise)
