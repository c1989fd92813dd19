"""Shared ground of the tests: no display, no personal files, no leftovers."""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["GDSIM_HOME"] = tempfile.mkdtemp(prefix="gdsim-tests-")
# Kernels are compiled once for all processes of the suite, which share nothing else.
os.environ.setdefault("GDSIM_TEST_KERNELS", tempfile.mkdtemp(prefix="gdsim-kernels-"))
_CACHE = Path(os.environ["GDSIM_HOME"]) / "cache"
_CACHE.mkdir()
(_CACHE / "kernels").symlink_to(os.environ["GDSIM_TEST_KERNELS"], target_is_directory=True)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Thousands of collected tests and all modules stay to the end: the garbage collector need not look at them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _application(qapp: QApplication) -> QApplication:
    """One application for all: a test that only paints would otherwise make a lesser one, which no window bears."""
    return qapp
