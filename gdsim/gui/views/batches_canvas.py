"""The cloud of mini-batch gradients, and beside it how its spread goes with the batch size."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.analysis.gradient_cloud import GradientCloud
from gdsim.analysis.landscape import share_words
from gdsim.draw.chart_parts import paint_nothing, put_text, three
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame, Interval, home_frame
from gdsim.draw.gradient_cloud import Batches, cloud_ranges, ellipse_axes, paint_cloud_view
from gdsim.draw.gradient_cloud import GradientCloud as CloudPicture
from gdsim.draw.markers import paint_focus
from gdsim.draw.noise_law import paint_noise_law
from gdsim.draw.theme import TYPE, Theme
from gdsim.gui.views.canvas import Canvas

NAMES = ("along ∇J", "across")
_FACT, _FACTS = 58, 3
_ASIDE = 1.25  # times as wide as high: then the law stands beside the cloud, else below it


class BatchesCanvas(Canvas):
    """Both pictures; dragging over the law chooses a batch size.

    Signals:
        batchDragged(B): this batch size is wanted.
    """

    batchDragged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cloud: GradientCloud | None = None
        self.nothing = ""
        self.fitted = False
        self._law: Frame | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Gradients of batches")
        self.setAccessibleDescription(
            "Left and Right halve and double the batch; drag over the plot of the law to choose its size"
        )

    def sizeHint(self) -> QSize:
        return QSize(752, 480)

    def paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(self.look.surface))
        if self.cloud is None or not np.isfinite(self.cloud.points).all():
            words = self.nothing if self.cloud is None else self.cloud.words
            paint_nothing(painter, QRectF(self.rect()).adjusted(24, 0, -24, 0), words, self.look)
        else:
            self._paint_cloud(painter, self.cloud)
        if self.hasFocus():
            paint_focus(painter, self.rect(), self.look)

    @property
    def roomy(self) -> bool:
        """Whether there is room for numbers below the law."""
        left, right = self._boxes()
        return left.bottom() - right.bottom() - self.look.px(20) >= _FACTS * self.look.px(_FACT)

    def _boxes(self) -> tuple[QRectF, QRectF]:
        look = self.look
        whole = QRectF(self.rect()).adjusted(look.px(12), look.px(8), -look.px(12), -look.px(4))
        gap = look.px(20)
        if whole.width() > _ASIDE * whole.height():
            wide = min(0.6 * whole.width(), whole.height())
            rest = whole.width() - wide - gap
            roomy = whole.height() - 1.1 * rest - gap >= _FACTS * look.px(_FACT)
            high = min(whole.height(), (1.1 if roomy else 1.5) * rest)
            return (
                QRectF(whole.left(), whole.top(), wide, whole.height()),
                QRectF(whole.right() - rest, whole.top(), rest, high),
            )
        high = 0.64 * (whole.height() - gap)
        return (
            QRectF(whole.left(), whole.top(), whole.width(), high),
            QRectF(whole.left(), whole.top() + high + gap, whole.width(), whole.height() - high - gap),
        )

    def _paint_cloud(self, painter: QPainter, cloud: GradientCloud) -> None:
        left, right = self._boxes()
        batches = [Batches(1, cloud.singles), Batches(cloud.batch, cloud.points)]
        if cloud.batch == 1:
            batches = [Batches(1, cloud.points)]
        picture = CloudPicture(cloud.full_point, tuple(batches), NAMES)
        title = f"Gradients of {len(cloud.points):,} batches"
        paint_cloud_view(painter, left, picture, self.look, title, f"B = {cloud.batch:,}", self._ranges(cloud, left))
        sizes, spreads = self._measured(cloud)
        self._law = paint_noise_law(
            painter, right, sizes, spreads, self.look, cloud.count, [1, cloud.batch] if cloud.batch > 1 else [1],
            sizes.index(cloud.batch) if cloud.batch in sizes else None, "Spread over B", cloud.sigma,
            (float(cloud.full_point[0]), "|∇J|"),
        )  # fmt: skip
        self._paint_facts(painter, cloud, right)

    def _paint_facts(self, painter: QPainter, cloud: GradientCloud, right: QRectF) -> None:
        """Numbers below the law, where there is room for them."""
        look, row = self.look, self.look.px(_FACT)
        if self.roomy:
            top = right.bottom() + look.px(20)
            for k, (number, words) in enumerate(_facts(cloud)):
                _paint_fact(painter, QRectF(right.left(), top + k * row, right.width(), row), number, words, look)

    def _ranges(self, cloud: GradientCloud, box: QRectF) -> tuple[Interval, Interval]:
        """Those of single samples, whatever the batch, so that the cloud is seen to shrink; or the cloud's own. They
        have the shape of the box."""
        points = cloud.points if self.fitted else cloud.singles
        found = ellipse_axes(points)
        around = points if found is None else np.concatenate([points, _rim(*found)])
        ranges = cloud_ranges(CloudPicture(cloud.full_point, (Batches(cloud.batch, around),), NAMES))
        wide, high = box.width() - self.look.px(56), box.height() - self.look.px(72)
        home = home_frame(ranges, max(wide, 8.0), max(high, 8.0), True)
        return home.x, home.y

    @staticmethod
    def _measured(cloud: GradientCloud) -> tuple[list[int], np.ndarray]:
        """Sizes and spreads, the present one among them; a batch of all samples has no place on a logarithmic axis."""
        known = dict(zip(cloud.sizes.tolist(), cloud.spreads.tolist(), strict=True)) | {cloud.batch: cloud.spread}
        sizes = sorted(size for size in known if size < cloud.count)
        return sizes, np.array([known[size] for size in sizes])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at, law = event.position(), self._law
        over = law is not None and law.contains(at.x(), at.y(), 8)
        self.setCursor(Qt.CursorShape.SizeHorCursor if over else Qt.CursorShape.ArrowCursor)
        self._drag(event)

    def _drag(self, event: QMouseEvent) -> None:
        at, law, cloud = event.position(), self._law, self.cloud
        if law is None or cloud is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if law.contains(at.x(), at.y(), 24):
            size = 10.0 ** min(max(law.world(at.x(), at.y())[0], 0.0), math.log10(cloud.count))
            self.batchDragged.emit(round(size))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        factor = {Qt.Key.Key_Left: 0.5, Qt.Key.Key_Right: 2.0}.get(Qt.Key(event.key()))
        if factor is None or self.cloud is None:
            super().keyPressEvent(event)
            return
        self.batchDragged.emit(min(max(int(self.cloud.batch * factor), 1), self.cloud.count))


def _facts(cloud: GradientCloud) -> list[tuple[str, str]]:
    """The numbers that matter, and what they are."""
    scale = cloud.noise_scale
    needed = f"{scale:,.0f}" if scale >= 10 else three(scale)
    return [
        (share_words(cloud.against), f"of batches of {cloud.batch:,} point uphill"),
        (three(cloud.spread), f"from ∇J on average; the law says {three(cloud.expected)}"),
        (needed if math.isfinite(scale) else "–", "is the batch whose noise is as long as ∇J"),
    ]


def _paint_fact(painter: QPainter, box: QRectF, number: str, words: str, theme: Theme) -> None:
    high = theme.px(26)
    above = QRectF(box.left(), box.top(), box.width(), high)
    put_text(painter, above, number, theme.text, font(TYPE.key, 600, theme.scale))
    below = QRectF(box.left(), box.top() + high, box.width(), theme.px(18))
    put_text(painter, below, words, theme.secondary, font(TYPE.secondary, 400, theme.scale))


def _rim(middle: np.ndarray, sizes: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Points around the 2-sigma ellipse, (m, 2), as many as make the ranges heed it."""
    turn = np.linspace(0.0, 2 * math.pi, 64, endpoint=False)
    return middle + 2 * np.column_stack([np.cos(turn), np.sin(turn)]) * sizes @ directions.T
