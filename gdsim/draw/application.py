"""What Qt needs before anything is drawn, and pictures as bytes."""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QGuiApplication, QImage

from gdsim.errors import ExportError

_kept: list[QGuiApplication] = []  # an application must outlive what is drawn


def need_application() -> None:
    """Qt draws text only when there is an application; without a window an offscreen one will do."""
    if QGuiApplication.instance() is not None:
        return
    if sys.platform == "linux" and not os.environ.get("QT_QPA_PLATFORM"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _kept.append(QGuiApplication(["gdsim"]))


def png_bytes(image: QImage) -> bytes:
    """The image as a PNG file; ExportError if it is empty or too large."""
    store = QByteArray()
    buffer = QBuffer(store)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):
        raise ExportError("the picture could not be turned into a PNG", hint="Use a smaller size")
    return bytes(store.data())
