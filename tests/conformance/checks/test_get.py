"""Values that were sent read back unchanged at any later time."""

from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.wire.transcript import Closed, Exchange
from tests.conformance.handwritten import (
    DONE,
    FOUR,
    HI,
    KEY,
    MORE,
    SECOND_KEY,
    Traffic,
    agent,
    cases,
    stories,
    user,
)
from tests.conformance.kit import call, content, judged, ok, result, verdicts

TIME, LATER = "2026-01-26T15:50:54.870Z", "2026-01-26T15:51:04.870Z"


@cases(
    "GET-006",
    ("Hi", "Hi", None),
    ("Hi", "Ho", "other-message"),
    (" \n ", " \n ", None),
    (" \n ", "Hi", "other-message"),
)
def test_the_message_of_a_first_turn_is_judged_though_others_follow(said, shown):
    return Traffic().create(said).get("running", fields={"message": shown}).say("More")


@cases("VARS-016", (None, None), ({"OWN": "b"}, None), ({"TENANT": "x"}, "no-reading"))
def test_the_env_of_a_task_made_with_a_token(env):
    traffic = Traffic()
    header = traffic.token("ann", fields={"env": {"TENANT": "x"}})
    traffic.create("Hi", headers=header, role="end user ann", fields={"env": {"OWN": "b"}})
    return traffic.get(fields={"env": env}, headers=header, role="end user ann")


@cases("GET-008", (TIME, None), ("2026-01-26T15:50:54.871Z", "changed"))
def test_the_time_of_the_creation_never_changes(last: str) -> Traffic:
    return Traffic().begun().get(fields={"createdAt": TIME}).get(fields={"createdAt": last})


@cases("GET-014", ("4", TIME, None), ("5", TIME, "not-updated"), ("5", LATER, None))
def test_another_content_has_another_time(content: str, updated: str) -> Traffic:
    traffic = Traffic().begun().get(fields={"output": {"content": "4", "updatedAt": TIME}}).after(5)
    traffic.say().stream(DONE, shown=[HI, FOUR, MORE])
    return traffic.get(fields={"output": {"content": content, "updatedAt": updated}})


@cases("GET-002", ("k2", "second", None), ("k1", "second", "other-key"), ("k1", "another", "other-key"))
def test_another_key_has_another_id(told: str, role: str) -> Traffic:
    traffic = Traffic().begun().get(fields={"apiKeyId": "k1"})
    traffic.create("Hi", task="other", headers=SECOND_KEY, role=role)
    return traffic.get(task="other", fields={"apiKeyId": told}, headers=SECOND_KEY, role=role)


def test_no_field_shows_the_key():
    assert Traffic().begun().get(fields={"apiKeyId": KEY}).reasons("GET-002") == {"key-shown"}


@cases("GET-003", ("ann", None), ("bob", "other-name"))
def test_the_tasks_of_a_key_have_one_username_for_every_reader(told: str) -> Traffic:
    traffic = Traffic().begun().get(fields={"username": "ann"})
    traffic.get(fields={"username": told}, headers=SECOND_KEY, role="viewer")
    traffic.create("Hi", task="other", headers=SECOND_KEY, role="second")
    return traffic.get(task="other", fields={"username": "carl"}, headers=SECOND_KEY, role="second")


@cases("GET-013", ("I", 2.0, None), ("", 2.0, "not-partial"), ("", 0.1, None))
def test_a_running_task_has_a_part_of_its_text(shown: str, later: float) -> Traffic:
    traffic = Traffic().create("Hi")
    traffic.stream(content("I look."), shown=[HI], streaming=True, closed=Closed.HUNG_UP)
    return traffic.after(later - 1).get("running", fields={"output": {"content": shown}})


@cases("GET-013", ("4", "not-partial"), ("Five", None), ("4\nFive", None))
def test_a_running_task_does_not_show_the_text_of_the_turn_before(shown: str) -> Traffic:
    traffic = Traffic().begun().get(fields={"output": {"content": "4"}}).say("More")
    traffic.stream(content("Five"), shown=[HI, FOUR, MORE], streaming=True, closed=Closed.HUNG_UP)
    return traffic.after(1).get("running", fields={"output": {"content": shown}})


