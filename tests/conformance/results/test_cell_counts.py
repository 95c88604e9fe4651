"""The cells of a run: how often each was reached, and whether a requirement was tested there."""

from sigmic_conformance.conformance.results.cell_counts import CellCounts
from sigmic_conformance.spec.cells import Cells, Place

CELLS = Cells.load()
MANY, TOO_MANY = Place("file", "count", "many"), Place("file", "count", "too_many")
FOUND = {MANY: {"p": 2, "q": 1}, TOO_MANY: {"q": 4}}
COUNTS = CellCounts.of(FOUND, {"UPLOAD-001": {"p"}, "UPLOAD-003": {"r"}})


def test_a_cell_is_tested_if_a_requirement_of_it_was_in_the_traffic_that_reached_it():
    assert COUNTS.numbers == {"file count=many": 3, "file count=too_many": 4}
    assert COUNTS.untested == {"file count=too_many"}


def test_what_is_saved_is_restored():
    assert CellCounts.restored(COUNTS.document()) == COUNTS
    assert CellCounts.restored({}) == CellCounts({})


def test_the_covered_cells_are_counted_and_the_others_named():
    count = COUNTS.count(CELLS)

    assert (count.what, count.have) == ("cells reached", 2)
    assert count.have + len(count.missing) == count.of
