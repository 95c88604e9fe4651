from typing import Any

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import no, ok, record, verdict_on


def page_of_tasks(probe: str, label: str, ids: str, **more: Any) -> Exchange:
    return ok(probe, label, [{"id": each, **more} for each in ids], operation="list_tasks")


def viewed(**changes: Exchange) -> Record:
    task = {"id": "a", "status": "completed"}
    told = {
        "before": ok("viewer", "before", task),
        "after": ok("viewer", "after", task),
        "history before": ok("viewer", "history before", {"messages": []}),
        "history after": ok("viewer", "history after", {"messages": []}),
        "list": page_of_tasks("viewer", "list", "a", systemPrompt="marked"),
    }
    for operation in ("create_task", "send_message", "cancel_task", "approve_tool_call"):
        label = f"changes: {operation}"
        told[label] = no("viewer", label, 403, "FORBIDDEN", operation=operation)
    for operation in ("get_task", "get_task_history", "list_tasks", "stream_task"):
        told[f"reads: {operation}"] = ok("viewer", f"reads: {operation}", task, operation=operation)
    told |= {each.label: each for each in changes.values()}
    return record(*told.values(), facts={"viewer": {"mark": "marked", "task": "a"}})


def test_a_viewer_may_be_told_first_that_there_is_no_such_call():
    odd = no("viewer", "changes: approve_tool_call", 404, "NOT_FOUND", operation="approve_tool_call")

    assert verdict_on("ERROR-012", viewed(change=odd)).outcome is Outcome.PASSED
    assert verdict_on("PROJECT-005", viewed(change=odd)).outcome is Outcome.INFO
