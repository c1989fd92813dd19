"""Shared ground of the tests: no display, no personal files, no leftovers."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["GDSIM_HOME"] = tempfile.mkdtemp(prefix="gdsim-tests-")
