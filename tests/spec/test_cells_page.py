"""The page of cells shows every cell with its sentence and the requirements that cover it."""

from sigmic_conformance.spec.cells import Cells
from sigmic_conformance.spec.cells_page import page

CELLS = Cells.load()
PAGE = page(CELLS)


def test_every_cell_has_a_row_with_its_sentence():
    missing = [str(cell.place) for cell in CELLS.cells.values() if cell.says not in PAGE]

    assert missing == []
    assert PAGE.count("=") == len(CELLS.cells)


def test_a_row_says_what_applies_where_a_target_is_free_and_what_nothing_reaches():
    assert "| `count=too_many` | A message has 21 files. | UPLOAD-003, UPLOAD-004 |" in PAGE
    assert "| `count=too_many` | free: How another answer to a call is answered. | G-64 |" in PAGE
    assert "| `name=same` | not reachable: A run is given one app. |  |" in PAGE
