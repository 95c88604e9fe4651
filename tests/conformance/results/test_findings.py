"""Rows that are reported together as one finding, and rows that are reported separately."""

import pytest

from sigmic_conformance.model.record.evidence import cite
from sigmic_conformance.model.record.verdict import (
    ABSENT,
    Outcome,
    Unproven,
    Verdict,
    blocked,
    failed,
    inconclusive,
    warned,
)
from sigmic_conformance.results.findings import (
    VerdictGroup,
    by_cause,
    gathered,
    last_line,
    summary_of_all,
)
from tests.conformance.kit import exchange

EVERY = tuple(Outcome)


def lacking(observed: str, reason: Unproven = Unproven.PRECONDITION) -> Verdict:
    return inconclusive(reason, observed)


def rows(findings: list[VerdictGroup]) -> list[tuple[str, ...]]:
    return [each.rows for each in findings]


def test_rows_with_one_outcome_reason_and_cause_are_one_finding():
    (one,) = gathered({"A-001": lacking("p: no key"), "A-002": lacking("q: no key")}, EVERY)

    assert (one.outcome, one.reason, one.why) == (Outcome.INCONCLUSIVE, "precondition", "no key")
    assert one.rows == ("A-001", "A-002")
    assert one.id is None


@pytest.mark.parametrize(
    "other",
    [lacking("p: no app"), lacking("p: no key", Unproven.BUDGET), blocked("p: no key")],
    ids=["cause", "reason", "outcome"],
)
def test_rows_that_differ_in_one_of_them_are_two(other):
    found = gathered({"A-001": lacking("p: no key"), "A-002": other}, EVERY)

    assert sorted(rows(found)) == [("A-001",), ("A-002",)]
    assert {each.id for each in found} == {"A-001", "A-002"}


@pytest.mark.parametrize("verdict", [failed, warned])
def test_failed_and_warned_requirements_are_listed_one_by_one(verdict):
    same = verdict("x", expected="200", observed="p: 500")

    found = gathered({"A-001": same, "A-002": same}, EVERY)

    assert rows(found) == [("A-001",), ("A-002",)]
    assert {each.why for each in found} == {"p: 500"}


def test_outcomes_come_in_the_order_asked_for_and_large_groups_before_small_ones():
    found = gathered(
        {
            "A-001": lacking("alone"),
            "A-002": lacking("same"),
            "A-003": failed("x", expected="a", observed="b"),
            "A-004": lacking("same"),
            "A-005": blocked("later"),
        },
        (Outcome.FAILED, Outcome.INCONCLUSIVE),
    )

    assert rows(found) == [("A-003",), ("A-002", "A-004"), ("A-001",)]


@pytest.mark.parametrize(("text", "line"), [("a\nb\n", "b"), ("", "-"), (" \n", "-")])
def test_the_last_line_says_most(text, line):
    assert last_line(text) == line


def test_broken_rows_of_one_cause_stand_under_the_first_of_them():
    one, other = cite(exchange(), "seen"), cite(exchange(probe="q"), "seen")
    lacks = {"expected": "files, which the profile does not list under `without`", "observed": "404"}
    verdicts = {
        "A-001": failed("x", one, expected="a", observed="b"),
        "A-002": failed(ABSENT, one, **lacks),
        "A-003": warned("y", one, expected="a", observed="b"),
        "A-004": failed(ABSENT, other, **lacks),
        "A-005": failed("x", other, expected="a", observed="b"),
        "A-006": failed("x", expected="a", observed="b"),
        "A-007": failed("x", expected="a", observed="b"),
        "A-008": lacking("no key"),
    }

    assert by_cause(verdicts, verdicts) == {
        "A-001": ["A-003"],
        "A-002": ["A-004"],
        "A-005": [],
        "A-006": [],
        "A-007": [],
        "A-008": [],
    }


@pytest.mark.parametrize(
    ("notes", "said"), [(["a", "a"], "a"), (["a"], None), (["a", "b"], None), (["", ""], None), ([], None)]
)
def test_a_note_shared_by_all_is_written_once(notes, said):
    assert summary_of_all(notes) == said
