"""STATE: only allowed transitions, final statuses do not change, and all answers agree."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from tests.conformance.handwritten import DONE, FOUR, HI, TASKS, Traffic, cases, stories, user
from tests.conformance.kit import LIVE, SECOND, STREAM, call, content, done, judged, result, stream, verdicts

FINAL = ("completed", "failed", "cancelled")


def told(*statuses: str) -> Traffic:
    """A task for which get_task returns these statuses in sequence."""
    traffic = Traffic().create("Hi")
    for status in statuses:
        traffic.get(status)
    return traffic


@pytest.mark.parametrize(
    ("statuses", "is_broken"),
    [
        *((("pending", "running", "awaiting_approval", "running", each, each), False) for each in FINAL),
        *((("pending", each), False) for each in FINAL),
        *(((each, other), True) for each in FINAL for other in ("pending", "running", "awaiting_approval")),
        *(((each, other), True) for each in FINAL for other in FINAL if other != each),
        (("queued", "pending", "running", "completed"), False),
        (("running", "pending"), True),
        (("awaiting_approval", "pending"), True),
    ],
)
def test_the_statuses_of_a_turn(statuses: tuple[str, ...], *, is_broken: bool):
    assert told(*statuses).reasons("STATE-001") == ({"impossible-step"} if is_broken else set())
    if statuses[0] in FINAL:
        assert told(*statuses).reasons("STATE-002") == {"changed-when-finished"}


@pytest.mark.parametrize(("row", "after"), [("STATE-001", "pending"), ("STATE-002", "running")])
def test_a_follow_up_begins_anew(row: str, after: str):
    traffic = told("completed").say("More").get(after)

    assert not traffic.row(row).breaches


@pytest.mark.parametrize(("asked_at", "is_broken"), [(2.5, True), (2.4, False)])
def test_a_status_is_compared_with_one_that_was_shown_before_the_request(asked_at: float, *, is_broken: bool):
    traffic = Traffic().create("Hi").get("completed", took=1.5)
    traffic.at(asked_at).get("running", took=2.0)

    for row in ("STATE-001", "STATE-002", "STATE-010"):
        assert bool(traffic.row(row).breaches) is is_broken


@cases("STATE-003", ("completed", None), ("failed", "not-completed"), ("running", "not-completed"))
def test_an_easy_message(status: str) -> Traffic:
    return Traffic(facts={"easy_task": {"task": "t"}}).begun().get(status)


def waiting() -> Traffic:
    """A task that awaits approval, and whose reader has disconnected."""
    traffic = Traffic().create("Hi", fields={"autoExecute": False})
    traffic.stream(call("one", status="awaiting_approval"), shown=[HI], closed="hung-up")
    return traffic.get("awaiting_approval")


@cases(
    "STATE-010",
    ("pending", "", "completed", None),
    ("running", "", "pending", "no-such-step"),
    ("completed", "", "running", "no-such-step"),
    ("completed", "say", "running", None),
    ("completed", "refused", "running", "no-such-step"),
    ("running", "cancel", "cancelled", None),
    ("running", "", "cancelled", "no-such-step"),
    ("awaiting_approval", "approve", "running", None),
    ("awaiting_approval", "approve another", "running", None),
    ("awaiting_approval", "approve, not at once", "running", None),
    ("awaiting_approval", "", "completed", "no-such-step"),
    ("awaiting_approval", "", "awaiting_approval", None),
    ("awaiting_approval", "", "failed", None),
)
def test_a_step_is_documented(before: str, does: str, after: str) -> Traffic:
    traffic = told(before)
    acts: dict[str, Callable[[], object]] = {
        "say": traffic.say,
        "refused": lambda: traffic.say(status=409),
        "cancel": traffic.cancel,
        "approve": lambda: traffic.approve("one"),
        "approve another": lambda: traffic.approve("two"),
        "approve, not at once": lambda: (traffic.approve("one"), traffic.get(before)),
    }
    if does:
        acts[does]()
    return traffic.get(after)


@cases("STATE-002", "unjudged")
def test_a_run_that_a_rejection_ended_may_say_done_and_be_cancelled() -> Traffic:
    traffic = waiting().approve("one", outcome="cancel").stream(done("No."), shown=[HI])
    return traffic.get("cancelled")


@cases(
    "STATE-004",
    ("one", ["one"], 10.0, "stuck"),
    ("one", ["one"], 2.0, None),  # it may not have been processed yet
    ("one", ["two"], 10.0, None),
    ("two", ["one", "two"], 10.0, None),
)
def test_an_answered_task_does_not_wait(answered: str, pending: list[str], later: float) -> Traffic:
    traffic = waiting().approve(answered)
    traffic.now += later
    return traffic.get(
        "awaiting_approval", fields={"pendingApprovals": [{"callId": name} for name in pending]}
    )


def beside(other_at: float, *, opened: float = 0.0) -> Verdict:
    """A tool that runs from 1 to 3 s; another task's event at `other_at`, in a stream opened at `opened`."""
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
    assert beside(1.6).outcome is Outcome.PASSED


