"""The lives of tasks and calls: data, the path between samples, and the traces of a run."""

import json
from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.state_machines import CALL, TASK
from sigmic_conformance.conformance.judging.traces import steps_seen, task_transitions
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import LIVE, SECOND, event, exchange, judged, record, stream

TARGET = "/api/v1/tasks/t"


def told(status: str, at: float, number: int = 1) -> Exchange:
    """An answer of get_task about task t."""
    made = exchange(
        body={"success": True, "data": {"id": "t", "status": status}}, number=number, ended=at + 0.1
    )
    return replace(made, started=round(at * SECOND))


def act(
    operation: str, at: float, *, target: str = "/api/v1/tasks/t", text: str | None = None, status: int = 200
) -> Exchange:
    """What a client asked of task t."""
    body = (
        {"success": True, "data": {}} if status == 200 else {"success": False, "error": {"code": "CONFLICT"}}
    )
    made = exchange(
        operation=operation, body=body, status=status, number=90 + round(at), ended=at + 0.1, target=target
    )
    return replace(made, started=round(at * SECOND), sent=replace(made.sent, text=text))


@pytest.mark.parametrize("automaton", [TASK, CALL], ids=lambda each: each.name)
def test_every_state_can_be_reached_and_every_step_is_named_once(automaton):
    causes = {step.cause for step in automaton.steps}

    assert all(automaton.path(automaton.start, state, causes) is not None for state in automaton.states)
    assert len({step.name for step in automaton.steps}) == len(automaton.steps)


@pytest.mark.parametrize(
    ("before", "after", "causes", "length"),
    [
        ("pending", "pending", (), 0),
        ("pending", "completed", (), 2),
        ("pending", "cancelled", (), None),
        ("pending", "cancelled", ("cancel_task",), 1),
        ("awaiting_approval", "completed", (), None),
        ("awaiting_approval", "completed", ("approve_tool_call",), 2),
        ("completed", "failed", (), None),
        ("completed", "failed", ("send_message",), 2),
        ("running", "pending", ("send_message",), 2),
        ("running", "pending", (), None),
    ],
)
def test_paths_of_a_task(before, after, causes, length):
    path = TASK.path(before, after, causes)

    assert (None if path is None else len(path)) == length


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


@pytest.mark.parametrize("then", ["pending", "running", "failed"])
def test_a_finished_task_stays_as_it_is(then):
    broken = judged("STATE-002", told("completed", 0), told(then, 1, 2))
    allowed = judged("STATE-002", told("completed", 0), act("send_message", 0.5), told(then, 1, 2))

    assert (broken.outcome, broken.reason) == (Outcome.FAILED, "changed-when-finished")
    assert allowed.outcome is Outcome.PASSED


def test_done_and_then_pending_is_a_finished_task_that_changed():
    heard = stream(
        [(0.0, LIVE), (0.1, event("done", finalResponse=""))],
        number=1,
        ended=0.2,
        target=f"{TARGET}/stream",
    )

    found = judged("STATE-002", heard, told("pending", 1, 2), told("pending", 2, 3))

    assert found.outcome is Outcome.FAILED


def judged_call(*statuses: tuple[float, str], actions: tuple[Exchange, ...] = ()) -> Verdict:
    """Judge a call that was told with these statuses."""
    chunks = [(0.0, LIVE)]
    for at, status in statuses:
        kind = "tool_result" if status in {"success", "error", "cancelled"} else "tool_call"
        chunks.append((at, event(kind, callId="c", toolName="x", status=status)))
    heard = stream(chunks, number=1, ended=9, target=f"{TARGET}/stream")
    return judged("APPROVE-022", heard, *actions)


def answer(outcome: str, at: float) -> Exchange:
    target = "/api/v1/tasks/t/tools/%63/approve"
    return act("approve_tool_call", at, target=target, text=json.dumps({"outcome": outcome}))


@pytest.mark.parametrize(
    ("statuses", "actions", "good"),
    [
        ([(1, "executing"), (2, "success")], (), True),
        ([(1, "awaiting_approval"), (3, "success")], (answer("proceed_once", 2),), True),
        ([(1, "awaiting_approval"), (3, "executing"), (4, "error")], (answer("proceed_always", 2),), True),
        ([(1, "awaiting_approval"), (3, "cancelled")], (answer("cancel", 2),), True),
        ([(1, "awaiting_approval"), (3, "success")], (), False),
        ([(1, "awaiting_approval"), (3, "success")], (answer("cancel", 2),), False),
        ([(1, "awaiting_approval"), (3, "success")], (answer("proceed_once", 4),), False),
        ([(1, "executing"), (3, "cancelled")], (), False),
        ([(1, "executing"), (3, "cancelled")], (act("cancel_task", 2),), True),
        ([(1, "success"), (3, "executing")], (), False),
    ],
)
def test_the_trace_of_a_call_is_a_path(statuses, actions, good):
    found = judged_call(*statuses, actions=actions)

    assert found.outcome is (Outcome.PASSED if good else Outcome.WARNED)


def test_the_steps_that_a_run_walked():
    seen = steps_seen(record(told("pending", 0), told("completed", 1, 2)))

    assert seen["task"] == {"pending → running (agent)", "running → completed (agent)"}
    assert seen["tool call"] == set()


def test_a_walk_that_does_not_exist_walks_no_step():
    (_, transition) = task_transitions(record(told("completed", 0), told("pending", 1, 2)))

    assert transition.path is None