def of_ann(told: Any, **exchanged: Any) -> Traffic:
    """An end user's task that was created without env, and the env that get_task returns."""
    traffic = Traffic()
    ann = traffic.token(fields=exchanged)
    traffic.create("Hi", headers=ann, role="token")
    return traffic.get(fields={"env": told}, headers=ann, role="token")


def test_the_env_of_an_end_user_is_null_where_no_exchange_gave_one():
    assert of_ann(None).reasons("CREATE-018") == set()
    assert of_ann({}).reasons("CREATE-018") == {"other-value"}
    assert not of_ann({"A": "a"}, env={"A": "a"}).spoke("CREATE-018")


UNSTARTED: dict[str, Any] = {"status": "pending", "startedAt": None}


def read_task(**fields: Any) -> Exchange:
    return ok("easy_task", "read", {"id": "t", "startedAt": "2026-01-01T00:00:00.000Z", **fields})


THOUGHT = {"subject": "s", "description": "d"}
TOOL = {"callId": "c", "toolName": "t", "status": "success", "args": {}}
COMPLETED = {"status": "completed", "completedAt": TIME}


test_what_every_task_has = stories(
    ("GET-001", {"id": "t"}, {"id": "u"}, "other-id"),
    ("GET-002", {"apiKeyId": "k"}, {"apiKeyId": None}, "other-key"),
    ("GET-003", {"username": "ann"}, {"username": None}, "wrong-type"),
    ("GET-004", {"sessionId": "s", "conversationId": "c"}, {"sessionId": None}, "wrong-type"),
    ("GET-005", {"status": "failed"}, {"status": "done"}, "unknown-status"),
    ("GET-007", {"error": None}, {"error": "no"}, "wrong-error"),
    ("GET-007", {"status": "failed", "error": "no"}, {"status": "failed"}, "wrong-error"),
    *(("GET-008", {"createdAt": TIME}, {"createdAt": bad}, "no-timestamp") for bad in (1769442654, "1769")),
    ("GET-008", {"createdAt": "2026-01-26T15:50:54+02:00"}, {"createdAt": None}, "no-timestamp"),
    ("GET-009", {"status": "running", "startedAt": TIME}, {"startedAt": "soon"}, "missing"),
    ("GET-010", COMPLETED, {"completedAt": "just now"}, "wrong-time"),
    ("GET-010", {"status": "running"}, COMPLETED | {"status": "running"}, "wrong-time"),
    ("GET-011", {"output": {}}, {}, "no-output"),
    ("GET-012", {"status": "running", "output": {}}, {"status": "running"}, "no-output"),
    ("GET-013", {"output": {"content": "a"}}, {"output": {"content": {}}}, "wrong-type"),
    ("GET-014", {"output": {"updatedAt": TIME}}, {"output": {}}, "wrong-type"),
    ("GET-015", {"output": {"thoughts": [THOUGHT]}}, {"output": {"thoughts": "s"}}, "wrong-type"),
    ("GET-015", {"output": {"thoughts": []}}, {"output": {"thoughts": [{"subject": "s"}]}}, "wrong-type"),
    ("GET-016", {"output": {"toolCalls": []}}, {"output": {"toolCalls": {}}}, "wrong-type"),
    ("GET-017", {"output": {"toolCalls": [TOOL]}}, {"output": {"toolCalls": [{}]}}, "wrong-type"),
    ("GET-018", {}, {"pendingApprovals": []}, "not-absent"),
    ("GET-023", COMPLETED | {"createdAt": TIME}, COMPLETED | {"startedAt": "2027-01-01"}, "wrong-order"),
    made=lambda fields: Traffic().create("Hi").get(fields=fields),
)


@cases("GET-019", ("echo b", None), ("echo a", "ended-call"))
def test_a_call_that_has_ended_is_not_listed(command: str) -> Traffic:
    """The call of an earlier turn, or one with its id, is listed in a later turn."""
    traffic = Traffic().create("Run echo a", fields={"autoExecute": False})
    first = call("c", status="awaiting_approval", args={"command": "echo a"})
    traffic.stream(first, result("c", "a"), DONE, shown=[user(1, "Run echo a")]).get().say("Run echo b")
    listed = {"callId": "c", "toolName": "t", "args": {"command": command}}
    return traffic.get("awaiting_approval", fields={"pendingApprovals": [listed]})


