"""Roles: a key that may only read is refused where it would change something, and nothing changes."""

from sigmic_conformance.conformance.judges.uploads import messages, tasks_marked
from sigmic_conformance.conformance.judging.controls import is_refusal
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes

VIEWER = "viewer"
# A finished task and a call that is not there may be told before the role is looked at.
SURE = ("create_task", "send_message")
CHANGES = (*SURE, "cancel_task", "approve_tool_call")
READS = ("get_task", "get_task_history", "list_tasks", "stream_task")


@judge("ERROR-012", VIEWER)
def viewers_change_nothing(record: Record) -> Verdict:
    claim = Claim("not-refused", "403 FORBIDDEN, and nothing changes")
    for operation in CHANGES:
        exchange = record.exchange(VIEWER, f"changes: {operation}")
        wanted = (403, frozenset({"FORBIDDEN"})) if operation in SURE else (None, None)
        good = is_refusal(exchange, status=wanted[0], codes=wanted[1])
        reason = "accepted" if exchange.succeeded else "wrong-refusal"
        claim.see(good, exchange, f"{operation}: {summary(exchange)}", reason=reason)
    before, after = (record.exchange(VIEWER, name) for name in ("before", "after"))
    same = shapes.task(before.data) == shapes.task(after.data)
    claim.see(after.ok and same, after, "the task afterwards", reason="changed")
    one, other = (record.exchange(VIEWER, f"history {when}") for when in ("before", "after"))
    claim.see(messages(one) == messages(other), other, "the history afterwards", reason="changed")
    page = record.exchange(VIEWER, "list")
    made = set(tasks_marked(page, record.fact(VIEWER, "mark"))) - {record.fact(VIEWER, "task")}
    claim.see(not made, page, f"{len(made)} tasks made by the viewer", reason="changed")
    return claim.verdict()


@judge("PROJECT-005", VIEWER)
def viewers_read(record: Record) -> Verdict:
    claim = Claim("wrong-role", "a viewer reads, and gets 403 FORBIDDEN for every change")
    for operation in READS:
        exchange = record.exchange(VIEWER, f"reads: {operation}")
        claim.see(exchange.ok, exchange, f"{operation}: {summary(exchange)}")
    for operation in CHANGES:
        exchange = record.exchange(VIEWER, f"changes: {operation}")
        good = is_refusal(exchange, status=403, codes=frozenset({"FORBIDDEN"}))
        claim.see(good, exchange, f"{operation}: {summary(exchange)}")
    return claim.verdict()
