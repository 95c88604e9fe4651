"""GET, what the agent did: a task's output and the calls that wait for an approval."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.conformance.judging.answer_data import messages, pending
from sigmic_conformance.conformance.judging.evidence import brief
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readers import live_reader
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.task_objects import every_task, tasks
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes

APPROVE_ALWAYS = "approve_always"
APPROVE_ONCE = "approve_once"
EASY_TASK = "easy_task"
FOLLOW_UP = "follow_up"
TOOL_TASK = "tool_task"


@dataclass(frozen=True, slots=True)
class OutputField:
    """A field of every output object that get_task tells; an optional one only where it is there."""

    name: str
    holds: Callable[[Any], bool]
    expected: str
    probe: str = TOOL_TASK

    @property
    def probes(self) -> tuple[str, ...]:
        """The probes that are read."""
        return (self.probe,)

    def __call__(self, record: Record) -> Verdict:
        return every_task(record, "wrong-type", self.expected, self._look)

    def _look(self, task: dict[str, Any]) -> tuple[bool, str] | None:
        output = task.get("output")
        if not isinstance(output, dict) or (self.name in shapes.OPTIONAL and self.name not in output):
            return None
        value = output.get(self.name)
        return self.holds(value), f"output.{self.name}: {brief(value)}"


def is_time(value: Any) -> bool:
    """A time in any form."""
    return shapes.instant(value) is not None


def are_thoughts(value: Any) -> bool:
    """A list of objects with the strings subject and description."""
    return isinstance(value, list) and all(
        isinstance(each, dict) and all(shapes.text(each.get(name)) for name in ("subject", "description"))
        for each in value
    )


def are_calls(value: Any) -> bool:
    """A list of objects with the strings callId, toolName and status, and the object args."""
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and all(shapes.text(each.get(name)) for name in ("callId", "toolName", "status"))
        and shapes.mapping(each.get("args"))
        for each in value
    )


judge_each(
    __name__,
    {
        "GET-013": OutputField("content", shapes.text, "a string", EASY_TASK),
        "GET-014": OutputField("updatedAt", is_time, "a timestamp", EASY_TASK),
        "GET-015": OutputField("thoughts", are_thoughts, "a list of objects with subject and description"),
        "GET-016": OutputField("toolCalls", shapes.listing, "a list"),
        "GET-017": OutputField("toolCalls", are_calls, "callId, toolName, status and an args object"),
    },
    sweep=True,
)


def has_output(record: Record, status: str) -> Verdict:
    """Every task that get_task tells in this status has an output object."""

    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        there = isinstance(task.get("output"), dict)
        return (there, f"output {'there' if there else 'absent'}") if task.get("status") == status else None

    return every_task(record, "no-output", "an output object", look)


@judge("GET-011", EASY_TASK, sweep=True)
def completed_has_output(record: Record) -> Verdict:
    return has_output(record, "completed")


@judge("GET-012", TOOL_TASK, sweep=True)
def running_has_output(record: Record) -> Verdict:
    return has_output(record, "running")


@judge("GET-018", EASY_TASK, sweep=True)
def no_empty_approvals(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        if task.get("status") == "awaiting_approval":
            return None
        return (
            "pendingApprovals" not in task,
            f"{task.get('status')}: {task.get('pendingApprovals', 'absent')}",
        )

    return every_task(record, "not-absent", "absent when nothing waits", look)


@judge("GET-019", APPROVE_ONCE)
def pending_is_listed(record: Record) -> Verdict:
    observations = Observations("not-listed", "the waiting call in pendingApprovals")
    exchange = record.exchange(APPROVE_ONCE, "waiting")
    observations.add(
        record.fact(APPROVE_ONCE, "call") in pending(exchange), exchange, f"pending {pending(exchange)}"
    )
    return observations.verdict()


@judge("GET-020", APPROVE_ONCE)
def pending_fields(record: Record) -> Verdict:
    observations = Observations("wrong-shape", "callId, toolName and an args object")
    exchange = record.exchange(APPROVE_ONCE, "waiting")
    for entry in map(shapes.fields, shapes.items(exchange.fields.get("pendingApprovals"))):
        holds = isinstance(entry.get("callId"), str) and isinstance(entry.get("toolName"), str)
        observations.add(holds and isinstance(entry.get("args"), dict), exchange, f"{sorted(entry)}")
    return observations.verdict()


@judge("GET-021", APPROVE_ONCE)
def waiting_call_in_output(record: Record) -> Verdict:
    observations = Observations("not-in-output", "the waiting call in output.toolCalls, as awaiting_approval")
    exchange = record.exchange(APPROVE_ONCE, "still waiting")
    output = exchange.fields.get("output")
    calls = output.get("toolCalls") if isinstance(output, dict) else None
    found = [
        call.get("status")
        for call in (calls if isinstance(calls, list) else [])
        if isinstance(call, dict) and call.get("callId") == record.fact(APPROVE_ONCE, "call")
    ]
    observations.add(
        found == ["awaiting_approval"], exchange, f"the call's status in output: {found or 'absent'}"
    )
    return observations.verdict()


@judge("GET-022", EASY_TASK)
def output_is_the_streams_text(record: Record) -> Verdict:
    observations = Observations("texts-differ", "output.content is the text that the stream delivered")
    exchange = record.exchange(EASY_TASK, "finished")
    stream = live_reader(record)
    content = str(shapes.fields(exchange.fields.get("output")).get("content"))
    observations.add(stream.delivered(content), exchange, f"{brief(content)!r}")
    return observations.verdict()


@judge("GET-025", EASY_TASK, APPROVE_ONCE, "cancel_running", sweep=True)
def output_of_unfinished(record: Record) -> Verdict:
    followed = Reading(
        every_started_task="output in awaiting_approval, failed and cancelled too",
        running_and_completed="output in running and completed only",
    )
    for exchange, task in tasks(record):
        status = task.get("status")
        if (
            shapes.one_of(status, {"awaiting_approval", "failed", "cancelled"})
            and task.get("startedAt") is not None
        ):
            there = isinstance(task.get("output"), dict)
            reading = "every_started_task" if there else "running_and_completed"
            followed.add(reading, exchange, f"{status}: output {'there' if there else 'absent'}")
    return followed.verdict()


@judge("GET-028", APPROVE_ALWAYS)
def answered_call_is_gone(record: Record) -> Verdict:
    observations = Observations("still-pending", "gone from pendingApprovals")
    exchange = record.exchange(APPROVE_ALWAYS, "right after")
    gone = record.fact(APPROVE_ALWAYS, "call") not in pending(exchange)
    observations.add(exchange.ok and gone, exchange, f"pending {pending(exchange)}")
    return observations.verdict()


@judge("GET-030", FOLLOW_UP)
def output_of_the_last_turn(record: Record) -> Verdict:
    observations = Observations("other-turns", "output.content is the last answer alone")
    exchange = record.exchange(FOLLOW_UP, "after")
    answers = [
        str(message.get("content"))
        for message in messages(record.exchange(FOLLOW_UP, "history after"))
        if message.get("role") == "assistant"
    ]
    content = shapes.fields(exchange.fields.get("output")).get("content")
    if len(answers) > 1:
        observations.add(
            content == answers[-1], exchange, f"{brief(content)!r}, last answer {brief(answers[-1])!r}"
        )
    return observations.verdict()
