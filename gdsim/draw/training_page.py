"""One picture of a training run: what the model says, losses and accuracies over the epochs, how each racer ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from gdsim.draw.chart_parts import Entry, paint_legend, paint_title, put_text, text_width
from gdsim.draw.curves import curve_frame, paint_curve_axes, place_ticks, value_axis_width, value_ticks
from gdsim.draw.fonts import font
from gdsim.draw.loss_lines import LossLines, known, paint_loss_lines
from gdsim.draw.markers import paint_head
from gdsim.draw.page import page_image, page_svg
from gdsim.draw.picture_parts import settings_words, title_of, visible_racers
from gdsim.draw.series import RowDigest, Span, span_of
from gdsim.draw.text import elided
from gdsim.draw.theme import LIGHT, TYPE, Theme
from gdsim.draw.ticks import number_label
from gdsim.draw.training_hero import has_hero, paint_hero

_MARGIN = 24.0
_BASE_HEIGHT = 900.0
_ROW = 30  # pixels of a racer in the table
_MOST = 12  # racers in it


def training_image(
    history: Any, cursor: int | None = None, theme: Theme = LIGHT, size: tuple[int, int] = (1440, 900),
    selected: int = 0, metadata: str = "",
) -> QImage:  # fmt: skip
    """The picture as an image of `size` pixels; see `draw.picture.compose_image`."""
    return page_image(
        lambda painter: paint_training(painter, history, cursor, theme, size, selected),
        size, title_of(history), metadata,
    )  # fmt: skip


def training_svg(
    history: Any, cursor: int | None = None, theme: Theme = LIGHT, size: tuple[int, int] = (1440, 900),
    selected: int = 0, metadata: str = "",
) -> bytes:  # fmt: skip
    """The picture as SVG; `metadata` goes into its description."""
    return page_svg(
        lambda painter: paint_training(painter, history, cursor, theme, size, selected),
        size, title_of(history), metadata,
    )  # fmt: skip


def paint_training(
    painter: QPainter, history: Any, cursor: int | None, theme: Theme, size: tuple[int, int], selected: int = 0
) -> None:
    """Paints the whole page.

    Args:
        cursor: the step shown; None for the last one.
        selected: the racer whose model is shown.
    """
    scale = float(np.clip(min(size[1] / _BASE_HEIGHT, size[0] / 1000.0), 0.35, 6.0))
    theme = theme.scaled(scale)
    last = max(0, history.length - 1)
    step = last if cursor is None else min(max(cursor, 0), last)
    margin = _MARGIN * scale
    painter.fillRect(0, 0, *size, QColor(theme.surface))
    page = QRectF(margin, margin, size[0] - 2 * margin, size[1] - 2 * margin)
    body = page.adjusted(0, theme.px(68), 0, 0)
    _paint_heading(painter, history, step, selected, QRectF(page.left(), page.top(), page.width(), theme.px(60)), theme)
    rows = min(len(history.traces), _MOST) * theme.px(_ROW) + theme.px(30)
    if not has_hero(history.objective):
        table = QRectF(body.left(), body.bottom() - rows, body.width(), rows)
        _paint_charts(painter, history, step, selected, body.adjusted(0, 0, 0, -rows - margin), theme, beside=True)
        _paint_table(painter, history, step, table, theme)
        return
    wide = size[0] >= size[1] * 1.15
    width = (body.width() - margin) * 0.56 if wide else body.width()
    height = body.height() if wide else (body.height() - margin) * 0.56
    hero = QRectF(body.left(), body.top(), width, height)
    shown = visible_racers(history)
    paint_hero(painter, history, step, selected, shown, hero, theme)
    if wide:
        side = QRectF(hero.right() + margin, body.top(), body.right() - hero.right() - margin, body.height())
    else:
        side = QRectF(body.left(), hero.bottom() + margin, body.width(), body.bottom() - hero.bottom() - margin)
    high = min(float(rows), side.height() * 0.5)
    charts = QRectF(side.left(), side.top(), side.width(), side.height() - high - margin)
    _paint_charts(painter, history, step, selected, charts, theme, beside=not wide)
    _paint_table(painter, history, step, QRectF(side.left(), side.bottom() - high, side.width(), high), theme)


def _paint_heading(painter: QPainter, history: Any, step: int, selected: int, box: QRectF, theme: Theme) -> None:
    face, small = font(TYPE.key, 600, theme.scale), font(TYPE.secondary, 400, theme.scale)
    top = QRectF(box.left(), box.top(), box.width(), theme.px(30))
    epoch = float(history.row(selected, step).extra[0])
    words = f"epoch {epoch:,.4g} · step {step:,}"
    taken = QFontMetricsF(small).horizontalAdvance(words) + theme.px(16)
    put_text(painter, top.adjusted(0, 0, -taken, 0), title_of(history), theme.text, face)
    put_text(painter, top, words, theme.secondary, small, "right")
    below = QRectF(box.left(), top.bottom() + theme.px(4), box.width(), theme.px(20))
    plain = font(TYPE.body, 400, theme.scale)
    put_text(painter, below, elided(plain, _model_words(history.objective), below.width()), theme.secondary, plain)


def _model_words(objective: Any) -> str:
    samples, model = objective.samples, objective.model
    count = f"{samples.count:,} training and {samples.count_test:,} test samples"
    inputs = ", ".join(samples.names[:6]) + (", ..." if len(samples.names) > 6 else "")
    layers = ", ".join(f"{layer.size} {layer.activation.name}" for layer in model.layers)
    parts = [f"inputs {inputs}", f"hidden {layers}" if layers else "", f"loss {model.loss.name}", count]
    return " · ".join(part for part in [*parts, f"{objective.n:,} weights"] if part)


def _paint_charts(
    painter: QPainter, history: Any, step: int, selected: int, box: QRectF, theme: Theme, *, beside: bool
) -> None:
    """The losses, and for classes the accuracies under or beside them."""
    shown = visible_racers(history)
    losses = [_lines(history, k, step, ("train_loss", "test_loss"), batch=len(shown) == 1) for k in shown]
    if not history.objective.samples.classes:
        _paint_chart(painter, box, "Loss", losses, selected, theme)
        return
    right = [_lines(history, k, step, ("accuracy", "test_accuracy"), batch=False) for k in shown]
    gap = theme.px(20)
    if beside:
        half = (box.width() - gap) / 2
        first = QRectF(box.left(), box.top(), half, box.height())
        second = first.translated(half + gap, 0)
    else:
        first = QRectF(box.left(), box.top(), box.width(), (box.height() - gap) * 0.58)
        second = QRectF(box.left(), first.bottom() + gap, box.width(), box.bottom() - first.bottom() - gap)
    _paint_chart(painter, first, "Loss", losses, selected, theme)
    _paint_chart(painter, second, "Accuracy", right, selected, theme, share=True)


def _lines(history: Any, racer: int, step: int, names: tuple[str, str], *, batch: bool) -> LossLines:
    """Of a racer over its epochs, up to `step`."""
    trace = history.traces[racer]
    stop = min(trace.published, step + 1)
    train, test = (trace.column(name, 0, stop) for name in names)
    known_rows = np.flatnonzero(~np.isnan(train) | ~np.isnan(test))
    each = float(trace.column("epoch", 1, 2)[0]) if trace.published > 1 else 1.0
    if not batch:
        rows = known_rows.astype(np.float64)
        return LossLines(racer, rows * each, None, train[known_rows], _or_none(test[known_rows]))
    rows, losses = RowDigest("loss").curve(trace, stop)
    places = np.concatenate([rows, known_rows])
    order = np.argsort(places, kind="stable")
    gaps, filled = np.full(len(rows), np.nan), np.full(len(known_rows), np.nan)
    columns = [np.concatenate(pair)[order] for pair in
               ((losses, filled), (gaps, train[known_rows]), (gaps, test[known_rows]))]  # fmt: skip
    return LossLines(racer, places[order] * each, columns[0], columns[1], _or_none(columns[2]))


def _or_none(values: Any) -> Any:
    return None if np.isnan(values).all() else values


def _paint_chart(
    painter: QPainter, box: QRectF, title: str, lines: Sequence[LossLines], selected: int, theme: Theme,
    share: bool = False,
) -> None:  # fmt: skip
    ink = theme.secondary
    tested = any(each.test is not None for each in lines)
    entries = [Entry("train", ink, "line")] + ([Entry("test", ink, "dashed")] if tested else [])
    entries += [Entry("batch", ink, "thin")] if any(each.batch is not None for each in lines) else []
    taken = paint_title(painter, box, title, "", theme)
    face = font(TYPE.tick, 400, theme.scale)
    legend = sum(theme.px(34) + text_width(entry.words, face) for entry in entries) - theme.px(11)
    place = QRectF(box.right() - theme.px(8) - legend, box.top() + theme.px(1), legend + 1, theme.px(18))
    paint_legend(painter, place, entries, theme)
    curves = [known(each.x, values) for each in lines for values in (each.train, each.test) if values is not None]
    lowest = min((float(y[np.isfinite(y)].min()) for _, y in curves if np.isfinite(y).any()), default=1.0)
    log = lowest > 0 and not share
    span = span_of(curves, log)
    if share:
        low = min(0.5, lowest)
        span = replace(span, y=(low - 0.04 * (1.0 - low), 1.0 + 0.04 * (1.0 - low)))
    _paint_inside(painter, box.adjusted(0, taken + theme.px(4), 0, 0), span, lines, selected, log, theme)


def _paint_inside(
    painter: QPainter, box: QRectF, span: Span, lines: Sequence[LossLines], selected: int, log: bool, theme: Theme
) -> None:
    up = value_ticks(span, box.height() - theme.px(26), theme)
    left = value_axis_width(up, theme)
    inner = QRectF(box.left() + left, box.top(), box.width() - left - theme.px(8), box.height() - theme.px(26))
    frame = curve_frame(span, inner)
    paint_curve_axes(painter, frame, place_ticks(span, inner.width(), theme), up, "epoch", theme)
    for each in sorted(lines, key=lambda line: (line.racer == selected, -line.racer)):
        paint_loss_lines(painter, frame, each, log, theme, focus=each.racer == selected)
        x, y = known(each.x, each.train) if each.train is not None else (np.empty(0), np.empty(0))
        if len(y) and np.isfinite(y[-1]) and (y[-1] > 0 or not log):
            px, py = frame.pixel(float(x[-1]), float(np.log10(y[-1]) if log else y[-1]))
            if frame.contains(px, py, 3):
                paint_head(painter, QPointF(px, py), each.racer, theme, 8.0)


def _paint_table(painter: QPainter, history: Any, step: int, box: QRectF, theme: Theme) -> None:
    """The racers with their settings, losses and accuracies as last known, and how they stand."""
    name, small = font(TYPE.body, 600, theme.scale), font(TYPE.secondary, 400, theme.scale)
    faint = font(TYPE.tick, 400, theme.scale)
    classes, tested = bool(history.objective.samples.classes), history.objective.samples.count_test > 0
    heads = ["loss", *(["test"] if tested else []), *(["accuracy"] if classes else []),
             *(["on test"] if tested and classes else [])]  # fmt: skip
    columns = ["train_loss", *(["test_loss"] if tested else []), *(["accuracy"] if classes else []),
               *(["test_accuracy"] if tested and classes else [])]  # fmt: skip
    wide, state = theme.px(68), theme.px(84)
    begin = box.right() - state - wide * len(heads)
    head = QRectF(0, box.top(), wide - theme.px(8), theme.px(24))
    for place, words in enumerate(heads):
        put_text(painter, head.translated(begin + place * wide, 0), words, theme.secondary, faint, "right")
    row = min(float(theme.px(_ROW)), (box.height() - theme.px(24)) / max(1, min(len(history.traces), _MOST)))
    for k, trace in enumerate(history.traces[:_MOST]):
        if not trace.published:
            continue
        last = min(step, trace.published - 1)
        line = QRectF(box.left(), box.top() + theme.px(24) + k * row, box.width(), row)
        paint_head(painter, QPointF(line.left() + theme.px(9), line.center().y()), k, theme, 12.0)
        label = elided(name, history.labels[k], box.width() * 0.3)
        put_text(painter, line.adjusted(theme.px(24), 0, 0, 0), label, theme.text, name)
        left = line.left() + theme.px(34) + QFontMetricsF(name).horizontalAdvance(label)
        words = elided(small, settings_words(history.spec.racers[k]), begin - left - theme.px(8))
        put_text(painter, QRectF(left, line.top(), max(begin - left, 1.0), row), words, theme.secondary, small)
        for place, column in enumerate(columns):
            cell = QRectF(begin + place * wide, line.top(), wide - theme.px(8), row)
            put_text(painter, cell, _value_words(trace, column, last), theme.text, small, "right")
        ended = last == trace.published - 1 and trace.status.finished
        place_of = QRectF(box.right() - state, line.top(), state - theme.px(8), row)
        put_text(painter, place_of, trace.status.value if ended else f"step {last}", theme.text, small, "right")
    if len(history.traces) > _MOST:
        foot = QRectF(box.left(), box.bottom(), box.width(), theme.px(18))
        put_text(painter, foot, f"and {len(history.traces) - _MOST} more", theme.secondary, small)


def _value_words(trace: Any, column: str, last: int) -> str:
    """The last number of a column that is known by then."""
    first = max(0, last + 1 - 4096)
    values = trace.column(column, first, last + 1)
    rows = np.flatnonzero(~np.isnan(values))
    if not len(rows):
        return "–"
    value = float(values[rows[-1]])
    return f"{100 * value:.4g} %" if column.endswith("accuracy") else number_label(value)
