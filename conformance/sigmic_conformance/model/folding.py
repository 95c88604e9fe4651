"""Folds the exchanges of a run, in order of time, into the known state of each task."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sigmic_conformance.model.callers import Callers
from sigmic_conformance.model.calls import Decision
from sigmic_conformance.model.conversation import View
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.requests import SentMessage, asked, call_of, certainty
from sigmic_conformance.model.shown import Shown, shown_in
from sigmic_conformance.model.statuses import SeenStatus
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.workspace import Download, Listing
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange


def fold(
    record: Record,
    exchanges: Iterable[Exchange],
    callers: Callers,
    operation: Callable[[Exchange], str | None],
) -> "Folded":
    """Fold exchanges in order of their start; `operation` names the documented operation of one."""
    folded = Folded(record, callers, operation)
    for exchange in exchanges:
        folded.add(exchange)
    folded.finish()
    return folded


class Folded:
    """The state of each task, which grows with each exchange."""

    def __init__(self, record: Record, callers: Callers, operation: Callable[[Exchange], str | None]) -> None:
        self._record, self._callers, self._operation = record, callers, operation
        self.tasks: dict[str, Task] = {}
        self.shown: dict[tuple[int, str], list[Shown]] = {}
        """The facts that each exchange showed to owners about their tasks, by place."""

    def finish(self) -> None:
        """Sort by time what answers showed: they may overlap."""
        for task in self.tasks.values():
            task.views.sort(key=lambda view: view.ended)
            task.statuses.sort(key=lambda status: status.ended)
            for shown in task.shown.values():
                shown.sort(key=lambda each: each.ended)

    def _task(self, name: str) -> Task:
        return self.tasks.setdefault(name, Task(name, self._record.admits))

    def add(self, exchange: Exchange) -> None:
        """Add an exchange that the API itself answered."""
        match self._operation(exchange):
            case "create_task":
                self._created(exchange)
            case "send_message":
                task = self._task(exchange.task)
                task.messages.append(self._message(exchange))
            case "approve_tool_call":
                self._decided(exchange)
            case "cancel_task":
                self._task(exchange.task).cancellations.append(exchange)
            case "get_task" | "get_task_history" | "list_tasks" if exchange.ok:
                self._viewed(exchange)
                self._shown(exchange)
            case "stream_task" if exchange.is_readable_stream:
                self._streamed(exchange)
                self._shown(exchange, self._record.read(exchange))
            case "list_artifacts" if exchange.ok:
                self._task(exchange.task).listings.append(Listing.of(exchange))
            case "download_artifact":
                self._task(exchange.task).downloads.append(Download.of(exchange))
            case _:
                pass

    def _message(self, exchange: Exchange) -> SentMessage:
        return SentMessage(exchange=exchange, asked=asked(exchange.sent), certainty=certainty(exchange))

    def _created(self, exchange: Exchange) -> None:
        name = exchange.fields.get("id")
        if not exchange.ok or not isinstance(name, str) or not name:
            return
        task = self._task(name)
        if task.creation is None:
            task.creation = self._message(exchange)
            task.messages.insert(0, task.creation)
            task.owner = self._callers.of(exchange).owner

    def _decided(self, exchange: Exchange) -> None:
        body = asked(exchange.sent)
        outcome = body.fields.get("outcome")
        self._task(exchange.task).decisions.append(
            Decision(
                exchange=exchange,
                call=call_of(exchange.sent),
                outcome=outcome if isinstance(outcome, str) else "" if body.known else None,
                certainty=certainty(exchange),
            )
        )

    def _viewed(self, exchange: Exchange) -> None:
        operation = self._operation(exchange) or ""
        for name, told in _objects(exchange, operation):
            task = self._task(name)
            if isinstance(status := told.get("status"), str):
                task.statuses.append(SeenStatus(exchange=exchange, operation=operation, status=status))
            if operation == "get_task":
                task.read.append(exchange)
            if operation == "get_task_history":
                messages = tuple(json_values.objects(told.get("messages")))
                task.views.append(
                    View(
                        exchange=exchange,
                        began=exchange.started,
                        ended=exchange.ended,
                        messages=messages,
                        status=status if isinstance(status, str) else None,
                    )
                )

    def _shown(self, exchange: Exchange, stream: Stream | None = None) -> None:
        owner = self._callers.of(exchange).owner
        for each in shown_in(exchange, self._operation(exchange) or "", stream):
            task = self.tasks.get(each.task)
            if task is not None and task.owner is not None and task.owner == owner:
                task.shown.setdefault((each.place, each.key), []).append(each)
                self.shown.setdefault((id(exchange), each.place), []).append(each)

    def _streamed(self, exchange: Exchange) -> None:
        stream = self._record.read(exchange)
        task = self._task(exchange.task)
        task.streams.append(stream)
        if stream.marker is not None:
            messages = tuple(
                event.payload
                for event in stream.history
                if event.type == "history_message" and event.payload is not None
            )
            task.views.append(
                View(exchange=exchange, began=exchange.started, ended=stream.marker.at, messages=messages)
            )


def _objects(exchange: Exchange, operation: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tasks in an answer, by id."""
    if operation == "list_tasks":
        for entry in exchange.entries:
            if isinstance(name := entry.get("id"), str) and name:
                yield name, entry
    else:
        yield exchange.task, exchange.fields
