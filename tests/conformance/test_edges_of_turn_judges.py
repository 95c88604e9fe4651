"""The same of judges of turns, approvals and sessions."""

from dataclasses import replace

import pytest

from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from tests.conformance.kit import (
    IDLE,
    LIVE,
    SECOND,
    USER,
    at,
    call,
    content,
    done,
    event,
    judged,
    ok,
    outcome_of,
    result,
    stream,
)

WAITS = "awaiting_approval"


def decided(row: str, *chunks: tuple[float, bytes], label: str = "once: stream") -> str:
    """Of a call that was approved at 2 s."""
    heard = stream([(0.0, USER + LIVE), *chunks], probe="approve_once", label=label, ended=9.0)
    page = ok("approve_once", "files while waiting", {"files": []})
    facts = {"approve_once": {"call": "c", "first": "w0rd"}}
    return outcome_of(judged(row, heard, page, at(2.0, ok("approve_once", "approve")), facts=facts))


def test_a_result_before_the_decision_ran_unasked():
    asked = (1.0, call("c", status=WAITS))

    assert decided("APPROVE-001", asked, (2.0, result("c", "o"))) == "passed"
    assert decided("APPROVE-001", asked, (1.9, result("c", "o"))) == "ran-unasked"
    assert decided("APPROVE-001", asked, (1.9, result("d", "o"))) == "passed"


def saved(*calls: str) -> bytes:
    """What a history tells of an answer with these calls."""
    return event(
        "history_message",
        id="m2",
        role="assistant",
        content="",
        toolCalls=[{"callId": each} for each in calls],
    )


def test_who_joins_while_a_call_waits_is_told_of_it_before_the_decision():
    late = "joins while waiting"

    assert decided("APPROVE-012", (1.9, call("c", status=WAITS)), label=late) == "passed"
    assert decided("APPROVE-012", (2.0, call("c", status=WAITS)), label=late) == "not-told"
    assert decided("APPROVE-012", (1.9, call("d", status=WAITS)), label=late) == "not-told"
    assert decided("APPROVE-012", (1.9, saved("b", "c")), label=late) == "passed"
    assert decided("APPROVE-012", (1.9, saved("b")), label=late) == "not-told"
    assert decided("APPROVE-012", (1.9, saved()), label=late) == "not-told"


def always(*calls: tuple[str, str, str], decisions: tuple[tuple[str, str], ...]) -> str:
    """Of calls (name, tool, status) and the tools (by call) that may run from then on."""
    parts = [call(name, toolName=tool, status=status) for name, tool, status in calls]
    probe = "approve_each"
    heard = stream([(0.0, b"".join([USER, LIVE, *parts, done("x")]))], probe=probe, label="s")
    made = [{"call": name, "tool": tool, "outcome": "proceed_always"} for name, tool in decisions]
    return outcome_of(judged("APPROVE-017", heard, facts={probe: {"stream": "s", "decisions": made}}))


def test_the_first_tool_that_may_always_run_is_looked_at():
    calls = ("1", "shell", WAITS), ("2", "shell", "executing"), ("3", "write", WAITS)

    assert always(*calls, decisions=(("1", "shell"),)) == "passed"
    assert always(*calls, decisions=(("1", "shell"), ("3", "write"))) == "passed"
    assert always(*calls, decisions=(("1", "shell"), ("9", "write"))) == "passed"
    assert always(*calls, decisions=(("9", "shell"), ("1", "shell"))) == "blocked"
    assert always(*calls[:2], ("3", "write", "executing"), decisions=(("1", "shell"),)) == "other-scope"


def two_wait(*first: str) -> str:
    probe = "approve_together"

    def told(label: str, *calls: str) -> Exchange:
        waiting = [{"callId": each} for each in calls]
        return ok(probe, label, {"status": WAITS, "pendingApprovals": waiting})

    parts = [call("a"), call("b"), result("a", "o"), result("b", "no", "cancelled"), done("x")]
    heard = stream([(0.0, b"".join([USER, LIVE, *parts]))], probe=probe, label="s")
    facts = {probe: {"calls": ["a", "b"], "stream": "s", "first": "w1", "second": "w2"}}
    page = ok(probe, "files", {"files": [{"path": "w1"}]})
    return outcome_of(
        judged("APPROVE-020", told("both wait", *first), told("one waits", "b"), heard, page, facts=facts)
    )


