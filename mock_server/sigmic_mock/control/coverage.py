"""/coverage: which operations, answers and events of the contract a run has shown, and rows they concern.

Counted from the start of the server, or from the last reset of the project's journal, whatever the journal
itself has dropped or forgotten since.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.journal.ring import Journal
from sigmic_mock.journal.tally import Answered, Tally
from sigmic_spec.document import Document, Operation

if TYPE_CHECKING:
    from sigmic_spec.requirement import Requirement

_REFUSED = 400


def handlers(journal: Journal, document: Document) -> Handlers:
    """Return the handler."""

    async def show_coverage(call: ControlCall) -> dict[str, Any]:
        tally = journal.tally(call.project_id, everybody=call.is_server_wide)
        rows = await asyncio.to_thread(_rows)
        return {
            "project": None if call.is_server_wide else call.project_id,
            "operations": [
                _operation(name, operation, tally, rows) for name, operation in document.operations.items()
            ],
            "events": [
                {
                    "event": event,
                    "count": tally.events[event],
                    "requirements": [row.id for row in rows if row.is_about(event)],
                }
                for event in (*document.event_schemas, "heartbeat")
            ],
            "beyond": _beyond(tally, document),
        }

    return by_name(show_coverage)


def _rows() -> "Sequence[Requirement]":
    """Return the rows of the ledger. Slow the first time; a start does not load it."""
    from sigmic_spec.ledger import Ledger

    return Ledger.load().requirements


def _operation(
    name: str, operation: Operation, tally: Tally, rows: "Iterable[Requirement]"
) -> Mapping[str, Any]:
    own = [row for row in rows if name in row.operations]
    return {
        "operation": name,
        "method": operation.method,
        "path": operation.path,
        "answers": [
            {
                "status": status,
                "code": code,
                "count": tally.answers[Answered(name, status, code)],
                "requirements": [row.id for row in own if row.code == code and code is not None],
            }
            for status, code in _documented(operation)
        ],
        "requirements": [row.id for row in own],
    }


def _documented(operation: Operation) -> Iterable[tuple[int, str | None]]:
    """Yield every answer that the contract has for an operation: status, and code of a refusal."""
    for status, response in sorted(operation.responses.items()):
        if status < _REFUSED:
            yield status, None
        else:
            yield from ((status, code) for code in response.error_codes)


def _beyond(tally: Tally, document: Document) -> list[dict[str, Any]]:
    """Return what was answered and the contract does not have: faults do so, and addresses of nothing."""
    known = {
        Answered(name, status, code)
        for name, operation in document.operations.items()
        for status, code in _documented(operation)
    }
    return [
        {"operation": each.operation, "status": each.status, "code": each.code, "count": count}
        for each, count in sorted(tally.answers.items(), key=lambda item: (item[0].operation, item[0].status))
        if each not in known
    ]
