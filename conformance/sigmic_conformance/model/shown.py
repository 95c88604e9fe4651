"""The facts in an answer or stream, by place: of a task, of its calls. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sigmic_conformance.model.operations import LIST
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange

PENDING, OUTPUT, SAVED, CALLED = "pendingApprovals", "output.toolCalls", "messages.toolCalls", "tool_call"
"""The places that show a tool call. Those that show a task have the names of their operations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The facts that one place showed at one time, about a task or about its call `key`."""

    exchange: Exchange
    task: str
    place: str
    facts: Mapping[str, object]
    began: int
    ended: int
    key: str = ""

    @property
    def words(self) -> str:
        """Text for messages: the call, or the task in a list; empty if the request names the task."""
        named = f"task {self.task}: " if self.place == LIST else ""
        return f"the call {self.key}: " if self.key else named

    @property
    def waiting(self) -> frozenset[str]:
        """The calls that an answer of get_task lists as waiting."""
        listed = json_values.objects(self.facts.get("pendingApprovals"))
        return frozenset(json_values.word(each.get("callId")) for each in listed)


def shown_in(exchange: Exchange, operation: str, stream: Stream | None) -> Iterator[Shown]:
    """The facts in a successful answer, by place."""
    match operation:
        case "stream_task" if stream is not None:
            known = {event.call for event in stream.of("tool_call") if event.get("args")}
            for event in stream.of("tool_call"):
                named_first = event.call in known and not event.get("args")
                names = ("toolName",) if named_first else ("toolName", "args")
                called = {name: event.get(name) for name in names}
                yield _of_call(exchange, CALLED, called, event.call, event.at)
        case "list_tasks":
            for entry in exchange.entries:
                yield _of(exchange, json_values.word(entry.get("id")), operation, entry)
        case "get_task":
            yield from _task(exchange, operation)
        case "get_task_history":
            messages = json_values.objects(exchange.fields.get("messages"))
            yield _of(exchange, exchange.task, operation, {**exchange.fields, "messageCount": len(messages)})
            for message in messages:
                yield from _calls(exchange, SAVED, message.get("toolCalls"))
        case _:
            pass


def _task(exchange: Exchange, operation: str) -> Iterator[Shown]:
    output = json_values.fields(exchange.fields.get("output"))
    parts = {f"output.{name}": output[name] for name in ("content", "updatedAt") if name in output}
    yield _of(exchange, exchange.task, operation, {**exchange.fields, **parts})
    yield from _calls(exchange, PENDING, exchange.fields.get(PENDING))
    yield from _calls(exchange, OUTPUT, output.get("toolCalls"))


def _calls(exchange: Exchange, place: str, calls: object) -> Iterator[Shown]:
    for call in json_values.objects(calls):
        yield _of_call(exchange, place, call, json_values.word(call.get("callId")))


def _of(exchange: Exchange, task: str, place: str, facts: Mapping[str, object]) -> Shown:
    return Shown(
        exchange=exchange, task=task, place=place, facts=facts, began=exchange.started, ended=exchange.ended
    )


def _of_call(
    exchange: Exchange, place: str, facts: Mapping[str, object], call: str, at: int | None = None
) -> Shown:
    began, ended = (exchange.started, exchange.ended) if at is None else (at, at)
    return Shown(
        exchange=exchange, task=exchange.task, place=place, facts=facts, began=began, ended=ended, key=call
    )
