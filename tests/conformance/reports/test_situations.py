"""The matrix page: how often a row was judged in each situation, and in which ones never."""

import re

from sigmic_conformance.conformance.reports.situations import situations_page
from sigmic_conformance.conformance.results.cell_counts import CellCounts
from sigmic_conformance.conformance.results.situation_counts import SituationCounts

FIRST, SECOND = (("turn", "first"), ("session", "new")), (("turn", "second"), ("session", "live"))
CELLS = CellCounts({"file count=one": 7})
COUNTS = SituationCounts({"GET-001": {FIRST: 3, SECOND: 2}, "LIST-001": {(("page", "last"),): 7}})


def cells(page: str, row: str) -> list[tuple[str, str]]:
    """Return the texts of the cells of a row, with their classes."""
    line = re.search(rf'<tr><th scope="row">{row}.*?</tr>', page)
    assert line is not None
    return re.findall(r'<td(?: class="([^"]*)")?>([^<]*)', line[0])


def test_a_cell_tells_how_often_and_one_that_is_empty_is_seen():
    page = situations_page(COUNTS, CELLS, {"GET-001": "`id` equals the id in the path."}, (), "http://target")

    turn = cells(page, "GET-001")[:4]
    assert turn == [("first", "3"), ("", "2"), ("never", "0"), ("never", "0")]
    assert "<code>id</code> equals the id in the path." in page


def test_a_dimension_of_which_the_run_tells_nothing_is_no_gap():
    page = situations_page(COUNTS, CELLS, {}, (), "http://target")

    kinds = {kind for kind, said in cells(page, "LIST-001") if not said}
    assert kinds == {"outside", "outside first"}
    assert "never tested in 3 of 4 places" in page


def test_nothing_is_called_never_judged_of_a_row_that_is_held_against_all_traffic():
    page = situations_page(COUNTS, CELLS, {}, {"GET-001"}, "http://target")

    assert cells(page, "GET-001")[:3] == [("first", "3"), ("", "2"), ("outside", "")]
    assert "never tested in 0 of" in page


def test_it_says_in_one_number_what_was_judged_and_names_the_rest():
    page = situations_page(COUNTS, CELLS, {}, (), "<http://target>")

    assert re.search(r"2 requirements tested wherever they apply, in 2 of [0-9,]+ pairs of situations", page)
    assert "<li>turn=first with session=restored</li>" not in page, "they cannot occur together"
    assert "<li>turn=third with caller=bearer</li>" in page
    assert "&lt;http://target&gt;" in page


def test_a_cell_of_the_table_tells_how_often_it_was_reached_and_what_was_not_is_explained():
    page = situations_page(COUNTS, CELLS, {}, (), "http://target")

    files = re.search(r'<tr><th scope="row">file<.*?</tr>', page)
    assert files is not None
    assert re.findall(r"<td[^>]*>([^<]*)", files[0])[:5] == ["0", "7", "0", "0", "0"]
    assert "<li>file count=too_many: A message has 21 files. (UPLOAD-003, UPLOAD-004)</li>" in page
