"""Every picture of learning, on good data and on odd data, as something that paints into a box."""

from __future__ import annotations

import numpy as np
from learning_synthetic import blobs, maps, one_sample, sample_network, small_world, softmax, spiral

from gdsim.draw.backprop import paint_backprop
from gdsim.draw.backprop_picture import BackpropPicture
from gdsim.draw.bandit import Bandit, paint_bandit
from gdsim.draw.boundary import prepare_classes, prepare_number, prepare_signed
from gdsim.draw.boundary_view import paint_boundary_view
from gdsim.draw.confusion import Confusion, confusion_layout, paint_confusion
from gdsim.draw.data_points import DataPoints
from gdsim.draw.fit import FitCurve, FitPicture, paint_fit_view
from gdsim.draw.gradient_cloud import Batches, GradientCloud, paint_cloud_view
from gdsim.draw.grid_world import GridWorld, grid_layout, paint_grid_world
from gdsim.draw.histograms import LayerHistograms, paint_histograms, prepare_histogram
from gdsim.draw.layer_bars import BarSeries, paint_layer_bars
from gdsim.draw.network_diagram import Emphasis, NetworkPicture, paint_diagram
from gdsim.draw.network_layout import Hit, diagram_layout
from gdsim.draw.noise_law import paint_noise_law
from gdsim.draw.reward_curves import RewardCurve, paint_rewards
from gdsim.draw.walk import walk_layout, walk_steps

RANGE = (-6.0, 6.0)
NAN, INF = np.nan, np.inf


def boundary(picture, data=None, **more):
    return lambda p, box, t: paint_boundary_view(
        p, box, picture, data, ("x", "petal width"), t, "Boundary", "a", **more
    )


def diagram(sizes, picture, emphasis, **more):
    def paint(p, box, t):
        layout = diagram_layout(sizes, box, t, picture.names, picture.outputs, notes=bool(picture.notes))
        paint_diagram(p, layout, picture, t, emphasis, **more)

    return paint


def network(sizes, spoil=None, **more):
    weights, biases = sample_network(sizes)
    if spoil is not None:
        weights[0][0, 0], weights[-1][0, 0], biases[0][0] = spoil, -spoil, spoil
    with np.errstate(all="ignore"):
        shown = maps(weights, biases, s=12)
    hidden = ("tanh",) * (len(sizes) - 2)
    return NetworkPicture(
        tuple(weights),
        tuple(biases),
        shown,
        tuple(w * 0.1 for w in weights),
        names=("x", "sin(y)"),
        outputs=tuple(f"class {k}" for k in range(sizes[-1])),
        activations=(*hidden, "identity"),
        **more,
    )


def walk(sizes, step=None, hovered=None, spoil=1.0):
    def paint(p, box, t):
        a, d, w, g, b = one_sample(sizes)
        more = {}
        if step is not None:
            at = walk_steps(sizes)[step]
            more = {"forward": at.forward, "backward": at.backward, "lit": at.lit}
        picture = BackpropPicture(
            tuple(v * spoil for v in a),
            tuple(v * spoil for v in d),
            tuple(w),
            tuple(v * spoil for v in g),
            tuple(b),
            names=("x", "y"),
            outputs=("o",),
            loss=(("y", 1.0), ("o", float(a[-1][0])), ("J", 0.07 * spoil)),
            formula="J = (o − y)²",
            **more,
        )
        paint_backprop(p, *walk_layout(sizes, box, t, picture.names, picture.outputs), picture, t, hovered)

    return paint


def matrix(counts, hovered=None):
    counts = np.asarray(counts)
    shown = Confusion(counts, tuple(f"digit {k}" for k in range(len(counts))))
    return lambda p, box, t: paint_confusion(p, confusion_layout(box, shown.classes, t), shown, t, hovered)


def world(grid, **more):
    return lambda p, box, t: paint_grid_world(p, grid_layout(box, grid.cells.shape), grid, t, **more)


def bars(values, labels=8):
    names = [f"layer {k + 1}" for k in range(labels)]
    series = [BarSeries(f"configuration {k}", np.asarray(v, float), k) for k, v in enumerate(values)]
    return lambda p, box, t: paint_layer_bars(p, box, names, series, t, hovered=1)


def fits(x, y, predicted, residuals, curves=(), hovered=0):
    x, y = np.asarray(x, float), np.asarray(y, float)
    made = tuple(
        FitCurve(k, np.linspace(-1, 11, 50), c(np.linspace(-1, 11, 50)), f"racer {k}") for k, c in enumerate(curves)
    )
    shown = FitPicture(x, y, np.arange(len(x)) % 4 == 1, made, predicted, 0, ("area", "price"))
    return lambda p, box, t: paint_fit_view(p, box, shown, t, "Fit", "mse", residuals, hovered)


