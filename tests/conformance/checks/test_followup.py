"""A well-formed message is accepted and answered, or refused while a turn runs."""

import json
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.model.workspace import READS_UPLOADS
from sigmic_conformance.wire.archives import zip64
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Exchange
from tests.conformance.handwritten import (
    DONE,
    FOUR,
    HI,
    MORE,
    TASKS,
    Traffic,
    agent,
    cases,
    heard,
    stories,
    user,
)
from tests.conformance.kit import call, content, done, event, exchange, judged, ok, result, stream, verdicts

DATA = SentFile.of("data.csv", b"a,b\n")
REFUSED = {200: set(), 400: {"refused"}, 409: {"refused"}}


@pytest.mark.parametrize(
    "fields",
    [{"unknown": 1}, {"autoExecute": "maybe"}, {"message": " "}, {"message": "\ufeff"}, {"systemPrompt": 1}],
)
def test_an_unsound_message_may_be_refused(fields: dict):
    traffic = Traffic().create("Hi", status=400, fields=fields)

    assert not traffic.spoke("CREATE-001")


@cases("CREATE-002", (415, "refused"), (201, None))
def test_a_form_creates_a_task_whatever_its_files_are_called(status: int) -> Traffic:
    return Traffic().create_form(SentFile.of("it's ü.csv", b"a"), status=status)


@cases("UPLOAD-001", "unjudged")
def test_an_archive_in_zip64_form_may_be_refused() -> Traffic:
    return Traffic().create_form(SentFile.of("a.zip", zip64({"a.txt": b"a"})), status=400)


def digested(content: bytes, **more: Any) -> Traffic:
    """A command that prints the digests of two uploads, one of them in a folder."""
    traffic = Traffic().create_form(DATA)
    command = {"command": f"echo one; {READS_UPLOADS}; echo done"}
    lines = [f"{SentFile.of(name, content).sha256}  uploads/{name}" for name in ("data.csv", "folder/x.txt")]
    events = (call("c", args=command | more), result("c", "\n".join(["one", *lines, "done"])), DONE)
    return traffic.stream(*events, shown=[user(1, "Hi")])


def test_an_upload_has_its_bytes_for_a_command():
    assert digested(b"a,b\n").reasons("FOLLOWUP-011") == set()
    assert digested(b"").reasons("FOLLOWUP-011") == {"not-readable"}


@cases(
    "FOLLOWUP-011",
    ("a,b\n", None),
    ("a,b", None),
    ("Command: cat\nOutput: a,b\nExit Code: 0", None),
    ("", "not-readable"),
    ("a longer text", "unjudged"),
)
def test_an_output_shows_an_upload_in_a_frame_or_without(output: str) -> Traffic:
    return Traffic().create_form(DATA).ran("cat uploads/data.csv", output)


def test_what_the_agent_may_have_changed_may_have_other_bytes():
    assert not digested(b"", note="data.csv").spoke("FOLLOWUP-011")


def test_a_message_to_a_task_at_work_is_saved_when_its_turn_begins_or_the_task_is_over():
    def seen(*, over: bool) -> Traffic:
        traffic = Traffic().create("Hi").stream(shown=[HI], closed="hung-up").say("More")
        if over:
            traffic.get("completed")
        return traffic.stream(event("content", text="4", isPartial=True), shown=[HI], closed="hung-up")

    assert not seen(over=False).row("FOLLOWUP-005").breaches
    assert seen(over=True).reasons("FOLLOWUP-005") == {"not-replayed"}
    assert seen(over=True).reasons("PHASE-001") == {"message-missing"}
    assert not seen(over=False).history(HI, told="running").row("FOLLOWUP-015").breaches
    assert seen(over=False).history(HI).reasons("FOLLOWUP-015") == {"half-taken"}


@cases("FOLLOWUP-005", "unjudged")
def test_of_messages_at_the_same_time_either_may_be_the_queued_one() -> Traffic:
    traffic = Traffic().begun().get()
    began = traffic.now
    traffic.say("First", took=1.0).at(began + 0.1).say("Second", took=0.2)
    return traffic.stream(shown=[HI, agent(2, "4"), user(3, "Second")], closed="hung-up")


