"""The heroes of the bench Learn under mouse and keys: the network with its boundary, the line with its bowl."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gdsim.draw.network_layout import Hit
from gdsim.gui.app import make_window
from gdsim.gui.controller import Controller
from gdsim.gui.settings import Settings
from gdsim.gui.views import ContourView, LineView, NetworkView
from gdsim.gui.window import MainWindow
from gdsim.objectives.data.design import Data
from gdsim.objectives.data.make import samples_of
from gdsim.objectives.data.tables import default_data
from gdsim.objectives.network.curves import loss_values
from gdsim.session.make_learning import learning_spec, make_model
from gdsim.session.opening import opening_spec
from gdsim.session.spec import RunSpec

Settle = Callable[[Controller], None]
Open = Callable[..., Any]
LONG = 60_000
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip


def spec_of(data: str | Data, model: str, steps: int = 40, **more: Any) -> RunSpec:
    data = default_data(data) if isinstance(data, str) else data
    own = {key: more.pop(key) for key in ("loss", "activation", "init", "l2") if key in more}
    more.setdefault("racers", ("adam,lr=0.05", "momentum,lr=0.01"))
    return learning_spec(data, make_model(model, len(data.classes), **own), steps=steps, backend="numpy", **more)


@pytest.fixture
def open_run(open_window: Open, qtbot: QtBot) -> Open:
    """Opens a window on a run, at rest at its end; gives the window and the hero."""

    def opened(spec: RunSpec, width: int = 1440, height: int = 900, theme: str = "dark") -> tuple[MainWindow, Any]:
        window = open_window(spec, width, height, theme)
        rest(qtbot, window)
        return window, window.centre.view

    return opened


def rest(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.controller.busy, timeout=LONG)
    QApplication.processEvents()  # what was shown last is painted, so that frames are those under the pointer


def point(place: Any) -> QPoint:
    if isinstance(place, QPoint):
        return place
    return place.toPoint() if isinstance(place, QPointF) else QPointF(*place).toPoint()


def hover(widget: QWidget, at: Any) -> None:
    QTest.mouseMove(widget, point(at))
    QApplication.processEvents()


def drag(widget: QWidget, start: Any, *ways: Any, release: bool = True) -> None:
    QTest.mousePress(widget, LEFT, NONE, point(start))
    for way in ways:
        at = QPointF(point(way))
        event = QMouseEvent(QEvent.Type.MouseMove, at, widget.mapToGlobal(at), LEFT, LEFT, NONE)
        QApplication.sendEvent(widget, event)
    if release:
        QTest.mouseRelease(widget, LEFT, NONE, point(ways[-1]))


def tab_into(widget: QWidget) -> None:
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.sendEvent(widget, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))


def unit_place(view: NetworkView, layer: int, unit: int) -> QPointF:
    return view.canvas.layout_now.columns[layer].boxes[unit].center()


def button_place(view: NetworkView, kind: str, layer: int = -1) -> QPointF:
    return next(b.box.center() for b in view.canvas.layout_now.buttons if b.hit == Hit(kind, layer))


def model_of(window: MainWindow):
    return window.controller.state.spec.problem.learn.model


def data_of(window: MainWindow) -> Data:
    return window.controller.state.spec.problem.learn.data


# -- which hero


@pytest.mark.parametrize(
    ("data", "model", "kind"),
    [
        ("spiral", "mlp:4", NetworkView), ("line", "linear", LineView), ("line", "poly:3", NetworkView),
        ("sine", "mlp:4", NetworkView), ("gauss", "logistic", NetworkView), ("line", "poly:1", LineView),
    ],
)  # fmt: skip
def test_each_model_has_its_hero(data, model, kind):
    problem = spec_of(data, model).problem
    fitting = [each for each in (LineView, NetworkView, ContourView) if each.fits(problem)]
    assert fitting == [kind]
    assert not any(each.fits(opening_spec().problem) for each in (LineView, NetworkView))


# -- the network


def test_hovering_a_unit_borrows_the_boundary(open_run: Open, qtbot: QtBot):
    window, view = open_run(spec_of("xor", "mlp:4"))
    assert view.side.boundary.title == "Probability of plus"
    hover(view.canvas, unit_place(view, 1, 2))
    rest(qtbot, window)
    assert window.controller.state.learn.unit == (1, 2)
    qtbot.waitUntil(lambda: view.side.boundary.title == "Layer 1, unit 3", timeout=LONG)
    part = window.controller.learn.picture.parts["boundary"]
    assert part.unit == (1, 2)
    assert view.side.numbers.numbers.words.startswith("a = tanh(")
    hover(view.canvas, QPoint(3, view.canvas.height() - 3))
    rest(qtbot, window)
    assert window.controller.state.learn.unit is None
    qtbot.waitUntil(lambda: view.side.boundary.title == "Probability of plus", timeout=LONG)


def test_a_click_keeps_a_unit_until_the_next_click_or_escape(open_run: Open, qtbot: QtBot):
    window, view = open_run(spec_of("xor", "mlp:4"))
    at, far = unit_place(view, 1, 0).toPoint(), QPoint(3, view.canvas.height() - 3)
    for let_go in ("click", "escape", "escape in the boundary"):
        hover(view.canvas, at)
        QTest.mouseClick(view.canvas, LEFT, NONE, at)
        hover(view.canvas, far)
        rest(qtbot, window)
        choice = window.controller.state.learn
        assert (choice.unit, choice.pinned) == ((1, 0), True)
        assert view.canvas.pinned == Hit("unit", 1, 0)
        if let_go == "click":
            hover(view.canvas, at)
            QTest.mouseClick(view.canvas, LEFT, NONE, at)
            hover(view.canvas, far)
        else:
            target = view.canvas if let_go == "escape" else view.side.boundary
            target.setFocus()
            QTest.keyClick(target, Qt.Key.Key_Escape)
        rest(qtbot, window)
        choice = window.controller.state.learn
        assert (choice.unit, choice.pinned) == (None, False), let_go


def test_an_edge_tells_its_weight_and_gradient(open_run: Open):
    window, view = open_run(spec_of("xor", "mlp:3"))
    layout = view.canvas.layout_now
    line = layout.curve(2, 0, 1)
    middle = (line[0] + 3 * line[1] + 3 * line[2] + line[3]) / 8
    hover(view.canvas, middle)
    assert view.canvas.hovered == Hit("edge", 2, 0, 1)
    picture = window.controller.learn.picture
    dense = picture.objective.net.layers[1]
    weight = picture.theta[dense.weights.start + 1]
    numbers = view.side.numbers.numbers
    assert numbers.heading == "Weight from a₂ to the output"
    assert f"w = {weight:.3f}".replace("-", "−")[:9] in numbers.words
    assert "∂J/∂w" in numbers.words


def test_units_and_layers_come_and_go_one_undo_each(open_run: Open, qtbot: QtBot):
    window, view = open_run(spec_of("xor", "mlp:4", steps=10))
    states = [model_of(window)]
    for kind, layer, sizes in (
        ("add unit", 1, [5]), ("add unit", 1, [6]), ("remove unit", 1, [5]), ("add layer", -1, [5, 5]),
        ("remove layer", -1, [5]), ("remove layer", -1, []), ("add layer", -1, [4]),
    ):  # fmt: skip
        QTest.mouseClick(view.canvas, LEFT, NONE, button_place(view, kind, layer).toPoint())
        rest(qtbot, window)
        assert [each.size for each in model_of(window).layers] == sizes
        assert view.canvas.sizes == (2, *sizes, 1)
        states.append(model_of(window))
    assert states[6].kind == "logistic"
    for before in reversed(states[:-1]):
        window.controller.undo()
        rest(qtbot, window)
        assert model_of(window) == before
    assert not window.controller.state.undo_name


def test_the_network_is_changed_from_the_keyboard(open_run: Open, qtbot: QtBot):
    window, view = open_run(spec_of("xor", "mlp:4", steps=10))
    canvas = view.canvas
    tab_into(canvas)
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    rest(qtbot, window)
    assert window.controller.state.learn.unit == (1, 0)
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    rest(qtbot, window)
    assert (window.controller.state.learn.unit, window.controller.state.learn.pinned) == ((1, 1), True)
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    rest(qtbot, window)
    assert model_of(window).layers[0].size == 5
    QTest.keyClick(canvas, Qt.Key.Key_Minus)
    QTest.keyClick(canvas, Qt.Key.Key_Insert)
    rest(qtbot, window)
    assert [each.size for each in model_of(window).layers] == [4, 4]
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    rest(qtbot, window)
    assert [each.size for each in model_of(window).layers] == [4]


def test_a_click_on_an_activation_opens_the_list(open_run: Open, qtbot: QtBot):
    window, view = open_run(spec_of("xor", "mlp:4,3", steps=10))
    header = view.canvas.layout_now.columns[2].header
    QTest.mouseClick(view.canvas, LEFT, NONE, QPoint(round(header.center().x()), round(header.top()) + 6))
    popup = view.popup
    assert popup.isVisible()
    QTest.keyClicks(popup.search, "softplus")
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    rest(qtbot, window)
    assert [each.activation.name for each in model_of(window).layers] == ["tanh", "softplus"]
    window.controller.undo()
    assert [each.activation.name for each in model_of(window).layers] == ["tanh", "tanh"]


def test_the_eye_switches_what_is_shown(open_run: Open, qtbot: QtBot):
    window, view = open_run(spec_of("moons", "mlp:3", steps=20))
    for name in ("gradient", "test"):
        view.eye.set_on(name, True)
        rest(qtbot, window)
        assert getattr(window.controller.state.learn, name)
    assert view.canvas.gradients
    assert view.side.boundary.test
    everyone = len(view.side.boundary.places.numbers)
    view.eye.set_on("wrong", True)
    wrong = view.side.boundary.data
    assert 0 < len(wrong.target) < everyone
    assert (np.rint(wrong.predicted) != wrong.target).all()
    assert len(view.side.boundary.places.numbers) == len(wrong.target)
    before = view.side.boundary.image().copy()
    view.eye.set_on("discrete", True)
    assert view.side.boundary.image() != before
    window.controller.set_learn(test=False)
    rest(qtbot, window)
    assert not view.eye.is_on("test")


# -- samples under the hand


def sample_pixel(canvas: Any, number: int) -> QPointF:
    place = int(np.flatnonzero(canvas.places.numbers == number)[0])
    return QPointF(*canvas.frame.pixels(canvas.places.points)[place])


def lonely(canvas: Any) -> int:
    """The number of a training sample that no other one is near."""
    pixels = canvas.frame.pixels(canvas.places.points)
    apart = np.hypot(*(pixels[:, None] - pixels[None]).transpose(2, 0, 1)) + 1e9 * np.eye(len(pixels))
    best = np.where(canvas.places.held, 0.0, apart.min(axis=1))
    return int(canvas.places.numbers[int(np.argmax(best))])


def free(canvas: Any) -> QPointF:
    """A pixel in the frame that is far from all samples."""
    frame = canvas.frame
    pixels = frame.pixels(canvas.places.points)
    grid = np.stack(np.meshgrid(np.linspace(0.1, 0.9, 15), np.linspace(0.1, 0.9, 15)), axis=-1).reshape(-1, 2)
    places = np.array([frame.left, frame.top]) + grid * (frame.width, frame.height)
    away = np.hypot(*(places[:, None] - pixels[None]).transpose(2, 0, 1)).min(axis=1)
    return QPointF(*places[int(np.argmax(away))])


@pytest.mark.parametrize(("keys", "shift", "target"), [("", False, 0.0), ("", True, 1.0), ("2", False, 1.0)])
def test_a_double_click_adds_a_sample_of_the_class(open_run: Open, qtbot: QtBot, keys, shift, target):
    window, view = open_run(spec_of("moons", "mlp:3", steps=10))
    canvas = view.side.boundary
    before, at = samples_of(data_of(window)), free(canvas)
    canvas.setFocus()
    for key in keys:
        QTest.keyClick(canvas, key)
    QTest.mouseDClick(canvas, LEFT, SHIFT if shift else NONE, at.toPoint())
    rest(qtbot, window)
    after = samples_of(data_of(window))
    (new,) = set(after.index.tolist()) - set(before.index.tolist()) - set(before.index_test.tolist())
    place = int(np.flatnonzero(after.index == new)[0])
    assert after.y[place] == target
    there = canvas.frame.world(float(at.toPoint().x()), float(at.toPoint().y()))
    assert after.raw[:, place] == pytest.approx(there, abs=0.05)
    assert window.controller.state.undo_name == "add a sample"
    window.controller.undo()
    assert not data_of(window).rows


def test_a_sample_is_dragged_and_the_run_follows_while_the_hand_moves(open_run: Open, qtbot: QtBot):
    window, view = open_run(spec_of("moons", "mlp:3", steps=10))
    canvas = view.side.boundary
    number, revision = lonely(canvas), window.controller.revision
    start, before = sample_pixel(canvas, number), samples_of(data_of(window))
    drag(canvas, start, start + QPointF(6, 0), start + QPointF(12, -8), release=False)
    assert canvas.dragging
    moved = samples_of(data_of(window))
    assert moved.count == before.count
    qtbot.waitUntil(lambda: window.controller.revision > revision, timeout=LONG)
    QTest.mouseRelease(canvas, LEFT, NONE, (start + QPointF(20, -14)).toPoint())
    rest(qtbot, window)
    after = samples_of(data_of(window))
    (new,) = set(after.index.tolist()) - set(before.index.tolist())
    place = int(np.flatnonzero(after.index == new)[0])
    there = canvas.frame.world(*(start + QPointF(20, -14)).toTuple())
    assert after.raw[:, place] == pytest.approx(there, abs=0.05)
    window.controller.undo()
    assert data_of(window) == default_data("moons")
    assert not window.controller.state.undo_name


@pytest.mark.parametrize("way", ["right", "alt", "delete"])
def test_a_sample_is_taken_away(open_run: Open, qtbot: QtBot, way):
    window, view = open_run(spec_of("moons", "mlp:3", steps=10))
    canvas = view.side.boundary
    number = lonely(canvas)
    at = sample_pixel(canvas, number).toPoint()
    if way == "delete":
        canvas.setFocus()
        hover(canvas, at)
        QTest.keyClick(canvas, Qt.Key.Key_Delete)
    else:
        QTest.mouseClick(canvas, RIGHT if way == "right" else LEFT, NONE if way == "right" else ALT, at)
    rest(qtbot, window)
    assert data_of(window).removed == (number,)
    assert window.controller.state.undo_name == "remove a sample"


def test_a_sample_is_added_from_the_keyboard(open_run: Open, qtbot: QtBot):
    window, view = open_run(spec_of("moons", "mlp:3", steps=10))
    canvas = view.side.boundary
    tab_into(canvas)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Return):
        QTest.keyClick(canvas, key)
    rest(qtbot, window)
    assert len(data_of(window).rows) >= 1


def test_the_place_under_the_pointer_is_read(open_run: Open, qtbot: QtBot):
    _, view = open_run(spec_of("moons", "mlp:3", steps=10))
    canvas = view.side.boundary
    hover(canvas, free(canvas))
    numbers = view.side.numbers.numbers
    assert numbers.heading.startswith("x = ")
    assert "%" in numbers.words
    assert "output" in numbers.words


def test_a_click_chooses_the_sample_of_the_walk(open_run: Open, qtbot: QtBot):
    window, view = open_run(spec_of("moons", "mlp:3", steps=10))
    canvas = view.side.boundary
    number = lonely(canvas)
    QTest.mouseClick(canvas, LEFT, NONE, sample_pixel(canvas, number).toPoint())
    samples = samples_of(data_of(window))
    assert samples.index[window.controller.state.learn.sample] == number


def test_other_columns_span_the_plane(open_run: Open, qtbot: QtBot):
    window, view = open_run(spec_of("iris", "mlp:3", steps=10))
    side = view.side
    assert side.boundary.note == "others at their mean"
    assert side.boundary.names == ("sepal_length", "sepal_width")
    side.columns.across.setFocus()
    QTest.keyClick(side.columns.across, Qt.Key.Key_End)
    rest(qtbot, window)
    assert window.controller.state.learn.columns == (3, 1)
    qtbot.waitUntil(lambda: side.boundary.names == ("petal_width", "sepal_width"), timeout=LONG)


# -- every kind of data and model


@pytest.mark.parametrize(
    ("data", "model", "more"),
    [
        ("rings", "mlp:5", {}), ("iris", "softmax", {}), ("diabetes", "mlp:6", {}), ("sine", "mlp:5", {}),
        ("sine", "poly:4", {}), ("plane", "linear", {}), ("digits", "mlp:512", {"steps": 1}),
        ("moons", "logistic", {}), ("moons", "mlp:3", {"loss": "hinge"}), ("spiral", "mlp:2,2,2,2,2,2,2,2,2,2", {}),
        (default_data("iris").replace(inputs=("petal_width",)), "softmax", {}),
        (default_data("step").replace(noise=0.0), "mlp:3", {"loss": "mae"}),
    ],
)  # fmt: skip
def test_every_kind_is_shown(open_run: Open, qtbot: QtBot, data, model, more):
    window, view = open_run(spec_of(data, model, **{"steps": 4, **more}), 1100, 700, "light")
    assert isinstance(view, NetworkView)
    canvas = view.canvas
    assert not view.picture().isNull()
    for layer in range(len(canvas.sizes)):
        hover(canvas, unit_place(view, layer, 0))
        rest(qtbot, window)
    assert not view.picture().isNull()
    if view.side.flat:
        assert view.side.fit.picture is not None
    else:
        assert view.side.boundary.boundary is not None
    if canvas.sizes[1] > 12:
        assert canvas.layout_now.columns[1].block


def test_the_picture_moves_while_the_run_plays(open_run: Open, qtbot: QtBot):
    window, view = open_run(spec_of("moons", "mlp:3", steps=200))
    controller = window.controller
    controller.to_start()
    rest(qtbot, window)
    first = controller.learn.picture
    seen = {first.step}
    controller.set_speed(200.0)
    QTest.keyClick(window, Qt.Key.Key_Space)

    def moved() -> bool:
        picture = controller.learn.picture
        seen.add(picture.step if picture is not None else 0)
        return len(seen) > 4

    qtbot.waitUntil(moved, timeout=LONG)
    rest_playing = view.canvas.picture.weights[0]
    assert not np.array_equal(rest_playing, first.theta[: rest_playing.size].reshape(rest_playing.shape))
    controller.pause()


# -- the line and its bowl


def line_run(open_run: Open, **more: Any) -> Any:
    more.setdefault("racers", ("gd,lr=0.01", "adam,lr=0.1"))
    return open_run(spec_of("line", "linear", batch="full", **more))


def start_of(window: MainWindow) -> tuple[float, ...]:
    return window.controller.state.spec.start


def test_the_bowl_is_the_loss_over_slope_and_intercept(open_run: Open, qtbot: QtBot):
    window, view = line_run(open_run)
    surface = window.controller.surface
    where, samples = surface.viewport, samples_of(data_of(window))
    rows, columns = surface.values.shape
    for row, column in ((0, 0), (rows // 2, columns // 3), (rows - 1, columns - 1)):
        m = np.linspace(*where.x, columns)[column]
        b = np.linspace(*where.y, rows)[row]
        loss = np.mean((m * samples.x[0] + b - samples.y) ** 2)
        assert surface.values[row, column] == pytest.approx(loss, rel=1e-9)
    assert view.bowl.ready is not None
    best = np.polyfit(samples.x[0], samples.y, 1)
    assert view.bowl.best == pytest.approx(tuple(best), rel=1e-9)
    assert view.bowl.frame.contains(*view.bowl.frame.pixel(*view.bowl.best))
    assert view.bowl.frame.contains(*view.bowl.frame.pixel(*view.bowl.start))


def test_dragging_the_middle_of_the_line_moves_b_and_the_ring(open_run: Open, qtbot: QtBot):
    window, view = line_run(open_run)
    canvas = view.data
    m, b = view.start_of(window.scene())
    ring = QPointF(view.bowl.ring_pixel())
    middle = canvas.handles((m, b))["middle"]
    drag(canvas, middle, middle + QPointF(0, -10), middle + QPointF(0, -25))
    rest(qtbot, window)
    slope, level = start_of(window)
    pixel = (canvas.frame.y[1] - canvas.frame.y[0]) / canvas.frame.height
    assert slope == pytest.approx(m)
    assert level == pytest.approx(b + 25 * pixel, abs=1.1 * pixel)
    assert view.bowl.start == (slope, level)
    assert view.bowl.ring_pixel().y() < ring.y()
    assert window.controller.history.plans[0].start == (slope, level)
    window.controller.undo()
    assert start_of(window) == ()


@pytest.mark.parametrize("end", ["left", "right"])
def test_dragging_an_end_tilts_the_line_about_the_other(open_run: Open, qtbot: QtBot, end):
    window, view = line_run(open_run)
    canvas = view.data
    before = view.start_of(window.scene())
    handles = canvas.handles(before)
    pivot = canvas.frame.world(*handles["left" if end == "right" else "right"].toTuple())
    to = handles[end] + QPointF(0, 30)
    drag(canvas, handles[end], handles[end] + QPointF(0, 10), to)
    rest(qtbot, window)
    m, b = start_of(window)
    hand = canvas.frame.world(*to.toPoint().toTuple())
    assert m * pivot[0] + b == pytest.approx(before[0] * pivot[0] + before[1], abs=1e-6)
    assert m * hand[0] + b == pytest.approx(hand[1], abs=0.05)


def test_dragging_the_ring_in_the_bowl_moves_the_line(open_run: Open, qtbot: QtBot):
    window, view = line_run(open_run)
    ring = view.bowl.ring_pixel()
    to = ring + QPointF(-40, 30)
    drag(view.bowl, ring, ring + QPointF(-10, 5), to)
    rest(qtbot, window)
    assert start_of(window) == pytest.approx(view.bowl.frame.world(*to.toTuple()), abs=0.02)
    assert view.data.start == start_of(window)


def test_taking_the_racers_line_begins_there(open_run: Open, qtbot: QtBot):
    window, view = line_run(open_run, steps=60)
    canvas = view.data
    now = view.weights_now(window.scene())[0]
    u = canvas.frame.x[0] + 0.55 * (canvas.frame.x[1] - canvas.frame.x[0])
    at = QPointF(*canvas.frame.pixel(u, now[0] * u + now[1]))
    samples = canvas.frame.pixels(canvas.places.points)
    assert canvas.sample_at(at) is None or len(samples)
    for shift in range(0, 120, 6):  # a place of the line where no sample is
        probe = QPointF(at.x() + shift, 0)
        u = canvas.frame.world(probe.x(), 0)[0]
        probe.setY(canvas.frame.pixel(u, now[0] * u + now[1])[1])
        if canvas.sample_at(probe) is None and not canvas.handle_at(probe):
            break
    drag(canvas, probe, probe + QPointF(0, -8), probe + QPointF(0, -20))
    rest(qtbot, window)
    assert window.controller.state.cursor == 0
    assert start_of(window) != ()
    assert start_of(window)[1] > now[1] - 0.5


def test_an_outlier_is_dragged_and_the_lines_follow(open_run: Open, qtbot: QtBot):
    window, view = line_run(open_run, steps=200, racers=("gd,lr=0.05",))
    canvas = view.data
    view.eye.set_on("others", True)
    view.eye.set_on("squares", True)
    assert canvas.residuals == "squares"
    rest(qtbot, window)
    number = lonely(canvas)
    lines = {fit.name: fit.line for fit in canvas.others}
    assert set(lines) == {"mse", "mae", "huber"}
    before = view.weights_now(window.scene())[0]
    start = sample_pixel(canvas, number)
    up = QPointF(start.x(), canvas.frame.top + 4 if start.y() > 200 else canvas.frame.top + canvas.frame.height - 4)
    drag(canvas, start, (start + up) / 2, up, release=False)
    qtbot.waitUntil(
        lambda: {fit.name: fit.line for fit in view.data.others}.get("mse", lines["mse"]) != lines["mse"], timeout=LONG
    )
    QTest.mouseRelease(canvas, LEFT, NONE, up.toPoint())
    rest(qtbot, window)
    after = {fit.name: fit.line for fit in canvas.others}
    now = view.weights_now(window.scene())[0]
    assert now == pytest.approx(after["mse"], abs=0.05)
    pulled = {name: np.abs(np.subtract(after[name], lines[name])).sum() for name in lines}
    assert pulled["mae"] < pulled["mse"]
    assert before != now
    picture = view.picture()
    assert not picture.isNull()


def test_a_double_click_adds_a_sample_to_the_line(open_run: Open, qtbot: QtBot):
    window, view = line_run(open_run)
    at = free(view.data)
    QTest.mouseDClick(view.data, LEFT, NONE, at.toPoint())
    rest(qtbot, window)
    assert data_of(window).rows[-1] == pytest.approx(view.data.frame.world(*at.toPoint().toTuple()), abs=0.05)


def test_logistic_regression_with_one_input_is_a_curve(open_run: Open, qtbot: QtBot):
    data = default_data("iris").replace(inputs=("petal_length",), classes=("versicolor", "virginica"))
    window, view = open_run(spec_of(data, "logistic", steps=60, batch="full"))
    assert isinstance(view, LineView)
    samples, surface = samples_of(data), window.controller.surface
    m, b = np.mean(surface.viewport.x), np.mean(surface.viewport.y)
    rows, columns = surface.values.shape
    there = surface.values[(rows - 1) // 2 : rows // 2 + 1, (columns - 1) // 2 : columns // 2 + 1].mean()
    outputs = (m * samples.x[0] + b)[None]
    loss = loss_values(model_of(window).loss, outputs, samples.y[None])[0].mean()
    assert there == pytest.approx(loss, rel=1e-2)
    handle = view.data.handles(view.start_of(window.scene()))["middle"]
    drag(view.data, handle, handle + QPointF(0, -10), handle + QPointF(0, -20))
    rest(qtbot, window)
    assert start_of(window)[1] > 0


def test_the_benches_show_their_own_surfaces(open_run: Open, qtbot: QtBot):
    window, view = line_run(open_run)
    QTest.keyClick(window, Qt.Key.Key_F2)
    window.controller.pause()
    rest(qtbot, window)
    contour = window.centre.view
    assert isinstance(contour, ContourView)
    surface = window.controller.surface
    assert surface.viewport == contour.canvas.viewport((0, 1))
    assert surface.values.max() > 100
    QTest.keyClick(window, Qt.Key.Key_F3)
    window.controller.pause()
    rest(qtbot, window)
    assert window.centre.view is view
    assert window.controller.surface.viewport == view.bowl.viewport((0, 1))
    QTest.keyClick(window, Qt.Key.Key_F2)
    window.controller.pause()
    rest(qtbot, window)
    assert window.controller.surface.viewport == contour.canvas.viewport((0, 1))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_both_themes_and_teach(open_run: Open, qtbot: QtBot, theme):
    window, view = line_run(open_run, steps=4)
    window.controller.set_appearance(theme=theme, dark=theme == "dark", teach=True)
    rest(qtbot, window)
    assert view.data.look.scale == 1.5
    assert not view.picture().isNull()


def test_the_untrained_model_is_seen_while_its_kernels_are_compiled(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    from concurrent.futures import Future

    from gdsim.engine import auto

    made: list[tuple[Future[Any], Any]] = []
    compile_really = auto.training_code

    def later(*arguments: Any) -> Future[Any]:
        made.append((Future(), arguments))
        return made[-1][0]

    monkeypatch.setattr(auto, "training_code", later)
    spec = spec_of("circle", "mlp:3", racers=("adam,lr=0.05",)).replace(backend="auto")
    window = make_window(qapp, spec, kept=Settings(theme="dark"))
    try:
        window.show()
        qtbot.waitExposed(window)
        controller = window.controller
        controller.start()
        qtbot.waitUntil(lambda: controller.learn.shown is not None, timeout=LONG)
        picture = controller.learn.shown
        assert picture is not None
        assert controller.history is not None
        assert controller.history.traces[0].published == 0
        np.testing.assert_array_equal(picture.theta, controller.history.plans[0].start)
        qtbot.waitUntil(lambda: window.centre.view.side.boundary.boundary is not None, timeout=LONG)
        assert "compiled" in window.verdict.advice.text()
        monkeypatch.undo()
        for future, arguments in made:
            future.set_result(compile_really(*arguments).result())
        controller.to_end()
        rest(qtbot, window)
        assert controller.history.traces[0].published == 41
        assert controller.learn.shown.step == 40
    finally:
        window.controller.stop()
        window.close()
        window.deleteLater()
