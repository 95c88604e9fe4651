"""Axes have readable scales."""

from xml.etree import ElementTree as ET

import pytest

from sigmic_load.report.plots import Axis, Series, heat_map, line_plot, nice_step, number


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
    assert heat_map([], Axis(label="x"), Axis(label="y"), until=1.0) == ""


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


def test_a_cell_is_where_and_as_strong_as_what_it_counts():
    cells = [((0.0, 1.0), (1.0, 10.0), 1), ((9.0, 10.0), (10.0, 100.0), 99)]

    plot = heat_map(
        cells, Axis(label="x", unit="s"), Axis(label="y", unit="ms", logarithmic=True), until=10.0
    )

    few, many = ET.fromstring(plot).findall("rect")
    assert float(few.attrib["x"]) < float(many.attrib["x"])
    assert float(few.attrib["y"]) > float(many.attrib["y"])
    assert float(few.attrib["fill-opacity"]) < float(many.attrib["fill-opacity"]) == 1
    assert [each.findtext("title") for each in (few, many)] == [
        "0 to 1 s, 1 to 10 ms: 1",
        "9 to 10 s, 10 to 100 ms: 99",
    ]