@cases("FOLLOWUP-001", (4, "refused"), (3, "unjudged"))
def test_a_follow_up_that_is_never_answered_is_not_taken(times: int) -> Traffic:
    traffic = Traffic().begun()
    return traffic.lost(times, lambda: traffic.say("More"))


@pytest.mark.parametrize(("status", "reasons"), REFUSED.items())
def test_a_sound_follow_up_on_a_completed_task_is_taken(status: int, reasons: set[str]):
    traffic = Traffic(session_expiry_seconds=5.0).begun().say("More", status=status)
    assert traffic.reasons("FOLLOWUP-001") == reasons

    traffic.exchanges.pop()
    traffic.say_form(DATA, status=status)
    assert traffic.reasons("FOLLOWUP-002") == reasons

    traffic.exchanges.pop()
    form: Any = {"kind": "multipart/form-data; boundary=b", "parts": ("message=More",)}
    traffic.add("POST", f"{TASKS}/t/messages", {"status": "running"}, status=status, **form)
    assert traffic.reasons("FOLLOWUP-002") == reasons

    traffic.exchanges.pop()
    traffic.at(60.0).say("More", status=status)
    assert traffic.reasons("SESSION-001") == ({"expiry-error"} if reasons else set())


def test_a_follow_up_after_a_failure_is_taken_when_others_were():
    traffic = Traffic(session_expiry_seconds=30).create("Hi").get("failed")
    traffic.after(60).say("More", status=404)
    assert not traffic.row("SESSION-001").spoke

    traffic.say("Again")
    assert traffic.reasons("SESSION-001") == {"expiry-error"}


@cases("FOLLOWUP-001", "unjudged")
def test_a_follow_up_to_a_task_at_work_may_be_refused() -> Traffic:
    return Traffic().create("Hi").get("running").say("More", status=409)


@cases("FOLLOWUP-013", ([HI, FOUR], None), ([HI, FOUR, MORE], "half-done"))
def test_a_refused_follow_up_is_not_kept(shown: list) -> Traffic:
    return Traffic().begun().say("More", status=400).history(*shown)


@cases("FOLLOWUP-013", ("completed", None), ("running", "half-done"))
def test_a_refused_follow_up_leaves_the_status(status: str) -> Traffic:
    return Traffic().begun().say("More", status=400).get(status)


MADE = "2026-01-26T15:50:52.870Z"
TIME, LATER = "2026-01-26T15:50:54.870Z", "2026-01-26T15:50:58.870Z"


def early(**more: Any) -> Traffic:
    return Traffic().create("Hi").say("More", **more).get("running")


def kept_times(status: int, times: int) -> Traffic:
    """A history with `times` copies of a follow-up that was sent while a turn ran."""
    return early(status=status).history(HI, *(user(number, "More") for number in range(2, 2 + times)))


@cases("FOLLOWUP-015", None)
def test_a_message_with_files_may_be_shown_with_their_names() -> Traffic:
    traffic = Traffic().begun().say_form(DATA, message="Hi")
    return traffic.history(HI, user(2, "Files: uploads/data.csv\n\nHi"))


def meanwhile(told: str, **fields: Any) -> Traffic:
    """A follow-up that is accepted before the task is read twice."""
    return Traffic().begun().say("More").get(told, fields=fields).get("running")


def said(body: dict[str, Any], **more: Any) -> Traffic:
    traffic = Traffic().begun()
    return traffic.add("POST", f"{TASKS}/t/messages", {"status": "running"}, text=json.dumps(body), **more)


def failed() -> Traffic:
    return heard(event("error", message="no")).get("failed", fields={"completedAt": TIME})


def slow(
    took: float, *, follow_up: bool, made: str | None = None, told: str = "completed", lag: float = 0.0
) -> Traffic:
    """A message saved at `made`, whose run of four seconds was over when the task was first read."""
    traffic = Traffic(lag=lag).begun() if follow_up else Traffic(lag=lag)
    (traffic.say if follow_up else traffic.create)("More", took=took)
    traffic.get(told, fields={"startedAt": TIME, "completedAt": LATER, "createdAt": made})
    return traffic.history(user(2, "More") | ({"createdAt": made} if made else {}))


