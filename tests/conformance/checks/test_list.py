"""On every page, the list has each task once, with the values that get_task returns."""

from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Outcome
from tests.conformance.handwritten import DONE, Traffic, agent, cases, stories, user
from tests.conformance.kit import content, judged, ok, page_of_tasks, record, verdict_on


def item(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "status": "completed", "message": "Hi", "env": None} | more


def paged(*names: str, query: str = "", **pagination: Any) -> Traffic:
    return Traffic().begun().listing(*map(item, names), query=query, answer=pagination)


@cases(
    "LIST-001",
    ("?limit=100", 20, None),
    ("?limit=100&offset=70", 20, None),  # a target may ignore the offset of a page
    ("?limit=100", 21, "other-limit"),
    ("?limit=100", 70, "other-limit"),
)
def test_a_page_by_default_has_what_an_earlier_one_showed(query: str, count: int) -> Traffic:
    traffic = Traffic().begun()
    traffic.listing(*(item(f"n{number}") for number in range(count)), query=query, answer={"limit": 100})
    return traffic.listing(*(item(f"n{number}") for number in range(20)), answer={"limit": 50})


@pytest.mark.parametrize(
    "query", ["?limit=null", "?limit=", "?limit=1.5", "?offset=x", "?limit=²", "?limit=-1"]
)
@pytest.mark.parametrize("told", [{}, {"offset": None, "limit": None, "total": None}], ids=["counts", "none"])
def test_a_page_that_a_lenient_target_gives_to_odd_numbers_breaks_no_invariant_down(query, told):
    evaluation = paged("t", "u", query=query, **told).evaluation()

    assert {row: judged.fault for row, judged in evaluation.rows.items() if judged.fault} == {}


@cases("LIST-003", ("", 3, None), ("", 2, "page-too-short"), ("&offset=1", 2, None))
def test_a_page_has_as_many_tasks_as_its_limit_if_so_many_are_known(query: str, count: int) -> Traffic:
    traffic = Traffic().begun().listing(*map(item, "tuv"))
    return traffic.listing(
        *map(item, "tuv"[:count]), query=f"?limit=5{query}", answer={"limit": 5, "total": 3}
    )


@pytest.mark.parametrize(("names", "reasons"), [(("t", "u"), set()), (("t", "t"), {"lost-or-twice"})])
def test_a_task_is_listed_once(names: tuple, reasons: set[str]):
    assert paged(*names).reasons("LIST-015") == reasons
    assert paged(*names).reasons("LIST-012") == ({"wrong-total"} if reasons else set())


@cases(
    "LIST-010",
    ({}, "field-missing"),
    ({"message": "More"}, "field-missing other-value"),
    ({"env": {"A": "***"}}, "field-missing"),
    ({"env": {"A": "1", "SECRET": "***"}}, "field-missing other-value"),
)
def test_an_item_is_the_task(shown: dict) -> Traffic:
    env = {"env": {"A": "1"}}
    return Traffic().begun().get(fields=env).listing(item("t", **env | shown))


def of_ann(*pages: tuple[list[str], str, dict[str, Any]], between: bool = False) -> Traffic:
    """An end user's finished task, and pages of the list; with `between`, a new task between them."""
    traffic = Traffic()
    ann: Any = {"headers": traffic.token("ann"), "role": "end user ann"}
    traffic.create("Hi", **ann)
    traffic.get(**ann)
    for number, (names, query, told) in enumerate(pages):
        if between and number:
            traffic.create("Hi", task="new", **ann)
        traffic.listing(*map(item, names), query=query, answer={"total": 3} | told, **ann)
    return traffic


@cases("LIST-005", ("u", None), ("v", "wrong-place"))
def test_pages_of_a_list_in_which_nothing_happens_agree(second: str) -> Traffic:
    first = ["t", "u"], "?limit=2", {"limit": 2, "hasMore": True}
    return of_ann(first, ([second], "?offset=1&limit=1", {"offset": 1, "limit": 1, "hasMore": True}))


