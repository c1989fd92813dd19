"""How a run stands, or why it ended: data with words and a remedy, never an exception."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """The state of one racer; the value is the word that files and the command line use.

    The engine itself ends a racer with CONVERGED, DIVERGED, TARGET, STEP_LIMIT or CANCELLED. Its CONVERGED says only
    that gradient and step are below the tolerance; which of CONVERGED, SADDLE, STATIONARY and PLATEAU that is, the
    curvature decides (gdsim.analysis), and whoever asked writes the verdict into ``Trace.status``.
    """

    RUNNING = "running"
    CONVERGED = "converged"
    SADDLE = "saddle"
    STATIONARY = "stationary"
    PLATEAU = "plateau"
    DIVERGED = "diverged"
    TARGET = "target"
    STEP_LIMIT = "step-limit"
    CANCELLED = "cancelled"

    @property
    def finished(self) -> bool:
        """Whether the racer takes no further step of its own accord (a cancelled one can be asked to go on)."""
        return self not in (Status.RUNNING, Status.CANCELLED)

    @property
    def words(self) -> str:
        """What happened, one sentence without a full stop."""
        return _WORDS[self][0]

    @property
    def remedy(self) -> str:
        """What to try, one sentence without a full stop; empty where nothing is wrong."""
        return _WORDS[self][1]


_WORDS: dict[Status, tuple[str, str]] = {
    Status.RUNNING: ("still on its way", ""),
    Status.CONVERGED: ("arrived at a minimum: the gradient and the last step are below the tolerance", ""),
    Status.SADDLE: (
        "resting on a saddle: flat here, but downhill in some direction",
        "Move the start a little to one side, or add some gradient noise",
    ),
    Status.STATIONARY: (
        "the gradient has vanished, but the curvature does not say whether this is a minimum",
        "Compare the loss with its surroundings, or start from another point",
    ),
    Status.PLATEAU: (
        "stuck on flat ground: the slope is too small to make progress",
        "Raise the learning rate, choose an optimizer that adapts its step, or start elsewhere",
    ),
    Status.DIVERGED: (
        "left the range of finite numbers",
        "Lower the learning rate, clip the gradient, or start where the function is defined",
    ),
    Status.TARGET: ("reached the target loss", ""),
    Status.STEP_LIMIT: (
        "took all the steps it was allowed",
        "Allow more steps, or raise the learning rate if the loss was still falling",
    ),
    Status.CANCELLED: ("stopped when asked to", "Run again to go on"),
}
