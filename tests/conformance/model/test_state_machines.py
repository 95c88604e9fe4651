"""The lifecycles of tasks and calls: their data, paths between samples, and the traces of a run."""

import pytest

from sigmic_conformance.model.lives import steps_seen
from sigmic_conformance.model.state_machines import CALL, TASK
from sigmic_conformance.wire.transcript import Closed
from tests.conformance.handwritten import Traffic
from tests.conformance.kit import call, result


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


def test_the_steps_that_a_run_took():
    traffic = Traffic().create("Hi").get("pending")
    traffic.stream(call("c"), result("c", "x"), closed=Closed.HUNG_UP)
    traffic.get("completed")
    traffic.get("pending")  # no path leads there

    assert steps_seen(traffic.model()) == {
        "task: pending → running (agent)",
        "task: running → completed (agent)",
        "tool call: new → executing (agent)",
        "tool call: executing → success (agent)",
    }
