"""Curves of many rows: digests, ranges, places on the axis."""

import numpy as np
import pytest
from synthetic import trace_of

from gdsim.draw.series import EpochMeans, RowDigest, batching, gap_to, over_axis, plotted, share_span, span_of
from gdsim.engine.trace import Trace


def line(m, evals=None):
    return trace_of(np.linspace(1, 2, m)[:, None], lambda p: p[0] ** 2, lambda p: np.stack([2 * p[0]]), ("x",), evals)


def test_few_rows_come_as_they_are():
    trace = line(100)
    rows, values = RowDigest("loss").curve(trace, 100)
    assert (rows == np.arange(100)).all()
    assert (values == trace.column("loss")).all()


def test_many_rows_keep_their_extremes_and_no_row_is_read_twice():
    trace = line(60_000)
    digest = RowDigest("loss")
    digest.curve(trace, 30_000)
    rows, values = digest.curve(trace, 60_000)
    assert len(rows) < 1200
    assert (np.diff(rows) >= 0).all()
    whole = trace.column("loss")
    assert values.min() == whole.min()
    assert values.max() == whole.max()


def test_a_truncated_trace_is_digested_anew():
    trace = line(60_000)
    digest = RowDigest("loss")
    digest.curve(trace, 60_000)
    trace.truncate(20_000)
    rows, _ = digest.curve(trace, trace.published)
    assert rows[-1] == 20_000


def test_places_over_evaluations_and_time():
    trace = line(50, evals=np.arange(50) * 3)
    rows = np.arange(50.0)
    assert (over_axis(trace, rows, "steps", 1.0) == rows).all()
    assert (over_axis(trace, rows, "evals", 1.0) == rows * 3).all()
    assert over_axis(trace, rows, "time", 0.5) == pytest.approx(rows * 1.5)


def test_logarithmic_span_leaves_zeros_out_and_tells_of_what_is_below():
    x = np.arange(5.0)
    span = span_of([(x, np.array([100.0, 1, 0, 1e-3, np.nan]))], log=True)
    assert not span.missing
    assert span_of([(x, np.array([100.0, 1, -2, 1e-3, np.nan]))], log=True).missing
    assert span.y[0] < -3 < 2 < span.y[1]
    assert np.isnan(plotted(np.array([0.0, -1, np.inf]), True)).all()


def test_what_diverges_leaves_the_picture():
    x = np.arange(4.0)
    span = span_of([(x, np.array([10.0, 1e3, 1e100, np.inf])), (x, np.array([10.0, 5, 2, 1]))], log=False)
    assert span.y[1] < 100
    span = span_of([(x, np.array([10.0, 1e3, 1e100, np.inf])), (x, np.array([10.0, 5, 2, 1]))], log=True)
    assert span.y[1] < 5


@pytest.mark.parametrize("values", [[np.nan, np.nan], [3.0, 3.0], [-1.0, -2.0], []])
@pytest.mark.parametrize("log", [True, False])
def test_odd_curves_have_a_span(values, log):
    span = span_of([(np.arange(float(len(values))), np.array(values, float))], log)
    assert span.y[0] < span.y[1]
    assert span.x[0] < span.x[1]


def test_a_rounded_minimum_is_no_negative_gap():
    assert gap_to(np.array([1.0, -0.86905, -2.0]), -0.869).tolist() == pytest.approx([1.869, 0.0, -1.131])


def training(epochs, per_epoch, count, size, seed=0):
    """A trace of `epochs` epochs: a train_loss where one begins, NaN between; a loss in every row."""
    trace = Trace(0, (), ("epoch", "samples", "train_loss"))
    trace.prepare(0)
    rows = epochs * per_epoch + 1
    steps = np.arange(rows)
    known = np.where(steps % per_epoch == 0, np.exp(-steps / rows), np.nan)
    seen = steps // per_epoch * count + np.minimum(steps % per_epoch * size, count)
    noise = np.random.default_rng(seed).uniform(0.5, 1.5, rows)
    table = np.column_stack([noise, noise, steps * 0 + 0.1, steps + 1, steps / per_epoch, seen, known])
    step = 0
    while step < rows:
        room = trace.room(step)
        part = table[step : step + len(room)]
        room[: len(part)] = part
        step += len(part)
    trace.publish(rows)
    return trace


