"""A function counts each covered cell, and names the probes that reached it."""

from sigmic_conformance.conformance.model.cells.counting import NOUNS, countable, reached, reached_by
from sigmic_conformance.spec.cells import Cells, Place, State
from tests.conformance.kit import P, record
from tests.conformance.traffic import Traffic

CELLS = Cells.load()


def test_the_nouns_are_those_of_the_table():
    assert NOUNS.keys() == CELLS.nouns.keys()


def test_no_covered_cell_is_without_a_function_that_counts_it():
    uncounted = [str(cell.place) for cell in CELLS.of(State.COVERED) if cell.place not in countable()]

    assert uncounted == [], "write a counter in conformance/model/cells, or another state in spec/cells.yaml"


def test_nothing_counts_a_cell_that_is_not_covered():
    covered = {cell.place for cell in CELLS.of(State.COVERED)}

    assert {str(place) for place in countable() - covered} == set()


def test_a_run_tells_how_often_each_probe_reached_a_cell():
    traffic = Traffic().begun("Hi", task="t")
    traffic.create("Hi", task="u")

    assert reached(traffic.model())[Place("task", "place", "again")] == {P: 1}, "the same body again"
    assert reached_by(record(*traffic.exchanges)) == reached(traffic.model())


def test_a_run_without_traffic_reaches_nothing():
    assert reached(Traffic().model()) == {}