test_a_further_message = stories(
    ("FOLLOWUP-015", lambda times: kept_times(200, times), 1, 0, "half-taken"),
    ("FOLLOWUP-015", lambda times: kept_times(409, times), 0, 1, "half-taken"),
    ("STATE-008", meanwhile, "running", "completed", "never-running"),
)


def test_an_answer_that_the_machine_held_back_is_no_failure():
    assert slow(6.0, follow_up=True).reasons("FOLLOWUP-006") == set()
    assert slow(6.0, follow_up=False).reasons("CREATE-007") == set()
    assert not slow(4.1, follow_up=True, lag=0.6).spoke("FOLLOWUP-006")


@pytest.mark.parametrize(("row", "follow_up"), [("FOLLOWUP-006", True), ("CREATE-007", False)])
def test_a_run_may_begin_some_time_after_its_message(row: str, *, follow_up: bool):
    assert slow(6.0, follow_up=follow_up, made=MADE).reasons(row) == {"answered-late"}


@cases(
    ("FOLLOWUP-006", 0.1, True, None),
    ("FOLLOWUP-006", 4.1, True, "answered-late"),
    ("CREATE-007", 0.1, False, None),
    ("CREATE-007", 4.1, False, "answered-late"),
)
def test_a_message_is_answered_before_its_run_fails(took: float, follow_up: bool) -> Traffic:
    return slow(took, follow_up=follow_up, told="failed")


@cases("STATE-008", "unjudged")
def test_nothing_is_judged_where_the_turn_may_be_over() -> Traffic:
    return Traffic().create("Hi").say("More", status=409).get("completed")


def run_that_said(text: str, **where: str) -> Exchange:
    """A stream with this answer."""
    marker = event("history_done", messageCount=0, isStreaming=True)
    return stream([(0.1, marker + content(text) + done(text))], **where)


@verdicts(
    (None, Outcome.PASSED),
    ("", Outcome.PASSED),
    ("It is n2.", Outcome.PASSED),
    ("I do not know one.", Outcome.FAILED),
)
def test_a_follow_up_that_restores_its_session_remembers_as_well(restored: str | None) -> Verdict:
    """If `restored` is not given, no probe restored a session; if empty, the question was never asked."""
    runs = [
        ok("follow_up", "follow-up"),
        run_that_said("It is n1.", probe="follow_up", label="run of follow-up"),
    ]
    if restored:
        runs.append(run_that_said(restored, probe="restore", label="restored: stream"))
    facts = {"follow_up": {"word": "n1"}} | ({} if restored is None else {"restore": {"word": "n2"}})
    return judged("FOLLOWUP-008", *runs, facts=facts)


@verdicts(
    ("n3", "n5", Outcome.PASSED),
    ("You told me none that I remember.", "n5", Outcome.FAILED),
    ("keyword only", "keyword only", Outcome.PASSED),
)
def test_a_long_conversation_is_known_from_its_beginning_to_its_end(latest: str, restored: str) -> Verdict:
    """An agent that answers no question about a keyword may not know the sentence."""
    runs = [
        ok("follow_up", "follow-up"),
        run_that_said("It is n1.", probe="follow_up", label="run of follow-up"),
        run_that_said("It is n2.", probe="long_conversation", label="recall: stream"),
        run_that_said(latest, probe="long_conversation", label="recall the latest: stream"),
        run_that_said(restored, probe="restore", label="restored: the latest: stream"),
    ]
    facts = {"follow_up": {"word": "n1"}, "long_conversation": {"word": "n2", "latest": "n3"}}
    return judged("FOLLOWUP-008", *runs, facts=facts | {"restore": {"latest": "n5"}})


@verdicts(("You sent a1.txt.", "passed"), ("You told me of no file.", "not-reported"))
def test_the_agent_knows_the_files(answer: str) -> Verdict:
    told = run_that_said(answer, probe="follow_up_files", label="run of follow-up")
    return judged("FOLLOWUP-010", told, noted={"name": "a1.txt"})


