"""The cells that a plan omits follow from the probes that reached them on the reference platform."""

from sigmic_conformance.conformance.run.cells_reached import CellsReached, load
from sigmic_conformance.spec.cells import Cells, Place
from tests.conformance.kit import REGISTRY

ZERO, MANY = Place("file", "count", "zero"), Place("file", "count", "many")
FOUND = CellsReached.of({ZERO: {"easy_task": 3, "journey_01": 1}, MANY: {"uploads": 2, "journey_02": 5}})


def test_what_was_written_is_read_again():
    assert CellsReached.parse(FOUND.rendered()) == FOUND
    assert FOUND.by_cell[str(MANY)] == {"uploads", "journeys"}


def test_a_cell_is_omitted_if_no_planned_probe_reached_it():
    assert FOUND.omitted(["easy_task"]) == ("file count=many",)
    assert FOUND.omitted(["easy_task", "journey_09"]) == ()
    assert FOUND.omitted([]) == ("file count=zero", "file count=many")


def test_the_kept_table_names_cells_and_probes_that_exist():
    kept = load()
    probes = frozenset[str]().union(*kept.by_cell.values())

    assert kept.by_cell.keys() - set(map(str, Cells.load().cells)) == set(), (
        "python -m conformance.run.costs RUN"
    )
    assert probes - REGISTRY.probes.keys() - {"journeys"} == set(), "python -m conformance.run.costs RUN"
