"""The playback clock: turns elapsed time into steps of the cursor, from one a second to as fast as the engine goes."""

from __future__ import annotations

import math

from gdsim.gui.state import FASTEST, SLOWEST

_LONGEST = 0.25
"""Seconds that one tick may count for: after a hang the cursor goes on, it does not leap."""


class PlaybackClock:
    """Accumulates fractions of a step between ticks; time comes from outside, so that tests need not wait."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._owed = 0.0

    def start(self, now: float) -> None:
        """Begin to count at `now` (seconds, any origin); the first step is due at once."""
        self._last = now
        self._owed = 1.0

    def stop(self) -> None:
        """Stop counting."""
        self._last = None
        self._owed = 0.0

    def tick(self, now: float, speed: float, cursor: int, length: int) -> int:
        """The cursor at `now`: moved on by `speed` steps a second, never past `length`."""
        if self._last is None:
            return cursor
        elapsed = min(now - self._last, _LONGEST)
        self._last = now
        if math.isinf(speed):
            return max(cursor, length)
        self._owed += elapsed * speed
        steps = int(self._owed)
        self._owed -= steps
        if cursor + steps >= length:
            self._owed = 0.0
            return max(cursor, length)
        return cursor + steps


def speed_of(position: float) -> float:
    """Speed for a slider `position` in [0, 1]: logarithmic, 1 to 10,000 steps a second; the last stop is infinite."""
    if position >= 1.0:
        return math.inf
    share = max(0.0, position) / 0.97
    return SLOWEST * (FASTEST / SLOWEST) ** min(share, 1.0)


def position_of(speed: float) -> float:
    """Slider position in [0, 1] for `speed`; the inverse of `speed_of`."""
    if math.isinf(speed):
        return 1.0
    return 0.97 * math.log(max(speed, SLOWEST) / SLOWEST) / math.log(FASTEST / SLOWEST)


def speed_words(speed: float, per_epoch: int = 1) -> str:
    """The speed as the label says it: "8 steps/s", "1.5 steps/s", "full speed"; "10 epochs/s" where an epoch has
    several steps and takes no longer than two seconds."""
    if math.isinf(speed):
        return "full speed"
    unit = "epoch" if 1 < per_epoch <= 2 * speed else "step"
    speed = speed / per_epoch if unit == "epoch" else speed
    number = f"{speed:,.0f}" if speed >= 9.5 else f"{speed:.2g}"
    return f"{number} {unit}/s" if number == "1" else f"{number} {unit}s/s"