@pytest.mark.parametrize(
    ("names", "after", "reasons"),
    [("uv", "tuv", set()), ("tu", "tuv", {"wrong-place"}), ("tu", "tvu", set())],
)
def test_a_page_between_two_readings_of_another_page(names: str, after: str, reasons: set[str]):
    traffic = Traffic()
    part = "?offset=1&limit=2", {"offset": 1, "limit": 2}
    for shown, (query, told) in (("tuv", ("", {})), (names, part), (after, ("", {}))):
        items = (item(name, lastActivityAt=f"2026-01-01T00:00:0{9 - ord(name) % 5}Z") for name in shown)
        traffic.listing(*items, query=query, answer={"total": 3} | told)

    assert traffic.reasons("LIST-005") == reasons
    assert traffic.after(-1).say("More", took=0.1).reasons("LIST-005") == set()


@cases("LIST-005", "unjudged")
def test_pages_between_which_a_task_was_made_may_differ() -> Traffic:
    return of_ann((["t", "u"], "", {}), (["new", "t"], "", {}), between=True)


@cases(
    ("LIST-009", {"messageCount": 2, "total": 2}, None),
    ("LIST-009", {"messageCount": 3, "total": 2}, "wrong-count"),
    ("LIST-019", {"total": 2}, None),
    ("LIST-019", {"total": 1}, "scope-changed"),
)
def test_two_pages_agree_wherever_in_the_list_they_are(told: dict) -> Traffic:
    traffic = Traffic().begun()
    traffic.listing(item("t", messageCount=2), item("made-by-an-end-user"))
    count = {name: told[name] for name in ("messageCount",) if name in told}
    return traffic.listing(item("t", **count), query="?limit=1", answer={"total": told["total"], "limit": 1})


@cases("LIST-009", (1, None), (2, "wrong-count"))
def test_a_cancelled_task_has_as_many_messages_as_the_histories_before_and_after(count: int) -> Traffic:
    return cancelled(1, count, 1)


@pytest.mark.parametrize(("before", "count", "after"), [(1, 2, 2), (1, 0, 1)])
def test_a_late_answer_and_a_task_without_a_conversation_prove_nothing(before: int, count: int, after: int):
    assert not cancelled(before, count, after).spoke("LIST-009")


@cases("LIST-009", (3, None), (4, None), (2, "wrong-count"))
def test_a_task_at_work_has_its_follow_up_among_its_messages(count: int) -> Traffic:
    traffic = Traffic().begun().get("completed").history(user(1, "Hi"), agent(1, "4"))
    traffic.say("More")
    traffic.listing(item("t", status="running", messageCount=2))  # no page says how soon a list shows it
    traffic.now += 5
    return traffic.listing(item("t", status="running", messageCount=count))


def cancelled(before: int, count: int, after: int) -> Traffic:
    """A cancelled task: a history of some messages, its place in a list, and another history."""
    traffic = Traffic().begun().get("cancelled")
    shown = [user(1, "Hi"), agent(1, "4")]
    traffic.history(*shown[:before], told="cancelled")
    traffic.listing(item("t", status="cancelled", messageCount=count))
    return traffic.history(*shown[:after], told="cancelled")


@cases("LIST-015", ("bc", "abcd", None), ("ab", "abcd", "lost-or-twice"), ("ab", "bacd", None))
def test_a_walk_through_a_list_that_is_the_same_before_and_after(second: str, last: str) -> Traffic:
    traffic = Traffic()
    for names, query in (("abcd", "?limit=8"), (second, "?limit=2&offset=1"), (last, "?limit=8")):
        traffic.listing(*map(item, names), query=query, answer={"offset": 1} if "offset" in query else None)
    return traffic


