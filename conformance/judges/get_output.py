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
from sigmic_conformance.conformance.labels.approve import ApproveAlways, ApproveOnce
from sigmic_conformance.conformance.labels.cancel import CancelRunning
from sigmic_conformance.conformance.labels.conversation import EasyTask, ToolTask
from sigmic_conformance.conformance.labels.followup import FollowUp
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import ProbeName


@dataclass(frozen=True, slots=True)
class OutputField:
    """A field of every output object that get_task tells; an optional one only where it is there."""

    name: str
    holds: Callable[[object], bool]
    expected: str
    probe: ProbeName = ToolTask.PROBE

    @property
    def probes(self) -> tuple[ProbeName, ...]:
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


def is_time(value: object) -> bool:
    """A time in any form."""
    return shapes.instant(value) is not None


def are_thoughts(value: object) -> bool:
    """A list of objects with the strings subject and description."""
    return isinstance(value, list) and all(
        isinstance(each, dict) and all(shapes.text(each.get(name)) for name in ("subject", "description"))
        for each in value
    )


def are_calls(value: object) -> bool:
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
        "GET-013": OutputField("content", shapes.text, "a string", EasyTask.PROBE),
        "GET-014": OutputField("updatedAt", is_time, "a timestamp", EasyTask.PROBE),
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


@judge("GET-011", EasyTask.PROBE, sweep=True)
def completed_has_output(record: Record) -> Verdict:
    return has_output(record, "completed")


@judge("GET-012", ToolTask.PROBE, sweep=True)
def running_has_output(record: Record) -> Verdict:
    return has_output(record, "running")


@judge("GET-018", EasyTask.PROBE, sweep=True)
def no_empty_approvals(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        if task.get("status") == "awaiting_approval":
            return None
        return (
            "pendingApprovals" not in task,
            f"{task.get('status')}: {task.get('pendingApprovals', 'absent')}",
        )

    return every_task(record, "not-absent", "absent when nothing waits", look)


@judge("GET-019", ApproveOnce.PROBE)
def pending_is_listed(record: Record) -> Verdict:
    observations = Observations("not-listed", "the waiting call in pendingApprovals")
    exchange = record.exchange(ApproveOnce.WAITING)
    observations.add(
        record.fact(ApproveOnce.CALL) in pending(exchange), exchange, f"pending {pending(exchange)}"
    )
    return observations.verdict()


@judge("GET-020", ApproveOnce.PROBE)
def pending_fields(record: Record) -> Verdict:
    observations = Observations("wrong-shape", "callId, toolName and an args object")
    exchange = record.exchange(ApproveOnce.WAITING)
    for entry in map(shapes.fields, shapes.items(exchange.fields.get("pendingApprovals"))):
        holds = isinstance(entry.get("callId"), str) and isinstance(entry.get("toolName"), str)
        observations.add(holds and isinstance(entry.get("args"), dict), exchange, f"{sorted(entry)}")
    return observations.verdict()


@judge("GET-021", ApproveOnce.PROBE)
def waiting_call_in_output(record: Record) -> Verdict:
    observations = Observations("not-in-output", "the waiting call in output.toolCalls, as awaiting_approval")
    exchange = record.exchange(ApproveOnce.STILL_WAITING)
    output = exchange.fields.get("output")
    calls = output.get("toolCalls") if isinstance(output, dict) else None
    found = [
        call.get("status")
        for call in (calls if isinstance(calls, list) else [])
        if isinstance(call, dict) and call.get("callId") == record.fact(ApproveOnce.CALL)
    ]
    observations.add(
        found == ["awaiting_approval"], exchange, f"the call's status in output: {found or 'absent'}"
    )
    return observations.verdict()


@judge("GET-022", EasyTask.PROBE)
def output_is_the_streams_text(record: Record) -> Verdict:
    observations = Observations("texts-differ", "output.content is the text that the stream delivered")
    exchange = record.exchange(EasyTask.FINISHED)
    stream = live_reader(record)
    content = str(shapes.fields(exchange.fields.get("output")).get("content"))
    observations.add(stream.delivered(content), exchange, f"{brief(content)!r}")
    return observations.verdict()


@judge("GET-025", EasyTask.PROBE, ApproveOnce.PROBE, CancelRunning.PROBE, sweep=True)
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


@judge("GET-028", ApproveAlways.PROBE)
def answered_call_is_gone(record: Record) -> Verdict:
    observations = Observations("still-pending", "gone from pendingApprovals")
    exchange = record.exchange(ApproveAlways.RIGHT_AFTER)
    gone = record.fact(ApproveAlways.CALL) not in pending(exchange)
    observations.add(exchange.ok and gone, exchange, f"pending {pending(exchange)}")
    return observations.verdict()


@judge("GET-030", FollowUp.PROBE)
def output_of_the_last_turn(record: Record) -> Verdict:
    observations = Observations("other-turns", "output.content is the last answer alone")
    exchange = record.exchange(FollowUp.AFTER)
    answers = [
        str(message.get("content"))
        for message in messages(record.exchange(FollowUp.HISTORY_AFTER))
        if message.get("role") == "assistant"
    ]
    content = shapes.fields(exchange.fields.get("output")).get("content")
    if len(answers) > 1:
        observations.add(
            content == answers[-1], exchange, f"{brief(content)!r}, last answer {brief(answers[-1])!r}"
        )
    return observations.verdict()