def layered(layers, columns, *more):
    return lambda p, box, t: paint_histograms(p, box, layers, columns, t, *more)


def cloud(*parts, **more):
    shown = GradientCloud(*parts, **more)
    return lambda p, box, t: paint_cloud_view(p, box, shown, t)


def law(sizes, spread, *more):
    return lambda p, box, t: paint_noise_law(p, box, sizes, np.asarray(spread), t, *more)


def bandit(*parts, more=()):
    shown = Bandit(*(np.array(each) for each in parts))
    return lambda p, box, t: paint_bandit(p, box, shown, t, *more)


def rewards(curves, *more):
    return lambda p, box, t: paint_rewards(p, box, curves, t, *more)


def histograms(*values):
    return tuple(None if v is None else prepare_histogram(np.asarray(v, float)) for v in values)


def good():
    rng = np.random.default_rng(0)
    points, y = spiral(80)
    several, label = blobs(10, 500)
    plane = np.stack(np.meshgrid(np.linspace(*RANGE, 40), np.linspace(*RANGE, 40)))
    scores = softmax(np.stack([np.cos(0.6 * k) * plane[0] + np.sin(0.6 * k) * plane[1] for k in range(10)]))
    names = tuple(f"class {k}" for k in range(10))
    x = np.sort(rng.uniform(0, 10, 30))
    base = rng.normal([2, 1], 1, (300, 2))
    cells, policy, values, path = small_world()
    test = np.arange(80) % 3 == 0
    layers = [LayerHistograms(f"layer {k}", histograms(*rng.normal(0, 10.0**-k, (3, 200)))) for k in range(4)]
    batches = (Batches(1, base), Batches(8, base * 0.2 + np.array([1.6, 0.8])))
    steps = np.arange(100.0)
    m = np.sin(np.arange(100.0) / 20)
    picked = Emphasis(Hit("edge", 2, 1, 0), Hit("unit", 1, 2))
    return {
        "boundary": boundary(
            prepare_signed(np.tanh(plane[0]), RANGE, RANGE, ("no", "yes")),
            DataPoints(points, y, test, 1 - y, ("no", "yes")),
            hovered=3,
        ),
        "classes": boundary(
            prepare_classes(scores, RANGE, RANGE, names), DataPoints(several, label, None, label, names), hovered=0
        ),
        "number": boundary(prepare_number(plane[0] * plane[1], RANGE, RANGE, -9, 9), DataPoints(points, y * 3, test)),
        "network": diagram((2, 4, 3, 2), network((2, 4, 3, 2), notes=("batch norm", "drop 0.2", "")), picked),
        "network gradients": diagram(
            (2, 4, 3, 1), network((2, 4, 3, 1)), Emphasis(Hit("add layer")), show="gradients", flow=2.0
        ),
        "network 8x12": diagram((2, *(12,) * 8, 1), network((2, *(12,) * 8, 1)), Emphasis(None, Hit("bias", 1, 0))),
        "network wide": diagram((2, 64, 200, 3), network((2, 64, 200, 3)), Emphasis()),
        "network deep": diagram((2, *(6,) * 20, 1), network((2, *(6,) * 20, 1)), Emphasis()),
        "fit": fits(x, 0.7 * x, 0.6 * x, "lines", (np.sin, lambda v: 0.6 * v)),
        "fit squares": fits(x, np.where(x > 9, -3, 0.7 * x), 0.6 * x, "squares", (np.cos,), 29),
        "confusion 2": matrix([[40, 2], [5, 31]], (0, 1)),
        "confusion 10": matrix(rng.integers(0, 90, (10, 10))),
        "histograms": layered(layers, ("weights", "activations", "gradients")),
        "histograms own": layered(layers, ("w", "a", "g"), False, "Layers"),
        "layer bars": bars([10.0 ** -np.arange(8), np.full(8, 0.3)]),
        "cloud": cloud(base.mean(0), batches, ("first", "second"), base[0]),
        "law": law((1, 4, 16, 64), (1.0, 0.5, 0.25, 0.125), 100, (1, 16), 2),
        "walk": walk((2, 3, 1)),
        "walk forward": walk((2, 3, 2, 1), 1),
        "walk backward": walk((2, 4, 4, 1), -1, Hit("edge", 1, 0, 0)),
        "world": world(GridWorld(cells, policy, values, (4, 0), path), hovered=(2, 2)),
        "world visits": world(GridWorld(cells, None, None, None, None, rng.integers(0, 9, (5, 6)))),
        "bandit": bandit([0.2, -0.6, 1.6], [0.3, -0.2, 1.5], [0.1, 0.2, 0.7], [3, 9, 40], more=(1, 2)),
        "rewards": rewards(
            [RewardCurve("with", 0, steps, m, m - 0.2, m + 0.2), RewardCurve("none", 1, steps, m / 2)], 1.2, 0, 50.0
        ),
    }


