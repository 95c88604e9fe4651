"""SESSION: a session lasts while it is used, expires when it is not, and its successor has its content."""

import hashlib
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Verdict
from sigmic_conformance.model.sessions import restores
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Closed
from tests.conformance.handwritten import DONE, FOUR, HI, MORE, Traffic, cases, stories, user
from tests.conformance.kit import (
    IDLE,
    LIVE,
    SECOND,
    USER,
    call,
    content,
    done,
    event,
    judged,
    ok,
    outcome_of,
    refused,
    result,
    stream,
    verdicts,
)

PLAIN = SentFile.of("plain-0123.txt", b"x")
SECRET = "[secret:5555555555555555]"
UPLOAD, MADE = "uploads/plain-0123.txt", "made.txt"
MAKES = {"command": f"echo x > {MADE}; ls; echo done"}
LISTED = [{"path": UPLOAD, "size": 1}, {"path": MADE, "size": 2}]
LOOK = {"command": "find uploads -type f -exec sha256sum {} +"}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def two_turns(idle: float, session: str, *, took: float = 0.1) -> Traffic:
    """A turn in the session s1, and another turn after `idle` seconds, whose message took `took` seconds."""
    traffic = Traffic(session_expiry_seconds=30).begun().get(fields={"sessionId": "s1"})
    traffic.after(idle).say("More", took=took)
    traffic.stream(DONE, shown=[HI, FOUR, MORE])
    return traffic.get(fields={"sessionId": session})


def long_turn(session: str, *, kept: bool = True, told: str = "completed") -> Traffic:
    """A turn that was seen running for longer than the session expiry, and another turn directly after it.

    In another task a session may be `kept` after a turn, whose status is `told` before the second message.
    """
    traffic = Traffic(session_expiry_seconds=30).create("Hi", task="u")
    traffic.get(told, fields={"sessionId": "k1"}, task="u")
    traffic.say("More", task="u")
    traffic.get(fields={"sessionId": "k1" if kept else "k2"}, task="u")
    traffic.create("Hi")
    traffic.stream(content("4"), DONE, shown=[HI], step=20.0, took=61.0)
    traffic.get(fields={"sessionId": "s1"})
    traffic.say("More")
    traffic.stream(DONE, shown=[HI, FOUR, MORE])
    return traffic.get(fields={"sessionId": session})


def read_twice(session: str, told: str = "completed") -> Traffic:
    traffic = Traffic().create("Hi").get(told, fields={"sessionId": "s1"})
    return traffic.get("completed", fields={"sessionId": session})


def renewed(first: str, then: str, status: str = "running") -> Traffic:
    """A follow-up after the session s1; get_task first returns one session and later another."""
    traffic = Traffic().begun().get(fields={"sessionId": "s1"}).say("More")
    traffic.get(status, fields={"sessionId": first})
    return traffic.get("completed", fields={"sessionId": then})


def restored(*shown: dict[str, Any]) -> Traffic:
    traffic = Traffic().begun().get(fields={"sessionId": "s1"}).history(HI, FOUR)
    traffic.say("More")
    traffic.get("running", fields={"sessionId": "s2"})
    return traffic.history(*shown, told="running")


def with_files(*, heard: bool, then: str = "ls", output: str = "", status: str = "success") -> Traffic:
    """A task with an upload and a file from a command; then a command in the restored session."""
    traffic = Traffic().create_form(PLAIN)
    traffic.stream(call("a", args=MAKES), result("a", "made.txt\ndone\n"), DONE, shown=[HI])
    traffic.get(fields={"sessionId": "s1"})
    traffic.files(*LISTED)
    traffic.download(UPLOAD)
    traffic.download(MADE, b"word\n")
    traffic.say("More")
    if heard:
        ran = call("b", args={"command": then}), result("b", output, status)
        traffic.stream(*ran, DONE, shown=[HI, FOUR, MORE])
    return traffic.get(fields={"sessionId": "s2"})


def printed(output: str, status: str = "success", then: str = f"cat {MADE}") -> Traffic:
    return with_files(heard=True, then=then, output=output, status=status)


def left_out(then: str, output: str) -> Traffic:
    """The same command before and after a restore; then get_task lists the call without its output."""
    traffic = Traffic().create("Hi").ran(then, output, name="a")
    traffic.get(fields={"sessionId": "s1"})
    traffic.download(MADE, b"word\n")
    traffic.say("More")
    traffic.get("running", fields={"sessionId": "s2"})
    traffic.ran(then, output, shown=[HI, FOUR, MORE])
    told = {"callId": "c", "toolName": "t", "status": "success", "args": {"command": then}}
    return traffic.get(fields={"sessionId": "s2", "output": {"content": "4", "toolCalls": [told]}})


