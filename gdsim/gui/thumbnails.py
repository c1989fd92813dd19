"""Small pictures of what the catalogue has, made in the engine thread, kept in memory and in the cache folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from PySide6.QtGui import QImage

from gdsim.assets import cache_dir
from gdsim.draw.theme import Theme
from gdsim.version import __version__

WIDTH, HEIGHT = 288, 216

Entry = TypeVar("Entry")


class Thumbnails(Generic[Entry]):
    """The pictures of one kind of entries. A picture depends on the entry with all its fields, on the theme's colours,
    on the size and on what `beside` tells; it is painted at scale 1, for its size is the same on Teach."""

    def __init__(
        self,
        prefix: str,
        paint: Callable[[Entry, Theme, Any], QImage],
        beside: Callable[[Entry], object] = lambda entry: None,
    ) -> None:
        self._prefix = prefix
        self._paint = paint
        self._beside = beside
        self._kept: dict[str, QImage] = {}

    def kept(self, entry: Entry, theme: Theme) -> QImage | None:
        """The picture if it has been made in this process."""
        return self._kept.get(self._key(entry, theme.scaled(1.0)))

    def thumbnail(self, entry: Entry, theme: Theme, cancel: Any = None) -> QImage:
        """The picture of an entry, (WIDTH, HEIGHT); for the engine thread. GdsimError where it cannot be made."""
        theme = theme.scaled(1.0)
        key = self._key(entry, theme)
        if key in self._kept:
            return self._kept[key]
        folder = cache_dir() / "thumbnails"
        folder.mkdir(exist_ok=True)
        path = folder / f"{self._prefix}{key}.png"
        image = QImage(str(path)) if path.exists() else QImage()
        if image.isNull():
            image = self._paint(entry, theme, cancel)
            image.save(str(path), "PNG")
        self._kept[key] = image
        return image

    def _key(self, entry: Entry, theme: Theme) -> str:
        """The version stands for how it is painted."""
        what = (__version__, entry, self._beside(entry), theme, WIDTH, HEIGHT)
        return hashlib.sha256(repr(what).encode()).hexdigest()[:24]
