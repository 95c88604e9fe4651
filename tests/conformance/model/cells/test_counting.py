"""Each covered cell is counted, with the probes that reached it."""

from sigmic_conformance.conformance.model.cells.counting import reached, reached_by, reaches
from sigmic_conformance.spec.cells import Cells, Place, State
from tests.conformance.kit import P, record
from tests.conformance.traffic import Traffic

CELLS = Cells.load()
COVERED = {cell.place for cell in CELLS.of(State.COVERED)}


def test_the_covered_cells_are_those_that_are_counted():
    hint = "write what reaches it in conformance/model/cells, or another state in spec/cells.yaml"
    assert {str(place) for place in COVERED ^ reaches(Traffic().model()).keys()} == set(), hint


def test_a_run_tells_how_often_each_probe_reached_a_cell():
    traffic = Traffic().begun("Hi", task="t").create("Hi", task="u")

    assert reached(traffic.model())[Place("task", "place", "again")] == {P: 1}, "the same body again"
    assert reached_by(record(*traffic.exchanges)) == reached(traffic.model())


def test_a_run_without_traffic_reaches_nothing():
    assert reached(Traffic().model()) == {}
