"""Curves of many rows: digests, ranges, places on the axis."""

import numpy as np
import pytest
from synthetic import trace_of

from gdsim.draw.series import RowDigest, gap_to, over_axis, plotted, span_of


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
