"""Shared ground of the tests: no display, no personal files, no leftovers."""

from __future__ import annotations

import os
import tempfile

import pytest
from PySide6.QtWidgets import QApplication

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["GDSIM_HOME"] = tempfile.mkdtemp(prefix="gdsim-tests-")


@pytest.fixture(scope="session", autouse=True)
def _application(qapp: QApplication) -> QApplication:
    """One application for all: a test that only paints would otherwise make a lesser one, which no window bears."""
    return qapp
