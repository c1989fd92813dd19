"""One state of a policy in numbers: for every action its probability, theta, value and advantage."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from gdsim.analysis.policy_state import PolicyState
from gdsim.draw.chart_parts import fixed, paint_nothing, paint_title, put_text, short, three
from gdsim.draw.fonts import font
from gdsim.draw.learn_colours import sign_colour
from gdsim.draw.policy_pictures import kind_of
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme
from gdsim.objectives.policy import GridWorld

ARROWS = ("↑", "→", "↓", "←")
_ROW = 20


@dataclass(frozen=True, slots=True)
class Details:
    """A table: what it is of, the columns' names with what they mean, a row an action: name, probability, numbers.

    Attributes:
        words: in place of the table, where there is nothing to decide.
        lines: below the table, where there is room: how the gradient comes of the numbers.
        chosen: the row that stands out, -1 for none.
        sign: the column whose numbers have the colour of their sign.
    """

    title: str
    note: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, float, tuple[float, ...]], ...] = ()
    words: str = ""
    chosen: int = -1
    lines: tuple[str, ...] = ()
    sign: int = 2


def details_of(state: PolicyState, cell: tuple[int, int] | None) -> Details:
    """The numbers of a cell (row, column) of a grid, the start's for None; of a bandit those of all arms."""
    world, worth = state.objective.world, state.worth
    theta = state.theta.reshape(world.shape)
    if not isinstance(world.task, GridWorld):
        rows = tuple(
            (str(arm + 1), float(worth.chances[0, arm]),
             (float(theta[0, arm]), float(worth.action_values[0, arm]), float(worth.advantages[0, arm])))
            for arm in range(len(world.actions))
        )  # fmt: skip
        chosen = -1 if cell is None else cell[1]
        note = f"J = V = {three(float(worth.values[0]))}"
        return Details("Arms", note, ("π", "θ", "mean", "A"), rows, "", chosen, gradient_lines(state))
    at = cell if cell is not None else world.cells[int(world.start.argmax())]
    place = f"({at[0] + 1}, {at[1] + 1})"
    if at not in world.state_of:
        ends = "No move leads in here" if kind_of(world.task, at) == "Wall" else "An episode ends here"
        return Details(kind_of(world.task, at), place, words=f"{ends}: there is nothing to decide")
    number = world.state_of[at]
    rows = tuple(
        (ARROWS[a], float(worth.chances[number, a]),
         (float(theta[number, a]), float(worth.action_values[number, a]), float(worth.advantages[number, a])))
        for a in range(4)
    )  # fmt: skip
    note = f"V = {three(float(worth.values[number]))}, visits {short(float(worth.visits[number]))}"
    return Details(f"{kind_of(world.task, at)} {place}", note, ("π", "θ", "Q", "A"), rows, lines=gradient_lines(state))


def gradient_lines(state: PolicyState) -> tuple[str, ...]:
    """How the exact gradient comes of the table, and how it is sampled."""
    grid, policy = isinstance(state.objective.world.task, GridWorld), state.objective.policy
    exact = f"Exact: ∂J/∂θ = {'visits · ' if grid else ''}π · A"
    if not policy.episodes:
        return (exact,)
    base = {"none": "", "mean": " − b", "value": " − V"}[policy.baseline]
    weight = f"(G{base})" if base else "G"
    told = ", b: mean of the others" if policy.baseline == "mean" else ""
    return exact, f"Sampled: {'Σ γᵗ ' if grid else ''}{weight} ∇ ln π{told}"


def details_height(details: Details, theme: Theme) -> float:
    """Pixels that all rows need."""
    return float(theme.px(24) + theme.px(_ROW) * (1.4 + max(len(details.rows), 1) + len(details.lines)))


def paint_details(painter: QPainter, box: QRectF, details: Details, theme: Theme) -> None:
    """The table in `box`: title, heads, a row an action; rows for which there is no height are left out."""
    top = box.top() + paint_title(painter, box, details.title, details.note, theme)
    below = QRectF(box.left(), top, box.width(), box.bottom() - top)
    if details.words:
        paint_nothing(painter, below, details.words, theme)
        return
    face, small = font(TYPE.secondary, 400, theme.scale), font(TYPE.tick, 400, theme.scale)
    row = float(theme.px(_ROW))
    name = max((text_width(each[0], face) for each in details.rows), default=0.0) + theme.px(12)
    wide = float(theme.px(52 if box.width() >= theme.px(260) else 46))
    numbers = len(details.columns) - 1
    share = box.width() - name - numbers * wide
    heads = QRectF(box.left(), top, box.width(), row)
    put_text(painter, QRectF(box.left() + name, top, share, row), details.columns[0], theme.muted, small)
    for place, word in enumerate(details.columns[1:]):
        left = box.right() - (numbers - place) * wide
        put_text(painter, QRectF(left, heads.top(), wide, row), word, theme.muted, small, "right")
    below = QRectF(box.left(), top + (len(details.rows) + 1.4) * row, box.width(), 0.0)
    below.setBottom(box.bottom())
    if below.height() > 0:
        _paint_lines(painter, below, details.lines, theme)
    fits = max(1, int((box.bottom() - top - row) // row))
    shown = range(len(details.rows))
    if len(details.rows) > fits:
        first = min(max(details.chosen - fits // 2, 0), len(details.rows) - fits)
        shown = range(first, first + fits)
    for line, number in enumerate(shown):
        word, chance, values = details.rows[number]
        place_of = QRectF(box.left(), top + (line + 1) * row, box.width(), row)
        if number == details.chosen:
            painter.fillRect(place_of.adjusted(-theme.px(4), 0, theme.px(4), 0), QColor(theme.raised))
        put_text(painter, QRectF(place_of.left(), place_of.top(), name, row), word, theme.text, face)
        _paint_share(painter, QRectF(place_of.left() + name, place_of.top(), share - theme.px(8), row), chance, theme)
        for place, value in enumerate(values):
            left = box.right() - (numbers - place) * wide
            ink = sign_colour(theme, value) if place == details.sign else theme.text
            put_text(painter, QRectF(left, place_of.top(), wide, row), fixed(value), ink, face, "right")


def _paint_lines(painter: QPainter, box: QRectF, lines: tuple[str, ...], theme: Theme) -> None:
    row, face = float(theme.px(_ROW)), font(TYPE.secondary, 400, theme.scale)
    for number, words in enumerate(lines):
        line = QRectF(box.left(), box.top() + number * row, box.width(), row)
        if line.bottom() <= box.bottom() + 0.5:
            put_text(painter, line, words, theme.secondary, face)


def _paint_share(painter: QPainter, box: QRectF, share: float, theme: Theme) -> None:
    """A bar as long as an action is likely, its percentage behind it."""
    face = font(TYPE.secondary, 400, theme.scale)
    words = (
        "nan" if share != share else f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.1f} %"
    )
    room = text_width("99.9 %", face) + theme.px(4)
    bar = QRectF(box.left(), box.center().y() - theme.px(5), max(box.width() - room, 0.0), theme.px(10))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    if bar.width() > theme.px(12):
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(bar, 2, 2)
        if share == share:
            filled = QRectF(bar.left(), bar.top(), bar.width() * min(max(share, 0.0), 1.0), bar.height())
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(filled, min(2.0, filled.width() / 2), 2)
    painter.restore()
    put_text(painter, QRectF(bar.right() + theme.px(4), box.top(), room, box.height()), words, theme.text, face)
