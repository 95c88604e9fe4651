"""Invariants of LIST: whatever page is asked for, the list has each task once, as get_task tells it."""

from typing import Any

import pytest

from tests.conformance.traffic import Traffic, agent, user


def item(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "status": "completed", "message": "Hi", "env": None} | more


def paged(*names: str, query: str = "", **pagination: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.listing(*map(item, names), query=query, answer=pagination)
    return traffic


@pytest.mark.parametrize(
    ("row", "good", "bad", "reason"),
    [
        ("LIST-003", {"query": "?limit=2"}, {"query": "?limit=1"}, "page-too-long"),
        ("LIST-001", {}, {"limit": 20}, "other-limit"),
        ("LIST-002", {}, {"offset": 1}, "other-offset"),
        ("LIST-005", {"query": "?offset=3", "offset": 3, "total": 5}, {"query": "?offset=3"}, "wrong-place"),
        ("LIST-012", {"total": 2}, {"total": 1}, "wrong-total"),
        ("LIST-013", {}, {"hasMore": True}, "wrong-has-more"),
    ],
)
def test_a_page_is_the_one_that_was_asked_for(row: str, good: dict, bad: dict, reason: str):
    assert paged("t", "u", **good).reasons(row) == set()
    assert paged("t", "u", **bad).reasons(row) == {reason}


@pytest.mark.parametrize(
    ("query", "count", "reasons"),
    [
        ("?limit=100", 20, set()),
        ("?limit=100&offset=70", 20, set()),  # a target may ignore where a page is to begin
        ("?limit=100", 21, {"other-limit"}),
        ("?limit=100", 70, {"other-limit"}),
    ],
)
def test_a_page_by_default_has_what_an_earlier_one_showed(query: str, count: int, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.listing(*(item(f"n{number}") for number in range(count)), query=query, answer={"limit": 100})
    traffic.listing(*(item(f"n{number}") for number in range(20)), answer={"limit": 50})

    assert traffic.reasons("LIST-001") == reasons


def test_no_page_is_longer_than_the_largest():
    names = [f"n{number}" for number in range(101)]

    assert paged(*names[:100], query="?limit=1000").reasons("LIST-004") == set()
    assert paged(*names, query="?limit=1000").reasons("LIST-004") == {"page-too-long"}


@pytest.mark.parametrize(("names", "reasons"), [((), set()), (("t",), {"not-empty"})])
def test_beyond_the_last_task_is_nothing(names: tuple, reasons: set[str]):
    assert paged(*names, query="?offset=7", offset=7, total=3).reasons("LIST-016") == reasons


@pytest.mark.parametrize(("names", "reasons"), [(("t", "u"), set()), (("u",), {"not-listed"})])
def test_a_whole_list_has_every_task_of_its_caller(names: tuple, reasons: set[str]):
    assert paged(*names).reasons("LIST-014") == reasons


@pytest.mark.parametrize(
    "query", ["?limit=null", "?limit=", "?limit=1.5", "?offset=x", "?limit=²", "?limit=-1"]
)
@pytest.mark.parametrize("told", [{}, {"offset": None, "limit": None, "total": None}], ids=["counts", "none"])
def test_a_page_that_a_lenient_target_gives_to_odd_numbers_breaks_no_invariant_down(query, told):
    evaluation = paged("t", "u", query=query, **told).evaluation()

    assert {row: judged.fault for row, judged in evaluation.rows.items() if judged.fault} == {}


def test_total_counts_what_the_caller_created():
    traffic = Traffic()
    for number in range(3):
        traffic.create("Hi", task=f"t{number}")
    traffic.listing(item("t2"), query="?limit=1", answer={"total": 2, "limit": 1, "hasMore": True})

    assert traffic.reasons("LIST-012") == {"wrong-total"}


@pytest.mark.parametrize(("names", "reasons"), [(("t", "u"), set()), (("t", "t"), {"lost-or-twice"})])
def test_a_task_is_listed_once(names: tuple, reasons: set[str]):
    assert paged(*names).reasons("LIST-015") == reasons


@pytest.mark.parametrize(("shown", "reasons"), [({}, set()), ({"message": "More"}, {"other-value"})])
def test_an_item_is_the_task(shown: dict, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.get()
    traffic.listing(item("t", **shown))

    assert traffic.reasons("LIST-010") == reasons


@pytest.mark.parametrize(("count", "reasons"), [(2, set()), (1, {"wrong-count"})])
def test_the_count_of_messages_is_that_of_the_history(count: int, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.history(user(1, "Hi"), agent(1, "4"))
    traffic.listing(item("t", messageCount=count))

    assert traffic.reasons("LIST-009") == reasons


@pytest.mark.parametrize(("names", "reasons"), [(("t", "u"), set()), (("u", "t"), {"not-moved"})])
def test_a_task_that_was_followed_up_comes_first(names: tuple, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.create("Hi", task="u")
    traffic.get(task="u")
    traffic.say("More")
    traffic.get()
    traffic.listing(*map(item, names))

    assert traffic.reasons("LIST-021") == reasons


def test_the_order_of_activity():
    early, late = "2026-01-26T15:50:54.870Z", "2026-01-26T15:50:55.870Z"
    for times, reasons in (((late, early), set()), ((early, late), {"wrong-order"})):
        traffic = Traffic().begun()
        traffic.listing(*(item(f"t{number}", lastActivityAt=time) for number, time in enumerate(times)))

        assert traffic.reasons("LIST-006") == reasons


def of_ann(*pages: tuple[list[str], str, dict[str, Any]], between: bool = False) -> Traffic:
    """A task of an end user at rest, and the pages that she asked for; with `between` she makes another."""
    traffic = Traffic()
    ann: Any = {"headers": traffic.token("ann"), "role": "end user ann"}
    traffic.create("Hi", **ann)
    traffic.get(**ann)
    for number, (names, query, told) in enumerate(pages):
        if between and number:
            traffic.create("Hi", task="new", **ann)
        traffic.listing(*map(item, names), query=query, answer={"total": 3} | told, **ann)
    return traffic


@pytest.mark.parametrize(("second", "reasons"), [("u", set()), ("v", {"wrong-place"})])
def test_pages_of_a_list_in_which_nothing_happens_agree(second: str, reasons: set[str]):
    first = ["t", "u"], "?limit=2", {"limit": 2, "hasMore": True}
    traffic = of_ann(first, ([second], "?offset=1&limit=1", {"offset": 1, "limit": 1, "hasMore": True}))

    assert traffic.reasons("LIST-005") == reasons


def test_pages_between_which_a_task_was_made_may_differ():
    traffic = of_ann((["t", "u"], "", {}), (["new", "t"], "", {}), between=True)

    assert "LIST-005" not in traffic.evaluation().rows


@pytest.mark.parametrize(
    ("row", "told", "reasons"),
    [
        ("LIST-009", {"messageCount": 2, "total": 2}, set()),
        ("LIST-009", {"messageCount": 3, "total": 2}, {"wrong-count"}),
        ("LIST-019", {"total": 2}, set()),
        ("LIST-019", {"total": 1}, {"scope-changed"}),
    ],
)
def test_two_pages_agree_wherever_in_the_list_they_are(row: str, told: dict, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.listing(item("t", messageCount=2), item("made-by-an-end-user"))
    count = {name: told[name] for name in ("messageCount",) if name in told}
    traffic.listing(item("t", **count), query="?limit=1", answer={"total": told["total"], "limit": 1})

    assert traffic.reasons(row) == reasons
