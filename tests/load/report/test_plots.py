"""Scales that people can read."""

import pytest

from sigmic_conformance.load.report.plots import Axis, Series, bar_plot, line_plot, nice_step, number


@pytest.mark.parametrize(("rough", "step"), [(0.3, 0.5), (1, 1), (1.2, 2), (7, 10), (0, 1), (300, 500)])
def test_steps_are_round(rough, step):
    assert nice_step(rough) == pytest.approx(step)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.00123, "0.00123"), (999.6, "1,000"), (12345.6, "12,346")]
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_nothing_is_drawn_where_nothing_was_measured():
    assert line_plot([], Axis(label="x"), Axis(label="y")) == ""
    assert bar_plot([], Axis(label="x"), Axis(label="y")) == ""


def test_a_limit_above_every_value_is_inside_the_plot():
    plot = line_plot(
        [Series(name="a", points=[(0, 1), (10, 2)])],
        Axis(label="x"),
        Axis(label="y"),
        limit=100,
        limit_name="top",
    )

    assert "top" in plot
    assert 'y1="-' not in plot
