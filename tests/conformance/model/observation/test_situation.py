"""The situation of an observation, as far as the traffic shows it."""

from collections.abc import Mapping

import pytest

from sigmic_conformance.results.coverage import situation_count
from sigmic_conformance.results.situation_counts import SituationCounts
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_spec.situations import Situations, Value
from tests.conformance.handwritten import BY_API_KEY, DONE, FOUR, HI, SECOND_KEY, TASKS, Traffic, heard
from tests.conformance.kit import call, content

DATA = SentFile.of("data.csv", b"a,b\n")


def last(traffic: Traffic) -> Mapping[str, str]:
    """Return the situation of the last exchange; check that its values exist and can occur together."""
    situations = traffic.evaluation().situations
    found = dict(situations[traffic.exchanges[-1].probe, traffic.exchanges[-1].number])
    for dimension, value in found.items():
        Situations.load().check(Value(dimension, value))
    assert Situations.load().is_possible(found)
    return found


def test_a_task_just_created():
    traffic = Traffic().create("Hi", fields={"env": {"A": "b"}}).get("pending")

    found = last(traffic)
    assert (found["turn"], found["session"], found["state"]) == ("first", "new", "pending")
    assert (found["caller"], found["body"], found["files"], found["value"]) == (
        "bearer",
        "json",
        "none",
        "plain",
    )


def test_turns_sessions_and_histories():
    traffic = Traffic().begun().get(fields={"sessionId": "s1"})
    for number, (session, turn) in enumerate([("s1", "second"), ("s2", "third"), ("s3", "many")], 2):
        traffic.say(f"More {number}")
        traffic.get(fields={"sessionId": session})
        assert last(traffic)["turn"] == turn
    assert last(traffic)["session"] == "restored_twice"
    assert last(traffic)["history"] == "long"


def test_a_session_that_must_have_expired_while_nothing_happened():
    traffic = Traffic(session_expiry_seconds=5.0).begun().at(60.0).say("More")

    assert last(traffic)["session"] == "restored"


@pytest.mark.parametrize(
    ("headers", "role", "caller"),
    [(BY_API_KEY, "owner", "api_key"), (SECOND_KEY, "second", "other_project"), ((), "nobody", None)],
)
def test_callers(headers: tuple, role: str, caller: str | None):
    traffic = Traffic().begun().get(headers=headers, role=role)

    assert last(traffic).get("caller") == caller


@pytest.mark.parametrize(("name", "caller"), [("ann", "end_user"), ("bob", "other_end_user")])
def test_end_users(name: str, caller: str):
    traffic = Traffic()
    tokens = {each: traffic.token(each) for each in ("ann", "bob")}
    traffic.create("Hi", headers=tokens["ann"], role="end user ann")
    traffic.get(headers=tokens[name], role=f"end user {name}")

    assert last(traffic)["caller"] == caller


@pytest.mark.parametrize(
    ("files", "value"),
    [
        ((DATA,), "plain"),
        ((SentFile.of("a.zip", b"x"),), "zip"),
        ((SentFile.of("a/b.txt", b"x"),), "nested"),
        ((SentFile.of("caf\u00e9 1.txt", b"x"),), "awkward_name"),
        ((SentFile.of(".env", b"x"),), "awkward_name"),
        ((DATA, DATA), "same_name"),
        ((SentFile.of("a.txt", b""),), "empty"),
        ((SentFile("a.bin", 50_000_000),), "at_limit"),
        ((DATA, *(SentFile.of(f"{number}.txt", b"x") for number in range(19))), "at_limit"),
    ],
)
def test_files(files: tuple[SentFile, ...], value: str):
    traffic = Traffic().create_form(*files)

    assert last(traffic)["files"] == value
    assert last(traffic)["body"] == "message_first"


def test_a_form_whose_files_come_first_and_a_form_as_a_query():
    traffic = Traffic()
    form = "multipart/form-data; boundary=b"
    traffic.add("POST", TASKS, {"id": "t"}, kind=form, parts=("files: a.txt (1 bytes)", "message=Hi"))
    assert last(traffic)["body"] == "files_first"

    traffic.add("POST", TASKS, {"id": "u"}, kind="application/x-www-form-urlencoded", text="message=Hi+there")
    assert last(traffic)["body"] == "urlencoded"


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("a=b", "separators"),
        ("'", "quotes"),
        ("a\nb", "line_ends"),
        ("\u4e2d", "non_ascii"),
        ("", "empty"),
        ("x" * 4096, "long"),
    ],
)
def test_values(given: str, value: str):
    traffic = Traffic().create("Hi", fields={"env": {"A": given}}).get("pending")

    assert last(traffic)["value"] == value