def delivered(status: int) -> Traffic:
    return with_files(heard=False).download(UPLOAD, status=status)


def delivered_as(content: bytes) -> Traffic:
    return with_files(heard=True).download(MADE, content)


def slept(output: str) -> Traffic:
    """A command that sleeps for longer than the session expiry."""
    traffic = Traffic(session_expiry_seconds=4.5).create("Hi")
    return traffic.ran("echo w1 > w1.txt; sleep 5; cat w1.txt", output, name="a", step=3.0)


def with_an_upload() -> Traffic:
    """A task with an uploaded file, followed up."""
    traffic = Traffic().create_form(PLAIN).stream(DONE, shown=[HI])
    traffic.get(fields={"sessionId": "s1"})
    traffic.files({"path": "uploads/plain-0123.txt", "size": 1})
    return traffic.say("More")


def looked(output: str) -> Traffic:
    traffic = with_an_upload().get("running", fields={"sessionId": "s2"})
    return traffic.stream(call("c", args=LOOK), result("c", output), DONE, shown=[HI, FOUR, MORE])


def unheard(output: str) -> Traffic:
    """The same check in a turn without a reader."""
    traffic = with_an_upload()
    args = {"command": f"{LOOK['command']}; echo done"}
    told = {"callId": "c", "toolName": "t", "status": "success", "args": args, "output": output}
    for _ in range(2):
        traffic.get(fields={"sessionId": "s2", "output": {"content": "4", "toolCalls": [told]}})
    return traffic


def secret(shown: str, first: str = "x", **more: Any) -> Traffic:
    """Two tasks with a secret, and its values in the restored sessions: `first` and `shown`."""
    traffic = Traffic()
    command = 'printf %s "$S" | sha256sum'
    for task, after in (("t", first), ("u", shown)):
        traffic.create("Hi", task=task, fields={"secrets": {"S": SECRET}, **more})
        traffic.ran(command, digest("x"), name="a", task=task)
        traffic.get(fields={"sessionId": "s1"}, task=task)
        traffic.get(fields={"sessionId": "s1"}, task=task)
        traffic.say("More", task=task)
        traffic.get("running", fields={"sessionId": "s2"}, task=task)
        traffic.ran(command, digest(after), name="b", shown=[HI, FOUR, MORE], task=task)
    return traffic


def looked_at(after: str, between: str = "date", status: str = "success") -> Traffic:
    """A list of names with their kinds, and the same list in the restored session."""
    look = "ls -1dF x.sh .x"
    traffic = Traffic().create("Hi").ran(look, ".x\nx.sh*\n", status=status, name="a")
    traffic.get(fields={"sessionId": "s1"})
    traffic.say("More")
    traffic.get("running", fields={"sessionId": "s2"})
    other = call("b", args={"command": between}), result("b", "")
    looks = call("c", args={"command": look}), result("c", after)
    return traffic.stream(*other, *looks, DONE, shown=[HI, FOUR, MORE])


def secret_beside_env(shown: str) -> Traffic:
    """The same, with an env value of the same name, which becomes visible if the secret is gone."""
    return secret(shown, "env", env={"S": "env"})


test_a_session = stories(
    ("SESSION-011", long_turn, "s1", "s2", "expired-at-work"),
    ("SESSION-005", looked, "1 uploads/plain-0123.txt", "0 total", "not-readable"),
    ("SESSION-005", unheard, "1 uploads/plain-0123.txt\ndone", "done\n", "not-readable"),
    ("SESSION-004", delivered, 200, 404, "files-lost"),
    ("SESSION-004", delivered_as, b"word\n", b"wor", "files-lost"),
    ("SESSION-005", printed, "word\n", f"cat: {MADE}: No such file", "not-readable"),
    ("SESSION-005", lambda status: printed("word", status), "success", "error", "not-readable"),
    ("SESSION-005", lambda out: printed(out, then=f"sleep 2; cat {MADE}"), "word\n", "", "not-readable"),
    ("SESSION-011", slept, "w1\n", "killed", "expired-at-work"),
    ("SESSION-012", secret, "x", "", "two-readings"),
    ("SESSION-013", looked_at, "x.sh*\n.x", "x.sh\n.x", "workspace-changed"),
    ("SESSION-013", looked_at, "x.sh*\n.x", "ls: .x: No such file", "workspace-changed"),
    ("SESSION-004", looked_at, "x.sh*\n.x", "ls: .x: No such file\nx.sh*", "files-lost"),
    ("SESSION-012", secret_beside_env, "env", "x", "two-readings"),
    ("SESSION-012", secret_beside_env, "", "other", "two-readings"),
)


