"""The steps between the observed statuses of a task or of a tool call. Pure."""

from collections.abc import Iterator

from sigmic_conformance.model.calls import REJECT
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.seen_calls import may_count
from sigmic_conformance.model.observation.seen_tasks import requests_taken
from sigmic_conformance.model.operations import APPROVE, CANCEL, GET, HISTORY, SAY
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.state_machines import CALL, TASK, Step
from sigmic_conformance.model.task import Task
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.stream_events import StreamEvent

Path = tuple[Step, ...] | None
"""The steps from one status to the next; None if no path exists."""
GRACE = 2 * NANO
"""How long after its answer a cancellation may take effect: that it is immediate is an example."""


def task_path(task: Task, before: str, after: str, since: int, until: int) -> Path:
    """The documented steps between two statuses, from answers with these times of request and response.

    An action that was sent before the older answer arrived may take effect after it. A follow-up to a running
    task is queued until the turn is over, and no page says when a decision takes effect.
    """
    causes = {
        name
        for name, each in requests_taken(task)
        if each.started <= until
        and (each.ended + (GRACE if name == CANCEL else 0) >= since or name in {SAY, APPROVE})
    }
    return TASK.path(before, after, causes)


def _task_paths(task: Task) -> Iterator[Path]:
    """The steps between the statuses in answers. Answers that overlap in time have no order."""
    before, since, ended = TASK.start, 0, 0
    for told in task.statuses:
        if told.operation in {GET, HISTORY} and told.began >= ended and told.status in TASK.states:
            yield task_path(task, before, told.status, since, told.ended)
            before, since, ended = told.status, told.began, told.ended


def call_paths(task: Task, stream: Stream) -> Iterator[tuple[StreamEvent, str, Path]]:
    """Each status of a call in a stream, with the one before it and the steps between them.

    A late reader first gets a call in its current state; a path from the start state to it must exist.
    A rejected call may cancel the others of its turn (G-65, G-69).
    """
    cancelled = [each.started for name, each in requests_taken(task) if name == CANCEL]
    decisions = [each for each in task.decisions if may_count(each)]
    state: dict[str, str] = {}
    for event in stream.live:
        status, turn = event.get("status"), task.turns.at(event.at)
        if event.type not in {"tool_call", "tool_result"} or not json_values.one_of(status, CALL.states):
            continue
        since = turn.began if turn and turn.is_clear else 0
        taken = [each for each in decisions if each.sent <= event.at and each.outcome]
        causes = {"proceed" for each in taken if each.call == event.call and each.outcome != REJECT}
        causes |= {"cancel" for each in taken if each.outcome == REJECT and each.sent >= since}
        causes |= {CANCEL} if any(at <= event.at for at in cancelled) else set()
        before = state.get(event.call, CALL.start)
        path = CALL.path(before, str(status), causes)
        if path is None and status == "error" and "cancel" in causes:
            # No page names the status of a rejected call (G-65).
            path = CALL.path(before, "cancelled", causes)
        yield event, before, path
        state[event.call] = str(status)


def steps_seen(model: Model) -> set[str]:
    """The names of the steps of all tasks and calls of the run, each after the name of its automaton."""
    tasks = model.tasks.values()
    of_tasks = [path for task in tasks for path in _task_paths(task)]
    of_calls = [path for task in tasks for each in task.streams for _, _, path in call_paths(task, each)]
    return {
        f"{automaton.name}: {step.name}"
        for automaton, paths in ((TASK, of_tasks), (CALL, of_calls))
        for path in paths
        for step in path or ()
    }
