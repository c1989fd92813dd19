"""Rows in blocks, memory, and readers beside a writer; noise; statuses."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from gdsim.engine import memory, noise
from gdsim.engine.backend import Slice
from gdsim.engine.select import backend
from gdsim.engine.status import Status
from gdsim.engine.trace import Trace, trace_bytes
from gdsim.errors import EngineError
from tests.engine import races


def filled(rows: int, n: int = 2) -> Trace:
    """A trace whose every number is its row's."""
    trace = Trace(n, [f"x{k}" for k in range(n)])
    trace.prepare(3)
    step = 0
    while step < rows:
        room = trace.room(step)[: rows - step]
        room[:] = np.arange(step, step + len(room))[:, None]
        states, first, behind = trace.state_room(step)
        for k in range(step - step % 256, min(behind, step + len(room)), 256):
            states[(k - first) // 256] = k
        step += len(room)
        trace.publish(step)
    return trace


def test_columns_reach_across_blocks() -> None:
    trace = filled(20_000)
    assert trace.last == 19_999
    assert np.array_equal(trace.column("loss"), np.arange(20_000))
    assert np.array_equal(trace.column("d_x1", 8000, 17_000, 7), np.arange(8000, 17_000, 7))
    assert trace.thetas(8190, 8195).shape == (5, 2)
    assert trace.column("lr", 5, 5).shape == (0,)
    assert trace.row(-1).step == 19_999
    assert trace.row(8192).evals == 8192
    with pytest.raises(IndexError):
        trace.row(20_000)
    with pytest.raises(EngineError, match="no column"):
        trace.column("speed")


def test_truncating_keeps_what_was_before() -> None:
    trace = filled(20_000)
    held = trace.nbytes
    trace.truncate(5000)
    assert trace.published == 5001
    assert trace.nbytes < held
    step, state = trace.snapshot_before(5000)
    assert step == 4864
    assert np.array_equal(state, np.full(3, 4864.0))
    with pytest.raises(EngineError):
        trace.truncate(5001)


def test_ten_million_rows_of_two_coordinates_fit() -> None:
    assert trace_bytes(2, 10_000_000, 6) < 1.2 * 2**30
    trace = filled(300_000)
    assert trace.nbytes / 300_000 * 1e7 < 1.2 * 2**30


def test_many_coordinates_take_small_blocks() -> None:
    trace = filled(40, n=10_000)
    assert trace.nbytes < 2 * trace_bytes(10_000, 40)
    assert np.array_equal(trace.column("loss"), np.arange(40))


def test_readers_never_see_half_a_row() -> None:
    trace = Trace(2, ("x", "y"))
    wrong: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            rows = trace.rows(max(0, trace.published - 50))
            wrong.extend(1 for row in rows if len(set(row.tolist())) != 1)

    reader = threading.Thread(target=read)
    reader.start()
    for step in range(20_000):
        trace.room(step)[0] = step
        trace.publish(step + 1)
    done.set()
    reader.join()
    assert not wrong


def test_noise_is_a_function_of_its_counters() -> None:
    whole = noise.normals(7, 1, 0, 1000, 3)
    assert np.array_equal(whole[17:923], noise.normals(7, 1, 17, 906, 3))
    assert np.array_equal(whole[500:501], noise.normals(7, 1, 500, 1, 3))
    assert not np.array_equal(whole, noise.normals(7, 2, 0, 1000, 3))
    assert not np.array_equal(whole, noise.normals(-8, 1, 0, 1000, 3))
    far = noise.normals(0, 0, 10**7, 4, 100_000)
    assert np.isfinite(far).all()


def test_noise_is_normal() -> None:
    z = noise.normals(0, 0, 0, 100_000, 2)
    assert abs(z.mean()) < 0.01
    assert z.std() == pytest.approx(1.0, abs=0.01)
    assert np.mean(z**4) == pytest.approx(3.0, abs=0.1)
    assert abs(np.corrcoef(z[:, 0], z[:, 1])[0, 1]) < 0.01
    assert abs(np.corrcoef(z[:-1, 0], z[1:, 0])[0, 1]) < 0.01


def test_every_status_has_words() -> None:
    for status in Status:
        assert status.words
        assert status.value == str(status)
    good = {Status.RUNNING, Status.CONVERGED, Status.TARGET}
    assert {status for status in Status if not status.remedy} == good


def test_sizes_in_words() -> None:
    assert memory.words(1.5 * 2**30) == "1.5 GiB"
    assert memory.words(100) == "100 bytes"
    assert memory.available() > 0
    memory.require(1 << 20, "nothing much", "")
    with pytest.raises(EngineError, match="GiB"):
        memory.require(1 << 60, "a dream", "Wake up")


@pytest.mark.parametrize(
    "change", [{"axes": (0, 2)}, {"axes": (1, 1)}, {"base": (0.0,)}, {"nx": 0}, {"nx": 10**7, "ny": 10**7}]
)
def test_slices_that_do_not_fit_are_refused(change: dict) -> None:
    where = {"base": (0.0, 0.0), "axes": (0, 1), "x": (0.0, 1.0), "y": (0.0, 1.0), "nx": 4, "ny": 4} | change
    for name in ("numpy", "cpu"):
        with pytest.raises(EngineError):
            backend(name).surface(races.objective("bowl"), Slice(**where))