def test_a_refused_follow_up_does_not_show_that_anything_was_forgotten():
    refused = exchange(probe="follow_up", label="follow-up", status=404)
    answer = run_that_said("I will remember the codeword.", probe="follow_up", label="run of follow-up")

    found = judged("FOLLOWUP-008", refused, answer, facts={"follow_up": {"word": "n1"}})

    assert found.outcome is Outcome.BLOCKED


def at_once(*answers: str, early: int = 409) -> Traffic:
    """Two follow-ups accepted at the same time, the answers to them, and one during another turn."""
    traffic = Traffic().begun().get()
    for text in ("one", "other"):
        traffic.say(text, took=0.5)
        traffic.now -= 0.9
    traffic.after(5).get()
    said = [user(2, "one"), user(3, "other")]
    traffic.history(user(1, "Hi"), agent(1, "4"), *said, *(agent(9, text) for text in answers))
    traffic.create("Hi", task="u")
    return traffic.say("early", task="u", status=early, code="CONFLICT")


def test_each_of_two_concurrent_messages_is_answered_where_none_is_taken_early():
    assert at_once("a", "b").reasons("FOLLOWUP-015") == set()
    assert at_once("a").reasons("FOLLOWUP-015") == {"half-taken"}
    assert at_once("a", early=200).reasons("FOLLOWUP-015") == set()


@cases("FOLLOWUP-015", "half-taken")
def test_a_message_that_was_perhaps_not_received_shows_no_choice() -> Traffic:
    return at_once("a").create("Hi", task="v").say("perhaps", task="v", status=500)


@pytest.mark.parametrize(("first", "second"), [(200, 409), (409, 200)])
def test_one_of_two_concurrent_messages_may_be_refused(first: int, second: int):
    traffic = Traffic().begun().get()
    for status in (first, second):
        traffic.say(status=status, took=0.5)
        traffic.now -= 0.9

    assert traffic.row("FOLLOWUP-001").breaches == []
    traffic.after(5).get()
    traffic.say(status=409)
    assert traffic.reasons("FOLLOWUP-001") == {"refused"}


@cases("FOLLOWUP-007", ("4", None), ("So far. 4", "answers-mixed"), ("is 4", None))
def test_an_answer_has_no_text_of_a_turn_that_failed(saved: str) -> Traffic:
    failed = event("error", message="boom", code="X")
    traffic = Traffic().create("Hi")
    traffic.stream(event("content", text="So far. ", isPartial=True), failed, shown=[HI])
    traffic.get("failed")
    traffic.say("More")
    shown = [HI, user(2, "More")]
    traffic.stream(event("content", text="4", isPartial=False), DONE, shown=shown)
    traffic.get("completed")
    return traffic.history(*shown, agent(2, saved))


def test_a_cancellation_of_an_earlier_turn_does_not_matter():
    traffic = Traffic().create("Hi").cancel().get("cancelled").say("More")
    traffic.stream(event("content", text="4", isPartial=False), DONE, shown=[HI, user(2, "More")])
    traffic.history(HI, user(2, "More"), told="running")

    assert traffic.verdict("FOLLOWUP-007").outcome == "warned"


test_what_a_follow_up_answers_and_keeps = stories(
    (
        "FOLLOWUP-003",
        lambda told: (
            Traffic().begun().add("POST", f"{TASKS}/t/messages", {"status": told}, text='{"message": "More"}')
        ),
        "running",
        "completed",
        "other-status",
    ),
    (
        "FOLLOWUP-004",
        lambda more: (
            Traffic().begun().add("POST", f"{TASKS}/t/messages", {"status": "running"}, text="{}", **more)
        ),
        {"status": 400, "code": "VALIDATION_ERROR"},
        {},
        "accepted",
    ),
    (
        "FOLLOWUP-012",
        lambda told: (
            Traffic()
            .begun()
            .get(fields={"conversationId": "c1"})
            .say("More")
            .get("running", fields={"conversationId": told})
        ),
        "c1",
        "c2",
        "id-changed",
    ),
)
