"""The picture of a `gdsim bench`: bars per workload on a logarithmic axis, growth curves, what threads bring.

It paints the report as `gdsim bench --json` writes it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from gdsim.draw.application import need_application, png_bytes
from gdsim.draw.curves import paint_curve, paint_curve_axes
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.page import page_image, page_svg
from gdsim.draw.text import elided
from gdsim.draw.theme import LIGHT, TYPE, Theme
from gdsim.draw.ticks import Tick, decade_label
from gdsim.errors import ExportError
from gdsim.session.atomic import replacing

Report = Mapping[str, Any]
SIZE = (1600, 1000)
_TITLE = "How fast gdsim is"
_SCALE = 1.55
_MARGIN = 40.0


def check_file(path: str | Path) -> None:
    """ExportError unless the name ends in .png or .svg."""
    kind = Path(path).suffix.lower()
    if kind not in (".png", ".svg"):
        raise ExportError(f"{kind or 'no ending'} is no kind of picture", where=str(path), hint="Use .png or .svg")


def write_plot(report: Report, path: str | Path, size: tuple[int, int] = SIZE) -> None:
    """Write the picture, atomically.

    Raises:
        ExportError: another ending than .png or .svg, or the file cannot be written.
    """
    check_file(path)
    need_application()
    data = plot_svg(report, size) if Path(path).suffix.lower() == ".svg" else png_bytes(plot_image(report, size))
    with replacing(Path(path)) as file:
        file.write(data)


def plot_image(report: Report, size: tuple[int, int] = SIZE) -> QImage:
    """The picture as an image of `size` pixels."""
    return page_image(lambda painter: paint_plot(painter, report, size), size, _TITLE)


def plot_svg(report: Report, size: tuple[int, int] = SIZE) -> bytes:
    """The picture as SVG."""
    return page_svg(lambda painter: paint_plot(painter, report, size), size, _TITLE)


def paint_plot(painter: QPainter, report: Report, size: tuple[int, int], theme: Theme = LIGHT) -> None:
    """Paints the whole picture: bars on the left, growth and threads on the right, as far as they are there."""
    scale = _SCALE * min(size[0] / SIZE[0], size[1] / SIZE[1])
    theme, margin = theme.scaled(scale), _MARGIN * scale / _SCALE
    painter.fillRect(0, 0, *size, QColor(theme.surface))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    rows = shown(report["workloads"])
    _paint_title(painter, report, rows, QRectF(margin, margin, size[0] - 2 * margin, 0.0), theme)
    top = margin + theme.px(58)
    height = size[1] - top - margin
    wide = size[0] - 2 * margin
    left = QRectF(margin, top, wide * (0.56 if report["growth"] or report["threads"] else 1.0), height)
    right = QRectF(left.right() + margin, top, wide - left.width() - margin, height)
    if rows:
        _paint_bars(painter, rows, left, theme)
    split = 0.68 if report["growth"] and report["threads"] else 1.0
    if report["growth"]:
        _paint_growth(painter, report["growth"], right.adjusted(0, 0, 0, (split - 1) * height), theme)
    if report["threads"]:
        below = right.adjusted(0, split * height + theme.px(8) if split < 1 else 0, 0, 0)
        _paint_threads(painter, report["threads"], below, theme)


def shown(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The workloads that fill the machine; all if there is none of those."""
    return [row for row in rows if row["gflops"] is not None] or list(rows)


def _write(painter: QPainter, at: QPointF, text: str, colour: str, face: Any, align: float = 0.0) -> float:
    """Text whose middle line is at `at`; `align` 0: begins there, 1: ends there. Returns its width."""
    metrics = QFontMetricsF(face)
    wide = metrics.horizontalAdvance(text)
    painter.setFont(face)
    painter.setPen(QColor(colour))
    painter.drawText(QPointF(at.x() - align * wide, at.y() + metrics.capHeight() / 2), text)
    return wide


def _paint_title(painter: QPainter, report: Report, rows: Sequence[Any], box: QRectF, theme: Theme) -> None:
    machine = report["machine"]
    _write(painter, QPointF(box.left(), box.top() + theme.px(8)), "How fast", theme.text, font(22, 600, theme.scale))
    beside = "gdsim beside others that do the same work" if any(row["peers"] for row in rows) else "gdsim"
    words = f"{beside}, float64, warm. {machine['cpu']}, {machine['cores']} cores"
    face = font(TYPE.body, 400, theme.scale)
    at = QPointF(box.left(), box.top() + theme.px(31))
    _write(painter, at, elided(face, words, box.width()), theme.secondary, face)


