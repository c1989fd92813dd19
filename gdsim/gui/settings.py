"""What the window remembers between starts: one small JSON file, written whole, read with forgiveness."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import msgspec
from PySide6.QtCore import QSaveFile

from gdsim.assets import config_dir
from gdsim.gui.state import FASTEST, SLOWEST, ThemeChoice

log = logging.getLogger(__name__)

_RECENT = 10


class Settings(msgspec.Struct, frozen=True):
    """The window's habits; nothing of an experiment.

    `speed` is None for full speed. `geometry` is Qt's own text of the window's place (hex). `splitters` holds the
    sizes of each splitter by name.
    """

    theme: ThemeChoice = "system"
    teach: bool = False
    speed: float | None = 8.0
    geometry: str = ""
    splitters: dict[str, list[int]] = {}
    recent: list[str] = []
    folder: str = ""
    discovered: int = 0

    @property
    def steps_per_second(self) -> float:
        """The speed as the state holds it."""
        return math.inf if self.speed is None else min(max(self.speed, SLOWEST), FASTEST)

    def with_recent(self, path: Path) -> Settings:
        """`path` at the head of the recent files."""
        name = str(path.resolve())
        others = [each for each in self.recent if each != name]
        return msgspec.structs.replace(self, recent=[name, *others][:_RECENT], folder=str(path.resolve().parent))


def _file() -> Path:
    return config_dir() / "window.json"


def load() -> Settings:
    """The settings of last time; what cannot be read is forgotten (and noted in the log)."""
    path = _file()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Settings)
    except FileNotFoundError:
        return Settings()
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("the window's settings in %s were not readable and are forgotten: %s", path, error)
        return Settings()


def save(settings: Settings) -> None:
    """Write the settings, whole or not at all."""
    path = _file()
    file = QSaveFile(str(path))
    if not file.open(QSaveFile.OpenModeFlag.WriteOnly):
        log.warning("the window's settings could not be written to %s: %s", path, file.errorString())
        return
    file.write(msgspec.json.format(msgspec.json.encode(settings), indent=1))
    if not file.commit():
        log.warning("the window's settings could not be written to %s: %s", path, file.errorString())
