"""Numbers of training as words: shares, epochs."""

from __future__ import annotations


def share_words(share: float) -> str:
    """``98.4 %``; ``all`` only where all are."""
    return "all" if share == 1.0 else f"{min(100 * share, 99.9):.3g} %"


def percent(share: float) -> str:
    """``12 %``, ``0.25 %``."""
    value = 100 * share
    return f"{value:.0f} %" if value >= 10 else f"{value:.2g} %"


def epoch_words(epoch: float) -> str:
    """``37``, ``12.4``, ``1,250``."""
    return f"{epoch:,.0f}" if epoch == round(epoch) or epoch >= 1000 else f"{epoch:,.1f}"