def test_two_calls_wait_before_one_is_answered():
    assert two_wait("a", "b") == "passed"
    assert two_wait("a") == "not-by-itself"
    assert two_wait("b") == "not-by-itself"


def bracketed_times(before: float, after: float, *acted: float) -> str:
    """Of a history that was read at 1 s, and get_task asked before and after it."""

    def task(seconds: float) -> Exchange:
        return at(seconds, ok("easy_task", "x", {"id": "t", "status": "running"}))

    history = ok(
        "easy_task", "history", {"status": "completed", "messages": []}, operation="get_task_history"
    )
    acts = [at(seconds, ok("easy_task", "say", operation="send_message")) for seconds in acted]
    return outcome_of(judged("HISTORY-003", task(before), at(1.0, history), task(after), *acts))


def test_a_status_is_certain_between_two_readings_that_do_not_overlap():
    assert bracketed_times(0.9, 1.1) == "stale-status"
    assert bracketed_times(0.91, 1.1) == "zero-observations"
    assert bracketed_times(0.9, 1.09) == "zero-observations"
    assert bracketed_times(0.9, 1.1, 0.8) == "zero-observations"
    assert bracketed_times(0.9, 1.1, 0.79, 1.21) == "stale-status"
    assert bracketed_times(0.9, 1.1, 1.2) == "zero-observations"


@pytest.mark.parametrize(
    ("ids", "reason"),
    [(("m1", "m1"), "no-reading"), (("m1", "m2"), "info"), (("", ""), "info"), ((None, None), "info")],
)
def test_a_time_that_changed_is_seen_in_a_message_that_is_known_again(ids, reason):
    def time(second: int) -> str:
        return f"2026-01-26T15:50:{second}.000Z"

    def history(label: str, id: str | None, second: int) -> Exchange:
        first = {"id": id, "role": "user", "content": "Hi", "createdAt": time(second)}
        more = {"id": "m9", "role": "user", "content": "More", "createdAt": time(30)}
        return ok("follow_up", label, {"messages": [first, more]})

    task = ok("follow_up", "after", {"createdAt": time(10), "startedAt": time(30), "completedAt": time(30)})
    told = [history("history before", ids[0], 11), history("history after", ids[1], 12)]

    assert outcome_of(judged("HISTORY-020", *told, task)) == reason


def while_it_ran(*ended: float) -> str:
    """Of the status that was told at these times, and a run that ended at 3 s."""
    probe = "slow_follow_up"
    heard = stream([(0.0, USER + LIVE), (3.0, done("x"))], probe=probe, label="run of follow-up", ended=3.1)
    told = [
        ok(probe, label, {"id": "t", "status": "running"}, ended=seconds)
        for label, seconds in zip(("right after", "meanwhile"), ended, strict=True)
    ]
    return outcome_of(judged("STATE-008", heard, *told))


def test_one_look_at_a_running_follow_up_is_enough():
    assert while_it_ran(1.0, 2.0) == "passed"
    assert while_it_ran(1.0, 3.0) == "passed"
    assert while_it_ran(3.0, 4.0) == "stimulus-not-reached"


def ends(*last: bytes, status: str = "completed", cancelled: bool = False) -> str:
    """Of a task whose run was heard to its end, and what get_task told of it then."""
    target = {"target": "/api/v1/tasks/t"}
    heard = stream(
        [(0.1, b"".join([USER, LIVE, *last]))],
        probe="failing_task",
        label="run",
        ended=0.5,
        target="/api/v1/tasks/t/stream",
    )
    asked = [ok("failing_task", "cancel", operation="cancel_task", **target)] if cancelled else []
    task = at(1.0, ok("failing_task", "after", {"status": status, "error": None}, **target))
    return outcome_of(judged("EVENT-027", heard, *asked, task))


