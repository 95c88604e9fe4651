from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.checks.recordings import ERROR, act, failing
from tests.conformance.kit import (
    LIVE,
    SECOND,
    USER,
    call,
    content,
    done,
    event,
    exchange,
    judged,
    ok,
    outcome_of,
    result,
    stream,
)


def test_a_status_is_held_against_one_that_was_told_before_it_was_asked_for():
    def told(asked_at: float) -> str | None:
        first = ok("easy_task", "x", {"id": "t", "status": "completed"}, ended=1.0)
        again = replace(
            ok("easy_task", "x", {"id": "t", "status": "running"}, ended=2.0),
            started=round(asked_at * SECOND),
        )
        return judged("STATE-001", first, again).reason

    assert told(1.0) == "impossible-step"
    assert told(0.9) == "zero-observations"


@pytest.mark.parametrize("final", ["completed", "failed", "cancelled"])
def test_what_is_finished_stays_so(final):
    def followed(*statuses: str) -> str:
        return outcome_of(
            judged("STATE-001", *(ok("easy_task", "x", {"id": "t", "status": status}) for status in statuses))
        )

    assert followed("pending", "running", "awaiting_approval", "running", final, final) == "passed"
    assert followed("pending", final) == "passed"
    assert followed("running", "pending") == "impossible-step"
    assert followed("awaiting_approval", "pending") == "impossible-step"
    for other in {"pending", "running", "awaiting_approval", "completed", "failed", "cancelled"} - {final}:
        assert followed(final, other) == "impossible-step"


def followed(*samples: tuple[float, float, str]) -> Verdict:
    asked = [
        replace(
            ok("easy_task", "x", {"id": "t", "status": status}, ended=ended), started=round(began * SECOND)
        )
        for began, ended, status in samples
    ]
    return judged("STATE-002", *asked)


def test_a_status_asked_for_when_the_last_was_told_is_a_later_one():
    assert followed((0.0, 1.0, "completed"), (1.0, 2.0, "running")).reason == "changed-when-finished"
    assert followed((0.0, 1.0, "completed"), (0.5, 2.0, "running")).reason == "zero-observations"


def test_a_status_told_while_a_follow_up_was_on_its_way_may_be_its_own():
    def told(said_at: float) -> str | None:
        done_, later = (
            replace(
                ok("easy_task", "x", {"id": "t", "status": status}, ended=ended),
                started=round(began * SECOND),
            )
            for began, ended, status in ((0.0, 1.0, "completed"), (2.0, 3.0, "running"))
        )
        said = replace(
            ok("easy_task", "say", operation="send_message", ended=4.0), started=round(said_at * SECOND)
        )
        return judged("STATE-002", done_, later, said).reason

    assert told(3.0) is None
    assert told(3.1) == "changed-when-finished"


def told(status: str, at: float, number: int = 1) -> Exchange:
    """An answer of get_task about task t."""
    made = exchange(
        body={"success": True, "data": {"id": "t", "status": status}}, number=number, ended=at + 0.1
    )
    return replace(made, started=round(at * SECOND))


TARGET = "/api/v1/tasks/t"


def test_done_and_then_pending_is_a_finished_task_that_changed():
    heard = stream(
        [(0.0, LIVE), (0.1, event("done", finalResponse=""))],
        number=1,
        ended=0.2,
        target=f"{TARGET}/stream",
    )

    found = judged("STATE-002", heard, told("pending", 1, 2), told("pending", 2, 3))

    assert found.outcome is Outcome.WARNED


def beside(other_at: float, *, opened: float = 0.0) -> Verdict:
    """A tool at work from 1 to 3 s, and another task's event at a time, on a stream opened at another."""
    chunks = [
        (0.0, LIVE),
        (1.0, call("a", toolName="shell", status="executing")),
        (3.0, result("a", "o")),
        (3.1, done("a")),
    ]
    other = [
        (0.0, LIVE),
        (other_at, call("b", toolName="shell", status="executing")),
        (other_at + 2, result("b", "o")),
    ]
    return judged(
        "STATE-006",
        stream(chunks, probe="tool_task", target="/api/v1/tasks/a/stream", ended=3.2),
        replace(
            stream(other, probe="cancel_running", target="/api/v1/tasks/b/stream", ended=9.0),
            started=round(opened * SECOND),
        ),
    )


def test_two_tasks_work_side_by_side():
    assert beside(1.5).outcome is Outcome.PASSED
    assert beside(3.5).reason == "one-by-one"
    assert beside(3.5, opened=0.9).reason == "one-by-one"
    assert beside(3.5, opened=1.0).reason == "stimulus-not-reached"


def side(*others: float) -> Verdict:
    """A task whose tool runs from the first second to the third, and what another tells meanwhile."""
    one = stream(
        [(0.0, LIVE), (1.0, call("c")), (3.0, result("c", "o"))],
        probe="tool_task",
        label="one",
        target="/api/v1/tasks/a/stream",
    )
    chunks = [(at, content("x")) for at in others]
    other = stream(
        [(0.0, LIVE), *chunks, (9.0, call("d")), (9.9, result("d", "o"))],
        probe="cancel_running",
        label="other",
        target="/api/v1/tasks/b/stream",
    )
    return judged("STATE-006", one, other)


def test_a_task_goes_on_beside_another_when_it_tells_something_strictly_meanwhile():
    assert side(2.0).outcome is Outcome.PASSED
    assert side(3.0).reason == "stimulus-not-reached"
    assert side(1.0).reason == "stimulus-not-reached"


@pytest.mark.parametrize(
    ("row", "exchanges", "reason"),
    [
        ("STATE-007", failing("failed", "The model is overloaded: 429 and/or busy", ERROR), None),
        ("STATE-007", failing("failed", "open /srv/app/data/t.json failed", ERROR), "not-for-people"),
        ("STATE-007", failing("failed", 'File "agent.py", line 7', ERROR), "not-for-people"),
        ("STATE-007", failing("failed", "", ERROR), "not-for-people"),
    ],
)
def test_a_run_that_fails(row, exchanges, reason):
    found = judged(row, *exchanges)

    assert (found.outcome is Outcome.PASSED, found.reason) == (reason is None, reason)


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


LIVES = {
    "straight": ([told("pending", 0), told("running", 1, 2), told("completed", 2, 3)], True),
    "back to pending": ([told("running", 0), told("pending", 1, 2)], False),
    "undone": ([told("completed", 0), told("running", 1, 2)], False),
    "followed up": ([told("completed", 0), act("send_message", 1), told("running", 2, 2)], True),
    "refused follow-up": (
        [told("completed", 0), act("send_message", 1, status=409), told("running", 2, 2)],
        False,
    ),
    "cancelled": ([told("running", 0), act("cancel_task", 1), told("cancelled", 2, 2)], True),
    "cancelled by nobody": ([told("running", 0), told("cancelled", 2, 2)], False),
    "approved": ([told("awaiting_approval", 0), act("approve_tool_call", 1), told("running", 2, 2)], True),
    "went on unasked": ([told("awaiting_approval", 0), told("completed", 2, 2)], False),
}


@pytest.mark.parametrize("name", LIVES)
def test_the_trace_of_a_task_is_a_path(name):
    exchanges, good = LIVES[name]

    assert (judged("STATE-010", *exchanges).outcome is Outcome.PASSED) == good


def test_answers_that_overlap_have_no_order():
    assert judged("STATE-010", told("running", 0.05, 2), told("pending", 0)).outcome is Outcome.PASSED