def _heading(painter: QPainter, box: QRectF, words: str, rest: str, theme: Theme) -> None:
    face = font(TYPE.title, 600, theme.scale)
    taken = _write(painter, QPointF(box.left(), box.top() + theme.px(8)), words, theme.text, face)
    at = QPointF(box.left() + taken + theme.px(8), box.top() + theme.px(9))
    _write(painter, at, rest, theme.secondary, font(TYPE.secondary, 400, theme.scale))


def span_words(ms: float) -> str:
    """A time with two or three digits: ``105 µs``, ``5.9 ms``, ``2.5 s``."""
    value, unit = (ms / 1e3, "s") if ms >= 1e3 else (ms, "ms") if ms >= 1 else (ms * 1e3, "µs")
    return f"{value:.0f} {unit}" if value >= 9.95 else f"{value:.1f} {unit}"


def _decades(low: float, high: float) -> tuple[int, int]:
    return math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)


def _paint_bars(painter: QPainter, rows: Sequence[Mapping[str, Any]], box: QRectF, theme: Theme) -> None:
    """One group per workload, the quickest first in it, each bar with its time and how many times as long it takes."""
    times = [[("gdsim", float(row["ms"])), *sorted(row["peers"].items(), key=lambda one: one[1])] for row in rows]
    every = [ms for group in times for _, ms in group]
    low, high = _decades(min(every) / 3, max(every))
    names, tick = font(TYPE.secondary, 400, theme.scale), font(TYPE.tick, 400, theme.scale)
    room = max(QFontMetricsF(names).horizontalAdvance(name.partition(",")[0]) for group in times for name, _ in group)
    left = box.left() + room + theme.px(10)
    axis = Frame((low, high), (0, 1), box.right() - left - theme.px(84), box.height(), left, box.top())
    bottom = box.bottom() - theme.px(18)
    lines = sum(len(group) for group in times) + 1.9 * len(times)
    pitch = min((bottom - box.top()) / lines, theme.px(24))
    bottom = min(bottom, box.top() + lines * pitch + theme.px(6))
    for power in range(low, high + 1):
        x = round(float(axis.across(power)))
        painter.fillRect(QRectF(x, box.top() + pitch, 1, bottom - box.top() - pitch), QColor(theme.hairline))
        _write(painter, QPointF(x, bottom + theme.px(10)), _unit(power), theme.secondary, tick, 0.5)
    y = box.top()
    for row, group in zip(rows, times, strict=True):
        face, title = font(TYPE.body, 600, theme.scale), row["title"].replace(" x ", " × ")
        covered = QRectF(left, y + 0.3 * pitch, QFontMetricsF(face).horizontalAdvance(title), pitch)
        painter.fillRect(covered, QColor(theme.surface))
        _write(painter, QPointF(left, y + 0.8 * pitch), title, theme.text, face)
        y += 1.45 * pitch
        for name, ms in group:
            _paint_bar(painter, axis, y, pitch, (name, ms, ms / float(row["ms"])), theme)
            y += pitch
        y += 0.45 * pitch


def _unit(power: int) -> str:
    scale = 3 if power >= 3 else 0 if power >= 0 else -3
    return f"{10.0 ** (power - scale):g} {({3: 's', 0: 'ms', -3: 'µs'})[scale]}"


def _paint_bar(
    painter: QPainter, axis: Frame, y: float, pitch: float, bar: tuple[str, float, float], theme: Theme
) -> None:
    name, ms, ratio = bar
    own = name == "gdsim"
    base, _, extra = name.partition(", ")
    face = font(TYPE.secondary, 600 if own else 400, theme.scale)
    right = float(axis.across(math.log10(ms)))
    box = QRectF(axis.left, y + 0.1 * pitch, right - axis.left, 0.8 * pitch)
    painter.fillRect(box, QColor(theme.accent if own else theme.hatch))
    middle = y + 0.5 * pitch
    _write(painter, QPointF(axis.left - theme.px(8), middle), base, theme.text if own else theme.secondary, face, 1.0)
    words = span_words(ms)
    if not own:
        words += f"   {ratio:,.0f}×" if ratio >= 9.95 else f"   {ratio:.1f}×" if ratio >= 0.95 else f"   {ratio:.2f}×"
    words += f"   {extra}" if extra else ""
    at = QPointF(right + theme.px(6), middle)
    wide = QFontMetricsF(face).horizontalAdvance(words)
    painter.fillRect(QRectF(at.x() - 2, y + 0.05 * pitch, wide + 4, 0.9 * pitch), QColor(theme.surface))
    _write(painter, at, words, theme.accent if own else theme.text, face)


