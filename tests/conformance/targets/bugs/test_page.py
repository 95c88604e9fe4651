"""The page about the small bugs follows from their registry and their results."""

import pytest

from sigmic_conformance.spec.ledger import Ledger
from tests.conformance.targets.bugs.all import BUGS
from tests.conformance.targets.bugs.page import PAGE, Judged, judged, page, rows, totals

SEEN = Judged(now={"LIST-012": "failed", "LIST-001": "warned"}, before=None)
WARNED = Judged(now={"LIST-001": "warned"}, before={}, why="a page was not requested")
MISSED = Judged(now={}, before={"LIST-001": "warned"}, why="a page | was not requested")


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(judged())


def test_only_rows_of_the_ledger_see_a_bug():
    named = {row for each in judged().values() for row in (*each.now, *(each.before or ()))}

    assert named <= {each.id for each in Ledger.load().requirements}


def test_the_page_counts_the_bugs_of_an_area_and_lists_those_that_are_not_detected():
    lists = [each for each in BUGS.values() if each.area == "lists"]
    results = {"pending-sinks": WARNED, "pages-overlap": MISSED}
    shown = page(dict.fromkeys(BUGS, SEEN) | results).splitlines()

    assert f"| Lists | {len(lists)} | {len(lists) - 2} | 1 | 1 |" in shown
    [missed] = [line for line in shown if line.startswith("| `")]
    assert missed.startswith("| `pages-overlap` |")
    assert missed.endswith("| a page \\| was not requested |")


def test_a_bug_counts_by_its_worst_outcome():
    assert totals({"one": SEEN, "two": WARNED, "three": MISSED}) == (
        "A row fails for 1 of them, a row warns for 1, and 1 are not detected. Before the suite had journeys "
        "and invariants, it did not detect 1 of the 2 bugs that were tested."
    )


@pytest.mark.parametrize("value", ["yes", {}, {"LIST-001": "passed"}])
def test_anything_but_rows_or_no_is_refused(value: object):
    with pytest.raises(ValueError, match="expected rows with their outcome, or no"):
        rows(value)
