"""The version, in a room below all others: the kernel cache and documents name it too."""

from __future__ import annotations

__version__ = "0.1.0"
