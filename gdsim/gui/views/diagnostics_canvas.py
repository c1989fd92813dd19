"""The pictures of Diagnostics: histograms above, below them which classes are predicted as which, how numbers miss."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.draw.chart_parts import paint_nothing, put_text, short
from gdsim.draw.class_table import ClassTable, paint_class_table
from gdsim.draw.confusion import Confusion, ConfusionLayout, confusion_layout, paint_confusion
from gdsim.draw.fonts import font
from gdsim.draw.histograms import LayerHistograms, paint_histograms
from gdsim.draw.predictions import Predictions, paint_predictions
from gdsim.draw.theme import TYPE
from gdsim.gui.learn.part_histograms import COLUMNS, HistogramsPart
from gdsim.gui.learn.part_scores import ClassScores, NumberScores, ScoresPart
from gdsim.gui.tips import LiveTip
from gdsim.gui.views.canvas import Canvas

_LAYER = 96  # pixels that a layer's histograms take where there is room
_LEAST, _MOST = 0.36, 0.56  # of the height for the histograms
_CLASS, _CLASSES = 96, 110  # pixels that a class takes in the matrix, and what is around it
_NUMBERS = 320  # pixels for the pictures of a regression


class DiagnosticsCanvas(Canvas):
    """Paints what the engine has made of the model at the cursor; a cell under the pointer is told in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spread: HistogramsPart | None = None
        self.scores: ScoresPart | None = None
        self.racer = 0
        self.test = True
        self.shared = False
        self._cell: tuple[int, int] | None = None
        self._tip, self._at = LiveTip(self), QPointF()
        self._layout: ConfusionLayout | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 240)
        self.setAccessibleName("Histograms and errors")

    def sizeHint(self) -> QSize:
        return QSize(752, 620)

    @property
    def chosen(self) -> ClassScores | NumberScores | None:
        """Of the test samples, or of the training samples, as it is switched."""
        scores = self.scores
        if scores is None:
            return None
        return scores.test if self.test and scores.test is not None else scores.train

    @property
    def confusion(self) -> ConfusionLayout | None:
        """Where the matrix was painted last."""
        return self._layout

    def boxes(self) -> tuple[QRectF, QRectF, QRectF]:
        """Of the histograms, and of the left and right picture below them."""
        theme, pad = self.look, float(self.look.px(12))
        whole = QRectF(self.rect()).adjusted(pad, theme.px(4), -pad, -theme.px(8))
        layers = len(self.spread.layers) if self.spread is not None else 3
        remarks = theme.px(18) * len(self.spread.words[:2]) if self.spread is not None else 0
        classes = len(self.scores.classes) if self.scores is not None else 0
        below = theme.px(_CLASSES + _CLASS * classes if classes else _NUMBERS)
        wanted = theme.px(24 + 20 + 16 + _LAYER * layers) + remarks
        least, most = _LEAST * whole.height(), _MOST * whole.height()
        high = min(max(whole.height() - below, least), most, max(float(wanted), least))
        top = whole.top() + high + theme.px(12)
        gap = float(theme.px(20))
        half = (whole.width() - gap) * 0.5
        left = QRectF(whole.left(), top, half, whole.bottom() - top)
        right = QRectF(left.right() + gap, top, half, whole.bottom() - top)
        return QRectF(whole.left(), whole.top(), whole.width(), high), left, right

    def paint(self, painter: QPainter) -> None:
        theme = self.look
        painter.fillRect(self.rect(), QColor(theme.surface))
        above, left, right = self.boxes()
        if self.spread is None or self.scores is None:
            paint_nothing(painter, QRectF(self.rect()), "Computing…", theme)
            return
        self._paint_spread(painter, above, self.spread)
        line = QRectF(above.left(), above.bottom() + theme.px(5), above.width(), 1)
        painter.fillRect(line, QColor(theme.hairline))
        chosen = self.chosen
        self._layout = None
        if isinstance(chosen, ClassScores):
            self._paint_classes(painter, left, right, chosen)
        elif isinstance(chosen, NumberScores):
            self._paint_numbers(painter, left, right, chosen)

    def _paint_spread(self, painter: QPainter, box: QRectF, spread: HistogramsPart) -> None:
        theme = self.look
        face = font(TYPE.secondary, 400, theme.scale)
        bottom = box.bottom()
        for words in reversed(spread.words[:2]):
            bottom -= theme.px(18)
            row = QRectF(box.left(), bottom, box.width(), theme.px(18))
            put_text(painter, row, words, theme.warn, face)
        inner = QRectF(box.left(), box.top(), box.width(), bottom - box.top())
        paint_histograms(painter, inner, spread.layers, COLUMNS, theme, self.shared, "How the numbers are spread")
        if spread.samples < spread.of:
            row = QRectF(box.left(), box.top(), box.width(), theme.px(20))
            words = f"over {spread.samples:,} of {spread.of:,} training samples"
            put_text(painter, row, words, theme.secondary, face, "right")

    def _what(self, scores: ClassScores | NumberScores) -> str:
        tested = self.scores is not None and scores is self.scores.test
        kind = "test samples" if tested else "training samples"
        return kind if scores.samples == scores.of else f"{scores.samples:,} of {scores.of:,} {kind}"

    def _paint_classes(self, painter: QPainter, left: QRectF, right: QRectF, scores: ClassScores) -> None:
        assert self.scores is not None
        classes, theme = self.scores.classes, self.look
        title = f"Confusion, {'test' if scores is self.scores.test else 'train'}"
        self._layout = confusion_layout(left, classes, theme)
        picture = Confusion(scores.counts, classes, self._what(scores))
        paint_confusion(painter, self._layout, picture, theme, self._cell, title)
        table = ClassTable(classes, scores.counts.sum(axis=1), scores.precision, scores.recall, scores.f1)
        paint_class_table(painter, right, table, theme, self._cell[0] if self._cell is not None else None)

    def _paint_numbers(self, painter: QPainter, left: QRectF, right: QRectF, scores: NumberScores) -> None:
        assert self.scores is not None
        theme, every = self.look, self.scores
        known = [(each, what) for each, what in ((every.train, "train"), (every.test, "test")) if each is not None]
        sets = [Predictions(each.truth, each.predicted, what) for each, what in known if isinstance(each, NumberScores)]
        colour = theme.racer(self.racer)
        paint_predictions(painter, left, sets, colour, theme, "Predicted against true", name=every.target)
        rows = [LayerHistograms(what, (each.residuals,)) for each, what in known if isinstance(each, NumberScores)]
        table = float(theme.px(24 + 20 + 22 * len(rows)))
        above = QRectF(right.left(), right.top(), right.width(), right.height() - table - theme.px(8))
        paint_histograms(painter, above, rows, (f"true − predicted {every.target}",), theme, True, "Residuals")
        self._paint_measures(painter, QRectF(right.left(), above.bottom() + theme.px(8), right.width(), table))

    def _paint_measures(self, painter: QPainter, box: QRectF) -> None:
        """Root mean square, mean size, share explained: a line for the training and one for the test samples."""
        assert self.scores is not None
        theme = self.look
        face, strong = font(TYPE.secondary, 400, theme.scale), font(TYPE.tick, 600, theme.scale)
        heads = ("samples", "RMSE", "MAE", "R²")
        wide = (box.width() - theme.px(48)) / len(heads)
        top = box.top()
        for number, name in enumerate(heads):
            cell = QRectF(box.left() + theme.px(48) + number * wide, top, wide, theme.px(18))
            put_text(painter, cell, name, theme.secondary, strong, "right")
        for row, (each, what) in enumerate(((self.scores.train, "train"), (self.scores.test, "test"))):
            if not isinstance(each, NumberScores):
                continue
            y = top + theme.px(20 + 22 * row)
            put_text(painter, QRectF(box.left(), y, theme.px(48), theme.px(22)), what, theme.secondary, face)
            for number, words in enumerate((f"{each.of:,}", short(each.rmse), short(each.mae), short(each.r2))):
                cell = QRectF(box.left() + theme.px(48) + number * wide, y, wide, theme.px(22))
                put_text(painter, cell, words, theme.text, face, "right")

    # The pointer

    def words_at(self, at: QPointF) -> str:
        """What the cell under a pixel says; "" elsewhere."""
        chosen, layout = self.chosen, self._layout
        cell = layout.cell_at(at) if layout is not None else None
        if cell is None or not isinstance(chosen, ClassScores) or self.scores is None:
            return ""
        classes, (row, column) = self.scores.classes, cell
        count, total = int(chosen.counts[row, column]), int(chosen.counts[row].sum())
        if row == column:
            return f"{count:,} of {total:,} of {classes[row]} were found"
        return f"{count:,} of {total:,} of {classes[row]} were predicted to be {classes[column]}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self._layout.cell_at(event.position()) if self._layout is not None else None
        if cell != self._cell:
            self._cell = cell
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._cell = None
        self.update()

    def event(self, event: QEvent) -> bool:
        """The tooltip of a cell."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._at = QPointF(event.pos())
            self._tip.show(event.globalPos(), self.words_at(self._at))
            return True
        return super().event(event)

    def renew_tip(self) -> None:
        """Other scores: the tooltip that is shown tells of them."""
        self._tip.renew(self.words_at(self._at))

    def description(self) -> str:
        """In words what is painted, for those who do not see it."""
        chosen = self.chosen
        parts = list(self.spread.words) if self.spread is not None else []
        if isinstance(chosen, ClassScores):
            right, total = int(np.trace(chosen.counts)), int(chosen.counts.sum())
            parts.append(f"{right:,} of {total:,} {self._what(chosen)} are in the right class")
        elif isinstance(chosen, NumberScores):
            parts.append(f"root mean square error {chosen.rmse:.4g} on {self._what(chosen)}")
        return ". ".join(parts)