@cases("GET-018", ("running", None), ("cancelled", "not-absent"))
def test_a_call_that_waits_may_be_listed_although_the_status_is_wrong(status: str) -> Traffic:
    traffic = Traffic().create("Hi", fields={"autoExecute": False}).get(status)
    traffic.stream(call("c", status="awaiting_approval"), shown=[user(1, "Hi")], closed="hung-up")
    return traffic.get(status, fields={"pendingApprovals": [{"callId": "c", "toolName": "t", "args": {}}]})


@cases("GET-012", (True, "no-output"), (False, "unjudged"))
def test_a_later_turn_has_an_output_if_an_earlier_one_had_any(had: bool) -> Traffic:
    traffic = Traffic().create("Hi").get("cancelled", fields={"output": {}} if had else {})
    return traffic.say("More").get("running")


@verdicts(
    ("GET-015", [{"output": {}}], Outcome.INCONCLUSIVE),
    *(
        (row, [{"status": "completed", "output": {}}], Outcome.PASSED)  # a target may leave it out always
        for row in ("GET-015", "GET-016", "GET-017")
    ),
    ("GET-025", [{"status": "failed", "output": {}}, {"status": "cancelled", "output": {}}], Outcome.INFO),
    ("GET-025", [{"status": "failed"}, {"status": "cancelled"}], Outcome.INFO),
    ("GET-025", [{"status": "failed"}, {"status": "cancelled", "output": {}}], Outcome.WARNED),
    ("GET-026", [UNSTARTED | {"sessionId": None, "conversationId": "c"}], Outcome.INFO),
    ("GET-026", [UNSTARTED | {"sessionId": None}], Outcome.WARNED),
    (  # some tasks may need a session immediately, for example for an upload
        "GET-026",
        [UNSTARTED | {"sessionId": each, "conversationId": "c"} for each in (None, "s")],
        Outcome.INFO,
    ),
)
def test_readings_of_outputs_and_ids(row: str, tasks: list[dict[str, Any]]) -> Verdict:
    return judged(row, *(read_task(**each) for each in tasks))


def test_two_readings_are_distinguished_by_what_was_seen():
    verdict = judged("GET-025", read_task(status="failed"), read_task(status="cancelled", output={}))

    assert "(failed: output absent)" in verdict.observed
    assert "(cancelled: output there)" in verdict.observed


@cases("GET-022", None)
def test_the_output_is_what_a_reader_read_of_a_message_and_its_events() -> Traffic:
    traffic = Traffic().create("Hi")
    traffic.stream(content("def"), DONE, shown=[HI, agent(1, "abc")])
    return traffic.get(fields={"output": {"content": "abcdef"}})


@cases(
    "GET-022",
    (["One moment. It is", " 4."], None),
    (["One ", "moment. It is", " 4."], "texts-differ"),
    (["One moment.It is", " 4."], "texts-differ"),
)
def test_a_late_reader_may_get_all_text_so_far_at_once(pieces: list[str]) -> Traffic:
    traffic = Traffic().create("Hi").stream(*map(content, pieces), DONE, shown=[HI])
    return traffic.get(fields={"output": {"content": "It is 4."}})


@cases(
    "GET-022",
    ("value=[secret:60f0702f]. Done.", "value=***. Done.", "unjudged"),
    ("value=[secret:60|f0702f]. Done.", "value=***. Done.", "unjudged"),
    ("value=***. Done.", "value=[secret:60f0702f]. Done.", "unjudged"),
    ("value=[secret:60f0702f]. Done.", "value=[secret:60f0702f]. Done.", None),
    ("Done.", "Do.", "texts-differ"),
)
def test_a_printed_secret_may_be_masked_in_one_view_alone(heard: str, shown: str) -> Traffic:
    traffic = Traffic().create("Hi")
    traffic.stream(*map(content, heard.split("|")), DONE, shown=[HI])
    return traffic.get(fields={"output": {"content": shown}})


