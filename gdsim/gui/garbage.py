"""Python's cycle collector, on the GUI thread alone.

It runs in whichever thread happens to reach its threshold. In the engine's it would destroy widgets that are caught in
a cycle (a closed dialog, a menu), while Qt may only destroy them in the thread they live in.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QCoreApplication, QObject, QTimer

_EVERY = 500
"""Milliseconds between two looks at what has come together."""
_FULL_EVERY = 60.0
"""Seconds between two full collections at least: one goes through all that Numba has made, which takes 0.1 s."""


class GarbageCollector(QObject):
    """Collects about as often as Python would, but from a timer of the application. There is one at most."""

    def __init__(self, app: QCoreApplication) -> None:
        super().__init__(app)
        self._full = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    @classmethod
    def of(cls, app: QCoreApplication) -> GarbageCollector:
        """The application's, made on first use; Python's own collecting is switched off."""
        gc.disable()
        return app.findChild(cls) or cls(app)

    def look(self) -> int:
        """Collect the oldest generation that is due; returns its number, -1 for none."""
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        oldest = max((k for k, (count, most) in enumerate(counts) if 0 < most < count), default=-1)
        if oldest == 2 and time.monotonic() - self._full < _FULL_EVERY:
            oldest = 1
        if oldest >= 0:
            gc.collect(oldest)
        if oldest == 2:
            self._full = time.monotonic()
        return oldest
