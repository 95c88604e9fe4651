"""The lives of tasks and calls: data, the path between samples, and the traces of a run."""

from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.state_machines import CALL, TASK
from sigmic_conformance.conformance.judging.traces import steps_seen, task_transitions
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import SECOND, exchange, record


def told(status: str, at: float, number: int = 1) -> Exchange:
    """An answer of get_task about task t."""
    made = exchange(
        body={"success": True, "data": {"id": "t", "status": status}}, number=number, ended=at + 0.1
    )
    return replace(made, started=round(at * SECOND))


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


def test_the_steps_that_a_run_walked():
    seen = steps_seen(record(told("pending", 0), told("completed", 1, 2)))

    assert seen["task"] == {"pending → running (agent)", "running → completed (agent)"}
    assert seen["tool call"] == set()


def test_a_walk_that_does_not_exist_walks_no_step():
    (_, transition) = task_transitions(record(told("completed", 0), told("pending", 1, 2)))

    assert transition.path is None