def test_each_text_may_repeat_those_since_the_last_tool():
    texts = [content("One moment."), content("One moment. "), call("c"), result("c", "x"), content("So.")]
    traffic = Traffic().create("Hi").stream(*texts, DONE, shown=[HI])

    assert traffic.get(fields={"output": {"content": "One moment. So."}}).reasons("GET-022") == set()


@cases("GET-033", ("1\n2\n3", True, None), ("1\n3", True, "text-damaged"), ("1\n2\n3", False, None))
def test_an_output_may_be_the_texts_that_grow_since_the_last_tool(output: str, has_result: bool):
    """These are open: whether a text has those before it (G-47), and where an answer begins (X-04, G-65)."""
    long = "\n".join(map(str, range(4, 40)))
    grows = [content(text) for text in ("1", "1\n2", f"1\n2\n3\n{long}")]
    tool = [call("c"), result("c", "x")] if has_result else [call("c")]
    traffic = Traffic().create("Hi").stream(content("One moment. "), *tool, *grows, DONE, shown=[HI])
    return traffic.get(fields={"output": {"content": f"{output}\n{long}"}})


COUNTED = [f"{number}\n" for number in range(1, 301)]


def counted(output: str, *again: bytes) -> Traffic:
    """A task that counted to 300, and the output that get_task returns."""
    traffic = Traffic().create("Hi")
    traffic.stream(*map(content, COUNTED), content("Done."), *again, DONE, shown=[HI])
    return traffic.get(fields={"output": {"content": output}})


def test_a_whole_output_is_whole_and_one_in_other_words_not_judged():
    whole = "".join([*COUNTED, "Done."])
    for text, again in (
        (whole, ()),
        (whole.replace("\n", " "), ()),
        (whole, (content(whole, partial=False),)),
    ):
        assert counted(text, *again).reasons("GET-033") == set()
    for output in ("I counted to 300.", "Done.", "1"):
        assert not counted(output).spoke("GET-033")


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("".join(COUNTED[:100]), "output.content from byte 292 on missing"),
        ("".join(COUNTED[:100] + COUNTED[200:]) + "Done.", 'output.content bytes 292 to 691 ("101" to "200"'),
    ],
)
def test_a_damaged_output_is_reported_with_what_is_missing(output: str, shown: str):
    (breach,) = counted(output).row("GET-033").breaches

    assert breach.reason == "text-damaged"
    assert breach.finding.observed.startswith(shown)


def waiting(told: str) -> Traffic:
    """A task whose call waits, and is in the output with this status."""
    traffic = Traffic().create("Hi", fields={"autoExecute": False})
    traffic.stream(call("one", status="awaiting_approval"), shown=[HI], closed=Closed.HUNG_UP)
    calls = [{"callId": "one", "toolName": "t", "status": told, "args": {}}]
    pending = [{"callId": "one", "toolName": "t", "args": {}}]
    fields = {"output": {"toolCalls": calls}, "pendingApprovals": pending}
    return traffic.get("awaiting_approval", fields=fields)


test_what_a_task_shows_when_it_is_read = stories(
    ("GET-021", waiting, "awaiting_approval", "executing", "not-in-output"),
    (
        "GET-024",
        lambda told: (
            Traffic()
            .begun()
            .get(fields={"startedAt": "2026-01-26T15:50:54.870Z"})
            .get(fields={"startedAt": told})
        ),
        "2026-01-26T15:50:54.870Z",
        "2026-01-26T15:50:55.870Z",
        "changed-by-reading",
    ),
    (
        "GET-027",
        lambda status: Traffic().get(task="no-such-task", status=status),
        404,
        500,
        "not-refused",
    ),
    (
        "GET-032",
        lambda told: (
            Traffic().begun().get(fields={"conversationId": "c"}).get(fields={"conversationId": told})
        ),
        "c",
        "d",
        "changed",
    ),
    ("GET-031", lambda status: Traffic().create("Hi").get(status=status), 200, 404, "refused"),
)