def test_a_sparse_column_comes_without_its_gaps():
    trace = training(40, 25, 250, 10)
    rows, values = RowDigest("train_loss", sparse=True).curve(trace, trace.published)
    assert (rows == np.arange(41) * 25).all()
    assert (values == trace.column("train_loss")[::25]).all()
    assert len(RowDigest("train_loss", sparse=True).curve(trace, 20)[0]) == 1


def test_a_sparse_column_grows_without_reading_a_row_twice():
    trace = training(40, 25, 250, 10)
    digest = RowDigest("train_loss", sparse=True)
    read = []
    column = trace.column

    class Watched:
        def column(self, name, start, stop):
            read.append((start, stop))
            return column(name, start, stop)

    for stop in (1, 30, 30, 400, 1001):
        rows, _ = digest.curve(Watched(), stop)
        assert rows[-1] == (stop - 1) // 25 * 25
    assert read == [(0, 1), (1, 30), (30, 400), (400, 1001)]
    trace.truncate(60)
    assert digest.curve(trace, trace.published)[0].tolist() == [0, 25, 50]


def test_very_many_epochs_keep_their_extremes():
    trace = training(40_000, 1, 10, 10)
    digest = RowDigest("train_loss", sparse=True)
    digest.curve(trace, 10_000)
    rows, values = digest.curve(trace, trace.published)
    assert len(rows) < 20_000
    assert (np.diff(rows) >= 0).all()
    whole = trace.column("train_loss")
    assert values.max() == whole.max()
    assert values.min() == whole.min()


@pytest.mark.parametrize(("count", "size", "per_epoch"), [(250, 10, 25), (255, 10, 26), (100, 100, 1), (7, 3, 3)])
def test_places_over_epochs_and_samples_are_exact(count, size, per_epoch):
    trace = training(5, per_epoch, count, size)
    assert batching(trace) == (per_epoch, size, count)
    rows = np.arange(float(trace.published))
    assert over_axis(trace, rows, "epochs", 1.0) == pytest.approx(trace.column("epoch"))
    assert (over_axis(trace, rows, "samples", 1.0) == trace.column("samples")).all()
    some = np.array([0.0, float(per_epoch), 3.0 * per_epoch])
    assert (over_axis(trace, some, "samples", 1.0) == [0, count, 3 * count]).all()


def test_the_first_steps_have_places_too():
    trace = training(1, 25, 250, 10)
    for stop in (1, 2, 25):
        trace.publish(stop)
        rows = np.arange(float(stop))
        assert over_axis(trace, rows, "samples", 1.0) == pytest.approx(rows * 10)
    trace.publish(0)
    assert len(over_axis(trace, np.empty(0), "epochs", 1.0)) == 0


def test_the_mean_of_each_epoch():
    trace = training(40, 25, 250, 10)
    digest = EpochMeans("loss", 25)
    assert len(digest.curve(trace, 24)[0]) == 0
    digest.curve(trace, 110)
    rows, means = digest.curve(trace, trace.published)
    assert (rows == np.arange(40) * 25 + 12.5).all()
    assert means == pytest.approx(trace.column("loss")[:1000].reshape(40, 25).mean(axis=1))
    trace.truncate(60)
    assert len(digest.curve(trace, trace.published)[0]) == 2


def test_very_many_epochs_are_averaged_together():
    trace = training(20_000, 2, 20, 10)
    rows, means = EpochMeans("loss", 2).curve(trace, trace.published)
    assert len(rows) == len(means) == 10_000
    assert means[3] == pytest.approx(trace.column("loss")[12:16].mean())
    assert rows[3] == 14


def test_shares_have_a_hundred_at_the_top():
    x = np.arange(3.0)
    assert share_span([(x, np.array([42.0, 80, 99]))]).y[0] == 40
    assert share_span([(x, np.array([100.0, 100, 100]))]).y[0] == 90
    span = share_span([(x, np.full(3, np.nan))])
    assert span.y[0] < 100 < span.y[1]
    assert not span.log