def test_a_session_may_end_with_its_turn():
    assert not long_turn("s2", kept=False).spoke("SESSION-011")
    # A message that waited for the end of the turn before it is answered in the same session.
    assert not long_turn("s2", told="running").spoke("SESSION-011")


@cases(
    ("SESSION-005", f"cat {MADE}", "word\n", None),
    ("SESSION-013", "ls -1dF x.sh .x", ".x\nx.sh*\n", None),
)
def test_an_output_that_a_view_leaves_out_is_not_empty(then: str, output: str) -> Traffic:
    return left_out(then, output)


@pytest.mark.parametrize("unsure", [{"between": "rm x.sh"}, {"status": "error"}])
def test_what_a_call_may_have_changed_is_not_compared(unsure: dict[str, str]):
    assert "SESSION-013" not in looked_at("x.sh", **unsure).evaluation().rows


@pytest.mark.parametrize(
    "row", [f"SESSION-{number}" for number in ("002", "004", "005", "006", "008", "013")]
)
def test_what_a_restore_keeps_stays_open_with_the_same_session(row: str):
    [(_, finding)] = two_turns(40, "s1").row(row).left_open

    assert (finding.basis, finding.observed) == (
        "41.5 s idle before the turn",
        "sessionId s1 as before: no restore is shown",
    )


def test_a_session_that_is_restored_after_the_follow_up_was_answered_did_not_expire_at_work():
    assert not renewed("s1", "s2").spoke("SESSION-011")


@pytest.mark.parametrize("path", ["artifacts", "history"])
@cases("SESSION-010", ("completed", "refused"), ("cancelled", "unjudged"))
def test_only_what_a_cancelled_task_had_may_go(status: str, *, path: str) -> Traffic:
    traffic = Traffic(session_expiry_seconds=30).create("Hi").cancel().get(status)
    return traffic.after(60).add("GET", f"/api/v1/tasks/t/{path}", None, status=404)


def test_a_session_that_ends_early_after_short_work_did_not_end_at_work():
    assert not two_turns(1, "s2").spoke("SESSION-011")


@cases(
    "SESSION-011",
    (read_twice("s2", "running"), "expired-at-work"),
    (renewed("s2", "s3"), "expired-at-work"),
    (renewed("s1", "s2", "awaiting_approval"), "expired-at-work"),
)
def test_another_session_while_it_works(traffic: Traffic) -> Traffic:
    return traffic


@pytest.mark.parametrize("traffic", [read_twice("s1", "running"), renewed("s2", "s2")])
def test_a_session_that_lasts_for_a_short_time_shows_nothing(traffic: Traffic):
    assert not traffic.spoke("SESSION-011")


@cases("SESSION-005", "unjudged")
def test_a_file_that_may_have_changed_is_not_compared_with_what_a_command_prints() -> Traffic:
    both = printed("other", then=f"cat {MADE}; rm {MADE}").say("Again")
    return both.ran(f"cat {MADE}", "", status="error", shown=[])


def test_a_refused_follow_up_after_expiry_is_no_blocked_verdict():
    answer = refused(404, "NOT_FOUND", probe="restore", label="restored: message")

    assert judged("SESSION-001", answer).reason == "expiry-error"


def restored_session(
    *parts: bytes, session: str = "s2", closed: Closed = Closed.COMPLETE, reference: bool = True
) -> str:
    """The outcome for a follow-up after the expiry of the session s1."""
    probe = "restore"
    tasks = [
        ok(probe, label, {"sessionId": each, "status": "completed"})
        for label, each in (("before", "s1"), ("after", session))
    ]
    heard = stream([(0.0, b"".join([USER, *parts]))], probe=probe, label="restored: stream", closed=closed)
    return outcome_of(
        judged("SESSION-001", ok(probe, "restored: message"), *tasks, heard, reference=reference)
    )


def test_a_restored_session_answers():
    assert restored_session(LIVE, done("x")) == "passed"
    assert restored_session(IDLE) == "passed"
    assert restored_session(LIVE) == "expiry-error"
    assert restored_session(IDLE, closed=Closed.TRUNCATED) == "expiry-error"
    assert restored_session(LIVE, event("error", message="no", code="X")) == "expiry-error"


