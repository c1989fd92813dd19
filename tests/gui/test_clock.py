"""The playback clock and the speed slider's scale."""

from __future__ import annotations

import math

import pytest

from gdsim.gui.clock import PlaybackClock, position_of, speed_of, speed_words


def test_steps_come_at_the_speed_asked_for() -> None:
    clock = PlaybackClock()
    clock.start(0.0)
    cursor = clock.tick(0.0, 8.0, 0, 1000)
    assert cursor == 1
    for tick in range(1, 101):
        cursor = clock.tick(tick * 0.016, 8.0, cursor, 1000)
    assert cursor == 1 + int(8 * 1.6 + 1e-9)


def test_a_hang_is_no_leap() -> None:
    clock = PlaybackClock()
    clock.start(0.0)
    assert clock.tick(60.0, 8.0, 0, 1000) <= 3


def test_full_speed_is_the_end_of_what_there_is() -> None:
    clock = PlaybackClock()
    clock.start(0.0)
    assert clock.tick(0.016, math.inf, 3, 777) == 777


def test_it_never_passes_the_end_nor_goes_back() -> None:
    clock = PlaybackClock()
    clock.start(0.0)
    assert clock.tick(0.2, 10_000.0, 5, 9) == 9
    assert clock.tick(0.4, 10_000.0, 12, 9) == 12


@pytest.mark.parametrize("speed", [1.0, 2.5, 8.0, 100.0, 10_000.0, math.inf])
def test_the_slider_and_the_speed_agree(speed: float) -> None:
    assert speed_of(position_of(speed)) == pytest.approx(speed)


@pytest.mark.parametrize(
    ("speed", "words"),
    [(1.0, "1 step/s"), (1.5, "1.5 steps/s"), (8.0, "8 steps/s"), (1234.5, "1,234 steps/s"), (math.inf, "full speed")],
)
def test_the_label_is_readable(speed: float, words: str) -> None:
    assert speed_words(speed) == words
