"""A function counts each covered cell, and names the probes that reached it."""

from sigmic_conformance.conformance.model.cells.counting import NOUNS, reached, reached_by
from sigmic_conformance.spec.cells import Cells, Place, State
from tests.conformance.kit import P, record
from tests.conformance.traffic import Traffic

CELLS = Cells.load()
COVERED = {cell.place for cell in CELLS.of(State.COVERED)}
COUNTED = {
    Place(noun, heuristic, value)
    for noun, heuristics in NOUNS.items()
    for heuristic, counters in heuristics.items()
    for counter in counters
    for value in counter.values
}


def test_the_nouns_are_those_of_the_table():
    assert NOUNS.keys() == CELLS.nouns.keys()


def test_the_covered_cells_are_those_that_a_function_counts():
    hint = "write a counter in conformance/model/cells, or another state in spec/cells.yaml"
    assert {str(place) for place in COVERED ^ COUNTED} == set(), hint


def test_a_run_tells_how_often_each_probe_reached_a_cell():
    traffic = Traffic().begun("Hi", task="t")
    traffic.create("Hi", task="u")

    assert reached(traffic.model())[Place("task", "place", "again")] == {P: 1}, "the same body again"
    assert reached_by(record(*traffic.exchanges)) == reached(traffic.model())


def test_a_run_without_traffic_reaches_nothing():
    assert reached(Traffic().model()) == {}
