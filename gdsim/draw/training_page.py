"""One picture of a training run: what the model says, losses and accuracies over the epochs, how each racer ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from gdsim.draw.chart_parts import Entry, paint_legend, paint_title
from gdsim.draw.curves import curve_frame, paint_curve_axes, place_ticks, value_axis_width, value_ticks
from gdsim.draw.fonts import font
from gdsim.draw.loss_lines import LossLines, known, paint_loss_lines
from gdsim.draw.markers import paint_head
from gdsim.draw.picture_parts import title_of, visible_racers
from gdsim.draw.run_page import RunPage, begin_page, paint_page_heading, paint_page_table
from gdsim.draw.series import RowDigest, Span, span_of
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme
from gdsim.draw.ticks import number_label
from gdsim.draw.training_hero import has_hero, paint_hero


def paint_training(
    painter: QPainter, history: Any, cursor: int | None, theme: Theme, size: tuple[int, int], selected: int = 0
) -> None:
    """Paints the whole page.

    Args:
        cursor: the step shown; None for the last one.
        selected: the racer whose model is shown.
    """
    page = begin_page(painter, history, cursor, theme, size)
    step, theme = page.step, page.theme
    epoch = float(history.row(selected, step).extra[0])
    when = f"epoch {epoch:,.4g} · step {step:,}"
    paint_page_heading(painter, page, title_of(history), when, _model_words(history.objective))
    if has_hero(history.objective):
        hero, charts, table = page.parts(0.56, 0.56)
        paint_hero(painter, history, step, selected, visible_racers(history), hero, theme)
        beside = not page.wide
    else:
        charts, table = page.below(page.body, page.rows)
        beside = True
    _paint_charts(painter, history, step, selected, charts, theme, beside=beside)
    _paint_table(painter, history, page, table)


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


def _paint_table(painter: QPainter, history: Any, page: RunPage, box: QRectF) -> None:
    """Losses and accuracies as last known."""
    classes, tested = bool(history.objective.samples.classes), history.objective.samples.count_test > 0
    columns = {
        "loss": ("train_loss", True),
        "test": ("test_loss", tested),
        "accuracy": ("accuracy", classes),
        "on test": ("test_accuracy", tested and classes),
    }
    shown = {head: column for head, (column, there) in columns.items() if there}

    def cells(trace: Any, last: int) -> list[str]:
        return [_value_words(trace, column, last) for column in shown.values()]

    paint_page_table(painter, page, history, box, tuple(shown), cells, 68)


def _value_words(trace: Any, column: str, last: int) -> str:
    """The last number of a column that is known by then."""
    first = max(0, last + 1 - 4096)
    values = trace.column(column, first, last + 1)
    rows = np.flatnonzero(~np.isnan(values))
    if not len(rows):
        return "–"
    value = float(values[rows[-1]])
    return f"{100 * value:.4g} %" if column.endswith("accuracy") else number_label(value)