def test_an_error_event_that_nobody_asked_for_fails_the_task():
    failed = event("error", message="no", code="X")

    assert ends(failed) == "not-failed"
    assert ends(failed, cancelled=True) == "zero-observations"
    assert ends(event("error", message="no", code="CANCELLED")) == "zero-observations"
    assert ends(done("x")) == "zero-observations"
    assert ends() == "zero-observations"


def failed_run(ended: float = 0.5, *, task: str = "t", opened: float = 0.0) -> str:
    """Of a stream that was closed without a word, and a task t that was told as failed at 1 s."""
    heard = stream(
        [(opened, USER + LIVE)], probe="failing_task", ended=ended, target=f"/api/v1/tasks/{task}/stream"
    )
    told = ok("failing_task", "after", {"status": "failed", "error": "no"}, target="/api/v1/tasks/t")
    return outcome_of(judged("PHASE-027", replace(heard, started=round(opened * SECOND)), at(1.0, told)))


def test_the_run_that_failed_is_the_one_that_was_over_by_then():
    assert failed_run() == "silent-end"
    assert failed_run(ended=1.1) == "silent-end"
    assert failed_run(ended=1.2) == "zero-observations"
    assert failed_run(opened=1.0, ended=1.1) == "zero-observations"
    assert failed_run(task="u") == "zero-observations"


def kept_until_refused(*kept: str) -> str:
    """Of four calls, the second and the fourth of which were refused, and those that the output keeps."""
    probe = "approve_each"
    parts = [call(name) for name in "1234"]
    heard = stream([(0.0, b"".join([USER, LIVE, *parts, done("x")]))], probe=probe, label="s")
    output = {"content": "", "toolCalls": [{"callId": name} for name in kept]}
    decisions = [{"call": name, "tool": "t", "outcome": "cancel"} for name in "24"]
    finished = ok(probe, "finished", {"output": output})
    facts = {probe: {"stream": "s", "decisions": decisions}}
    return outcome_of(judged("APPROVE-021", heard, finished, facts=facts))


def test_what_was_before_the_first_refusal_is_kept():
    assert kept_until_refused("1") == "passed"
    assert kept_until_refused("2", "3", "4") == "output-lost"


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


@pytest.mark.parametrize(
    ("status", "times", "reason"), [(200, 1, "passed"), (200, 0, "half-taken"), (409, 1, "half-taken")]
)
def test_an_early_follow_up_is_taken_once_or_not_at_all(status, times, reason):
    messages = [{"id": str(each), "role": "user", "content": "Early"} for each in range(times)]
    probe = "follow_up_early"
    answer = replace(ok(probe, "early follow-up", operation="send_message"), status=status)
    told = answer, ok(probe, "history", {"messages": messages})

    assert outcome_of(judged("FOLLOWUP-015", *told, facts={probe: {"message": "Early"}})) == reason


STARTS, USES, ENDS = (
    event(f"subagent_{kind}", agentName="w", status="start", toolName="x")
    for kind in ("start", "tool", "end")
)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((STARTS, STARTS, ENDS, USES, ENDS), "passed"),
        ((STARTS, STARTS, ENDS, ENDS, USES), "outside"),
        ((STARTS, ENDS, ENDS), "outside"),
    ],
)
def test_two_subagents_of_one_name_are_counted(parts, reason):
    assert (
        outcome_of(judged("EVENT-024", stream([(0.1, LIVE + b"".join(parts))], probe="subagents"))) == reason
    )


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"path": "a"}, "other-name"),
        ({"filePath": "a", "depth": 1}, "other-name"),
        ({"command": "ls", "path": "a"}, "zero-observations"),
        ({"depth": 1}, "zero-observations"),
        ({}, "zero-observations"),
    ],
)
def test_a_tool_that_takes_a_path_and_no_command_is_one_for_files(args, reason):
    used = stream([(0.0, USER + LIVE + call("c", toolName="odd", args=args))], probe="made_file", label="run")
    other = stream([(0.0, USER + LIVE + content("x"))], probe="read_upload", label="run: stream")
    facts = {"made_file": {"run": "run"}, "read_upload": {"run": "run"}}

    assert outcome_of(judged("AGENT-005", used, other, facts=facts)) == reason