def odd():
    none = np.empty((0, 2))
    hole = np.full((20, 20), NAN)
    hole[3:9] = INF
    part = np.linspace(-1, 1, 400).reshape(20, 20)
    part[4:8, 5:9] = NAN
    cells, policy, values, _ = small_world()
    one = np.array([[1.0, 2.0]])
    lost = np.array([[NAN, 1.0], [INF, INF], [0.0, 0.0]])
    mixed = DataPoints(lost, np.array([0.0, 1.0, NAN]), None, np.array([NAN, 1, 0]), ("a", "b"))
    few = NetworkPicture((np.zeros((1, 3)),), values=(np.array([1.0, NAN, INF]), np.zeros(1)))
    no_curve = (lambda v: v * NAN,)
    strange = [
        RewardCurve("a", 0, np.arange(3.0), np.array([NAN, INF, 1.0]), np.full(3, NAN), np.full(3, INF)),
        RewardCurve("b", 1, np.zeros(1), np.zeros(1)),
        RewardCurve("c", 2, np.empty(0), np.empty(0)),
    ]
    return {
        "boundary of nothing": boundary(prepare_signed(hole, RANGE, RANGE, ("a", "b")), DataPoints(none, np.empty(0))),
        "boundary with a hole": boundary(prepare_signed(part, RANGE, RANGE, ("a", "b")), mixed, hovered=2),
        "a constant": boundary(prepare_signed(np.zeros((5, 5)), RANGE, RANGE), DataPoints(one, np.ones(1)), hovered=0),
        "one class": boundary(
            prepare_classes(np.ones((1, 8, 8)), RANGE, RANGE, ("only",)),
            DataPoints(one, np.zeros(1), None, np.zeros(1), ("only",)),
            hovered=0,
        ),
        "classes of nothing": boundary(prepare_classes(np.full((3, 8, 8), NAN), RANGE, RANGE, ("a", "b", "c"))),
        "a number that is one": boundary(prepare_number(np.full((9, 9), 3.0), RANGE, RANGE, 3.0, 3.0), None),
        "network of NaN": diagram((2, 3, 1), network((2, 3, 1), NAN), Emphasis(Hit("edge", 1, 0, 0))),
        "network of inf": diagram((2, 3, 1), network((2, 3, 1), INF), Emphasis(Hit("bias", 1, 0))),
        "network without maps": diagram((3, 1), few, Emphasis(Hit("unit", 1, 0))),
        "wide of NaN": diagram((2, 40, 1), network((2, 40, 1), NAN), Emphasis()),
        "fit of none": fits([], [], np.empty(0), "squares", hovered=None),
        "fit of one": fits([1.0], [2.0], np.array([1.0]), "squares"),
        "fit of lost ones": fits(
            [0, 1, 2, NAN, 4], [1, INF, NAN, 2, 1e300], np.array([NAN, 0, 0, 1, -1e300]), "squares", no_curve, 4
        ),
        "confusion of none": matrix(np.empty((0, 0))),
        "confusion of one": matrix([[7]]),
        "confusion of zeros": matrix(np.zeros((3, 3))),
        "no layers": layered([], ("weights",)),
        "histograms of nothing": layered([LayerHistograms("layer", histograms([], [NAN, INF], None))], ("w", "a", "g")),
        "odd bars": bars([[0, NAN, INF, 1e-2], [1e-300, 1e300, -1, 5]], 4),
        "no bars": bars([], 0),
        "cloud of nothing": cloud(np.array([NAN, 1]), (Batches(1, none),)),
        "cloud of one": cloud(np.zeros(2), (Batches(1, one), Batches(2, lost)), chosen=np.array([INF, 0])),
        "law of nothing": law((), []),
        "law of one": law((4, 8), [0.3, NAN]),
        "walk of NaN": walk((2, 3, 1), spoil=NAN),
        "walk of inf": walk((2, 2, 1), spoil=INF),
        "walk of large": walk((2, 2, 1), spoil=-1e30),
        "world of NaN": world(GridWorld(cells, policy * NAN, values * NAN, None)),
        "one cell": world(GridWorld(np.zeros((1, 1), int), np.array([[[1.0, 0, 0, 0]]]), np.zeros((1, 1)))),
        "no cell": world(GridWorld(np.zeros((0, 0), int))),
        "no arms": bandit([]),
        "odd arms": bandit([NAN, INF, 0.0], [1.0, NAN, -INF], [NAN, 1.0, 0.0]),
        "no rewards": rewards([]),
        "odd rewards": rewards(strange, NAN),
    }
