"""The whole picture of a boundary in a box: the plane with its axes, the samples, the key below, nothing over data."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from gdsim.draw.boundary import Boundary, key_height, paint_boundary, paint_key
from gdsim.draw.chart_parts import legend_height, paint_legend, paint_title
from gdsim.draw.data_points import DataPoints, paint_hovered, paint_points, role_entries
from gdsim.draw.frame import Frame
from gdsim.draw.plane_axes import foot_room, paint_plane_axes, plane_frame
from gdsim.draw.theme import Theme


def paint_boundary_view(
    painter: QPainter,
    box: QRectF,
    picture: Boundary,
    data: DataPoints | None,
    names: tuple[str, str],
    theme: Theme,
    title: str = "",
    note: str = "",
    test: bool = True,
    hovered: int | None = None,
    image: QImage | None = None,
) -> Frame:
    """Everything in `box`; returns the plane's frame, for the hand.

    Args:
        names: of the two inputs.
        title, note: above the plane, left and right; no room is kept for them if both are empty.
        test: whether test samples are shown.
        hovered: the sample under the hand.
        image: the ground's, if it has been made already.
    """
    width = box.width() - theme.px(48)
    roles = [] if data is None else role_entries(data, theme, test)
    key, legend = key_height(picture, width, theme), legend_height(roles, width, theme)
    top = float(theme.px(24)) if title or note else float(theme.px(2))
    ratio = (picture.x[1] - picture.x[0]) / (picture.y[1] - picture.y[0])
    foot = key + legend + theme.px(4)
    # Inputs of one kind keep the plane's shape; of kinds that have nothing to do with each other it fills the box.
    equal = 1 / 3 <= ratio <= 3
    frame = plane_frame(box, picture.x, picture.y, names[1], theme, top, foot, equal, beyond=False)
    painter.save()
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)  # the box may be too small for it all
    if title or note:
        paint_title(painter, box, title, note, theme)
    paint_boundary(painter, frame, picture, theme, image)
    if data is not None:
        paint_points(painter, frame, data, theme, test)
    paint_plane_axes(painter, frame, names, theme)
    foot = frame.top + frame.height + foot_room(theme) + theme.px(2)
    # A bar is as long as the plane is wide; words may need more than a small plane in a wide box gives.
    bar = len(picture.classes) <= 2
    left = max(box.left(), min(frame.left, box.right() - width))
    place = QRectF(frame.left, foot, frame.width, key) if bar else QRectF(left, foot, box.right() - left, key)
    paint_key(painter, place, picture, theme)
    paint_legend(painter, QRectF(left, foot + key, box.right() - left, legend), roles, theme)
    if hovered is not None and data is not None:
        paint_hovered(painter, frame, data, hovered, theme)
    painter.restore()
    return frame
