"""The table of nouns by heuristics is complete, and the error for an invalid one names the line."""

import pytest

from sigmic_conformance.spec.cells import Cells, CellsError, State
from sigmic_conformance.spec.ledger import Ledger

CELLS = Cells.load()
LEDGER = Ledger.load()
SMALL = """
heuristics:
  count: {about: How many., values: {zero: None., one: One.}}
  cut: {about: Whether., values: {middle: In the middle.}}
nouns:
  file:
    is: A file.
    cells:
      count:
        zero: {covered: [CREATE-002], is: A form has no file.}
        one: {unspecified: [G-29], is: It has none of bytes.}
      cut: {unreachable: It is never cut.}
"""


def test_every_noun_has_a_cell_for_every_value_of_every_heuristic():
    values = sum(len(each.values) for each in CELLS.heuristics.values())

    assert len(CELLS.cells) == len(CELLS.nouns) * values
    assert sum(len(CELLS.of(state)) for state in State) == len(CELLS.cells)


def test_a_cell_says_its_state_what_it_means_and_who_speaks_of_it():
    cell = Cells.parse(SMALL, LEDGER).at("file", "count", "one")

    assert (str(cell.place), cell.state, cell.says, cell.ids) == (
        "file count=one",
        State.UNSPECIFIED,
        "It has none of bytes.",
        ("G-29",),
    )


def test_one_cell_may_stand_for_all_values_of_a_heuristic():
    table = Cells.parse(
        SMALL.replace("      count:\n", "      count: {unreachable: Never.}\n").replace(
            "        ", "      #"
        ),
        LEDGER,
    )

    assert {table.at("file", "count", value).says for value in ("zero", "one")} == {"Never."}


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ("one: {unspecified: [G-29], is: It has none of bytes.}", "", 9, "has no state: write {covered:"),
        ("      cut: {unreachable: It is never cut.}\n", "", 8, "has no state: write {covered:"),
        ("{unreachable: It", "{because: It", 12, "no value 'because'"),
        ("is: A form has no file.", "means: It.", 10, "has other keys than covered, is"),
        ("[CREATE-002]", "[CREATE-092]", 10, "no requirement CREATE-092; did you mean CREATE-0"),
        ("[CREATE-002]", "[TOKEN-023]", 10, "TOKEN-023 is untestable"),
        ("[CREATE-002]", "[]", 10, "names nothing: write"),
        ("[G-29]", "[U-01]", 11, "U-01 is neither a gap"),
        ("zero: {cov", "none: {cov", 10, "no value 'none'; did you mean one?"),
        ("cut: {unr", "cuts: {unr", 12, "no heuristic 'cuts'; did you mean cut?"),
    ],
)
def test_a_table_that_is_not_whole_is_refused_by_line_with_what_to_write(
    before: str, after: str, line: int, said: str
):
    with pytest.raises(CellsError) as refused:
        Cells.parse(SMALL.replace(before, after), LEDGER)

    told = [text for text in str(refused.value).splitlines() if said in text]
    assert told
    assert told[0].startswith(f"cells.yaml:{line}: file/c")
