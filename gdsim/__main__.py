"""`python -m gdsim` is the command `gdsim`."""

from __future__ import annotations

from gdsim.cli import main

if __name__ == "__main__":
    main()