def test_the_last_events_of_an_earlier_task_show_no_work_beside():
    chunks = [(0.0, LIVE), (1.0, call("a")), (3.0, result("a", "o")), (3.1, done("a"))]
    other = [(0.0, LIVE), (0.2, call("b")), (0.9, result("b", "o")), (1.1, done("b"))]
    made = (
        stream(told, probe=probe, target=f"/api/v1/tasks/{probe}/stream", ended=3.2)
        for probe, told in (("tool_task", chunks), ("cancel_running", other))
    )

    assert judged("STATE-006", *made).reason == "one-by-one"


def test_tasks_one_by_one_are_listed():
    assert beside(3.5).reason == "one-by-one"
    assert beside(3.5, opened=0.9).reason == "one-by-one"
    assert beside(3.5, opened=1.0).reason == "stimulus-not-reached"


@verdicts((2.0, "passed"), (3.0, "stimulus-not-reached"), (1.0, "stimulus-not-reached"))
def test_a_task_goes_on_beside_another_when_it_tells_something_strictly_meanwhile(*others: float) -> Verdict:
    """A task whose tool runs from second 1 to second 3, and the events of another task at `others`."""
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


@cases("STATE-008", (1.0, "never-running"), (2.2, "unjudged"), (2.5, "unjudged"))
def test_a_status_read_beside_the_last_text_may_be_the_final_one(at: float) -> Traffic:
    """The last text arrives after 2.5 s, and the end half a second later."""
    traffic = Traffic().begun().say("More")
    began = traffic.now
    traffic.stream(content("a"), content("b"), DONE, shown=[user(1, "Hi"), user(2, "More")], step=0.5)
    return traffic.at(began + at).get("completed")


@cases(
    "STATE-011",
    (0.1, 5.0, None),  # answered at once
    (4.0, 5.0, "waited"),  # when the command had ended
    (4.0, 2.0, "unjudged"),  # from 2 s on nothing else was answered
    (2.9, 5.0, None),  # slow, but the command went on
)
def test_a_read_does_not_wait_for_a_command(took: float, others: float) -> Traffic:
    """A command runs from 1.1 s to 5.1 s; the task is read at 1.2 s, the list again and again."""
    works = call("c", args={"command": "sleep 4; echo x"})
    traffic = Traffic().create("Run it")
    heard = [(1.0, LIVE), (1.1, works), (5.1, result("c", "x")), (5.2, DONE)]
    traffic.at(0.9).add("GET", f"{TASKS}/t/stream", chunks=heard, took=5.0, answered=STREAM)
    traffic.at(1.2).get("running", took=took)
    for number in range(round((others - 1.2) / 0.4)):
        traffic.at(1.3 + 0.4 * number).listing(took=0.1)
    return traffic


test_a_final_status = stories(
    (
        "STATE-005",
        lambda told: Traffic().begun().get().history(HI, FOUR, told=told),
        "completed",
        "failed",
        "statuses-differ",
    ),
)
