from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.kit import (
    IDLE,
    LIVE,
    USER,
    done,
    download,
    event,
    files,
    judged,
    ok,
    outcome_of,
    record,
    refused,
    stream,
    verdict_on,
)


def test_a_refused_follow_up_after_expiry_is_no_blocked_verdict():
    answer = refused(404, "NOT_FOUND", probe="restore", label="restored: message")

    assert judged("SESSION-001", answer).reason == "expiry-error"


def restored_session(
    *parts: bytes, session: str = "s2", closed: Closed = Closed.COMPLETE, reference: bool = True
) -> str:
    """Of a follow-up after the expiry of the session s1."""
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


def restored_files(after: str = "abc", status: int = 200) -> str:
    probe = "restore"
    pages = [files(probe, label, a=1) for label in ("files expired", "files after")]
    downloads = [download(probe, label, "abc") for label in ("download before", "download expired")]
    last = download(probe, "download after", after, status=status)
    return outcome_of(judged("SESSION-004", *pages, *downloads, last, facts={probe: {"path": "uploads/a"}}))


def test_a_file_is_there_after_the_expiry_with_its_bytes():
    assert restored_files() == "passed"
    assert restored_files("ab") == "files-lost"
    assert restored_files("abc", status=410) == "files-lost"


def reading(status: str, output: str) -> Record:
    told = [
        event("history_done", messageCount=2, isStreaming=True),
        event("tool_call", callId="c", toolName="t", args={"command": "cat a.txt"}),
        event("tool_result", callId="c", status=status, output=output),
    ]
    made = stream([(1.0, b"".join(told))], probe="restore", label="read 1: stream")
    return record(made, facts={"restore": {"read": "read 1: stream", "path": "a.txt", "content": "word"}})


def test_a_command_that_failed_has_read_nothing():
    assert verdict_on("SESSION-005", reading("success", "word")).outcome is Outcome.PASSED
    assert verdict_on("SESSION-005", reading("error", "cat: word: no such file")).reason == "not-readable"
    assert verdict_on("SESSION-005", reading("success", "")).reason == "not-readable"


def ran(probe: str, label: str, command: str, output: str, status: str = "executing") -> Exchange:
    told = [
        event("history_done", messageCount=1, isStreaming=True),
        event("tool_call", callId="c", toolName="t", status=status, args={"command": command}),
        event("tool_result", callId="c", status="success", output=output),
        event("done", finalResponse="x"),
    ]
    return stream([(1.0, b"".join(told))], probe=probe, label=label)


def test_a_session_expires_when_idle_and_not_before():
    def seen(*sessions: str) -> Verdict:
        labels = ("one: first: task", "one: soon: task", "one: after")
        told = [
            ok("secrets_restored", label, {"sessionId": each})
            for label, each in zip(labels, sessions, strict=True)
        ]
        return judged("SESSION-009", *told)

    assert seen("s", "s", "t").outcome is Outcome.PASSED
    assert seen("s", "s", "s").reason == "other-expiry"
    assert seen("r", "s", "t").reason == "other-expiry"


def test_a_session_at_work_does_not_expire():
    def seen(output: str, after: str) -> Verdict:
        told = ran("at_work", "stream", "sleep", output)
        states = [ok("at_work", "running", {"sessionId": "s"}), ok("at_work", "after", {"sessionId": after})]
        return judged("SESSION-011", told, *states, noted={"word": "w"})

    assert seen("w", "s").outcome is Outcome.PASSED
    assert seen("killed", "s").reason == "expired-at-work"
    assert seen("w", "t").reason == "expired-at-work"
