"""The page of the small bugs is the one that their registry gives."""

from tests.conformance.targets.bugs.all import BUGS
from tests.conformance.targets.bugs.page import PAGE, first_run, page


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(first_run())


def test_the_first_run_speaks_of_bugs_that_there_are():
    found = first_run()

    assert found.keys() <= BUGS.keys()
    assert all(each.keys() <= {"seen", "why"} for each in found.values())


def test_what_the_first_run_said_stands_in_the_row_of_its_bug():
    shown = page({"pending-sinks": {"seen": "no", "why": "no probe lists | pending tasks"}})

    [row] = [line for line in shown.splitlines() if line.startswith("| `pending-sinks` |")]
    assert row.endswith("| no | no probe lists \\| pending tasks |")
    assert sum(line.startswith("| `") for line in shown.splitlines()) == len(BUGS)
