"""Frames, ticks, levels, lines: the arithmetic below the painting."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdsim.draw.frame import Frame, fitted_frame, home_frame
from gdsim.draw.levels import (
    MOST_LEVELS,
    HeightScale,
    contour_levels,
    contour_lines,
    fit_scale,
    label_places,
)
from gdsim.draw.polyline import clipped, column_extremes, roughness, simplified, thinned
from gdsim.draw.ticks import linear_ticks, log_ticks, nice_step, number_label, power_label, step_label

finite = st.floats(-1e6, 1e6)


class TestFrame:
    def test_corners(self):
        frame = Frame((-2, 2), (-1, 1), 400, 200, 10, 20)
        assert frame.pixel(-2, 1) == (10, 20)
        assert frame.pixel(2, -1) == (410, 220)
        assert frame.world(210, 120) == (0, 0)

    @given(finite, finite, st.floats(0.1, 10))
    def test_zoom_keeps_the_world_under_the_pointer(self, px, py, factor):
        frame = Frame((-2, 2), (-1, 1), 400, 200)
        px, py = px % 400, py % 200
        after = frame.zoomed(px, py, factor)
        assert after.world(px, py) == pytest.approx(frame.world(px, py), abs=1e-9)

    @pytest.mark.parametrize("factor", [1.25, 0.8])
    def test_zoom_is_endless_without_breaking(self, factor):
        frame = Frame((1, 3), (1, 3), 400, 400)
        for _ in range(5000):
            frame = frame.zoomed(133, 57, factor)
        low, high = frame.x
        assert math.isfinite(low)
        assert low < high
        assert len(linear_ticks(low, high, 6)) < 40

    def test_pan_moves_the_paper(self):
        frame = Frame((0, 4), (0, 2), 400, 200).panned(100, 50)
        assert frame.x == (-1, 3)
        assert frame.y == (0.5, 2.5)

    def test_home_shows_the_domain_and_keeps_units_equal(self):
        frame = home_frame(((-6.7, 6.7), (-6, 6)), 752, 672)
        assert frame.x[0] <= -6.7
        assert frame.y == pytest.approx((-6, 6))
        assert frame.scale[0] == pytest.approx(frame.scale[1])

    def test_home_of_very_different_units_fills_the_canvas(self):
        frame = home_frame(((0, 1000), (-1, 1)), 700, 700)
        assert frame.x == (0, 1000)
        assert frame.y == (-1, 1)

    @pytest.mark.parametrize("bad", [(1, 1), (2, -2), (math.nan, 1), (0, math.inf), (0, 0), (1e300, 1e301)])
    def test_degenerate_domains_become_something(self, bad):
        frame = home_frame((bad, (0, 1)), 300, 300)
        assert frame.x[0] < frame.x[1]
        assert np.isfinite(frame.x).all()

    def test_fit_holds_all_finite_points(self):
        points = np.array([[0, 0], [3, 1], [np.nan, 2], [np.inf, 0]], float)
        frame = fitted_frame(points, 300, 300)
        assert frame is not None
        assert frame.contains(*frame.pixel(0, 0))
        assert frame.contains(*frame.pixel(3, 1))
        assert fitted_frame(points[2:], 300, 300) is None
        assert fitted_frame(points[:1], 300, 300) is not None


class TestTicks:
    @given(st.floats(-1e6, 1e6), st.floats(1e-4, 1e9), st.integers(2, 15))
    def test_ticks_lie_inside_at_equal_steps(self, low, span, count):
        ticks = linear_ticks(low, low + span, count)
        values = [tick.value for tick in ticks]
        assert len(values) <= 3 * count + 2
        assert all(low - span * 1e-6 <= value <= low + span * (1 + 1e-6) for value in values)

    @given(st.floats(1e-3, 1e3), st.integers(3, 12))
    def test_labels_tell_neighbours_apart(self, span, count):
        labels = [tick.label for tick in linear_ticks(0.3, 0.3 + span, count)]
        assert len(set(labels)) == len(labels)

    def test_steps_are_one_two_five(self):
        assert nice_step(10, 5) == 2
        assert nice_step(1, 10) == pytest.approx(0.1)
        assert nice_step(47, 10) == 5

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (0.0, "0"),
            (math.pi, "3.142"),
            (-0.5, "−0.5000"),
            (1.23e-9, "1.23·10⁻⁹"),
            (math.inf, "∞"),
            (-math.inf, "−∞"),
            (math.nan, "not a number"),
            (12345.6, "12346"),
        ],
    )
    def test_numbers_for_reading(self, value, text):
        assert number_label(value) == text

    def test_powers(self):
        assert power_label(1e-3) == "10⁻³"
        assert power_label(2e5) == "2·10⁵"
        assert step_label(0.25, 0.05) == "0.25"
        assert step_label(-3, 1) == "−3"

    def test_decades_of_a_long_axis_are_thinned(self):
        ticks = log_ticks(1e-30, 1e3, 8)
        named = [tick for tick in ticks if tick.label]
        assert 3 <= len(named) <= 12
        assert all(math.log10(tick.value) == pytest.approx(round(math.log10(tick.value))) for tick in named)

    def test_log_axis_without_room(self):
        assert log_ticks(-1, 10, 5) == []
        assert log_ticks(0, 10, 5) == []
        assert log_ticks(3, 3, 5) == []


class TestHeights:
    def test_scale_runs_from_the_lowest_to_the_99th_percentile(self):
        values = np.linspace(0, 1000, 10001).reshape(73, 137)
        scale = fit_scale(values)
        assert scale.low == 0
        assert scale.top == pytest.approx(990, rel=1e-3)
        shade = scale.shade(np.array([0.0, 990, 1e9, np.nan, np.inf, -np.inf, -5]))
        assert shade[:3] == pytest.approx([0, 1, 1])
        assert np.isnan(shade[3:6]).all()
        assert shade[6] == 0

    def test_known_minimum_counts_as_the_lowest(self):
        assert fit_scale(np.array([[1.0, 2], [3, 4]]), known_low=0.0).low == 0
        assert fit_scale(np.array([[1.0, 2], [3, 4]]), known_low=9.0).low == 1

    @pytest.mark.parametrize(
        "values",
        [
            np.full((20, 30), 3.7),
            np.full((20, 30), np.nan),
            np.full((20, 30), np.inf),
            np.concatenate([np.linspace(-1e308, 0, 300), np.linspace(0, 1e308, 300)]).reshape(20, 30),
            np.geomspace(1e-300, 1e300, 600).reshape(20, 30),
            np.linspace(5, 5 + 1e-12, 600).reshape(20, 30),
        ],
        ids=["constant", "nan", "inf", "huge", "wide", "nearly constant"],
    )
    def test_odd_surfaces_have_a_scale_and_shades(self, values):
        scale = fit_scale(values)
        shade = scale.shade(values)
        assert shade.shape == values.shape
        known = shade[~np.isnan(shade)]
        assert ((known >= 0) & (known <= 1)).all()
        contour_lines(values, (0, 1), (0, 1), scale.low)

    @pytest.mark.parametrize("unit", [1e-8, 1e-3, 1.0, 1e5, 1e200])
    def test_levels_are_few_ascending_and_in_view(self, unit):
        y, x = np.mgrid[-3:3:100j, -3:3:120j]
        values = unit * (x**2 + 10 * y**2)
        levels, strong = contour_levels(values, 0.0)
        assert 3 <= len(levels) <= MOST_LEVELS
        assert (np.diff(levels) > 0).all()
        assert levels[-1] <= values.max()
        assert strong.any()

    def test_a_flat_view_far_up_gets_equal_levels(self):
        values = 1000 + np.linspace(0, 0.5, 400).reshape(20, 20)
        levels, strong = contour_levels(values, 0.0)
        assert 4 <= len(levels) <= MOST_LEVELS
        assert np.ptp(np.diff(levels)) < 1e-9
        assert strong.sum() <= 4

    def test_a_constant_has_no_levels(self):
        assert len(contour_levels(np.full((9, 9), 2.0), 2.0)[0]) == 0

    def test_lines_lie_at_their_height(self):
        x = np.linspace(-2, 2, 201)
        values = x[None, :] ** 2 + x[:, None] ** 2
        for line in contour_lines(values, (-2, 2), (-2, 2), 0.0):
            points = np.concatenate(line.lines)
            assert np.hypot(*points.T) ** 2 == pytest.approx(np.full(len(points), line.height), rel=0.02, abs=2e-3)

    def test_lines_stop_where_the_function_has_no_value(self):
        x = np.linspace(-2, 2, 101)
        with np.errstate(all="ignore"):
            values = np.log(x)[None, :] + 0 * x[:, None] + 5
        points = np.concatenate([p for line in contour_lines(values, (-2, 2), (-2, 2), 0.0) for p in line.lines])
        assert (points[:, 0] >= 0).all()

    def test_labels_keep_their_distance_and_stand_upright(self):
        angle = np.linspace(0, 2 * np.pi, 400)
        ring = 250 + 200 * np.column_stack([np.cos(angle), np.sin(angle)])
        taken = []
        places = label_places(ring, 30, taken, 160, (0, 0, 500, 500))
        assert len(places) >= 2
        assert taken == places
        for k, one in enumerate(places):
            assert -90 <= one.angle <= 90
            for other in places[k + 1 :]:
                assert math.hypot(one.x - other.x, one.y - other.y) >= 160

    def test_scale_and_its_inverse(self):
        scale = HeightScale(2.0, 500.0)
        assert scale.shade(np.array([2.0 + scale.height(0.3)]))[0] == pytest.approx(0.3, abs=1e-6)


class TestLines:
    @settings(max_examples=60)
    @given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=2, max_size=40))
    def test_clipping_stays_in_the_box_and_on_the_line(self, points):
        line = np.array(points)
        for part in clipped(line, (-100, -50, 100, 50)):
            assert len(part) >= 2
            assert (np.abs(part[:, 0]) <= 100 + 1e-6).all()
            assert (np.abs(part[:, 1]) <= 50 + 1e-6).all()

    def test_a_step_to_far_away_keeps_its_direction(self):
        line = np.array([[0.0, 0.0], [3e300, 4e300]])
        (part,) = clipped(line, (-10, -10, 10, 10))
        assert part[1] == pytest.approx([7.5, 10])

    def test_a_line_through_and_out_comes_in_two_parts(self):
        line = np.array([[-5.0, 0], [20, 0], [20, 5], [-5, 5]])
        parts = clipped(line, (-10, -10, 10, 10))
        assert len(parts) == 2

    def test_points_without_a_place_break_the_line(self):
        line = np.array([[0.0, 0], [1, 1], [np.nan, 0], [3, 3], [4, 4], [np.inf, 0]])
        assert [len(part) for part in clipped(line, (-9, -9, 9, 9))] == [2, 2]
        assert clipped(line[:1], (-9, -9, 9, 9)) == []

    def test_thinning_keeps_ends_and_shape(self):
        t = np.linspace(0, 1, 100_000)
        line = np.column_stack([300 * t, 100 * np.sin(9 * t)])
        thin = thinned(line)
        assert len(thin) < 3000
        assert (thin[0] == line[0]).all()
        assert (thin[-1] == line[-1]).all()
        assert np.interp(line[:, 0], thin[:, 0], thin[:, 1]) == pytest.approx(line[:, 1], abs=0.5)

    def test_a_simplified_line_stays_where_it_was(self):
        t = np.linspace(0.0, 6.0, 900)
        line = np.stack([30.0 * t, 20.0 * np.sin(2.0 * t)], axis=1)
        corner = np.array([[0.0, 0.0], [5.0, 0.0], [5.0, 5.0]])
        there_and_back = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 0.0]])
        few, same, again = simplified([line, corner, there_and_back], 0.05)
        assert len(few) < len(line) / 4
        np.testing.assert_array_equal(few[[0, -1]], line[[0, -1]])
        away = np.abs(np.interp(line[:, 0], few[:, 0], few[:, 1]) - line[:, 1])
        assert away.max() <= 4 * 0.05
        np.testing.assert_array_equal(same, corner)
        np.testing.assert_array_equal(again, there_and_back)
        assert simplified([], 0.05) == []

    def test_a_resting_racer_is_a_few_points(self):
        assert len(thinned(np.zeros((5000, 2)))) <= 3

    def test_columns_keep_their_extremes(self):
        rng = np.random.default_rng(0)
        x, y = np.linspace(0, 99.9, 20_000), rng.normal(size=20_000)
        y[777] = np.nan
        few_x, few_y = column_extremes(x, y)
        assert len(few_x) <= 4 * 100
        for column in range(0, 100, 7):
            inside, kept = np.floor(x) == column, np.floor(few_x) == column
            assert np.nanmin(y[inside]) == np.nanmin(few_y[kept])
            assert np.nanmax(y[inside]) == np.nanmax(few_y[kept])

    def test_columns_of_nothing_finite(self):
        x = np.linspace(0, 10, 1000)
        _, few = column_extremes(x, np.full(1000, np.nan))
        assert np.isnan(few).all()

    def test_roughness(self):
        straight = np.column_stack([np.arange(9.0), np.arange(9.0)])
        assert roughness(straight) == pytest.approx(1)
        noise = np.random.default_rng(0).uniform(size=(1000, 2))
        assert roughness(noise) > 100