@cases("LIST-015", ("completed", "lost-or-twice"), ("running", None))
def test_a_list_whose_tasks_it_shows_as_finished_is_taken_for_unchanged(status: str) -> Traffic:
    traffic = Traffic().create("Hi")
    for query in ("?limit=8", "?limit=2&offset=1", "?limit=8"):
        items = [item(name, status=status) for name in "ta"]
        traffic.listing(*items, query=query, answer={"offset": 1} if "offset" in query else None)
    return traffic


def test_a_task_that_ran_in_between_may_have_moved_and_come_back():
    traffic = Traffic().begun().get("completed").create("Hi", task="u")
    for name in ("t", "u", "t"):
        traffic.listing(item(name), query="?limit=1" if name == "t" else "?limit=2")
        traffic.say("More", task="u")

    assert traffic.row("LIST-015").breaches == []


@cases("LIST-014", ("ut", None), ("t", "not-listed"), ("xy", "unjudged"))
def test_a_page_that_goes_on_to_an_older_task_has_the_newer_one(names: str) -> Traffic:
    traffic = Traffic().begun().get().create("Hi", task="u")
    return traffic.listing(*map(item, names), query=f"?limit={len(names)}", answer={"total": 9})


@cases(
    "LIST-014",
    ("Say n0123456789abcdef", "tu", "second-task"),
    ("Say n0123456789abcdef", "t", None),
    ("What is 2+2?", "tu", None),
)
def test_one_creation_makes_one_task(text: str, names: str) -> Traffic:
    return Traffic().begun(text).listing(*(item(name, message=text) for name in names))


def test_three_lists_are_compared_where_no_other_task_was_made():
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


@cases("LIST-019", ("u", "t", None), ("u", "scope-changed"))
def test_a_list_shows_the_tasks_that_it_showed(*second: str) -> Traffic:
    traffic = Traffic()
    for task in ("t", "u"):
        traffic.begun(task=task) if task == "t" else traffic.create("Hi", task="u")
    traffic.stream(content("4"), DONE, shown=[user(1, "Hi")], task="u")
    traffic.listing({"id": "u"}, {"id": "t"})
    return traffic.listing(*({"id": name} for name in second))


TIMES = dict.fromkeys(("createdAt", "startedAt", "completedAt"), "2026-01-26T15:50:54.870Z")
LATER = "2026-01-26T15:59:54.870Z"

test_a_page_and_its_items = stories(
    ("LIST-002", lambda told: Traffic().listing({"id": "t"}, answer={"offset": told}), 0, 1, "other-offset"),
    (
        "LIST-004",
        lambda count: Traffic().listing(*({"id": f"{number}"} for number in range(count))),
        100,
        101,
        "page-too-long",
    ),
    (
        "LIST-006",
        lambda times: Traffic().listing(*({"id": each, "lastActivityAt": each} for each in times)),
        [LATER, TIMES["createdAt"]],
        [TIMES["createdAt"], LATER],
        "wrong-order",
    ),
    (
        "LIST-007",
        lambda last: Traffic().listing({"id": "t", **TIMES, "lastActivityAt": last}),
        TIMES["createdAt"],
        LATER,
        "other-time",
    ),
    ("LIST-008", lambda told: Traffic().listing({"id": "t", "messageCount": told}), 0, -1, "wrong-type"),
    ("LIST-011", lambda more: Traffic().listing({"id": "t"} | more), {}, {"output": {}}, "field-too-many"),
    (
        "LIST-013",
        lambda total: Traffic().listing({"id": "t"}, answer={"total": total}),
        1,
        2,
        "wrong-has-more",
    ),
    (
        "LIST-016",
        lambda items: Traffic().listing(*items, query="?offset=5", answer={"total": 1, "offset": 5}),
        [],
        [{"id": "t"}],
        "not-empty",
    ),
    (
        "LIST-018",
        lambda status: Traffic().listing(query="?limit=-1", status=status),
        400,
        500,
        "server-error",
    ),
)
