"""Long work on a terminal: a bar that shows how far it is, and Ctrl+C that stops it in an orderly way."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Progress = Callable[[int, int], None]


@contextmanager
def progress_bar(words: str) -> Iterator[Progress | None]:
    """A bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(words, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """An event that Ctrl+C sets, so that what computes leaves at its next look; a second one ends it at once."""
    cancel = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # only there can a signal be handled
        yield cancel
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)
