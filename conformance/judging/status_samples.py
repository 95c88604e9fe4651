"""The statuses that a run saw of each task, and its clients' requests, in the order of time. Pure."""

from dataclasses import dataclass

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.transcript.transcript import Exchange

READERS = frozenset({"create_task", "get_task", "get_task_history"})
ACTIONS = frozenset({"send_message", "approve_tool_call", "cancel_task"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An answer that told a status: true at some moment between `started` and `ended` (nanoseconds)."""

    task: str
    status: str
    operation: str
    exchange: Exchange

    @property
    def started(self) -> int:
        """When the request was sent."""
        return self.exchange.started

    @property
    def ended(self) -> int:
        """When the answer was there."""
        return self.exchange.ended


def samples(record: Record) -> dict[str, list[Sample]]:
    """Every told status, by task, in the order in which the answers came."""
    found: dict[str, list[Sample]] = {}
    for exchange in sorted(record.exchanges(), key=lambda each: each.ended):
        data = exchange.data if exchange.operation in READERS and exchange.ok else None
        if isinstance(data, dict) and isinstance(status := data.get("status"), str):
            task = data.get("id") if exchange.operation == "create_task" else exchange.task
            if isinstance(task, str):
                sample = Sample(task=task, status=status, operation=exchange.operation, exchange=exchange)
                found.setdefault(task, []).append(sample)
    return found


def actions(record: Record) -> dict[str, list[Exchange]]:
    """What clients asked of each task and was not refused, in the order in which the requests were sent."""
    found: dict[str, list[Exchange]] = {}
    for exchange in sorted(record.exchanges(), key=lambda each: each.started):
        if exchange.operation in ACTIONS and not exchange.refused:
            found.setdefault(exchange.task, []).append(exchange)
    return found
