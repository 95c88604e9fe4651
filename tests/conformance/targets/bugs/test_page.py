"""The page of the small bugs is the one that their registry and what was said of them give."""

import pytest

from sigmic_conformance.spec.ledger import Ledger
from tests.conformance.targets.bugs.all import BUGS
from tests.conformance.targets.bugs.page import PAGE, Judged, judged, page, rows, totals

SEEN = Judged(now={"LIST-012": "failed", "LIST-001": "warned"}, before=None)
WARNED = Judged(now={"LIST-001": "warned"}, before={}, why="a page | was not asked for")
MISSED = Judged(now={}, before={"LIST-001": "warned"}, why="it is gone")


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(judged())


def test_only_rows_of_the_ledger_see_a_bug():
    named = {row for each in judged().values() for row in (*each.now, *(each.before or ()))}

    assert named <= {each.id for each in Ledger.load().requirements}


def test_what_was_said_stands_in_the_row_of_its_bug():
    shown = page(dict.fromkeys(BUGS, SEEN) | {"pending-sinks": WARNED, "pages-overlap": MISSED}).splitlines()

    [warned] = [line for line in shown if line.startswith("| `pending-sinks` |")]
    assert warned.endswith("| not seen | warned LIST-001 | a page \\| was not asked for |")
    [missed] = [line for line in shown if line.startswith("| `pages-overlap` |")]
    assert missed.endswith("| warned LIST-001 | not seen | it is gone |")
    [seen] = [line for line in shown if line.startswith("| `titles-are-cut` |")]
    assert seen.endswith("|  | failed LIST-012; warned LIST-001 |  |")


def test_a_bug_counts_by_the_worst_that_was_said_of_it():
    assert totals({"one": SEEN, "two": WARNED, "three": MISSED}) == (
        "Of all 3 bugs a row turns red at 1, only warns at 1 and says nothing at 1; of the 2 that the suite "
        "judged before it had journeys and invariants a row turns red at 0, only warns at 1 and says nothing "
        "at 1."
    )


@pytest.mark.parametrize("told", ["yes", {}, {"LIST-001": "passed"}])
def test_what_is_neither_rows_nor_no_is_refused(told: object):
    with pytest.raises(ValueError, match="neither rows with their outcome nor no"):
        rows(told)
