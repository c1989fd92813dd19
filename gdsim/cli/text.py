"""What the sub-commands share: lists of names, JSON in which nothing is lost, tables."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any


def names(text: str) -> tuple[str, ...]:
    """``x,y`` as names."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def plain(value: Any) -> Any:
    """Only what JSON has: a number that is not finite becomes the string "nan", "inf" or "-inf"."""
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, str | bool) or value is None:
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        number = float(value)
        return number if math.isfinite(number) else str(number)
    if isinstance(value, Sequence):
        return [plain(entry) for entry in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return str(value)


def as_json(value: Any) -> str:
    """JSON text, indented, letters as they are."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False)


def short(value: float) -> str:
    """A number for a table."""
    return f"{value:.6g}"


def point(values: Sequence[float], most: int = 4) -> str:
    """A point for a table; long ones are cut."""
    text = ", ".join(short(float(value)) for value in values[:most])
    return f"({text}{', ...' if len(values) > most else ''})"