def test_states():
    traffic = Traffic().create("Hi", fields={"autoExecute": False})
    events = (content("a"), call("one", status="awaiting_approval"))
    traffic.stream(*events, shown=[HI], step=2.0, took=60.0, closed="hung-up")
    for now, state in ((6.0, "pending"), (8.0, "speaking"), (10.0, "awaiting_approval")):
        traffic.at(now).history(HI, told="running")
        assert last(traffic)["state"] == state
    traffic.cancel()
    traffic.get("cancelled")
    traffic.files()
    assert last(traffic)["state"] == "cancelled"


def test_a_tool_that_runs():
    traffic = heard(call("one"), took=60.0, closed="hung-up").at(5.0).files()

    assert last(traffic)["state"] == "tool_running"


@pytest.mark.parametrize(
    ("outcomes", "approval"),
    [
        (["proceed_once"], "once"),
        (["proceed_always"], "always"),
        (["cancel"], "rejected"),
        (["proceed_once"] * 2, "several"),
    ],
)
def test_approvals(outcomes: list[str], approval: str):
    traffic = Traffic().create("Hi", fields={"autoExecute": False})
    for number, outcome in enumerate(outcomes):
        traffic.approve(f"c{number}", outcome)
    traffic.get("running")

    assert last(traffic)["approval"] == approval


def test_calls_that_run_unasked_and_answers_behind_a_reader_who_left():
    automatic = heard(call("one"), DONE).get()
    assert last(automatic)["approval"] == "automatic"

    late = Traffic().create("Hi", fields={"autoExecute": False})
    late.stream(call("one", status="awaiting_approval"), shown=[HI], closed="hung-up")
    late.approve("one")
    late.get("running")
    assert (last(late)["approval"], last(late)["reader"]) == ("late", "dropped")


def test_readers():
    alone = Traffic().begun().get()
    assert last(alone)["reader"] == "from_start"

    nobody = Traffic().create("Hi").get("completed").files()
    assert last(nobody)["reader"] == "none"
    nobody.stream(shown=[HI, FOUR])
    assert last(nobody)["reader"] == "late"

    joining = Traffic().create("Hi").get("running").stream(DONE, shown=[HI]).get()
    assert last(joining)["reader"] == "joining"

    several = heard(content("a"), DONE, step=1.0)
    several.at(1.5).stream(content("a"), DONE, shown=[HI])
    several.at(30.0).get()
    assert last(several)["reader"] == "several"

    returning = heard(content("a"), closed="hung-up").stream(content("a"), DONE, shown=[HI])
    returning.get()
    assert last(returning)["reader"] == "returning"


@pytest.mark.parametrize(
    ("query", "count", "told", "page"),
    [
        ("?limit=2", 2, {"limit": 2, "total": 5, "hasMore": True}, "inside"),
        ("?limit=2", 2, {"limit": 2, "total": 2}, "exact"),
        ("", 2, {}, "last"),
        ("?offset=9", 0, {"offset": 9, "total": 5}, "beyond"),
    ],
)
def test_pages(query: str, count: int, told: dict, page: str):
    traffic = Traffic().begun()
    traffic.listing(*({"id": f"t{number}"} for number in range(count)), query=query, answer=told)

    assert last(traffic)["page"] == page


def test_counts_survive_the_way_through_a_document():
    one, other = (("turn", "first"), ("caller", "bearer")), (("turn", "second"), ("caller", "bearer"))
    counts = SituationCounts({"GET-001": {one: 2, other: 1}, "LIST-001": {other: 4}})

    restored = SituationCounts.restored(counts.document())

    assert restored == counts
    assert restored.pairs()[Value("turn", "second"), Value("caller", "bearer")] == 5
    count = situation_count(restored, Situations.load())
    of_lists = sum("page" in {one.dimension, two.dimension} for one, two in Situations.load().pairs())
    assert count.have == 2
    assert count.of == len(set(Situations.load().pairs())) - of_lists + 4 * len(
        {"bearer", "api_key", "end_user"}
    )
    assert {"turn=third with caller=bearer", "caller=bearer with page=last"} <= set(count.missing)
    assert not {"state=failed with page=last", "caller=other_project with page=last"} & set(count.missing)