def test_only_the_reference_tells_by_its_session_that_nothing_was_restored():
    assert restored_session(LIVE, done("x"), session="s1") == "stimulus-not-reached"
    assert restored_session(LIVE, done("x"), session="s1", reference=False) == "passed"


def remembering(told: dict[str, str], keyword: str = "n9", **noted: str) -> Verdict:
    """The verdict on answers in the streams with these labels, and to a question about the keyword n9."""
    answers = [("restore", label, answer) for label, answer in told.items()]
    heard = [
        stream([(0.0, b"".join([USER, LIVE, content(answer), done(answer)]))], probe=probe, label=label)
        for probe, label, answer in [*answers, ("long_conversation", "recall the latest: stream", keyword)]
    ]
    facts = {"long_conversation": {"latest": "n9"}}
    return judged("SESSION-003", *heard, facts=facts, noted=noted, reference=False)


@verdicts(
    ("n1", "n1", "passed"), ("n1", "Nobody told me.", "forgotten"), ("Nobody told me.", "n1", "forgotten")
)
def test_the_first_message_is_known_after_every_restore(once: str, twice: str) -> Verdict:
    return remembering({"restored: stream": once, "restored twice: stream": twice}, word="n1")


@verdicts(
    ("n2", "n9", "passed"),
    ("You told me none.", "n9", "forgotten"),
    ("You told me none.", "I do not know that.", "passed"),
    ("Hello.", "n9", "passed"),
)
def test_the_last_message_is_known_after_a_restore(latest: str, keyword: str) -> Verdict:
    """The retries are about the first word. An agent may not know questions about keywords."""
    told = {"restored: stream": "n1", "restored: the latest: stream": latest, "again 2: stream": "I know n1."}
    return remembering(told, keyword, word="n1", latest="n2")


def removed(again: bool, then: str = "echo soon") -> Traffic:
    """An upload that is no longer listed before a restore, and is listed after it if `again`."""
    traffic = with_files(heard=False).files(*LISTED[1:]).say("More")
    traffic.ran(then, "o", shown=[HI, FOUR, MORE, FOUR, MORE])
    traffic.get(fields={"sessionId": "s3"})
    return traffic.files(*LISTED[0 if again else 1 :])


@cases(
    "SESSION-004",
    (removed(again=False), "files-lost"),
    (removed(again=True), "file-returned files-lost"),
    (removed(again=True, then=f"touch {UPLOAD}"), "files-lost"),
)
def test_a_file_that_was_removed_does_not_return(traffic: Traffic) -> Traffic:
    return traffic


@pytest.mark.parametrize(
    ("ended", "session", "found"), [(4.0, "s2", (0, 1)), (0.0, "s2", (0, 0)), (4.0, "s1", (0, 0))]
)
def test_the_operators_word_that_a_session_was_ended_needs_no_premise(
    ended: float, session: str, found: tuple[int, ...]
):
    traffic = two_turns(4.0, session)
    task = traffic.model().tasks["t"]
    turns = [round(ended * SECOND) + task.turns[0].taken] if ended else []

    assert restores(task.turns, task.read, None, turns, lambda _: False) == found


def with_another_session(idle: float) -> Traffic:
    """A follow-up after `idle` seconds, in a session with a new id; the history lost the earlier messages."""
    traffic = Traffic(session_expiry_seconds=30).begun().get(fields={"sessionId": "s1"})
    traffic.history(HI, FOUR)
    traffic.after(idle).say("More")
    traffic.get(fields={"sessionId": "s2"})
    return traffic.history(user(2, "More"))


def test_a_session_with_a_new_id_may_have_been_restored():
    verdict = with_another_session(1).verdict("SESSION-002")

    assert verdict.outcome == "warned"
    assert "a session with a new id was restored (inferred, H-05)" in verdict.expected


def test_a_session_that_was_idle_for_too_long_was_restored():
    verdict = with_another_session(40).verdict("SESSION-002")

    assert (verdict.outcome, verdict.reason) == ("failed", "history-lost")


def test_a_urlencoded_follow_up_that_is_refused_shows_nothing_of_an_expired_session():
    traffic = Traffic(session_expiry_seconds=6.0).begun().say().get()
    traffic.now += 30
    kind, code = "application/x-www-form-urlencoded", "UNSUPPORTED_MEDIA_TYPE"
    traffic.add("POST", "/api/v1/tasks/t/messages", kind=kind, text="message=More", status=415, code=code)

    assert not traffic.spoke("SESSION-001")
