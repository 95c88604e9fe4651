import pytest

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import (
    answered,
    judged,
    ok,
    page_of_tasks,
    record,
    verdict_on,
)


def pages(**changes: str) -> Record:
    told = {"before": "abcdefgh", "offset 0": "ab", "offset 1": "bc", "offset 2": "cd", "offset 4": "ef"}
    told |= {"after": "abcdefgh"} | {name.replace("_", " "): ids for name, ids in changes.items()}
    asked = [page_of_tasks("unchanged_list", f"look 1: {name}", ids) for name, ids in told.items()]
    return record(*asked, facts={"unchanged_list": {"unchanged": "look 1"}})


@pytest.mark.parametrize(
    ("row", "wrong", "reason"),
    [
        ("LIST-005", {"offset_1": "ab"}, "wrong-place"),
        ("LIST-015", {"offset_2": "bc"}, "lost-or-twice"),
        ("LIST-020", {"after": "bacdefgh"}, "other-order"),
    ],
)
def test_pages(row, wrong, reason):
    assert verdict_on(row, pages()).outcome is Outcome.PASSED
    assert verdict_on(row, pages(**wrong)).reason == reason


def page_of_times(*times: str) -> Exchange:
    return answered(
        [{"lastActivityAt": time} for time in times], operation="list_tasks", target="/api/v1/tasks"
    )


def test_one_task_shows_no_order():
    early, late = "2026-11-24T16:00:00.000Z", "2026-11-24T16:00:01.000Z"

    assert judged("LIST-006", page_of_times(late)).outcome is Outcome.INCONCLUSIVE
    assert judged("LIST-006", page_of_times(late, early)).outcome is Outcome.PASSED
    assert judged("LIST-006", page_of_times(early, late)).reason == "wrong-order"


def test_three_lists_are_shown_where_nobody_elses_task_was_made():
    lists = [ok("list_scope", "list", [{"id": "a"}], operation="list_tasks") for _ in range(4)]

    assert len(judged("LIST-019", *lists, facts={"list_scope": {"task": "a"}}).evidence) == 3


@pytest.mark.parametrize(
    ("lists", "facts", "outcome", "reason"),
    [
        (["ab", "ba"], {"other's task": "b"}, Outcome.INFO, None),
        (["a", "a"], {"other's task": "b"}, Outcome.INFO, None),
        (["ab", "a"], {"other's task": "b"}, Outcome.FAILED, "two-readings"),
        (["b", "b"], {"other's task": "b"}, Outcome.FAILED, "no-reading"),
        (["a", "a"], {}, Outcome.INFO, None),
        (["a", "b"], {}, Outcome.FAILED, "no-reading"),
        ([], {}, Outcome.INCONCLUSIVE, "zero-observations"),
    ],
)
def test_the_scope_of_the_list_is_one(lists, facts, outcome, reason):
    seen = record(
        *(page_of_tasks("list_scope", "list", ids) for ids in lists),
        facts={"list_scope": {"task": "a", **facts}},
    )

    found = verdict_on("LIST-019", seen)

    assert (found.outcome, found.reason) == (outcome, reason)


def follow_up_page(said: list[dict]) -> Verdict:
    page = ok("follow_up", "list", [{"id": "t"}], operation="list_tasks")
    history = ok("follow_up", "history after", {"messages": said})
    return judged("LIST-021", page, history, facts={"follow_up": {"task": "t", "younger": "y"}})


def test_a_message_without_a_time_shows_no_order():
    assert follow_up_page([]).reason == "zero-observations"
    assert follow_up_page([{"role": "user", "content": "?"}]).reason == "zero-observations"


@pytest.mark.parametrize(
    ("active", "order", "outcome"),
    [
        (("09", "08"), "xty", Outcome.PASSED),
        (("06", "07"), "xty", Outcome.FAILED),
        (("08", "07"), "yxt", Outcome.FAILED),  # as one that orders by creation has it
        (("09", "08"), "xt", Outcome.INCONCLUSIVE),  # nothing that it could have been moved over
    ],
)
def test_a_follow_up_moves_its_task(active, order, outcome):
    time = "2026-01-01T00:00:{}.000Z"
    times = {"x": time.format(active[0]), "t": time.format(active[1]), "y": time.format("05")}
    items = [{"id": each, "lastActivityAt": times[each]} for each in order]
    saved = {"messages": [{"role": "user", "content": "?", "createdAt": time.format("07")}]}
    seen = record(
        ok("follow_up", "list", items, operation="list_tasks"),
        ok("follow_up", "history after", saved),
        facts={"follow_up": {"task": "t", "younger": "y"}},
    )

    # What departs from a decision of this project is information about anybody else's platform.
    assert verdict_on("LIST-021", seen).outcome is (
        outcome if outcome is not Outcome.FAILED else Outcome.INFO
    )
