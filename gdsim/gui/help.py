"""Pages of help: the shortcuts (from the table of commands), the doctor's findings, what this is."""

from __future__ import annotations

import sys

from PySide6.QtCore import QProcess, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gdsim.gui.commands import COMMANDS, MOUSE
from gdsim.gui.controller import Controller
from gdsim.version import __version__

_KEYS = {"Right": "→", "Left": "←", "Backspace": "Backspace"}


def keys_words(keys: tuple[str, ...]) -> str:
    """Shortcuts as people read them: "Ctrl+Y or Ctrl+Shift+Z", "→ or ."."""
    return " or ".join(_KEYS.get(key, key) for key in keys)


class _Page(QDialog):
    def __init__(self, parent: QWidget, title: str, width: int, height: int) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(width, height)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(16, 16, 16, 12)
        self.box.setSpacing(12)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.reject)


class ShortcutsPage(_Page):
    """Every shortcut, by menu, and what the mouse does."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "Shortcuts", 760, 640)
        inner = QWidget()
        columns = QHBoxLayout(inner)
        columns.setContentsMargins(0, 0, 8, 0)
        columns.setSpacing(32)
        for titles in (("File", "Edit", "Help"), ("Run", "View", "Mouse")):
            grid = QGridLayout()
            grid.setHorizontalSpacing(16)
            grid.setVerticalSpacing(4)
            grid.setColumnStretch(1, 1)
            row = 0
            for title in titles:
                row = self._section(grid, row, title, MOUSE if title == "Mouse" else self._pairs(title))
            grid.setRowStretch(row, 1)
            columns.addLayout(grid, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        self.box.addWidget(scroll, 1)
        self.box.addWidget(self.buttons)

    @staticmethod
    def _pairs(menu: str) -> tuple[tuple[str, str], ...]:
        return tuple(
            (keys_words(each.keys), each.title.rstrip("…")) for each in COMMANDS if each.menu == menu and each.keys
        )

    @staticmethod
    def _section(grid: QGridLayout, row: int, title: str, pairs: tuple[tuple[str, str], ...]) -> int:
        heading = QLabel(title)
        heading.setProperty("role", "title")
        heading.setContentsMargins(0, 8 if row else 0, 0, 2)
        grid.addWidget(heading, row, 0, 1, 2)
        for offset, (left, right) in enumerate(pairs, 1):
            keys = QLabel(left)
            keys.setProperty("role", "secondary")
            grid.addWidget(keys, row + offset, 0)
            grid.addWidget(QLabel(right), row + offset, 1)
        return row + len(pairs) + 1


class DoctorPage(_Page):
    """What `gdsim doctor` finds on this machine; asked in a process of its own, so that nothing waits."""

    def __init__(self, parent: QWidget, controller: Controller) -> None:
        super().__init__(parent, "Doctor", 720, 520)
        engine = controller.engine
        reason = f" ({engine.reason})" if engine.reason else ""
        top = QLabel(f"This run is computed by: {engine.backend or 'nothing yet'}{reason}")
        top.setWordWrap(True)
        self.text = QPlainTextEdit("Looking around…")
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName("Findings")
        self.box.addWidget(top)
        self.box.addWidget(self.text, 1)
        self.box.addWidget(self.buttons)
        self._process = QProcess(self)
        self._process.finished.connect(self._show)
        self._process.errorOccurred.connect(lambda _: self.text.setPlainText(self._process.errorString()))
        arguments = ["doctor"] if getattr(sys, "frozen", False) else ["-m", "gdsim", "doctor"]
        self._process.start(sys.executable, arguments)

    def _show(self) -> None:
        out = bytes(self._process.readAllStandardOutput().data()).decode("utf-8", "replace")
        wrong = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        self.text.setPlainText(out + wrong)

    def done(self, result: int) -> None:
        """Leave no process behind."""
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(1000)
        super().done(result)


class AboutPage(_Page):
    """Version, licence, what it is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "About gdsim", 440, 200)
        title = QLabel(f"gdsim {__version__}")
        title.setProperty("role", "key")
        words = QLabel(
            "A desktop laboratory for gradient descent.\n"
            "Typeface: Inter (SIL Open Font License). Licence of gdsim: MIT."
        )
        words.setWordWrap(True)
        self.box.addWidget(title)
        self.box.addWidget(words)
        self.box.addStretch(1)
        self.box.addWidget(self.buttons)
