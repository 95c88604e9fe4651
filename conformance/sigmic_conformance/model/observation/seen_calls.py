"""Tool calls in an observation."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sigmic_conformance.model.calls import AWAITING, SUCCESS, Call, Decision
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.requests import Certainty
from sigmic_conformance.model.task import Task
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream_events import StreamEvent


def successful_results(seen: Seen) -> Iterator[tuple[Call, StreamEvent]]:
    """The successful results that a stream reports live, with the call."""
    if seen.stream is None or seen.task is None:
        return
    for event in seen.stream.of("tool_result"):
        call = seen.task.calls.get(event.call)
        if call is not None and event.get("status") == SUCCESS and json_values.text(event.get("output")):
            yield call, event


def calls_streamed(seen: Seen) -> Iterator[Call]:
    """The calls that a stream reports live, each once."""
    if seen.stream is None or seen.task is None:
        return
    for name in dict.fromkeys(
        event.call
        for event in seen.stream.live
        if event.type in {"tool_call", "tool_result"} and event.get("callId")
    ):
        if name in seen.task.calls:
            yield seen.task.calls[name]


def asking(call: Call) -> str:
    """Text for messages: whether a call asks."""
    return "asks" if call.asked else "does not ask"


def done_waiting(seen: Seen, told: Iterable[Mapping[str, Any]]) -> Findings:
    """The entries of calls whose result a reader had received before do not report them as waiting."""
    for entry in told:
        call = seen.task.calls.get(json_values.word(entry.get("callId"))) if seen.task is not None else None
        if call is not None and call.result is not None and call.result.at < seen.began:
            status = entry.get("status")
            yield says(status != AWAITING, f"the result of {call.id} was streamed", f"its status is {status}")


def decided(task: Task, began: int, ended: int) -> Iterator[tuple[Call, Decision]]:
    """The calls that exactly one accepted answer decided between two times."""
    for call in task.calls.values():
        taken = call.taken
        if len(taken) == 1 and taken[0].certainty is Certainty.ACCEPTED and began <= taken[0].sent <= ended:
            yield call, taken[0]


def may_count(decision: Decision) -> bool:
    """Whether a decision may have been accepted."""
    return decision.certainty is not Certainty.REFUSED