def _paint_growth(painter: QPainter, growth: Mapping[str, Any], box: QRectF, theme: Theme) -> None:
    """Time against size, both logarithmic; dashed: what linear growth from the last decade's end looks like."""
    _heading(painter, box, "Growth", "time by size; dashed: linear", theme)
    every = [ms for found in growth.values() for ms in found["ms"]]
    sizes = [n for found in growth.values() for n in found["n"]]
    x, y = _decades(min(sizes), max(sizes)), _decades(min(every), max(every))
    inner = box.adjusted(theme.px(48), theme.px(28), -theme.px(12), -theme.px(22))
    headroom = 0.34 * (y[1] - y[0])  # for the names
    frame = Frame(x, (y[0], y[1] + headroom), inner.width(), inner.height(), inner.left(), inner.top())
    across = [Tick(power, decade_label(power)) for power in range(x[0], x[1] + 1)]
    up = [Tick(power, _unit(power)) for power in range(y[0], y[1] + 1)]
    paint_curve_axes(painter, frame, across, up, "n", theme)
    face = font(TYPE.secondary, 500, theme.scale)
    for k, found in enumerate(growth.values()):
        colour = theme.racer(_COLOURS[k % len(_COLOURS)])
        n, ms = np.log10(np.array(found["n"], float)), np.log10(np.array(found["ms"], float))
        ideal = np.array([max(n[0], n[-1] + y[0] - ms[-1]), n[-1]])
        paint_curve(painter, frame, ideal, ms[-1] + ideal - n[-1], QColor(theme.border), theme.line(1.2), dashed=True)
        paint_curve(painter, frame, n, ms, QColor(colour), theme.line(2.4))
        painter.setPen(QPen(QColor(theme.surface), theme.line(1.5)))
        painter.setBrush(QColor(colour))
        for px, py in zip(frame.across(n), frame.down(ms), strict=True):
            painter.drawEllipse(QPointF(float(px), float(py)), theme.line(4), theme.line(4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        words = f"{found['title']}: slope {found['slope']:.2f}"
        line = QPointF(inner.left() + theme.px(14), inner.top() + theme.px(14 + 18 * k))
        painter.fillRect(QRectF(line.x(), line.y() - 1, theme.px(14), theme.line(2.4)), QColor(colour))
        _write(painter, QPointF(line.x() + theme.px(20), line.y()), words, theme.text, face)


_COLOURS = (1, 3, 2)


def _paint_threads(painter: QPainter, threads: Mapping[str, Any], box: QRectF, theme: Theme) -> None:
    """For each workload and number of threads the share of the ideal speed, and the goal as a line."""
    _heading(painter, box, "Threads", "how many, and their share of the ideal speed", theme)
    bars = [
        (found["title"].partition(",")[0], k, share)
        for found in threads.values()
        for k, share in zip(found["threads"], found["efficiency"], strict=True)
        if k > 1
    ]
    inner = box.adjusted(0, theme.px(30), 0, -theme.px(20))
    pitch = min(inner.height() / max(1, len(bars)), theme.px(26))
    name_face = font(TYPE.secondary, 400, theme.scale)
    named = [f"{title.replace(' x ', ' × ')}, {k}" for title, k, _ in bars]
    room = max((QFontMetricsF(name_face).horizontalAdvance(name) for name in named), default=0.0) + theme.px(8)
    axis = Frame((0.0, 1.0), (0, 1), inner.width() - room - theme.px(52), pitch, inner.left() + room, inner.top())
    for row, (name, (_, _, share)) in enumerate(zip(named, bars, strict=True)):
        y = inner.top() + row * pitch
        long = float(axis.across(min(share, 1.05)))
        _write(painter, QPointF(axis.left - theme.px(8), y + pitch / 2), name, theme.text, name_face, 1.0)
        painter.fillRect(QRectF(axis.left, y + 0.14 * pitch, long - axis.left, 0.72 * pitch), QColor(theme.accent))
        at = QPointF(axis.left + theme.px(8), y + pitch / 2)
        _write(painter, at, f"{100 * share:.0f} %", theme.accent_text, font(TYPE.secondary, 600, theme.scale))
    if bars:
        goal, low = float(axis.across(next(iter(threads.values()))["goal"])), inner.top() + len(bars) * pitch
        painter.setPen(QPen(QColor(theme.text), theme.line(1.2), Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(goal, inner.top()), QPointF(goal, low))
        words = f"goal {100 * next(iter(threads.values()))['goal']:.0f} %"
        _write(painter, QPointF(goal, low + theme.px(9)), words, theme.secondary, name_face, 0.5)
