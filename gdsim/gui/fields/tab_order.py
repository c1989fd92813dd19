"""The Tab key walks a form as it is read, also where parts were made later."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QScrollArea, QWidget


def chain(after: QWidget, root: QWidget) -> QWidget:
    """Put the fields inside `root` behind `after`, in the order of the layouts; returns the last one."""
    for widget in _walk(root):
        QWidget.setTabOrder(after, widget)
        after = widget
    return after


def _walk(widget: QWidget) -> Iterator[QWidget]:
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield widget
    if isinstance(widget, QScrollArea):
        inside = widget.widget()
        if inside is not None:
            yield from _walk(inside)
        return
    layout = widget.layout()
    if layout is not None:
        yield from _walk_layout(layout)


def _walk_layout(layout: QLayout) -> Iterator[QWidget]:
    for place in range(layout.count()):
        item = layout.itemAt(place)
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            yield from _walk(widget)
        elif inner is not None:
            yield from _walk_layout(inner)
